# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbered image sequences: which files, which order, gaps, sizes, depths, orientation, focal."""

import struct
from fractions import Fraction as F

import cv2
import numpy as np
import pytest
from clips import make_sequence, numbered_picture, numbers_of, read_number

from core.errors import SecondEyeError, UsageError
from core.media import open_clip, read_picture, to_bits, write_image


@pytest.mark.parametrize("suffix", ["png", "jpg", "JPG", "tif", "webp", "bmp"])
def test_folder_of_frames(suffix, tmp_path):
    name = "shot_{:04d}." + suffix
    clip = open_clip(make_sequence(tmp_path / "in", range(1001, 1011), name=name))
    assert clip.info.kind == "sequence"
    assert not clip.info.has_audio
    assert (clip.info.width, clip.info.height, clip.info.bit_depth) == (96, 64, 8)
    assert clip.timeline.rate == 24
    assert clip.timeline.time_base == F(1, 24)
    assert clip.timeline.source_pts == tuple(range(1001, 1011))
    assert numbers_of(clip.frames()) == list(range(1001, 1011))
    assert numbers_of(clip.frames(4, 6)) == [1004, 1005, 1006]
    assert clip.info.notes == ()


def test_rate_is_the_callers(tmp_path):
    folder = make_sequence(tmp_path / "in")
    assert open_clip(folder, rate=F(24000, 1001)).timeline.rate == F(24000, 1001)
    with pytest.raises(UsageError, match="frame rate"):
        open_clip(folder, rate=0)


def test_gap_holds_the_frame_before_and_says_so(tmp_path):
    folder = make_sequence(tmp_path / "in", [3, 4, 7, 8])
    clip = open_clip(folder)
    assert clip.timeline.source_pts == (3, 4, 4, 4, 7, 8)
    assert numbers_of(clip.frames()) == [3, 4, 4, 4, 7, 8]
    assert numbers_of(clip.frames(4, 5)) == [4, 7]
    (note,) = clip.info.notes
    assert "2 numbers have no picture" in note


def test_largest_run_of_a_folder_wins_and_one_file_means_its_own(tmp_path):
    folder = make_sequence(tmp_path / "in", range(1, 6), name="wide_{:03d}.png")
    make_sequence(folder, range(1, 9), name="close_{:03d}.png")
    make_sequence(folder, range(500, 503), name="close_{:03d}.png")
    (folder / ".close_009.png").write_bytes(b"")
    (folder / "readme.txt").touch()
    clip = open_clip(folder)
    assert numbers_of(clip.frames()) == list(range(1, 9))
    (note,) = clip.info.notes
    assert "8 other pictures" in note and "close_001.png to close_008.png" in note
    assert numbers_of(open_clip(folder / "wide_003.png").frames()) == list(range(1, 6))
    assert numbers_of(open_clip(folder / "close_501.png").frames()) == [500, 501, 502]


def test_numbers_order_frames_not_names(tmp_path):
    folder = make_sequence(tmp_path / "in", [8, 9, 10, 11], name="f{}.png")
    assert numbers_of(open_clip(folder).frames()) == [8, 9, 10, 11]


def test_last_number_of_a_name_counts(tmp_path):
    folder = make_sequence(tmp_path / "in", range(5, 9), name="A001_C004_{:04d}_left.png")
    assert open_clip(folder).timeline.source_pts == (5, 6, 7, 8)


def test_picture_without_number_is_one_frame(tmp_path):
    make_sequence(tmp_path, [5], name="still.png")
    clip = open_clip(tmp_path / "still.png")
    assert numbers_of(clip.frames()) == [5]


def test_sixteen_bits_are_kept(tmp_path):
    rgb = np.arange(64 * 96 * 3, dtype=np.uint16).reshape(64, 96, 3) * 3
    write_image(tmp_path / "f_1.png", rgb)
    cv2.imwrite(str(tmp_path / "f_2.png"), (rgb >> 8).astype(np.uint8)[..., ::-1])
    clip = open_clip(tmp_path)
    assert clip.info.bit_depth == 16
    (_, first), (_, second) = clip.frames()
    assert np.array_equal(first, rgb)
    assert np.array_equal(second, (rgb >> 8) * 257)


def test_sixteen_bit_tiff(tmp_path):
    folder = make_sequence(tmp_path / "in", [1, 2], name="f{}.tif", bits=16)
    clip = open_clip(folder)
    assert clip.info.bit_depth == 16
    assert numbers_of(clip.frames()) == [1, 2]


