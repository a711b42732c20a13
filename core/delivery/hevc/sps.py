# SPDX-License-Identifier: GPL-3.0-or-later
"""Sequence parameter sets: read, and rewritten for layer 1 (H.265, 7.3.2.2 and F.7.3.2.2)."""

from __future__ import annotations

from dataclasses import dataclass

from .bits import BitReader, BitWriter
from .errors import BitstreamError
from .nal import SPS, Nal, nal
from .profile import ProfileTierLevel, read_profile
from .reference_sets import ReferenceSet, read_reference_set
from .vui import Vui, read_vui

MOST_SPS = 15  # the largest sps_seq_parameter_set_id


@dataclass(frozen=True)
class Sps:
    """What later stages need to know of an SPS; sizes in luma samples as coded."""

    identifier: int
    vps: int
    sub_layers: int
    nested: bool
    profile: ProfileTierLevel
    chroma: int  # chroma_format_idc: 1 is 4:2:0
    separate_planes: bool
    width: int
    height: int
    window: tuple[int, int, int, int] | None  # conformance window: left, right, top, bottom
    depth: tuple[int, int]  # bits of luma and chroma
    order_bits: int  # of slice_pic_order_cnt_lsb
    ordering: tuple[tuple[int, int, int], ...]  # buffers - 1, reordered, latency + 1, a sub-layer
    block_bits: int  # log2 of the coding tree block
    offset_filter: bool  # sample_adaptive_offset_enabled_flag
    sets: tuple[ReferenceSet, ...]
    long_term: tuple[bool, ...] | None  # used_by_curr_pic_lt_sps_flag; None: no long-term pictures
    temporal_vectors: bool  # sps_temporal_mvp_enabled_flag
    vui: Vui
    rbsp: bytes
    marks: dict[str, int]  # bit positions that `for_layer_1` cuts at

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height without what the conformance window cuts off."""
        left, right, top, bottom = self.window or (0, 0, 0, 0)
        across, down = (2 if self.chroma in (1, 2) else 1), (2 if self.chroma == 1 else 1)
        return self.width - across * (left + right), self.height - down * (top + bottom)


def read_sps(unit: Nal) -> Sps:
    """Of a stream with one layer, or of the base view. Raises BitstreamError."""
    rbsp = unit.payload()
    reader = BitReader(rbsp)
    vps = reader.bits(4)
    sub_layers = reader.bits(3) + 1
    if sub_layers > 7:
        raise BitstreamError("a sequence parameter set belongs to another layer")
    nested = reader.flag()
    profile = read_profile(reader, sub_layers)
    identifier = reader.ue(MOST_SPS)
    chroma = reader.ue(3)
    separate = chroma == 3 and reader.flag()
    width, height = reader.ue(65535), reader.ue(65535)
    window = None
    if reader.flag():
        window = reader.ue(65535), reader.ue(65535), reader.ue(65535), reader.ue(65535)
    depth = reader.ue(8) + 8, reader.ue(8) + 8
    marks = {"order": reader.position}
    order_bits = reader.ue(12) + 4
    marks["ordering"] = reader.position
    every = reader.flag()
    ordering = tuple(
        (reader.ue(), reader.ue(), reader.ue()) for _ in range(sub_layers if every else 1)
    )
    marks["blocks"] = reader.position
    block_bits = reader.ue(3) + 3
    block_bits += reader.ue(3)
    for _ in range(4):  # transform blocks and their hierarchy
        reader.ue()
    scaling = reader.flag()
    marks["scaling"] = reader.position
    if scaling and reader.flag():
        skip_scaling_lists(reader)
    reader.flag()  # amp_enabled_flag
    offset_filter = reader.flag()
    if reader.flag():  # pcm_enabled_flag
        reader.skip(8)
        reader.ue()
        reader.ue()
        reader.flag()
    sets: list[ReferenceSet] = []
    for _ in range(reader.ue(64)):
        sets.append(read_reference_set(reader, sets, in_slice=False))
    long_term = None
    if reader.flag():
        long_term = tuple((reader.bits(order_bits), reader.flag())[1] for _ in range(reader.ue(32)))
    temporal_vectors = reader.flag()
    reader.flag()  # strong_intra_smoothing_enabled_flag
    vui = read_vui(reader, sub_layers) if reader.flag() else Vui()
    marks["extension"] = reader.position
    marks["has_scaling"] = int(scaling)
    marks["extended"] = reader.bits(8) if reader.flag() else 0
    return Sps(
        identifier,
        vps,
        sub_layers,
        nested,
        profile,
        chroma,
        separate,
        width,
        height,
        window,
        depth,
        order_bits,
        ordering,
        block_bits,
        offset_filter,
        tuple(sets),
        long_term,
        temporal_vectors,
        vui,
        rbsp,
        marks,
    )


def skip_scaling_lists(reader: BitReader) -> None:
    """scaling_list_data() (7.3.4)."""
    for size in range(4):
        for _ in range(0, 6, 3 if size == 3 else 1):
            if not reader.flag():
                reader.ue()
                continue
            if size > 1:
                reader.se()
            for _ in range(min(64, 16 << 2 * size)):
                reader.se()


def for_layer_1(sps: Sps, identifier: int, vps: int) -> Nal:
    """The same SPS as the second view's: size and depth come from the VPS's rep_format(), buffers
    from its dpb_size()."""
    marks = sps.marks
    if marks["extended"]:
        raise BitstreamError("the stream uses extensions of HEVC that have no second view")
    writer, source = BitWriter(), BitReader(sps.rbsp)
    writer.bits(vps, 4)
    writer.bits(7, 3)  # sps_ext_or_max_sub_layers_minus1: sub-layers and profile as in the VPS
    writer.ue(identifier)
    writer.flag(False)  # update_rep_format_flag
    writer.copy(source, marks["order"], marks["ordering"])
    writer.copy(source, marks["blocks"], marks["scaling"])
    if marks["has_scaling"]:
        writer.flag(False)  # sps_infer_scaling_list_flag
    writer.copy(source, marks["scaling"], marks["extension"])
    writer.flag(True)  # sps_extension_present_flag
    writer.bits(0b0100_0000, 8)  # sps_multilayer_extension_flag alone
    writer.flag(True)  # inter_view_mv_vert_constraint_flag: no vectors between views at all
    writer.trailing()
    return nal(SPS, 1, 0, writer.bytes())
