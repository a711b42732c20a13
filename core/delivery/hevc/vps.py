# SPDX-License-Identifier: GPL-3.0-or-later
"""Video parameter sets: read, and extended to two views (H.265, 7.3.2.1 and F.7.3.2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from .bits import BitReader, BitWriter
from .errors import BitstreamError
from .hrd import skip_hrd
from .nal import VPS, Nal, nal
from .profile import ProfileTierLevel, multiview_main, read_profile, write_profile

# scalability_mask_flag: 0 texture and depth, 1 multiview, 2 spatial and SNR, 3 auxiliary.
_MULTIVIEW = 1
# direct_dependency_all_layers_type: samples and motion of the base view may be looked at.
_SAMPLES_AND_MOTION = 2


@dataclass(frozen=True)
class Vps:
    """What later stages need to know of a VPS."""

    identifier: int
    layers: int
    sub_layers: int
    nested: bool
    profile: ProfileTierLevel
    ordering: tuple[tuple[int, int, int], ...]  # buffers - 1, reordered, latency + 1, a sub-layer
    timing: tuple[int, int] | None  # units in a tick, ticks a second
    multiview: bool
    rbsp: bytes
    ordering_start: int  # bits: vps_sub_layer_ordering_info_present_flag ...
    ordering_end: int
    timing_start: int  # bits: vps_timing_info_present_flag ...
    timing_end: int


def read_vps(unit: Nal) -> Vps:
    """Raises BitstreamError."""
    rbsp = unit.payload()
    reader = BitReader(rbsp)
    identifier = reader.bits(4)
    reader.skip(2)
    layers = reader.bits(6) + 1
    sub_layers = reader.bits(3) + 1
    nested = reader.flag()
    reader.skip(16)
    profile = read_profile(reader, sub_layers)
    ordering_start = reader.position
    every = reader.flag()
    ordering = tuple(
        (reader.ue(), reader.ue(), reader.ue()) for _ in range(sub_layers if every else 1)
    )
    ordering_end = reader.position
    last_layer = reader.bits(6)
    for _ in range(reader.ue(1023)):
        reader.skip(last_layer + 1)
    timing_start = reader.position
    timing = _timing(reader, sub_layers)
    timing_end = reader.position
    return Vps(
        identifier,
        layers,
        sub_layers,
        nested,
        profile,
        ordering,
        timing,
        layers > 1 and reader.flag() and _is_multiview(reader, sub_layers),
        rbsp,
        ordering_start,
        ordering_end,
        timing_start,
        timing_end,
    )


def _timing(reader: BitReader, sub_layers: int) -> tuple[int, int] | None:
    if not reader.flag():
        return None
    timing = reader.bits(32), reader.bits(32)
    if reader.flag():
        reader.ue()
    for number in range(reader.ue(1024)):
        reader.ue()
        common = number == 0 or reader.flag()
        skip_hrd(reader, common, sub_layers)
    return timing


def _is_multiview(reader: BitReader, sub_layers: int) -> bool:
    """Whether the extension that begins here tells layers apart by their view."""
    while reader.position % 8:
        reader.flag()
    reader.skip(8)  # the level; no profile is told
    if sub_layers > 1:
        present = [(reader.flag(), reader.flag()) for _ in range(sub_layers - 1)]
        reader.skip(2 * (8 - (sub_layers - 1)))
        reader.skip(sum(88 * profile + 8 * level for profile, level in present))
    reader.flag()  # splitting_flag
    return reader.flags(16)[_MULTIVIEW]


def two_views(base: Vps, width: int, height: int, window: tuple[int, int, int, int] | None) -> Nal:
    """The base view's VPS with the extension for a second view in layer 1.

    ``width`` and ``height`` as coded, in luma samples; ``window``: the conformance window's left,
    right, top and bottom offsets. The second view depends on the base view by declaration (readers
    want that), and each of its slices then says that it doesn't use it.
    """
    if base.layers > 1:
        raise BitstreamError("the stream has several layers already")
    writer, source = BitWriter(), BitReader(base.rbsp)
    writer.bits(base.identifier, 4)
    writer.bits(0b11, 2)  # the base layer is in the stream
    writer.bits(1, 6)  # vps_max_layers_minus1
    writer.bits(base.sub_layers - 1, 3)
    writer.flag(base.nested)
    writer.bits(0xFFFF, 16)
    write_profile(writer, base.profile, True, base.sub_layers)
    writer.copy(source, base.ordering_start, base.ordering_end)
    writer.bits(1, 6)  # vps_max_layer_id
    writer.ue(1)  # vps_num_layer_sets_minus1
    writer.bits(0b11, 2)  # both layers are in the second set
    writer.copy(source, base.timing_start, base.timing_end)
    writer.flag(True)  # vps_extension_flag
    writer.align(1)
    _extension(writer, base, width, height, window)
    writer.flag(False)  # vps_extension2_flag
    writer.trailing()
    return nal(VPS, 0, 0, writer.bytes())


def _extension(
    writer: BitWriter,
    base: Vps,
    width: int,
    height: int,
    window: tuple[int, int, int, int] | None,
) -> None:
    """vps_extension()."""
    write_profile(writer, base.profile, False, base.sub_layers)
    writer.flag(False)  # splitting_flag
    writer.bits(1 << (15 - _MULTIVIEW), 16)
    writer.bits(0, 3)  # dimension_id_len_minus1
    writer.flag(True)  # vps_nuh_layer_id_present_flag
    writer.bits(1, 6)  # layer_id_in_nuh[1]
    writer.bits(1, 1)  # dimension_id[1]: the second view in order
    writer.bits(1, 4)  # view_id_len
    writer.bits(0b01, 2)  # view_id_val: 0, then 1
    writer.flag(True)  # direct_dependency_flag[1][0]
    writer.flag(False)  # vps_sub_layers_max_minus1_present_flag
    writer.flag(False)  # max_tid_ref_present_flag
    writer.flag(False)  # default_ref_layers_active_flag: every slice says it
    writer.ue(2)  # vps_num_profile_tier_level_minus1: Main, its level again, Multiview Main
    writer.flag(True)  # vps_profile_present_flag[2]
    write_profile(writer, multiview_main(base.profile), True, base.sub_layers)
    writer.ue(0)  # num_add_olss
    writer.bits(0, 2)  # default_output_layer_idc: every layer is shown
    writer.bits(1, 2)  # profile_tier_level_idx[1][0]
    writer.bits(2, 2)  # profile_tier_level_idx[1][1]
    writer.ue(0)  # vps_num_rep_formats_minus1
    _rep_format(writer, width, height, window)
    writer.flag(True)  # max_one_active_ref_layer_flag
    writer.flag(False)  # vps_poc_lsb_aligned_flag
    _dpb_size(writer, base)
    writer.ue(0)  # direct_dep_type_len_minus2
    writer.flag(True)  # direct_dependency_all_layers_flag
    writer.bits(_SAMPLES_AND_MOTION, 2)
    writer.ue(0)  # vps_non_vui_extension_length
    writer.flag(False)  # vps_vui_present_flag


def _rep_format(
    writer: BitWriter, width: int, height: int, window: tuple[int, int, int, int] | None
) -> None:
    """rep_format(): 4:2:0 in 8 bits."""
    writer.bits(width, 16)
    writer.bits(height, 16)
    writer.flag(True)  # chroma_and_bit_depth_vps_present_flag
    writer.bits(1, 2)
    writer.bits(0, 8)
    writer.flag(window is not None)
    for offset in window or ():
        writer.ue(offset)


def _dpb_size(writer: BitWriter, base: Vps) -> None:
    """dpb_size(): each view needs the buffers that the base view's encode told."""
    several = len(base.ordering) > 1
    writer.flag(several)  # sub_layer_flag_info_present_flag
    for number, (buffers, reordered, latency) in enumerate(base.ordering):
        if number:
            writer.flag(True)  # sub_layer_dpb_info_present_flag
        writer.ue(buffers)
        writer.ue(buffers)
        writer.ue(reordered)
        writer.ue(latency)
