# SPDX-License-Identifier: GPL-3.0-or-later
"""Picture parameter sets: read as far as slice headers need, and renumbered (H.265, 7.3.2.3)."""

from __future__ import annotations

from dataclasses import dataclass

from .bits import BitReader, BitWriter
from .nal import PPS, Nal, nal
from .sps import MOST_SPS, skip_scaling_lists

MOST_PPS = 63  # the largest pps_pic_parameter_set_id


@dataclass(frozen=True)
class Pps:
    """What slice headers depend on; named after the syntax elements."""

    identifier: int
    sps: int
    dependent_slice_segments: bool
    output_flag_present: bool
    extra_slice_header_bits: int
    cabac_init_present: bool
    references: tuple[int, int]  # num_ref_idx_l0 and l1_default_active
    slice_chroma_offsets: bool
    weighted_p: bool
    weighted_b: bool
    entry_points: bool  # tiles or wavefronts
    filter_across_slices: bool
    deblocking_override: bool
    deblocking_off: bool
    lists_modification: bool
    header_extension: bool
    rbsp: bytes
    after_identifiers: int  # bit position


def read_pps(unit: Nal) -> Pps:
    """Raises BitstreamError."""
    rbsp = unit.payload()
    reader = BitReader(rbsp)
    identifier, sps = reader.ue(MOST_PPS), reader.ue(MOST_SPS)
    after_identifiers = reader.position
    dependent, output = reader.flag(), reader.flag()
    extra = reader.bits(3)
    reader.flag()  # sign_data_hiding_enabled_flag
    cabac_init = reader.flag()
    references = reader.ue(14) + 1, reader.ue(14) + 1
    reader.se()  # init_qp_minus26
    reader.skip(2)  # constrained_intra_pred_flag, transform_skip_enabled_flag
    if reader.flag():  # cu_qp_delta_enabled_flag
        reader.ue()
    reader.se()
    reader.se()
    chroma_offsets = reader.flag()
    weighted_p, weighted_b = reader.flag(), reader.flag()
    reader.flag()  # transquant_bypass_enabled_flag
    tiles, wavefronts = reader.flag(), reader.flag()
    if tiles:
        columns, rows = reader.ue(1023), reader.ue(1023)
        if not reader.flag():
            for _ in range(columns + rows):
                reader.ue()
        reader.flag()
    across_slices = reader.flag()
    override = off = False
    if reader.flag():  # deblocking_filter_control_present_flag
        override, off = reader.flag(), reader.flag()
        if not off:
            reader.se()
            reader.se()
    if reader.flag():  # pps_scaling_list_data_present_flag
        skip_scaling_lists(reader)
    lists = reader.flag()
    reader.ue()  # log2_parallel_merge_level_minus2
    return Pps(
        identifier,
        sps,
        dependent,
        output,
        extra,
        cabac_init,
        references,
        chroma_offsets,
        weighted_p,
        weighted_b,
        tiles or wavefronts,
        across_slices,
        override,
        off,
        lists,
        reader.flag(),
        rbsp,
        after_identifiers,
    )


def renumbered(pps: Pps, identifier: int, sps: int, layer: int) -> Nal:
    """The same PPS under another number, for another SPS, in another layer."""
    writer, source = BitWriter(), BitReader(pps.rbsp)
    writer.ue(identifier)
    writer.ue(sps)
    writer.copy(source, pps.after_identifiers, payload_bits(pps.rbsp))
    writer.trailing()
    return nal(PPS, layer, 0, writer.bytes())


def payload_bits(rbsp: bytes) -> int:
    """Bits before rbsp_trailing_bits()."""
    end = len(rbsp.rstrip(b"\0"))
    last = rbsp[end - 1]
    return 8 * end - 1 - ((last & -last).bit_length() - 1)
