# SPDX-License-Identifier: GPL-3.0-or-later
"""slice_segment_header(): read to its end, and rewritten for layer 1 (H.265, 7.3.6, F.7.3.6).

Only the header is touched; the slice's data behind it stays byte for byte. Its emulation prevention
stays right, since a header's last byte is never zero (byte_alignment() begins with a one).
"""

from __future__ import annotations

from dataclasses import dataclass

from .bits import BitReader, BitWriter
from .errors import BitstreamError
from .nal import Nal, escape, escaped_length, header, unescape
from .pps import MOST_PPS, Pps
from .reference_sets import read_reference_set
from .sps import Sps

# Enough for any header that isn't made of thousands of entry points; else all of it is read.
_USUAL_HEADER = 512
_B, _P = 0, 1


@dataclass(frozen=True)
class SliceHeader:
    """Where a header's parts begin and end, in bits, and what tells its picture."""

    first: bool  # first_slice_segment_in_pic_flag
    dependent: bool
    pps: int
    order: int  # slice_pic_order_cnt_lsb; 0 in IDR pictures
    pps_start: int
    pps_end: int
    order_at: int | None  # where slice_pic_order_cnt_lsb stands or would
    prediction_at: int | None  # where inter_layer_pred_enabled_flag would stand
    end: int  # where byte_alignment() begins
    order_bits: int


def read_slice(unit: Nal, all_pps: dict[int, Pps], all_sps: dict[int, Sps]) -> SliceHeader:
    """Raises BitstreamError."""
    usual = unit.data[2 : 2 + _USUAL_HEADER]
    try:
        return _read(BitReader(unescape(usual)), unit, all_pps, all_sps)
    except BitstreamError:
        if len(unit.data) <= 2 + _USUAL_HEADER:
            raise
        return _read(BitReader(unit.payload()), unit, all_pps, all_sps)


