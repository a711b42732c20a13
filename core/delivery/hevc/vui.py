# SPDX-License-Identifier: GPL-3.0-or-later
"""vui_parameters() (H.265, E.2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from .bits import BitReader
from .hrd import skip_hrd

_OWN_ASPECT = 255


@dataclass(frozen=True)
class Vui:
    """Colour and timing as the stream tells them; None where it doesn't."""

    full_range: bool | None = None
    colour: tuple[int, int, int] | None = None  # primaries, transfer, matrix (H.273)
    timing: tuple[int, int] | None = None  # units in a tick, ticks a second


def read_vui(reader: BitReader, sub_layers: int) -> Vui:
    """Raises BitstreamError."""
    if reader.flag() and reader.bits(8) == _OWN_ASPECT:
        reader.skip(32)
    if reader.flag():  # overscan
        reader.flag()
    full_range = colour = None
    if reader.flag():
        reader.skip(3)
        full_range = reader.flag()
        if reader.flag():
            colour = reader.bits(8), reader.bits(8), reader.bits(8)
    if reader.flag():  # where chroma samples lie
        reader.ue()
        reader.ue()
    reader.skip(3)
    if reader.flag():  # default display window
        for _ in range(4):
            reader.ue()
    timing = None
    if reader.flag():
        timing = reader.bits(32), reader.bits(32)
        if reader.flag():
            reader.ue()
        if reader.flag():
            skip_hrd(reader, True, sub_layers)
    if reader.flag():  # bitstream restrictions
        reader.skip(3)
        for _ in range(5):
            reader.ue()
    return Vui(full_range, colour, timing)
