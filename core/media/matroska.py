# SPDX-License-Identifier: GPL-3.0-or-later
"""HDR10's metadata for a Matroska file, which FFmpeg's muxer writes where a stream has them.

No encoder here hands them to the muxer, and PyAV can't set them; but a stream that was read out of
a Matroska file has what that file says, and is copied with it. So a file of one picture is
written, the metadata are put into its `Colour` element (RFC 9559, 5.1.4.1.28), and its stream is
the model of the movie's.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import av

from ..errors import SecondEyeError
from .container import ffmpeg_name, opened, packets_of
from .tags import CHROMATICITY, LUMINANCE, ColourTags

SUFFIXES = (".mkv", ".webm", ".mk3d")
_EBML, _SEGMENT, _INFO, _TRACKS, _CLUSTER = (
    0x1A45DFA3,
    0x18538067,
    0x1549A966,
    0x1654AE6B,
    0x1F43B675,
)
_TRACK, _VIDEO, _COLOUR = 0xAE, 0xE0, 0x55B0
_WITHIN = {_SEGMENT: _TRACKS, _TRACKS: _TRACK, _TRACK: _VIDEO, _VIDEO: _COLOUR}
_MAX_CLL, _MAX_FALL, _MASTERING = 0x55BC, 0x55BD, 0x55D0
_PLACES, _MOST, _LEAST = 0x55D1, 0x55D9, 0x55DA  # x of red; y, and the others, follow it
_WANTED = (_INFO, _TRACKS, _CLUSTER)


def write_model(part: Path, target: Path, colour: ColourTags) -> None:
    """Write the first picture of ``part`` as the Matroska file ``target`` that tells the HDR
    metadata of ``colour``. Raises SecondEyeError, OSError."""
    with (
        opened(part, threads=1) as (container, source),
        av.open(ffmpeg_name(target), mode="w", format="matroska") as out,
    ):
        stream = out.add_stream_from_template(source, opaque=True)
        for packet in packets_of(container, source):
            packet.stream = stream
            out.mux(packet)
            break
    data = target.read_bytes()
    head = b"".join(data[start:end] for number, start, _, end in _elements(data) if number == _EBML)
    target.write_bytes(head + _told(data, _SEGMENT, _colour(colour)))


def _colour(colour: ColourTags) -> bytes:
    """The elements that `Colour` gets."""
    found = b""
    if colour.light:
        most, mean = colour.light
        found += _element(_MAX_CLL, most.to_bytes(4, "big"))
        found += _element(_MAX_FALL, mean.to_bytes(4, "big"))
    if colour.mastering:
        units = [CHROMATICITY] * 8 + [LUMINANCE] * 2
        numbers = (*range(_PLACES, _PLACES + 8), _MOST, _LEAST)
        values = zip(numbers, colour.mastering, units, strict=True)
        found += _element(
            _MASTERING, b"".join(_element(n, struct.pack(">d", v / u)) for n, v, u in values)
        )
    return found


def _told(data: bytes, number: int, added: bytes) -> bytes:
    """The first element ``number`` in ``data`` with ``added`` to its `Colour`; of a segment, only
    what is needed to begin to read: other elements say where those lie that have moved."""
    found = next((e for e in _elements(data) if e[0] == number), None)
    if found is None:
        if number != _COLOUR:
            raise SecondEyeError(
                "A part of the movie is damaged: delete its folder, convert again."
            )
        return _element(number, added)
    body = data[found[2] : found[3]]
    if number == _COLOUR:
        return _element(number, body + added)
    inner, told = _WITHIN[number], b""
    for kind, start, _, end in _elements(body):
        if kind != inner and (number != _SEGMENT or kind in _WANTED):
            told += body[start:end]
        elif kind == inner:
            told += _told(body[start:end], inner, added)
    if number == _VIDEO and not any(e[0] == _COLOUR for e in _elements(body)):
        told += _element(_COLOUR, added)
    return _element(number, told)


def _elements(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """(number, where it begins, where its content begins, where it ends), one after the other."""
    at = 0
    while at < len(data):
        start = at
        number, at, _ = _vint(data, at, keep=True)
        size, at, unknown = _vint(data, at, keep=False)
        end = len(data) if unknown else min(at + size, len(data))
        yield number, start, at, end
        at = end


def _vint(data: bytes, at: int, keep: bool) -> tuple[int, int, bool]:
    """A number of variable length (RFC 8794, 4), the place behind it, and whether all its bits are
    ones; ``keep``: with the marker that tells its length."""
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length], "big")
    bits = 7 * length
    plain = value & ((1 << bits) - 1)
    return (value if keep else plain), at + length, plain == (1 << bits) - 1


def _element(number: int, content: bytes) -> bytes:
    size = (1 << 56) | len(content)
    return (
        number.to_bytes((number.bit_length() + 7) // 8, "big") + size.to_bytes(8, "big") + content
    )
