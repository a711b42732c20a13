# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a stereo picture is watched, and how much parallax two eyes take there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..errors import UsageError

EYES = 0.0635
"""Metres between the eyes, 2.5 inches: parallax beyond it on the screen turns them outwards."""

_FAR_SLOPE, _FAR_SHIFT = 1.129, 0.442
_NEAR_SLOPE, _NEAR_SHIFT = 1.035, -0.626
_WIDEST, _FARTHEST = 100.0, 1000.0  # metres
NEAREST = 0.1
"""Metres: a screen nearer to the eyes than a finger's length is seen by no one, and below 0.056 the
source's near line would forbid every picture before the screen."""


@dataclass(frozen=True)
class Limits:
    """Parallax in picture widths that is comfortable: ``near`` < 0 before the screen, ``far`` > 0
    behind it. ``diverging``: the parallax above which eyes turn outwards; ``far`` is no larger."""

    near: float
    far: float
    diverging: float


@dataclass(frozen=True)
class Viewing:
    """A screen ``width`` metres wide, seen from ``distance`` metres. Raises UsageError for others
    than a width above 0 and up to 100 and a distance from `NEAREST` to 1000 metres."""

    name: str
    width: float
    distance: float

    def __post_init__(self) -> None:
        if not 0.0 < self.width <= _WIDEST:
            raise UsageError(
                f"A screen {self.width:g} metres wide is none: give more than 0, up to {_WIDEST:g}."
            )
        if not NEAREST <= self.distance <= _FARTHEST:
            raise UsageError(
                f"A screen can't be watched from {self.distance:g} metres: give {NEAREST:g} to "
                f"{_FARTHEST:g}."
            )

    @property
    def limits(self) -> Limits:
        """The zone of comfort, in picture widths.

        Source: T. Shibata, J. Kim, D. M. Hoffman, M. S. Banks, "The zone of comfort: Predicting
        visual discomfort with stereo displays", Journal of Vision 11(8):11 (2011). Their two lines
        give, in dioptres, the screen's distance S for a distance V that the eyes turn to:
        S = 1.129 V + 0.442 (far end) and S = 1.035 V - 0.626 (near end); here they are solved
        for V. With eyes e apart and the screen at S, a point at V has the parallax
        e (1 - V / S) on the screen. Behind it the limit is never above e, 2.5 inches:
        beyond, the eyes would have to diverge.
        """
        screen = 1.0 / self.distance
        ends = ((screen - _FAR_SHIFT) / _FAR_SLOPE, (screen - _NEAR_SHIFT) / _NEAR_SLOPE)
        far, near = (EYES * (1.0 - end / screen) / self.width for end in ends)
        diverging = EYES / self.width
        return Limits(near, min(far, diverging), diverging)

    def degrees(self, parallax: ArrayLike) -> np.ndarray:
        """Angle by which the eyes turn, against the screen, for parallax in picture widths:
        positive behind it. The point is taken as straight ahead."""
        apart = EYES - np.asarray(parallax, np.float64) * self.width
        screen = 2.0 * math.atan(EYES / (2.0 * self.distance))
        return np.degrees(screen - 2.0 * np.arctan(apart / (2.0 * self.distance)))


SETUPS = {
    "phone": Viewing("phone", 0.15, 0.35),
    "headset": Viewing("headset", 1.5, 1.4),
    "tv": Viewing("tv", 1.2, 2.5),
    "cinema": Viewing("cinema", 12.0, 14.0),
}
"""Usual ones. The headset's is a screen hung in space where its optics focus; the TV's is one of
55 inches; the cinema's a middle row."""
DEFAULT = "tv"


def find_viewing(
    name: str | None = None, width: float | None = None, distance: float | None = None
) -> Viewing:
    """The set-up of that name (default: `DEFAULT`), with a screen width or distance in metres of
    one's own. Raises UsageError."""
    known = SETUPS.get(name or DEFAULT)
    if known is None:
        raise UsageError(f'There is no screen "{name}": choose {", ".join(SETUPS)}.')
    if width is None and distance is None:
        return known
    return Viewing(
        "own",
        known.width if width is None else width,
        known.distance if distance is None else distance,
    )
