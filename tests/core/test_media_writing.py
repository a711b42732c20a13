# SPDX-License-Identifier: GPL-3.0-or-later
"""Movies and pictures out: whole or not at all, the rate exact, the sound in its place."""

import subprocess
import sys
from fractions import Fraction as F
from pathlib import Path

import av
import numpy as np
import pytest
from clips import make_movie, numbered_picture, numbers_of

from core.errors import Cancelled, SecondEyeError, UsageError
from core.media import MovieWriter, open_clip, read_picture, write_image

ROOT = Path(__file__).resolve().parents[2]


def write(path, count=12, size=(96, 64), rate=24, **arguments):
    with MovieWriter(path, *size, rate, **arguments) as movie:
        for n in range(1, count + 1):
            movie.write(numbered_picture(n, *size))
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("rate", [24, F(24000, 1001), F(30000, 1001), F(60), F(2997, 125)])
def test_frames_and_rate_come_back(rate, suffix, tmp_path):
    clip = open_clip(write(tmp_path / f"a{suffix}", 30, rate=rate))
    assert clip.timeline.rate == (F(24000, 1001) if rate == F(2997, 125) else rate)
    assert numbers_of(clip.frames()) == list(range(1, 31))


def test_pictures_too_narrow_for_x265_are_refused(tmp_path):
    with pytest.raises(UsageError, match="48 pixels wide, and x265 needs at least 64"):
        write(tmp_path / "a.mp4", 3, size=(48, 64), codec="libx265")
    assert not list(tmp_path.iterdir())
    write(tmp_path / "b.mp4", 3, size=(48, 64))


@pytest.mark.parametrize("codec", ["libx264", "libx265", "prores_ks"])
def test_codecs(codec, tmp_path):
    clip = open_clip(write(tmp_path / "a.mov", codec=codec))
    assert numbers_of(clip.frames()) == list(range(1, 13))


@pytest.mark.parametrize("size", [(95, 63), (96, 63), (95, 64), (1, 1), (3, 1)])
def test_odd_pictures_are_padded_by_their_last_row_and_column(size, tmp_path):
    width, height = size
    random = np.random.default_rng(0)
    base = random.integers(60, 200, (height, width, 3), dtype=np.uint8)
    base[:] = base.mean(axis=(0, 1), keepdims=True) if width * height > 9 else base[:1, :1]
    base[-1, -1] = base[0, 0]
    path = tmp_path / "a.mp4"
    with MovieWriter(path, width, height, 24, crf=1) as movie:
        movie.write(base)
    ((_, rgb),) = open_clip(path).frames()
    assert rgb.shape == (height + height % 2, width + width % 2, 3)
    assert np.abs(rgb.astype(int) - base[0, 0]).max() <= 3


def test_wrong_array_is_a_programming_error(tmp_path):
    with (
        pytest.raises(ValueError, match="write wants"),
        MovieWriter(tmp_path / "a.mp4", 96, 64, 24) as m,
    ):
        m.write(numbered_picture(1, 95, 64))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [Cancelled("stopped"), KeyboardInterrupt(), ZeroDivisionError()])
def test_nothing_is_left_after_an_exception_and_the_earlier_file_stays(error, tmp_path):
    path = write(tmp_path / "a.mp4")
    before = path.read_bytes()
    with pytest.raises(type(error)), MovieWriter(path, 96, 64, 24) as movie:
        for n in range(60):
            movie.write(numbered_picture(n))
        raise error
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_seen_before_the_end(tmp_path):
    path = tmp_path / "a.mp4"
    with MovieWriter(path, 96, 64, 24) as movie:
        movie.write(numbered_picture(1))
        assert not path.exists()
    assert list(tmp_path.iterdir()) == [path]


def test_a_lone_picture_has_a_time(tmp_path):
    path = write(tmp_path / "a.mp4", 1, (640, 272), codec="libx265", preset="ultrafast")
    assert numbers_of(open_clip(path).frames()) == [1]


