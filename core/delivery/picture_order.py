# SPDX-License-Identifier: GPL-3.0-or-later
"""Times for a raw HEVC stream, which has none: from the picture order counts in its slices."""

from __future__ import annotations

from collections.abc import Iterable

from .hevc.errors import BitstreamError
from .hevc.nal import Nal
from .hevc.views import View

# Leading pictures and those that no other one refers to don't carry the count on (H.265, 8.3.1).
_SUBLAYER_NON_REFERENCE = range(0, 15, 2)
_LEADING = range(6, 10)
_CRA = 21


class PictureOrder:
    """Collects the pictures of a stream, in coding order, and tells when each is shown."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._sequences: list[list[int]] = []
        self._previous = 0

    def add(self, units: Iterable[Nal]) -> None:
        """One access unit without parameter sets. Raises BitstreamError."""
        first = next((unit for unit in units if unit.is_slice and unit.layer == 0), None)
        if first is None:
            raise BitstreamError("a picture of the base view is missing")
        low = self._view.slice_header(first).order
        starts = first.is_irap and (first.type != _CRA or not self._sequences)
        if starts:
            self._sequences.append([])
            self._previous = 0
        elif not self._sequences:
            raise BitstreamError("the stream doesn't begin with a key frame")
        size = 1 << self._view.main_sps().order_bits
        high = self._previous - self._previous % size
        before = self._previous % size
        if low < before and before - low >= size // 2:
            high += size
        elif low > before and low - before > size // 2:
            high -= size
        order = low if starts else high + low
        self._sequences[-1].append(order)
        carried = first.type not in _SUBLAYER_NON_REFERENCE and first.type not in _LEADING
        if first.temporal == 0 and carried:
            self._previous = order

    def times(self) -> list[tuple[int, int]]:
        """(shown at, decoded at) of each picture in frames, in coding order; decoded <= shown."""
        shown: list[int] = []
        for orders in self._sequences:
            start = len(shown)
            rank = {order: n for n, order in enumerate(sorted(orders))}
            if len(rank) != len(orders):
                raise BitstreamError("two pictures claim the same place")
            shown += [start + rank[order] for order in orders]
        ahead = max((number - at for number, at in enumerate(shown)), default=0)
        return [(at, number - ahead) for number, at in enumerate(shown)]
