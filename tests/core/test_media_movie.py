# SPDX-License-Identifier: GPL-3.0-or-later
"""Number-coded movies: timeline frame n shows exactly the picture it should, sought or streamed."""

import sys
import weakref
from fractions import Fraction as F

import numpy as np
import pytest
from clips import make_movie, numbers_of, read_number

from core.errors import SecondEyeError, UsageError
from core.media import MovieWriter, open_clip
from core.media.movie import Movie

IN_ORDER = list(range(1, 31))
X264 = {"crf": "10", "g": "7", "bf": "3"}
X265 = {"crf": "10", "x265-params": "log-level=error:keyint=8:min-keyint=8:scenecut=0"}
VARIABLE = [0, 1, 2, 5, 6, 10, 11, 12, 13, 17, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31]

# name -> (file, how it is made, rate, the number that each timeline frame must show)
CLIPS = {
    "constant": ("a.mp4", {}, F(24), IN_ORDER),
    "23.976": ("a.mp4", {"rate": F(24000, 1001), "options": X264}, F(24000, 1001), IN_ORDER),
    "23.976 in milliseconds": (
        "a.mkv",
        {"rate": F(24000, 1001), "options": X264},
        F(24000, 1001),
        IN_ORDER,
    ),
    "29.97 transport stream": (
        "a.ts",
        {"rate": F(30000, 1001), "options": X264},
        F(30000, 1001),
        IN_ORDER,
    ),
    "starts late": ("a.mp4", {"pts": [i + 17 for i in range(30)]}, F(24), IN_ORDER),
    "starts late, mkv": ("a.mkv", {"pts": [i + 17 for i in range(30)]}, F(24), IN_ORDER),
    "edit list cuts into a group": (
        "a.mp4",
        {"pts": [i - 10 for i in range(30)], "options": X264},
        F(24),
        list(range(11, 31)),
    ),
    "variable": (
        "a.mp4",
        {"rate": 30, "pts": VARIABLE, "time_base": F(1, 30), "options": X264},
        F(30),
        [1, 2, 3, 3, 3, 4, 5, 5, 5, 5, 6, 7, 8, 9, 9, 9, 9, 10, 10, 10, *range(11, 23)],
    ),
    "variable, starts late": (
        "a.mkv",
        {"rate": 30, "pts": [p + 31 for p in VARIABLE], "time_base": F(1, 30), "options": X264},
        F(30),
        [1, 2, 3, 3, 3, 4, 5, 5, 5, 5, 6, 7, 8, 9, 9, 9, 9, 10, 10, 10, *range(11, 23)],
    ),
    "open groups": (
        "a.mp4",
        {"options": {**X264, "x264-params": "open-gop=1:scenecut=0"}},
        F(24),
        IN_ORDER,
    ),
    "open groups, transport stream": (
        "a.ts",
        {"options": {**X264, "x264-params": "open-gop=1:scenecut=0"}},
        F(24),
        IN_ORDER,
    ),
    "intra refresh": (
        "a.ts",
        {"options": {"crf": "10", "x264-params": "intra-refresh=1:keyint=10"}},
        F(24),
        IN_ORDER,
    ),
    "HEVC, open groups": ("a.mp4", {"codec": "libx265", "options": X265}, F(24), IN_ORDER),
    "HEVC, mkv": ("a.mkv", {"codec": "libx265", "options": X265}, F(24), IN_ORDER),
    "VP9": (
        "a.webm",
        {"codec": "libvpx-vp9", "options": {"b": "2000000", "g": "8", "deadline": "realtime"}},
        F(24),
        IN_ORDER,
    ),
    "AV1": (
        "a.mp4",
        {"codec": "libsvtav1", "options": {"crf": "8", "preset": "8", "g": "8"}},
        F(24),
        IN_ORDER,
    ),
    "MPEG-2": (
        "a.mpg",
        {"codec": "mpeg2video", "options": {"b": "3000000", "bf": "2", "g": "9"}},
        F(24),
        IN_ORDER,
    ),
    "MPEG-4 in AVI": (
        "a.avi",
        {"codec": "mpeg4", "options": {"b": "3000000", "bf": "2", "g": "9"}},
        F(24),
        IN_ORDER,
    ),
    "ProRes": (
        "a.mov",
        {"codec": "prores_ks", "pix_fmt": "yuv422p10le", "options": {"profile": "2"}},
        F(24),
        IN_ORDER,
    ),
    "fragmented": (
        "a.mp4",
        {"options": X264, "container_options": {"movflags": "frag_keyframe+empty_moov"}},
        F(24),
        IN_ORDER,
    ),
    "bare stream without times": ("a.264", {"options": X264}, F(24), IN_ORDER),
    "bare HEVC stream": ("a.hevc", {"codec": "libx265", "options": X265}, F(24), IN_ORDER),
    "GIF": ("a.gif", {"rate": 25, "codec": "gif", "pix_fmt": "gray"}, F(25), IN_ORDER),
    "odd size": ("a.mp4", {"size": (95, 63), "pix_fmt": "yuv444p"}, F(24), IN_ORDER),
    "odd size 4:2:0": (
        "a.webm",
        {
            "codec": "libvpx-vp9",
            "size": (95, 63),
            "options": {"b": "2000000", "deadline": "realtime"},
        },
        F(24),
        IN_ORDER,
    ),
}