def test_movie_without_frames_is_refused(tmp_path):
    with pytest.raises(SecondEyeError, match=r"a\.mp4 would hold no frame"):
        write(tmp_path / "a.mp4", 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "words"),
    [
        ("a.mp4", {"codec": "nonsense"}, UsageError, "can't be encoded with nonsense"),
        ("a.webm", {}, UsageError, "can't hold libx264: name it \\.mp4"),
        ("a.xyz", {}, UsageError, "no extension of a movie"),
        ("a", {}, UsageError, "no extension of a movie"),
        ("missing/a.mp4", {}, SecondEyeError, "can't be written"),
    ],
)
def test_what_can_not_be_written_is_named(name, arguments, kind, words, tmp_path):
    with pytest.raises(kind, match=words) as caught:
        write(tmp_path / name, **arguments)
    assert Path(name).name in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/sys").is_dir(), reason="a folder that even root can't write")
def test_read_only_folder():
    for path in (Path("/sys/a.mp4"), Path("/sys/a.mkv")):
        with pytest.raises(SecondEyeError, match="can't be written"):
            write(path)
    with pytest.raises(SecondEyeError, match="can't be written"):
        write_image("/sys/a.png", numbered_picture(1))


FULL_DISK = """
import os, resource, signal, sys
import numpy as np
from core.errors import SecondEyeError
from core.media import MovieWriter, write_image

folder, suffix = sys.argv[1], sys.argv[2]
random = np.random.default_rng(0)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def movie(limit):
    path = os.path.join(folder, "a" + suffix)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    with MovieWriter(path, 96, 64, 24, preset="ultrafast") as writer:
        for _ in range(20):
            writer.write(random.integers(0, 255, (64, 96, 3), dtype=np.uint8))
    return os.path.getsize(path)

size = movie(10**9)
os.unlink(os.path.join(folder, "a" + suffix))
for limit in (0, 1000, size // 2, size - 40000, size - 2000, size - 300):
    try:
        movie(limit)
        sys.exit(f"no error at {limit} of {size}")
    except SecondEyeError as error:
        assert "can't be written" in str(error) and "a" + suffix in str(error), error
    assert os.listdir(folder) == [], (limit, os.listdir(folder))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
try:
    write_image(os.path.join(folder, "a.png"), random.integers(0, 255, (64, 96, 3), dtype=np.uint8))
    sys.exit("no error")
except SecondEyeError as error:
    assert "a.png can't be written" in str(error)
assert os.listdir(folder) == []
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of a file as POSIX does")
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_full_disk_at_any_moment(suffix, tmp_path):
    """A limit on the size of files stands in for the end of the disk."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path), suffix],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def clicks(path):
    """Times of the clicks after the first picture, in seconds, and where the sound ends."""
    times: list[float] = []
    end = F(0)
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        zero = video.start_time * video.time_base
        for frame in container.decode(audio=0):
            samples = np.abs(frame.to_ndarray().astype(np.float64)).max(axis=0)
            top = 1.0 if frame.format.name.startswith("flt") else 32768.0
            begin = frame.pts * frame.time_base - zero
            for i in np.flatnonzero(samples > 0.2 * top):
                at = float(begin + F(int(i), frame.sample_rate))
                if not times or at - times[-1] > 0.3:
                    times.append(at)
            end = begin + F(frame.samples, frame.sample_rate)
    return times, float(end)


@pytest.fixture(scope="module", params=["mp4", "mkv", "mp4 late", "ts"])
def sounding(request, tmp_path_factory):
    """A clip of 5 s with a click at each full second after its first picture."""
    suffix, late = (*request.param.split(), "")[:2]
    path = tmp_path_factory.mktemp("sound") / f"a.{suffix}"
    start = 48 if late else 0  # pictures begin at 2 s of the file's clock; clicks since 0 s
    return make_movie(path, range(1, 121), pts=[i + start for i in range(120)], audio=True)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("first", [1, 11, 25, 62])
