# SPDX-License-Identifier: GPL-3.0-or-later
"""What every clip offers, a movie or an image sequence alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from ..errors import UsageError
from .tags import BT709, ColourTags
from .timeline import Timeline


@dataclass(frozen=True)
class ClipInfo:
    """What is known of a clip before its frames are read.

    ``width`` and ``height`` are those of the upright picture with square pixels, ``bit_depth``
    is the source's bits per channel (8: frames are uint8; more: uint16 at full scale),
    ``focal_over_width`` is focal length over sensor width where the metadata tell it, and
    ``colour`` what its values mean, ``notes`` says in words what was odd about the clip.
    """

    width: int
    height: int
    bit_depth: int
    kind: Literal["movie", "sequence"]
    has_audio: bool
    focal_over_width: float | None = None
    notes: tuple[str, ...] = ()
    colour: ColourTags = BT709


class Clip(ABC):
    """A clip at a constant frame rate; frames are counted from 1 on its ``timeline``."""

    path: Path
    info: ClipInfo
    timeline: Timeline
    kind: ClassVar[str]
    origin: Fraction | None = None
    """When timeline frame 1 is shown, in seconds on the file's own clock, which its sound counts
    on too; None where the file has no clock."""

    @abstractmethod
    def _stream(self, first: int, last: int) -> Iterator[tuple[int, np.ndarray]]: ...

    @abstractmethod
    def fingerprint(self) -> str:
        """Hex digest that changes when the clip's content changes; cheap for long clips."""

    def frames(self, first: int = 1, last: int | None = None) -> Iterator[tuple[int, np.ndarray]]:
        """Yield ``(n, rgb)`` for the timeline frames first..last, both included.

        ``rgb`` is the upright picture, (H, W, 3) uint8, or uint16 at full scale (65535 = white)
        where ``info.bit_depth`` > 8; every array is the receiver's own. Frames are streamed, and
        frame n is the same, bit for bit, whatever ``first`` was.
        Raises UsageError for a range outside the timeline, SecondEyeError for damage.
        """
        count = len(self.timeline)
        last = count if last is None else last
        if not 1 <= first <= last <= count:
            raise UsageError(
                f"{self.path} has frames 1 to {count}, so {first} to {last} can't be read:"
                " choose a range inside it."
            )
        return self._stream(first, last)
