# SPDX-License-Identifier: GPL-3.0-or-later
"""The range of a shot's inverse depth over all its frames, exact, in memory that doesn't grow."""

import numpy as np

# Share of a shot's pixels left out at either end. Sky and distance crowd the low end, a few wrong
# pixels often sit at the high end; what lies outside is clipped to the nearest or farthest card.
TAIL = 500  # one in so many: 0.2 %

_CODES = np.arange(1 << 16, dtype=np.uint16)
_VALUES = _CODES.view(np.float16)
# All codes that are numbers, in the order of their values.
_ORDER = np.lexsort((_CODES, np.where(np.isfinite(_VALUES), _VALUES.astype(np.float32), np.inf)))
_ORDER = _ORDER[np.isfinite(_VALUES[_ORDER])]


class RangeHistogram:
    """Counts every half-float value apart, so percentiles are exact and order doesn't matter.

    A resumed run therefore gets the numbers of an undisturbed one, whatever it read from disk.
    """

    def __init__(self) -> None:
        self._counts = np.zeros(1 << 16, np.int64)

    def add(self, counts: np.ndarray) -> None:
        """Add the counts of one frame, as ``count_codes`` gives them."""
        self._counts += counts

    def limits(self) -> tuple[float, float]:
        """(low, high) with low < high: 0.2 % of the pixels lie below and above.

        A flat shot gets a narrow range around its value, so that it normalises to 0.5.
        """
        counts = self._counts[_ORDER]
        below = np.cumsum(counts)
        total = int(below[-1])
        if total == 0:
            return 0.0, 1.0
        values = _VALUES[_ORDER]
        low = float(values[int(np.argmax(below * TAIL > total))])
        above = np.cumsum(counts[::-1])
        high = float(values[::-1][int(np.argmax(above * TAIL > total))])
        if low < high:
            return low, high
        margin = max(abs(low), 1.0) * 2.0**-10
        return low - margin, low + margin


def count_codes(values: np.ndarray, scale: float = 1.0, shift: float = 0.0) -> np.ndarray:
    """How often each half-float code occurs in scale * values + shift; int64 (65536,).

    ``values`` is float16 of any shape, as stored; a scaled value is rounded to half again.
    """
    if (scale, shift) != (1.0, 0.0):
        scaled = values.astype(np.float32) * np.float32(scale) + np.float32(shift)
        values = scaled.astype(np.float16)
    return np.bincount(np.ascontiguousarray(values).view(np.uint16).ravel(), minlength=1 << 16)