def test_sound_keeps_its_place_and_ends_with_the_pictures(sounding, first, suffix, tmp_path):
    clip = open_clip(sounding)
    start = clip.timeline.seconds(first)
    path = tmp_path / f"a{suffix}"
    arguments = {"audio_from": sounding, "audio_start": start}
    with MovieWriter(path, 96, 64, clip.timeline.rate, **arguments) as movie:
        for _, rgb in clip.frames(first, first + 47):
            movie.write(rgb)
    result = open_clip(path)
    assert result.info.has_audio
    assert numbers_of(result.frames()) == list(range(first, first + 48))
    times, end = clicks(path)
    expected = [float(k - start) for k in range(6) if 0.03 < k - start < 1.98]
    heard = [t for t in times if 0.03 < t < 1.98]
    assert heard == pytest.approx(expected, abs=0.002)
    assert 1.9 < end < 2.03
    if suffix != ".mkv" and first == 1:  # the very first click is not swallowed
        assert times[0] == pytest.approx(0, abs=0.002)


def test_sound_is_copied_not_coded_again(tmp_path):
    source = make_movie(tmp_path / "a.mp4", range(1, 49), audio=True)
    clip = open_clip(source)
    path = tmp_path / "b.mp4"
    with MovieWriter(path, 96, 64, 24, audio_from=source) as movie:
        for _, rgb in clip.frames():
            movie.write(rgb)
    packets = []
    for file in (source, path):
        with av.open(str(file)) as container:
            packets.append([bytes(p) for p in container.demux(audio=0) if p.size])
    assert len(packets[1]) > 90
    assert packets[1] == packets[0][: len(packets[1])]


def test_source_without_sound_gives_a_silent_movie(tmp_path):
    source = make_movie(tmp_path / "a.mp4")
    assert not open_clip(write(tmp_path / "b.mp4", audio_from=source)).info.has_audio


def test_sound_shorter_than_the_pictures_ends_early(tmp_path):
    source = make_movie(tmp_path / "a.mp4", range(1, 25), audio=True)
    path = write(tmp_path / "b.mp4", 72, audio_from=source)
    assert numbers_of(open_clip(path).frames()) == list(range(1, 73))
    assert clicks(path)[1] < 1.1


def test_sound_source_that_is_no_movie(tmp_path):
    (tmp_path / "a.mp4").write_text("no movie")
    for name in ("a.mp4", "missing.mp4"):
        with pytest.raises(SecondEyeError, match=f"The sound of .*{name}"):
            write(tmp_path / "b.mp4", audio_from=tmp_path / name)
    assert not (tmp_path / "b.mp4").exists()


def test_pictures_are_written_whole(tmp_path):
    random = np.random.default_rng(0)
    rgb = random.integers(0, 255, (63, 95, 3), dtype=np.uint8)
    write_image(tmp_path / "a.png", rgb)
    assert np.array_equal(read_picture(tmp_path / "a.png"), rgb)
    deep = random.integers(0, 65535, (63, 95, 3), dtype=np.uint16)
    write_image(tmp_path / "b.png", deep)
    assert np.array_equal(read_picture(tmp_path / "b.png"), deep)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_jpeg_keeps_the_colour_of_single_pixels(tmp_path):
    """4:4:4: at 4:2:0, red and blue columns side by side would blend."""
    rgb = np.zeros((64, 64, 3), np.uint8)
    rgb[:, ::2, 0], rgb[:, 1::2, 2] = 200, 200
    write_image(tmp_path / "a.jpg", rgb)
    back = read_picture(tmp_path / "a.jpg").astype(int)
    assert np.abs(back - rgb).mean() < 6
    write_image(tmp_path / "b.JPG", (rgb.astype(np.uint16) * 257))
    assert np.array_equal(read_picture(tmp_path / "b.JPG"), back)


def test_other_picture_formats_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"a\.webp .*use \.jpg or \.png"):
        write_image(tmp_path / "a.webp", numbered_picture(1))
    with pytest.raises(SecondEyeError, match="can't be written"):
        write_image(tmp_path / "missing" / "a.png", numbered_picture(1))