def for_layer_1(unit: Nal, told: SliceHeader, pps: int) -> Nal:
    """The slice in layer 1, with another PPS's number, its order count also in IDR pictures, and
    inter_layer_pred_enabled_flag = 0."""
    rbsp = unescape(unit.data[2 : 2 + told.end // 8 * 2 + 64])
    source, writer = BitReader(rbsp), BitWriter()
    writer.copy(source, 0, told.pps_start)
    writer.ue(pps)
    at = told.pps_end
    if told.order_at is not None:
        writer.copy(source, at, told.order_at)
        at = told.order_at
        if unit.is_idr:
            writer.bits(0, told.order_bits)
    if told.prediction_at is not None:
        writer.copy(source, at, told.prediction_at)
        at = told.prediction_at
        writer.flag(False)
    writer.copy(source, at, told.end)
    writer.trailing()
    data = unit.data[2:]
    kept = data[escaped_length(data, told.end // 8 + 1) :]
    return Nal(header(unit.type, 1, unit.temporal) + escape(writer.bytes()) + kept)


def _read(
    reader: BitReader, unit: Nal, all_pps: dict[int, Pps], all_sps: dict[int, Sps]
) -> SliceHeader:
    first = reader.flag()
    if unit.is_irap:
        reader.flag()  # no_output_of_prior_pics_flag
    pps_start = reader.position
    number = reader.ue(MOST_PPS)
    pps_end = reader.position
    pps = all_pps.get(number)
    sps = None if pps is None else all_sps.get(pps.sps)
    if pps is None or sps is None:
        raise BitstreamError("a slice names parameter sets that the stream doesn't hold")
    dependent = False
    if not first:
        dependent = pps.dependent_slice_segments and reader.flag()
        reader.skip(_address_bits(sps))
    order, order_at, prediction_at = 0, None, None
    if not dependent:
        reader.skip(pps.extra_slice_header_bits)
        kind = reader.ue(2)
        reader.skip(pps.output_flag_present + 2 * sps.separate_planes)
        order_at = reader.position
        used, vectors = 0, False
        if not unit.is_idr:
            order = reader.bits(sps.order_bits)
            used, vectors = _references(reader, sps)
        prediction_at = reader.position
        _rest(reader, unit, kind, pps, sps, used, vectors)
    if pps.entry_points and (count := reader.ue(440 * 68)):
        reader.skip(count * (reader.ue(31) + 1))
    if pps.header_extension:
        reader.skip(8 * reader.ue(256))
    return SliceHeader(
        first,
        dependent,
        number,
        order,
        pps_start,
        pps_end,
        order_at,
        prediction_at,
        reader.position,
        sps.order_bits,
    )


def _address_bits(sps: Sps) -> int:
    size = 1 << sps.block_bits
    blocks = -(-sps.width // size) * -(-sps.height // size)
    return max(blocks - 1, 0).bit_length()


def _references(reader: BitReader, sps: Sps) -> tuple[int, bool]:
    """(pictures that this one looks at, slice_temporal_mvp_enabled_flag)."""
    sets = list(sps.sets)
    if not reader.flag():  # short_term_ref_pic_set_sps_flag
        used = read_reference_set(reader, sets, in_slice=True).used
    elif not sets:
        raise BitstreamError("a slice names a reference set that the stream doesn't hold")
    else:
        index = reader.bits((len(sets) - 1).bit_length())
        if index >= len(sets):
            raise BitstreamError("a slice names a reference set that the stream doesn't hold")
        used = sets[index].used
    if sps.long_term is not None:
        used += _long_term(reader, sps.long_term, sps.order_bits)
    return used, sps.temporal_vectors and reader.flag()


def _long_term(reader: BitReader, known: tuple[bool, ...], order_bits: int) -> int:
    from_sps = reader.ue(32) if known else 0
    own = reader.ue(32)
    used = 0
    for number in range(from_sps + own):
        if number < from_sps:
            index = reader.bits((len(known) - 1).bit_length())
            if index >= len(known):
                raise BitstreamError("a slice names a long-term picture that isn't known")
            used += known[index]
        else:
            reader.skip(order_bits)
            used += reader.flag()
        if reader.flag():  # delta_poc_msb_present_flag
            reader.ue()
    return used


def _rest(
    reader: BitReader, unit: Nal, kind: int, pps: Pps, sps: Sps, used: int, vectors: bool
) -> None:
    """From the offset filter to the loop filter."""
    colour = sps.chroma != 0 and not sps.separate_planes
    filtered = False
    if sps.offset_filter:
        filtered = reader.flag()
        filtered |= colour and reader.flag()
    if kind in (_B, _P):
        _prediction(reader, kind, pps, used, vectors, colour)
    reader.se()  # slice_qp_delta
    if pps.slice_chroma_offsets:
        reader.se()
        reader.se()
    off = pps.deblocking_off
    if pps.deblocking_override and reader.flag():
        off = reader.flag()
        if not off:
            reader.se()
            reader.se()
    if pps.filter_across_slices and (filtered or not off):
        reader.flag()


def _prediction(
    reader: BitReader, kind: int, pps: Pps, used: int, vectors: bool, colour: bool
) -> None:
    """The part that P and B slices alone have."""
    lists = 2 if kind == _B else 1
    counts = list(pps.references[:lists])
    if reader.flag():  # num_ref_idx_active_override_flag
        counts = [reader.ue(14) + 1 for _ in range(lists)]
    if pps.lists_modification and used > 1:
        for count in counts:
            if reader.flag():
                reader.skip(count * (used - 1).bit_length())
    if kind == _B:
        reader.flag()  # mvd_l1_zero_flag
    if pps.cabac_init_present:
        reader.flag()
    if vectors:
        from_first = kind == _P or reader.flag()  # collocated_from_l0_flag
        if counts[0 if from_first else 1] > 1:
            reader.ue()
    if pps.weighted_p if kind == _P else pps.weighted_b:
        _weights(reader, counts, colour)
    reader.ue(4)  # five_minus_max_num_merge_cand


def _weights(reader: BitReader, counts: list[int], colour: bool) -> None:
    """pred_weight_table(); all references are of the same view and of other moments."""
    reader.ue(7)
    if colour:
        reader.se()
    for count in counts:
        luma = reader.flags(count)
        chroma = reader.flags(count) if colour else [False] * count
        for has_luma, has_chroma in zip(luma, chroma, strict=True):
            for _ in range(2 * has_luma + 4 * has_chroma):
                reader.se()
