# SPDX-License-Identifier: GPL-3.0-or-later
"""st_ref_pic_set(): which pictures a picture may look at (H.265, 7.3.7 and 7.4.8)."""

from __future__ import annotations

from dataclasses import dataclass

from .bits import BitReader

_MOST = 16  # pictures in a set: sps_max_dec_pic_buffering_minus1 allows no more


@dataclass(frozen=True)
class ReferenceSet:
    """Distances in picture order count, nearest first, each with "used by this picture"."""

    before: tuple[tuple[int, bool], ...] = ()
    after: tuple[tuple[int, bool], ...] = ()

    @property
    def used(self) -> int:
        """How many of them this picture itself looks at."""
        return sum(used for _, used in self.before + self.after)


def read_reference_set(
    reader: BitReader, earlier: list[ReferenceSet], in_slice: bool
) -> ReferenceSet:
    """st_ref_pic_set(len(earlier)) of an SPS, or the one that a slice header brings itself."""
    if earlier and reader.flag():
        return _predicted(reader, earlier, in_slice)
    negative, positive = reader.ue(_MOST), reader.ue(_MOST)
    return ReferenceSet(_told(reader, negative, -1), _told(reader, positive, 1))


def _told(reader: BitReader, count: int, sign: int) -> tuple[tuple[int, bool], ...]:
    distance, entries = 0, []
    for _ in range(count):
        distance += sign * (reader.ue(2**15 - 1) + 1)
        entries.append((distance, reader.flag()))
    return tuple(entries)


def _predicted(reader: BitReader, earlier: list[ReferenceSet], in_slice: bool) -> ReferenceSet:
    """A set told by its difference from an earlier one (equations 7-59 to 7-62)."""
    back = reader.ue(len(earlier) - 1) + 1 if in_slice else 1
    source = earlier[-back]
    negative = reader.flag()
    shift = (reader.ue(2**15 - 1) + 1) * (-1 if negative else 1)
    # One entry for every picture of the source, in its order, and one for the source's own picture.
    distances = [distance for distance, _ in source.before + source.after] + [0]
    entries = []
    for distance in distances:
        used = reader.flag()
        if used or reader.flag():
            entries.append((distance + shift, used))
    before = sorted((entry for entry in entries if entry[0] < 0), reverse=True)
    after = sorted(entry for entry in entries if entry[0] > 0)
    return ReferenceSet(tuple(before), tuple(after))