@pytest.mark.parametrize("name", CLIPS)
def test_every_frame_shows_its_picture_streamed_and_sought(name, tmp_path):
    file, how, rate, expected = CLIPS[name]
    numbers = IN_ORDER if "pts" not in how else range(1, len(how["pts"]) + 1)
    clip = open_clip(make_movie(tmp_path / file, numbers, **how))
    assert clip.timeline.rate == rate
    streamed = list(clip.frames())
    assert [n for n, _ in streamed] == list(range(1, len(clip.timeline) + 1))
    assert numbers_of(streamed) == expected
    size = how.get("size", (96, 64))
    assert (clip.info.width, clip.info.height) == size
    for n, rgb in streamed:
        assert rgb.shape == (size[1], size[0], 3)
        (sought,) = clip.frames(n, n)
        assert sought[0] == n
        assert np.array_equal(sought[1], rgb), f"frame {n} differs when sought"


@pytest.mark.parametrize("name", ["constant", "open groups", "HEVC, open groups", "VP9", "AV1"])
def test_number_of_decoding_threads_changes_nothing(name, tmp_path):
    file, how, _, _ = CLIPS[name]
    path = make_movie(tmp_path / file, IN_ORDER, **how)
    one = [rgb for _, rgb in Movie(path, threads=1).frames()]
    four = [rgb for _, rgb in Movie(path, threads=4).frames()]
    assert np.array_equal(np.stack(one), np.stack(four))


def test_source_pts_name_the_pictures(tmp_path):
    path = make_movie(tmp_path / "a.mkv", range(1, 5), rate=25, pts=[50, 51, 54, 55])
    timeline = open_clip(path).timeline
    assert timeline.time_base == F(1, 1000)
    assert timeline.source_pts == (2000, 2040, 2040, 2040, 2160, 2200)


def test_long_clip_is_streamed(tmp_path):
    """Of 300 frames no more than the last few stay alive while the next ones come."""
    clip = open_clip(make_movie(tmp_path / "a.mp4", range(1, 301)))
    alive: list[weakref.ref] = []
    most = 0
    for n, rgb in clip.frames():
        assert read_number(rgb) == n
        alive = [r for r in alive if r() is not None] + [weakref.ref(rgb)]
        most = max(most, len(alive))
        del rgb
    assert most <= 3


def test_two_iterators_do_not_disturb_each_other(tmp_path):
    clip = open_clip(make_movie(tmp_path / "a.mp4", range(1, 21), options=X264))
    first, second = clip.frames(), clip.frames(9)
    for n in range(1, 13):
        assert read_number(next(first)[1]) == n
        assert read_number(next(second)[1]) == n + 8


def test_held_frames_are_arrays_of_their_own(tmp_path):
    path = make_movie(tmp_path / "a.mp4", range(1, 4), rate=30, pts=[0, 1, 4])
    frames = [rgb for _, rgb in open_clip(path).frames(2, 4)]
    frames[0][:] = 0
    assert numbers_of(enumerate(frames[1:])) == [2, 2]


@pytest.mark.parametrize(("first", "last"), [(0, 1), (1, 13), (5, 4), (13, 13)])
def test_range_outside_the_timeline_is_refused(first, last, tmp_path):
    clip = open_clip(make_movie(tmp_path / "a.mp4"))
    with pytest.raises(UsageError, match="has frames 1 to 12"):
        clip.frames(first, last)


def test_file_that_disappears_is_named(tmp_path):
    path = make_movie(tmp_path / "a.mp4")
    clip = open_clip(path)
    path.unlink()
    with pytest.raises(SecondEyeError, match=r"a\.mp4"):
        list(clip.frames())
    with pytest.raises(SecondEyeError, match=r"a\.mp4"):
        clip.fingerprint()


def test_large_pictures_and_one_frame(tmp_path):
    path = make_movie(
        tmp_path / "a.mp4", [9], size=(7680, 4320), options={"preset": "ultrafast", "crf": "30"}
    )
    clip = open_clip(path)
    assert len(clip.timeline) == 1
    ((n, rgb),) = clip.frames()
    assert (n, rgb.shape, read_number(rgb)) == (1, (4320, 7680, 3), 9)


def test_one_pixel(tmp_path):
    picture = np.full((1, 1, 3), 200, np.uint8)
    how = {"pix_fmt": "bgr0", "codec": "ffv1", "options": {}}
    path = make_movie(tmp_path / "a.mkv", size=(1, 1), pictures=[picture], **how)
    ((_, rgb),) = open_clip(path).frames()
    assert rgb.tolist() == [[[200, 200, 200]]]


@pytest.mark.skipif(sys.platform == "win32", reason="no colon in names there")
def test_unusual_names_and_relative_paths(tmp_path, monkeypatch):
    name = "day:1 50% \u00e9\u4e2d #2 %03d.mp4"
    made = make_movie(tmp_path / "plain.mp4", range(1, 25), audio=True)
    made.rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    clip = open_clip(name)
    with MovieWriter("to:" + name, 96, 64, 24, audio_from=name) as movie:
        for _, rgb in clip.frames():
            movie.write(rgb)
    copy = open_clip("to:" + name)
    assert numbers_of(copy.frames()) == list(range(1, 25))
    assert copy.info.has_audio
