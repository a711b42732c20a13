# SPDX-License-Identifier: GPL-3.0-or-later
"""Source colours come back through every matrix, range, depth and chroma sampling."""

from fractions import Fraction as F

import av
import numpy as np
import pytest

from core.media import MovieWriter, open_clip

COLOURS = [
    (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255),
    (0, 0, 0), (128, 128, 128), (200, 120, 60), (30, 90, 160),
]  # fmt: skip
# Luma weights of red and blue by H.273 number: BT.709, BT.470BG, SMPTE 170M, SMPTE 240M, BT.2020.
WEIGHTS = {
    1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}  # fmt: skip
UNSPECIFIED = 2
FORMATS = {
    "yuv420p": (8, 2, 2), "yuv422p": (8, 2, 1), "yuv444p": (8, 1, 1), "yuv420p10le": (10, 2, 2),
    "yuv422p10le": (10, 2, 1), "yuv444p10le": (10, 1, 1),
}  # fmt: skip


def coded(colour, matrix, full, bits):
    """ITU-T H.273, 8.3: the Y, Cb, Cr code values of an RGB colour 0..255."""
    red, blue = WEIGHTS[matrix]
    r, g, b = (c / 255 for c in colour)
    y = red * r + (1 - red - blue) * g + blue * b
    cb, cr = (b - y) / (2 * (1 - blue)), (r - y) / (2 * (1 - red))
    if full:
        top = 2**bits - 1
        values = [y * top, cb * top + 2 ** (bits - 1), cr * top + 2 ** (bits - 1)]
    else:
        unit = 2 ** (bits - 8)
        values = [(16 + 219 * y) * unit, (128 + 224 * cb) * unit, (128 + 224 * cr) * unit]
    return [min(round(v), 2**bits - 1) for v in values]


def patches(colour_of, height, width):
    """One value for each of the eight patches, as a (height, width) plane."""
    y = np.arange(height)[:, None] * 2 // height
    x = np.arange(width)[None] * 4 // width
    return np.array([colour_of(c) for c in COLOURS])[y * 4 + x]


def make_patches(path, matrix, full, pix_fmt="yuv420p", tagged=True, size=(128, 64)):
    """A lossless clip of the eight patches whose code values are computed here."""
    width, height = size
    bits, across, down = FORMATS[pix_fmt]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.colorspace = matrix if tagged else UNSPECIFIED
        stream.codec_context.color_range = 2 if full else 1 if tagged else 0
        frame = av.VideoFrame(width, height, pix_fmt)
        kind = np.uint8 if bits == 8 else np.uint16
        for k, plane in enumerate(frame.planes):
            h = height if k == 0 else -(-height // down)
            w = width if k == 0 else -(-width // across)
            row = np.zeros((h, plane.line_size // np.dtype(kind).itemsize), kind)
            row[:, :w] = patches(lambda c, k=k: coded(c, matrix, full, bits)[k], h, w)
            plane.update(row)
        frame.pts, frame.time_base = 0, F(1, 24)
        frame.colorspace = stream.codec_context.colorspace
        frame.color_range = stream.codec_context.color_range
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def worst_error(rgb):
    """Largest distance from the patch colours at the patch centres, in 1/255."""
    height, width = rgb.shape[:2]
    scale = 257 if rgb.dtype == np.uint16 else 1
    worst = 0.0
    for i, colour in enumerate(COLOURS):
        x, y = (i % 4 * 2 + 1) * width // 8, (i // 4 * 2 + 1) * height // 4
        patch = rgb[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3) / scale
        worst = max(worst, float(np.abs(patch - colour).max()))
    return worst


@pytest.mark.parametrize("pix_fmt", FORMATS)
@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", WEIGHTS)
def test_tagged_colour_comes_back(matrix, full, pix_fmt, tmp_path):
    clip = open_clip(make_patches(tmp_path / "a.mkv", matrix, full, pix_fmt))
    ((_, rgb),) = clip.frames()
    deep = FORMATS[pix_fmt][0] > 8
    assert clip.info.bit_depth == FORMATS[pix_fmt][0]
    assert rgb.dtype == (np.uint16 if deep else np.uint8)
    assert worst_error(rgb) <= (0.6 if deep else 2)


@pytest.mark.parametrize(
    ("size", "matrix"), [((720, 480), 6), ((720, 576), 6), ((1280, 720), 1), ((1080, 1920), 1)]
)
def test_untagged_colour_goes_by_size(size, matrix, tmp_path):
    path = make_patches(tmp_path / "a.mkv", matrix, False, tagged=False, size=size)
    ((_, rgb),) = open_clip(path).frames()
    assert worst_error(rgb) <= 2


def test_deep_white_is_full_scale(tmp_path):
    for full in (False, True):
        path = make_patches(tmp_path / f"{full}.mkv", 1, full, "yuv420p10le")
        ((_, rgb),) = open_clip(path).frames()
        assert rgb[16, 112].tolist() == [65535] * 3
        assert rgb[48, 16].tolist() == [0] * 3


def test_colour_survives_in_odd_sizes(tmp_path):
    for pix_fmt in ("yuv420p", "yuv420p10le"):
        path = make_patches(tmp_path / f"{pix_fmt}.mkv", 1, False, pix_fmt, size=(127, 63))
        ((_, rgb),) = open_clip(path).frames()
        assert rgb.shape == (63, 127, 3)
        assert worst_error(rgb) <= 2


@pytest.mark.parametrize(
    ("pix_fmt", "picture", "colour_range", "expected"),
    [
        ("gray", np.full((8, 8), 235, np.uint8), 1, 255),
        ("gray", np.full((8, 8), 16, np.uint8), 1, 0),
        ("gray", np.full((8, 8), 235, np.uint8), 2, 235),
        ("gray10le", np.full((8, 8), 940, np.uint16), 1, 65535),
        ("gray10le", np.full((8, 8), 1023, np.uint16), 2, 65535),
        ("bgra", np.full((8, 8, 4), 99, np.uint8), 0, 99),
        ("gbrp10le", np.full((8, 8, 3), 1023, np.uint16), 0, 65535),
    ],
)
def test_grey_and_rgb_sources(pix_fmt, picture, colour_range, expected, tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 8, 8, pix_fmt
        stream.codec_context.color_range = colour_range
        frame = av.VideoFrame.from_ndarray(picture, format=pix_fmt)
        frame.pts, frame.time_base, frame.color_range = 0, F(1, 24), colour_range
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    clip = open_clip(path)
    ((_, rgb),) = clip.frames()
    assert np.unique(rgb).tolist() == [expected]
    assert any("alpha" in note for note in clip.info.notes) == (pix_fmt == "bgra")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_writer_tags_bt709_and_means_it(suffix, tmp_path):
    """A player that believes the tags sees the colours; ours is checked against H.273 above."""
    rgb = patches(lambda c: c, 64, 128).astype(np.uint8)
    path = tmp_path / f"a{suffix}"
    with MovieWriter(path, 128, 64, 24, crf=4) as movie:
        for _ in range(3):
            movie.write(rgb)
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
        assert context.color_range == 1
    for _, back in open_clip(path).frames():
        assert worst_error(back) <= 3
