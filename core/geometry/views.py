# SPDX-License-Identifier: GPL-3.0-or-later
"""Perspective views that together see half or all of a sphere, for renderers without a panorama.

Longitude grows to the right of the rig's axis, latitude upwards. In spherical stereo the eyes turn
with the longitude: at each they stand half the interocular to the sides of that direction. A view
sees a range of longitudes from one place, that of its middle; at its seam, ``half`` off, the
effective interocular is short by 1 - cos(half), and one eye stands b * sin(half) nearer than
the other. With 30 degrees a column that is 3.4 %, and 0.8 % of size for a thing at 2 m.
The caps over the poles are seen from the middle, without parallax, as Cycles' pole merge has it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import UsageError

COLUMN = math.radians(30.0)
"""Longitudes that a column shows."""
OVERLAP = math.radians(4.0)
"""How far a column reaches over its seams on either side: there both are blended."""
TALL = math.radians(65.0)
"""The latitude up to which columns see; the caps fade in below it."""
CAP_FADE = math.radians(6.0)
COVERAGES = {"vr180": math.pi, "vr360": 2.0 * math.pi}
LARGEST = 2880  # pixels of an eye's side: 5760x2880 is what headsets and YouTube commonly take
_MARGIN = math.radians(1.0)


def eye_side(width: int, focal_over_width: float, largest: int = LARGEST) -> int:
    """Pixels from pole to pole at which the middle keeps the detail of a picture ``width`` pixels
    wide, even, at most ``largest``."""
    side = math.pi * width * focal_over_width
    return max(2, min(2 * math.ceil(side / 2), largest // 2 * 2))


@dataclass(frozen=True)
class View:
    """``yaw`` to the right and ``pitch`` up in radians; ``tan_x`` and ``tan_y``: half of what it
    sees, as tangents. ``stereo``: whether each eye has a place of its own, else it is seen from the
    middle. ``name``: for its files."""

    name: str
    yaw: float
    pitch: float
    tan_x: float
    tan_y: float
    stereo: bool

    def size(self, density: float) -> tuple[int, int]:
        """Width and height in whole pixels, at least ``density`` a radian in its middle; square
        pixels to within the rounding, which `fitted` takes back."""
        return tuple(max(8, math.ceil(2.0 * t * density)) for t in (self.tan_x, self.tan_y))  # type: ignore[return-value]

    def fitted(self, size: tuple[int, int]) -> View:
        """What a picture of ``size`` with square pixels and this ``tan_x`` really sees."""
        tan_y = self.tan_x * size[1] / size[0]
        return View(self.name, self.yaw, self.pitch, self.tan_x, tan_y, self.stereo)

    def rotation(self) -> np.ndarray:
        """(3, 3): from the view's camera axes (x right, y up, looking along -z) to the rig's."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        turn = np.array([[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]])
        c, s = math.cos(self.pitch), math.sin(self.pitch)
        return turn @ np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])

    def place(self, eye: str, interocular: float) -> np.ndarray:
        """(3,): where ``eye`` ("left", "right") stands in the rig's axes, in the interocular's
        unit."""
        if not self.stereo:
            return np.zeros(3)
        side = 0.5 * interocular * (1.0 if eye == "right" else -1.0)
        return side * np.array([math.cos(self.yaw), 0.0, math.sin(self.yaw)])


def views(coverage: str) -> tuple[View, ...]:
    """The views of "vr180" or "vr360": columns from left to right, then the caps. Raises
    UsageError."""
    if coverage not in COVERAGES:
        raise UsageError(f'There is no sphere "{coverage}": {", ".join(COVERAGES)}.')
    turn = COVERAGES[coverage]
    count = round(turn / COLUMN)
    half = 0.5 * turn / count + OVERLAP + _MARGIN
    # A place at latitude b, off the column's middle by l, lies tan(b) / cos(l) from its axis.
    tall = math.tan(TALL + _MARGIN) / math.cos(half)
    columns = [
        View(f"{i:02d}", (i + 0.5) * turn / count - 0.5 * turn, 0.0, math.tan(half), tall, True)
        for i in range(count)
    ]
    cap = math.tan(math.pi / 2 - TALL + CAP_FADE + _MARGIN)
    caps = [
        View(name, 0.0, pitch, cap, cap, False)
        for name, pitch in (("up", math.pi / 2), ("down", -math.pi / 2))
    ]
    return (*columns, *caps)
