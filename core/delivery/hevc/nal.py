# SPDX-License-Identifier: GPL-3.0-or-later
"""NAL units: splitting streams, the two-byte header, emulation prevention (H.265, 7.3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import BitstreamError

# nal_unit_type (H.265, table 7-1).
VPS, SPS, PPS, AUD, PREFIX_SEI, SUFFIX_SEI = 32, 33, 34, 35, 39, 40
IDR_W_RADL, IDR_N_LP = 19, 20
_FIRST_IRAP, _LAST_IRAP, _LAST_SLICE = 16, 23, 31

_START = re.compile(rb"\x00\x00\x01")
_ESCAPE = re.compile(rb"\x00\x00(?=[\x00-\x03])")


@dataclass(frozen=True)
class Nal:
    """One NAL unit; ``data`` is all of it, header and emulation prevention included.

    What the properties say is HEVC's; H.264's units, with a header of one byte, are carried only.
    """

    data: bytes

    @property
    def type(self) -> int:
        """nal_unit_type."""
        return self.data[0] >> 1 & 63

    @property
    def layer(self) -> int:
        """nuh_layer_id: 0 for the base view."""
        return (self.data[0] & 1) << 5 | self._second >> 3

    @property
    def temporal(self) -> int:
        """TemporalId."""
        return (self._second & 7) - 1

    @property
    def _second(self) -> int:
        if len(self.data) < 2:
            raise BitstreamError("a NAL unit is cut off")
        return self.data[1]

    @property
    def is_slice(self) -> bool:
        return self.type <= _LAST_SLICE

    @property
    def is_irap(self) -> bool:
        """Whether it belongs to a picture where decoding can begin."""
        return _FIRST_IRAP <= self.type <= _LAST_IRAP

    @property
    def is_idr(self) -> bool:
        return self.type in (IDR_W_RADL, IDR_N_LP)

    def payload(self) -> bytes:
        """The RBSP: what follows the header, without emulation prevention."""
        return unescape(self.data[2:])


def nal(kind: int, layer: int, temporal: int, rbsp: bytes) -> Nal:
    """A NAL unit around ``rbsp``, which gets its emulation prevention here."""
    return Nal(header(kind, layer, temporal) + escape(rbsp))


def header(kind: int, layer: int, temporal: int) -> bytes:
    """nal_unit_header()."""
    return (kind << 9 | layer << 3 | temporal + 1).to_bytes(2, "big")


def unescape(data: bytes) -> bytes:
    """Without emulation_prevention_three_byte."""
    return data.replace(b"\0\0\3", b"\0\0")


def escape(rbsp: bytes) -> bytes:
    """With emulation_prevention_three_byte wherever a start code could be seen."""
    out, at = bytearray(), 0
    while found := _ESCAPE.search(rbsp, at):
        out += rbsp[at : found.end()] + b"\3"
        at = found.end()
    out += rbsp[at:]
    if out[-1:] == b"\0":  # never of rbsp_trailing_bits, but of cabac_zero_words
        out += b"\3"
    return bytes(out)


def escaped_length(data: bytes, count: int) -> int:
    """How many bytes of ``data`` (escaped) hold the first ``count`` of the RBSP."""
    at = zeros = taken = 0
    while taken < count:
        if at >= len(data):
            raise BitstreamError("a slice is cut off in its header")
        byte = data[at]
        at += 1
        if zeros >= 2 and byte == 3:
            zeros = 0
            continue
        zeros = zeros + 1 if byte == 0 else 0
        taken += 1
    if zeros >= 2 and data[at : at + 1] == b"\3":
        at += 1
    return at


def split_annex_b(data: bytes) -> list[Nal]:
    """The NAL units between start codes."""
    starts = [match.end() for match in _START.finditer(data)]
    if not starts:
        return []
    ends = [start - 3 for start in starts[1:]] + [len(data)]
    units = (data[a:b].rstrip(b"\0") for a, b in zip(starts, ends, strict=True))
    return [Nal(unit) for unit in units if unit]


def split_prefixed(data: bytes, size: int) -> list[Nal]:
    """The NAL units of an MP4 or Matroska sample, each behind its length of ``size`` bytes."""
    units, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + size], "big")
        at += size
        if length > len(data) - at:
            raise BitstreamError("a sample is shorter than the NAL units in it")
        if length:
            units.append(Nal(data[at : at + length]))
        at += length
    return units


def join_prefixed(units: Iterable[Nal], size: int = 4) -> bytes:
    """A sample: every NAL unit behind its length in ``size`` bytes."""
    try:
        return b"".join(len(unit.data).to_bytes(size, "big") + unit.data for unit in units)
    except OverflowError as error:
        raise BitstreamError("a NAL unit is too long for its place") from error


def join_annex_b(units: Iterable[Nal]) -> bytes:
    """A piece of a byte stream: every NAL unit behind a start code of four bytes."""
    return b"".join(b"\0\0\0\1" + unit.data for unit in units)