def test_grey_and_alpha_become_rgb(tmp_path):
    rgb = numbered_picture(5)
    cv2.imwrite(str(tmp_path / "f1.png"), rgb[..., 0])
    cv2.imwrite(str(tmp_path / "f2.png"), np.dstack([rgb, np.zeros_like(rgb[..., 0])]))
    for _, frame in open_clip(tmp_path).frames():
        assert np.array_equal(frame, rgb)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_other_size_is_refused_by_name(suffix, tmp_path):
    folder = make_sequence(tmp_path / "in", range(1, 5), name="f{}." + suffix)
    make_sequence(folder, [5], name="f{}." + suffix, size=(80, 64))
    with pytest.raises(SecondEyeError, match=rf"f5\.{suffix} is 80x64 .* 96x64"):
        list(open_clip(folder).frames())
    if suffix != "webp":  # known from its header: refused before any work
        with pytest.raises(SecondEyeError, match=rf"f5\.{suffix} is 80x64"):
            open_clip(folder)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_cut_pictures_are_held_over_and_counted(suffix, tmp_path):
    folder = make_sequence(tmp_path / "in", range(1, 9), name="f{}." + suffix)
    for n in (1, 4, 8):
        path = folder / f"f{n}.{suffix}"
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (folder / f"f6.{suffix}").write_bytes(b"")
    clip = open_clip(folder)
    assert numbers_of(clip.frames()) == [2, 3, 3, 5, 5, 7]
    assert any("4 good pictures are kept, 4 are cut short" in note for note in clip.info.notes)


def test_nothing_but_cut_pictures(tmp_path):
    (tmp_path / "f1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "f2.png").write_bytes(b"")
    with pytest.raises(SecondEyeError, match="no whole picture among its 2"):
        open_clip(tmp_path)


def exif(order, entries, exif_entries=()):
    """A TIFF structure of SHORT entries, and an Exif part of SHORT and (pairs) RATIONAL ones."""
    count = len(entries) + bool(exif_entries)
    offset = 8 + 2 + 12 * count + 4
    data = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    data += struct.pack(order + "H", count)
    for tag, value in entries:
        data += struct.pack(order + "HHIHH", tag, 3, 1, value, 0)
    if exif_entries:
        data += struct.pack(order + "HHII", 0x8769, 4, 1, offset)
    data += bytes(4)
    if exif_entries:
        data += struct.pack(order + "H", len(exif_entries))
        after, pairs = offset + 2 + 12 * len(exif_entries) + 4, b""
        for tag, value in exif_entries:
            if isinstance(value, tuple):
                data += struct.pack(order + "HHII", tag, 5, 1, after + len(pairs))
                pairs += struct.pack(order + "II", *value)
            else:
                data += struct.pack(order + "HHIHH", tag, 3, 1, value, 0)
        return data + bytes(4) + pairs
    return data + bytes(4)


def with_exif(path, tiff):
    data = path.read_bytes()
    segment = b"Exif\0\0" + tiff
    path.write_bytes(
        data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]
    )


@pytest.mark.parametrize("order", ["<", ">"])
def test_focal_length_from_exif(order, tmp_path):
    folder = make_sequence(tmp_path / "in", [1, 2], name="f{}.jpg")
    assert open_clip(folder).info.focal_over_width is None
    for n in (1, 2):
        with_exif(folder / f"f{n}.jpg", exif(order, [(0x112, 1)], [(0xA405, 27)]))
    clip = open_clip(folder)
    assert clip.info.focal_over_width == pytest.approx(27 / 36)
    assert numbers_of(clip.frames()) == [1, 2]


@pytest.mark.parametrize("order", ["<", ">"])
def test_focal_length_of_a_camera_that_tells_its_sensor(order, tmp_path):
    """50 mm on 5472 pixels at 1520 to the centimetre, 36 mm: half of that is taken upright."""
    folder = make_sequence(tmp_path / "in", [1], name="f{}.jpg", size=(64, 96))
    sensor = [(0x920A, (50, 1)), (0xA002, 5472), (0xA20E, (1520, 1)), (0xA210, 3)]
    plain = (folder / "f1.jpg").read_bytes()
    with_exif(folder / "f1.jpg", exif(order, [(0x112, 1)], sensor))
    focal = open_clip(folder).info.focal_over_width
    assert focal == pytest.approx(50 / 36 * 96 / 64)  # 36 mm lie along the longer side
    (folder / "f1.jpg").write_bytes(plain)
    sensor[2] = (0xA20E, (72, 1))  # a printer's resolution is no sensor
    with_exif(folder / "f1.jpg", exif(order, [(0x112, 1)], sensor))
    clip = open_clip(folder)
    assert clip.info.focal_over_width is None and numbers_of(clip.frames()) == [1]


