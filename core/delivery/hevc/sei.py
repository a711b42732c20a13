# SPDX-License-Identifier: GPL-3.0-or-later
"""Supplemental enhancement information about stereo (H.265, annex D and G.14; H.264, annex D)."""

from __future__ import annotations

from .bits import BitReader, BitWriter
from .nal import PREFIX_SEI, Nal, nal

FRAME_PACKING = 45
THREE_DIMENSIONAL_DISPLAYS = 176
# frame_packing_arrangement_type.
SIDE_BY_SIDE, TOP_BOTTOM = 3, 4
# A display of 64 cm for which the pictures are meant: 2 to the power of (37 - 31).
_DISPLAY_EXPONENT, _DISPLAY_MANTISSA_BITS = 37, 6


def message(kind: int, payload: bytes) -> bytes:
    """sei_message(): type and size in bytes of 255 and a rest."""
    out = bytearray()
    for number in (kind, len(payload)):
        out += b"\xff" * (number // 255) + bytes([number % 255])
    return bytes(out) + payload


def messages(rbsp: bytes) -> list[tuple[int, bytes]]:
    """The (type, payload) pairs of an SEI RBSP, as far as it is whole."""
    found: list[tuple[int, bytes]] = []
    at, end = 0, len(rbsp.rstrip(b"\0")) - 1
    while at < end:
        numbers = []
        for _ in range(2):
            number = 0
            while at < end and rbsp[at] == 255:
                number += 255
                at += 1
            if at >= end:
                return found
            numbers.append(number + rbsp[at])
            at += 1
        kind, size = numbers
        if at + size > len(rbsp):
            return found
        found.append((kind, rbsp[at : at + size]))
        at += size
    return found


def reference_displays() -> Nal:
    """three_dimensional_reference_displays_info(): view 0 is the left eye, view 1 the right."""
    writer = BitWriter()
    writer.ue(0)  # prec_ref_display_width
    writer.flag(False)  # ref_viewing_distance_flag
    writer.ue(0)  # num_ref_displays_minus1
    writer.ue(0)  # left_view_id
    writer.ue(1)  # right_view_id
    writer.bits(_DISPLAY_EXPONENT, 6)
    writer.bits(0, _DISPLAY_MANTISSA_BITS)
    writer.flag(False)  # additional_shift_present_flag
    writer.flag(False)  # three_dimensional_reference_displays_info_extension_flag
    _finish(writer)
    rbsp = message(THREE_DIMENSIONAL_DISPLAYS, writer.bytes()) + b"\x80"
    return nal(PREFIX_SEI, 0, 0, rbsp)


def frame_packing(arrangement: int, swapped: bool, hevc: bool) -> bytes:
    """frame_packing_arrangement() as an sei_message() for HEVC or H.264.

    ``arrangement``: SIDE_BY_SIDE or TOP_BOTTOM; ``swapped``: the right eye comes first. It holds
    until another one comes.
    """
    writer = BitWriter()
    writer.ue(0)  # frame_packing_arrangement_id
    writer.flag(False)  # ..._cancel_flag
    writer.bits(arrangement, 7)
    writer.flag(False)  # quincunx_sampling_flag
    writer.bits(2 if swapped else 1, 6)  # content_interpretation_type: frame 0 is right, or left
    # Flipping, frame 0 flipped, field views, current frame is frame 0, each self-contained.
    writer.bits(0, 6)
    writer.bits(0, 16)  # grid positions
    writer.bits(0, 8)
    if hevc:
        writer.flag(True)  # persistence_flag
        writer.flag(False)  # upsampled_aspect_ratio_flag
    else:
        writer.ue(1)  # repetition_period: until further notice
        writer.flag(False)  # extension_flag
    _finish(writer)
    return message(FRAME_PACKING, writer.bytes())


def read_frame_packing(payload: bytes) -> tuple[int, bool] | None:
    """(arrangement, whether the right eye comes first); None for a cancellation."""
    reader = BitReader(payload)
    reader.ue()
    if reader.flag():
        return None
    arrangement = reader.bits(7)
    reader.flag()
    return arrangement, reader.bits(6) == 2


def read_reference_displays(payload: bytes) -> tuple[int, int]:
    """(view id of the left eye, view id of the right)."""
    reader = BitReader(payload)
    reader.ue()
    if reader.flag():
        reader.ue()
    reader.ue()
    return reader.ue(), reader.ue()


def _finish(writer: BitWriter) -> None:
    """Payloads that end within a byte get a one and zeros (D.2.1)."""
    if writer.length % 8:
        writer.trailing()
