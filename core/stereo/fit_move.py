# SPDX-License-Identifier: GPL-3.0-or-later
"""How much smaller a shot's moves have to be, and how far cropped, to keep within a limit."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import UsageError

ROUNDS = 7
"""Halvings of the strength: to less than 1 % of it."""
MOST_TRIED = 2 * ROUNDS + 3

Within = Callable[[float, float], bool]
"""(share of the strength, crop): whether the limit is kept."""


def fit(within: Within, crop: float, most_crop: float) -> tuple[float, float]:
    """Share of the strength (0..1) and crop (share of the picture's width at each side).

    Crops first, by up to ``most_crop``; where steps decide and not the picture's edges, cropping
    would be in vain and ``crop`` stays. Raises UsageError where even the shot at rest is outside.
    """
    most = max(crop, most_crop)
    if most > crop and within(1.0, most):
        return 1.0, _bisect(lambda c: within(1.0, c), crop, most)
    if not within(0.0, most):
        raise UsageError(
            "Even without the move more is uncovered: narrow the interocular, or allow more crop."
        )
    share = 1.0 - _bisect(lambda less: within(1.0 - less, most), 0.0, 1.0)
    if most > crop and within(share, crop):
        return share, crop
    return share, most


def _bisect(good: Callable[[float], bool], low: float, high: float) -> float:
    """The least number that is good, from above; ``low`` is bad and ``high`` good."""
    for _ in range(ROUNDS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if good(middle) else (middle, high)
    return high
