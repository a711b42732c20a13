# SPDX-License-Identifier: GPL-3.0-or-later
"""Few keys in place of a value a frame, as Bézier curves of an animation program draw them.

With handles a third of the way to the next key, a Bézier F-curve is a cubic in the frame (Hermite
with the handles' slopes), so that what Blender will show between the keys is known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Keys:
    """``frames`` (K,) int, ascending from 0; ``values`` and ``slopes`` (per frame) (curves, K)."""

    frames: np.ndarray
    values: np.ndarray
    slopes: np.ndarray

    def at(self, frames: np.ndarray) -> np.ndarray:
        """What the curves show, (curves, frames)."""
        if len(self.frames) == 1:
            return np.repeat(self.values, len(frames), axis=1)
        left = np.clip(np.searchsorted(self.frames, frames, "right") - 1, 0, len(self.frames) - 2)
        length = np.diff(self.frames)[left]
        t = np.clip((frames - self.frames[left]) / length, 0.0, 1.0)
        begin, end = self.values[:, left], self.values[:, left + 1]
        leave, arrive = self.slopes[:, left] * length, self.slopes[:, left + 1] * length
        s = 1.0 - t
        return (
            s * s * (1.0 + 2.0 * t) * begin
            + t * t * (1.0 + 2.0 * s) * end
            + t * s * (s * leave - t * arrive)
        )

    def handles(self, key: int) -> tuple[float, np.ndarray, float, np.ndarray]:
        """Of one key: frame and values of the left handle, then of the right one, in (curves,)."""
        frame, value, slope = self.frames[key], self.values[:, key], self.slopes[:, key]
        before = (frame - self.frames[key - 1]) / 3.0 if key else 1.0
        last = key == len(self.frames) - 1
        after = 1.0 if last else (self.frames[key + 1] - frame) / 3.0
        return frame - before, value - before * slope, frame + after, value + after * slope


def fewest(curves: np.ndarray, error: Callable[[np.ndarray], np.ndarray], tolerance: float) -> Keys:
    """Keys for ``curves`` (curves, frames) whose ``error`` of what they show, one number a frame,
    is at most ``tolerance``.

    A key is set at the worst frame until none is worse. That ends: where every frame has a key
    nothing is off.
    """
    count = curves.shape[1]
    frames = np.arange(count)
    slopes = np.gradient(curves, axis=1) if count > 1 else np.zeros_like(curves)
    chosen = sorted({0, count - 1})
    while True:
        keys = Keys(np.array(chosen), curves[:, chosen], slopes[:, chosen])
        off = error(keys.at(frames))
        worst = int(np.argmax(off))
        if off[worst] <= tolerance or len(chosen) == count:
            return keys
        if worst in chosen:  # rounding at a key: nothing can mend it
            return keys
        chosen = sorted({*chosen, worst})
