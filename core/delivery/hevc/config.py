# SPDX-License-Identifier: GPL-3.0-or-later
"""hvcC and lhvC: decoder configurations of a sample entry (ISO/IEC 14496-15, 8.3.3 and 9.5.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import BitstreamError
from .nal import PPS, SPS, VPS, Nal
from .sps import Sps

_LENGTH_BYTES = 4


@dataclass(frozen=True)
class Configuration:
    """What a record says: bytes before each NAL unit of a sample, and NAL units to begin with."""

    length_bytes: int
    units: list[Nal]


def hvcc(sps: Sps, units: Sequence[Nal]) -> bytes:
    """An HEVCDecoderConfigurationRecord of the base view."""
    head = b"\1" + sps.profile.hvcc()
    head += b"\xf0\0"  # min_spatial_segmentation_idc: not told
    head += b"\xfc"  # parallelismType: not told
    head += bytes([0xFC | sps.chroma, 0xF8 | sps.depth[0] - 8, 0xF8 | sps.depth[1] - 8])
    head += b"\0\0"  # avgFrameRate: not told
    return head + bytes([_layers(sps)]) + _arrays(units)


def lhvc(sps: Sps, units: Sequence[Nal]) -> bytes:
    """An LHEVCDecoderConfigurationRecord of layer 1."""
    return b"\1\xf0\0\xfc" + bytes([0xC0 | _layers(sps)]) + _arrays(units)


def _layers(sps: Sps) -> int:
    """numTemporalLayers, temporalIdNested, lengthSizeMinusOne."""
    return sps.sub_layers << 3 | sps.nested << 2 | _LENGTH_BYTES - 1


def _arrays(units: Sequence[Nal]) -> bytes:
    """The NAL units by type; parameter sets stand in no sample, so their arrays are complete."""
    by_type: dict[int, list[Nal]] = {}
    for unit in units:
        by_type.setdefault(unit.type, []).append(unit)
    out = bytes([len(by_type)])
    for kind, same in by_type.items():
        complete = 0x80 if kind in (VPS, SPS, PPS) else 0
        out += bytes([complete | kind]) + len(same).to_bytes(2, "big")
        for unit in same:
            out += len(unit.data).to_bytes(2, "big") + unit.data
    return out


def read_hvcc(data: bytes) -> Configuration:
    """Raises BitstreamError."""
    return _read(data, 22, "hvcC")


def read_lhvc(data: bytes) -> Configuration:
    """Raises BitstreamError."""
    return _read(data, 5, "lhvC")


def _read(data: bytes, head: int, name: str) -> Configuration:
    if len(data) <= head or data[0] != 1:
        raise BitstreamError(f"its {name} box is damaged")
    # lengthSizeMinusOne ends the byte before the number of arrays.
    length, at, units = (data[head - 1] & 3) + 1, head + 1, []
    for _ in range(data[head]):
        count = int.from_bytes(data[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            size = int.from_bytes(data[at : at + 2], "big")
            at += 2
            if at + size > len(data):
                raise BitstreamError(f"its {name} box is damaged")
            units.append(Nal(data[at : at + size]))
            at += size
    return Configuration(length, units)
