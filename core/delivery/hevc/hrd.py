# SPDX-License-Identifier: GPL-3.0-or-later
"""hrd_parameters() (H.265, E.2.2), passed over: nothing here needs buffer models."""

from __future__ import annotations

from .bits import BitReader


def skip_hrd(reader: BitReader, common: bool, sub_layers: int) -> None:
    """Move ``reader`` behind hrd_parameters(``common``, ``sub_layers`` - 1)."""
    nal = vcl = sub_picture = False
    if common:
        nal, vcl = reader.flag(), reader.flag()
        if nal or vcl:
            sub_picture = reader.flag()
            reader.skip(19 if sub_picture else 0)
            reader.skip(8)
            reader.skip(4 if sub_picture else 0)
            reader.skip(15)
    for _ in range(sub_layers):
        _skip_sub_layer(reader, nal, vcl, sub_picture)


def _skip_sub_layer(reader: BitReader, nal: bool, vcl: bool, sub_picture: bool) -> None:
    fixed_general = reader.flag()
    fixed_in_sequence = fixed_general or reader.flag()
    low_delay = False
    if fixed_in_sequence:
        reader.ue()
    else:
        low_delay = reader.flag()
    count = 1 if low_delay else reader.ue(31) + 1
    for _ in range(count * (nal + vcl)):
        for _ in range(4 if sub_picture else 2):
            reader.ue()
        reader.flag()
