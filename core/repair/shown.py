# SPDX-License-Identifier: GPL-3.0-or-later
"""What a frame is compared with, where blank frames lie between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .flow import is_blank, small_grey

BLANKS = 7  # in a row, after which history is over: as many as `media.shots` takes for a cut


@dataclass(frozen=True)
class Shown:
    """What the next frame is compared with.

    Attributes:
        grey: of `flow.small_grey`: the last picture that shows something; the last one where none
            does any more.
        blanks: how many blank ones came since.
        over: whether nothing was shown for `BLANKS` frames, or from the shot's beginning on.
    """

    grey: np.ndarray
    blanks: int = 0
    over: bool = False

    def then(self, grey: np.ndarray) -> Shown:
        """After one more picture."""
        if not is_blank(grey):
            return Shown(grey)
        blanks = self.blanks + 1
        if self.over or blanks >= BLANKS:
            return Shown(grey, over=True)
        return Shown(self.grey, blanks)


def first(grey: np.ndarray) -> Shown:
    """After a shot's first picture."""
    return Shown(grey, over=is_blank(grey))


def after(pictures: Sequence[np.ndarray]) -> Shown:
    """After these, uint8 (h, w, 3) each: the last of a shot, in order, as many as `enough` says."""
    greys = [small_grey(rgb) for rgb in pictures]
    shown = first(greys[0])
    for grey in greys[1:]:
        shown = shown.then(grey)
    return shown


def enough(pictures: Sequence[np.ndarray]) -> bool:
    """Whether `after` needs no more pictures than these, newest first."""
    return len(pictures) >= BLANKS or not is_blank(small_grey(pictures[-1]))
