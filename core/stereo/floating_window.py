# SPDX-License-Identifier: GPL-3.0-or-later
"""A floating window: the picture's left and right edge brought before the screen.

What stands before the screen and is cut off by the picture's edge contradicts itself: it lies
before the edge that hides it. Covering a strip ``d`` wide at the left of the left eye's picture
gives that edge the disparity ``d``, and so does a strip at the right of the right eye's: the edge
then stands as near as the thing it hides. Source of the method: B. Mendiburu, "3D Movie Making"
(2009), on the dynamic floating windows of animated films.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import UsageError
from ..project import Manifest, WindowRecord
from .comfort import FrameComfort
from .envelope import upper

WIDEST = 0.05  # picture widths: a strip beyond it is a smaller picture, and no window
_LEAST = 5e-4  # picture widths; an edge nearer than that is seen by nobody


@dataclass(frozen=True)
class WindowTarget:
    """``softness``: the strip's soft part, and ``most``: the widest strip, in picture widths;
    ``look``: how far a frame looks back and ahead, in seconds. Raises UsageError."""

    softness: float = 0.004
    most: float = 0.03
    look: float = 0.75

    def __post_init__(self) -> None:
        for value, high, name in (
            (self.softness, WIDEST, "softness"),
            (self.most, WIDEST, "widest strip"),
            (self.look, 60.0, "smoothness"),
        ):
            if not 0.0 <= value <= high:
                raise UsageError(
                    f"The floating window's {name} {value:g} is not usable: give 0 to {high:g}."
                )


def strips(nearest: np.ndarray, target: WindowTarget, rate: float) -> np.ndarray:
    """How wide the strip of one side is, in picture widths, (frames,), for a shot of ``rate``
    frames a second.

    ``nearest``: the largest disparity along that border, in picture widths, (frames,). The strip is
    nowhere narrower than that, up to ``target.most``, and changes slowly.
    """
    needed = np.where(nearest > _LEAST, nearest, 0.0).clip(0.0, target.most)
    return upper(needed, min(round(target.look * rate), len(nearest)))


def window_of(
    manifest: Manifest, told: Sequence[FrameComfort], target: WindowTarget
) -> WindowRecord:
    """The window of every analysed frame, shot by shot; ``told``: the comfort of its rigs."""
    comfort = {frame.frame: frame for frame in told}
    left: list[float] = []
    right: list[float] = []
    for shot in manifest.shots:
        frames = [comfort[n] for n in range(shot.first, shot.last + 1)]
        for strip, borders in (
            (left, [f.left for f in frames]),
            (right, [f.right for f in frames]),
        ):
            nearest = np.array([border.depth for border in borders])
            strip += strips(nearest, target, float(manifest.timeline.rate)).tolist()
    return WindowRecord(left, right, target.softness)


def covered(picture: np.ndarray, left: float, right: float, softness: float) -> np.ndarray:
    """``picture`` (H, W, C) of any depth with a black strip at its left and its right edge.

    ``left``, ``right``, ``softness`` in picture widths; a strip is black up to ``softness`` before
    its end and clears from there on. A strip of 0 leaves its side as it is.
    """
    if left <= 0.0 and right <= 0.0:
        return picture
    clear = _clear(picture.shape[1], left, right, softness)
    shown = picture * clear[None, :, None].astype(np.float32)
    return np.rint(shown).astype(picture.dtype)


def _clear(width: int, left: float, right: float, softness: float) -> np.ndarray:
    """How much is seen of each column, 0..1, (width,)."""
    pixel = 1.0 / width
    x = (np.arange(width) + 0.5) * pixel
    seen = np.ones(width)
    for strip, inward in ((left, x), (right, 1.0 - x)):
        if strip > 0.0:
            # A pixel wider than its softness: an edge inside of one darkens it in part.
            t = ((inward - strip + softness + 0.5 * pixel) / (softness + pixel)).clip(0.0, 1.0)
            seen *= t * t * (3.0 - 2.0 * t)
    return seen