def test_orientation_of_a_jpeg_is_applied(tmp_path):
    upright = numbered_picture(77, 96, 64)
    cv2.imwrite(str(tmp_path / "f1.jpg"), np.rot90(upright))  # stored turned anticlockwise
    with_exif(tmp_path / "f1.jpg", exif(">", [(0x112, 6)]))  # 6: turn clockwise to show
    clip = open_clip(tmp_path)
    assert (clip.info.width, clip.info.height) == (96, 64)
    assert numbers_of(clip.frames()) == [77]


def test_fingerprint_follows_names_and_content(tmp_path):
    folder = make_sequence(tmp_path / "in", range(1, 101))
    before = open_clip(folder).fingerprint()
    assert open_clip(folder.rename(tmp_path / "moved")).fingerprint() == before
    folder = tmp_path / "moved"
    data = bytearray((folder / "shot_0100.png").read_bytes())
    data[-20] ^= 1
    (folder / "shot_0100.png").write_bytes(data)
    changed = open_clip(folder).fingerprint()
    assert changed != before
    (folder / "shot_0050.png").unlink()
    assert open_clip(folder).fingerprint() not in (before, changed)


def test_openexr_is_encoded_for_display(tmp_path):
    import OpenEXR

    linear = np.linspace(0, 1.2, 96 * 64, dtype=np.float32).reshape(64, 96)
    linear = np.repeat(linear[..., None], 3, axis=2).copy()
    linear[0, 0] = np.nan
    OpenEXR.File({}, {"RGB": linear}).write(str(tmp_path / "f_0001.exr"))
    ((_, rgb),) = open_clip(tmp_path).frames()
    assert rgb.dtype == np.uint16
    assert rgb[0, 0].tolist() == [0, 0, 0]
    assert rgb[-1, -1].tolist() == [65535] * 3
    middle = np.nanargmin(np.abs(linear[..., 0].ravel() - 0.2140411))  # sRGB 0.5
    assert abs(int(rgb.reshape(-1, 3)[middle, 0]) - 32768) < 60


def test_openexr_layers_and_windows(tmp_path):
    import OpenEXR

    layer = "ViewLayer.Combined."
    channels = {layer + c: np.full((4, 6), c != "G", np.float32) for c in "RGB"}

    def corner(x, y):
        return np.array([x, y], np.int32)

    header = {
        "dataWindow": (corner(1, 2), corner(6, 5)),
        "displayWindow": (corner(0, 0), corner(4, 9)),
    }
    OpenEXR.File(header, channels).write(str(tmp_path / "f_0001.exr"))
    rgb = read_picture(tmp_path / "f_0001.exr")
    assert rgb.shape == (10, 5, 3)
    inside = np.zeros((10, 5), bool)
    inside[2:6, 1:5] = True
    assert (rgb[inside] == [65535, 0, 65535]).all()
    assert (rgb[~inside] == 0).all()


@pytest.mark.parametrize("suffix", ["dpx", "tga"])
def test_frames_that_only_ffmpeg_reads(suffix, tmp_path):
    import av

    pix_fmt = {"dpx": "gbrp10le", "tga": "bgr24"}[suffix]
    for n in (1, 2, 3):
        context = av.CodecContext.create({"dpx": "dpx", "tga": "targa"}[suffix], "w")
        context.width, context.height, context.pix_fmt = 96, 64, pix_fmt
        context.time_base = F(1, 24)
        frame = av.VideoFrame.from_ndarray(numbered_picture(n), "rgb24").reformat(format=pix_fmt)
        frame.pts = 0
        packets = [*context.encode(frame), *context.encode(None)]
        (tmp_path / f"f{n}.{suffix}").write_bytes(bytes(packets[0]))
    clip = open_clip(tmp_path)
    assert len(clip.timeline) == 3
    assert clip.info.bit_depth == (16 if suffix == "dpx" else 8)
    assert numbers_of(clip.frames()) == [1, 2, 3]


def test_tiny_and_large_pictures(tmp_path):
    write_image(tmp_path / "tiny_1.png", np.full((1, 1, 3), 77, np.uint8))
    ((_, rgb),) = open_clip(tmp_path / "tiny_1.png").frames()
    assert rgb.tolist() == [[[77, 77, 77]]]
    large = numbered_picture(5, 7680, 4320)
    write_image(tmp_path / "large_1.jpg", large)
    ((_, rgb),) = open_clip(tmp_path / "large_1.jpg").frames()
    assert rgb.shape == (4320, 7680, 3)
    assert read_number(rgb) == 5


def test_16_bits_are_rounded_to_the_nearest_8():
    every = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1).repeat(3, axis=2)
    np.testing.assert_array_equal(to_bits(every, 8), np.rint(every / 257.0).astype(np.uint8))
    np.testing.assert_array_equal(to_bits(to_bits(every, 8), 16), np.rint(every / 257.0) * 257)
    assert to_bits(every, 16) is every
