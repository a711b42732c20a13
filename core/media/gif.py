# SPDX-License-Identifier: GPL-3.0-or-later
"""Animated GIFs: one palette chosen from all of the pictures, shades between by dithering."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.filter import Graph

TICK = Fraction(1, 100)
"""A GIF counts in hundredths of a second."""
_LEAST = 2  # ticks: viewers show less as if it were ten
_BUFFER = "video_size={w}x{h}:pix_fmt=rgb24:time_base=1/100:pixel_aspect=1/1"
_DITHER = "dither=sierra2_4a:diff_mode=rectangle"


def gif_delay(rate: Fraction) -> int:
    """The hundredths of a second that each picture stays at ``rate`` pictures a second, or nearly
    so."""
    return max(_LEAST, round(1 / (rate * TICK)))


def encode_gif(pictures: Sequence[np.ndarray], rate: Fraction) -> bytes:
    """A GIF of ``pictures``, RGB uint8 (H, W, 3) of one size, that repeats for ever.

    ``rate`` in pictures a second, rounded to the hundredths of a second that GIF knows. Raises
    ValueError without pictures.
    """
    if not pictures:
        raise ValueError("a GIF needs at least one picture")
    delay = gif_delay(rate)
    palette = _palette(pictures)
    height, width = pictures[0].shape[:2]
    stream_file = io.BytesIO()
    with av.open(stream_file, mode="w", format="gif", options={"loop": "0"}) as container:
        stream = container.add_stream("gif", rate=1 / (delay * TICK))
        stream.width, stream.height, stream.pix_fmt = width, height, "pal8"
        stream.codec_context.time_base = TICK
        for number, frame in enumerate(_dithered(pictures, palette, delay)):
            frame.pts, frame.time_base, frame.duration = number * delay, TICK, delay
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return stream_file.getvalue()


def _palette(pictures: Sequence[np.ndarray]) -> av.VideoFrame:
    graph = Graph()
    source = _buffer(graph, pictures[0])
    made = graph.add("palettegen", "max_colors=256:reserve_transparent=0:stats_mode=full")
    sink = graph.add("buffersink")
    source.link_to(made)
    made.link_to(sink)
    graph.configure()
    for number, picture in enumerate(pictures):
        source.push(_frame(picture, number))
    source.push(None)
    return cast(av.VideoFrame, sink.pull())


def _dithered(
    pictures: Sequence[np.ndarray], palette: av.VideoFrame, delay: int
) -> list[av.VideoFrame]:
    graph = Graph()
    source, colours = (
        _buffer(graph, pictures[0]),
        graph.add("buffer", "video_size=16x16:pix_fmt=rgb32:time_base=1/100:pixel_aspect=1/1"),
    )
    use, sink = graph.add("paletteuse", _DITHER), graph.add("buffersink")
    source.link_to(use, 0, 0)
    colours.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    palette.pts = 0
    colours.push(palette)
    colours.push(None)
    found = []
    for number, picture in enumerate(pictures):
        source.push(_frame(picture, number * delay))
        found += _pulled(sink)
    source.push(None)
    return [*found, *_pulled(sink)]


def _pulled(sink: av.filter.context.FilterContext) -> list[av.VideoFrame]:
    found: list[av.VideoFrame] = []
    while True:
        try:
            found.append(cast(av.VideoFrame, sink.pull()))
        except (av.BlockingIOError, av.EOFError):
            return found


def _buffer(graph: Graph, picture: np.ndarray) -> av.filter.context.FilterContext:
    height, width = picture.shape[:2]
    return graph.add("buffer", _BUFFER.format(w=width, h=height))


def _frame(picture: np.ndarray, pts: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    frame.pts, frame.time_base = pts, TICK
    return frame
