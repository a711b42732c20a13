# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad clips get one sentence that names the file, or keep their good frames and say how many."""

import av
import numpy as np
import pytest
from clips import DARK, LIGHT, make_movie, make_sequence, numbered_picture, numbers_of, read_number

from core.errors import SecondEyeError
from core.media import open_clip


def refusal(path, **arguments):
    """The sentence that opening ``path`` is refused with."""
    with pytest.raises(SecondEyeError) as caught:
        open_clip(path, **arguments)
    sentence = str(caught.value)
    assert path.name in sentence
    assert "\n" not in sentence
    assert len(sentence) < 250 + len(str(path))
    return sentence


def test_missing_file(tmp_path):
    assert "does not exist" in refusal(tmp_path / "a.mp4")


def test_empty_file(tmp_path):
    for name in ("a.mp4", "a.png", "shot_0001.jpg"):
        (tmp_path / name).touch()
        assert "is empty" in refusal(tmp_path / name)


def test_text_under_a_movie_name(tmp_path):
    (tmp_path / "a.mp4").write_text("It was a dark and stormy night.\n" * 99)
    assert "can't be read as a movie" in refusal(tmp_path / "a.mp4")


def test_noise_under_any_name(tmp_path):
    random = np.random.default_rng(0)
    for name in ("a.mp4", "a.mkv", "a.ts", "a.avi", "a.png", "a.jpg", "a.exr", "a.dpx", "a"):
        (tmp_path / name).write_bytes(random.bytes(5000))
        refusal(tmp_path / name)


def test_sound_only(tmp_path):
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts = 48000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert "only sound" in refusal(path)


def test_movie_without_pictures(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        container.start_encoding()
    refusal(path)


def test_folder_without_frames(tmp_path):
    assert "no numbered pictures" in refusal(tmp_path)
    (tmp_path / "notes.txt").write_text("0001")
    (tmp_path / "cover.png").write_bytes(b"")
    assert "no numbered pictures" in refusal(tmp_path)


def test_header_at_the_end_is_lost(tmp_path):
    whole = make_movie(tmp_path / "whole.mp4")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[:-500])
    assert "can't be read as a movie" in refusal(cut)


def noisy_picture(number, random):
    """A number picture that takes many bytes, so that a cut hits the middle of its data."""
    clean = numbered_picture(number, 96, 64).astype(np.int16)
    noise = random.integers(-30, 31, clean.shape)
    return np.clip(clean + noise, DARK - 40, LIGHT + 40).astype(np.uint8)


FAST = {"crf": "12", "preset": "superfast", "bf": "2", "g": "12"}
TRUNCATED = {
    "mp4": (
        "a.mp4",
        {"options": FAST, "container_options": {"movflags": "faststart"}},
    ),
    "mp4, HEVC": (
        "a.mp4",
        {
            "codec": "libx265",
            "options": {"crf": "16", "preset": "ultrafast", "x265-params": "log-level=error"},
            "container_options": {"movflags": "faststart"},
        },
    ),
    "mov, ProRes": (
        "a.mov",
        {
            "codec": "prores_ks",
            "pix_fmt": "yuv422p10le",
            "options": {"profile": "1"},
            "container_options": {"movflags": "faststart"},
        },
    ),
    "mkv": ("a.mkv", {"options": FAST}),
    "webm": (
        "a.webm",
        {
            "codec": "libvpx-vp9",
            "options": {"b": "900000", "deadline": "realtime", "cpu-used": "8"},
        },
    ),
    "transport stream": ("a.ts", {"options": FAST}),
    "avi": ("a.avi", {"codec": "mpeg4", "options": {"b": "3000000"}}),
    "fragmented mp4": (
        "a.mp4",
        {
            "options": FAST,
            "container_options": {"movflags": "frag_keyframe+empty_moov"},
        },
    ),
}


@pytest.fixture(scope="module", params=TRUNCATED)
def whole(request, tmp_path_factory):
    """A whole clip of 40 pictures, and its frames by number."""
    file, how = TRUNCATED[request.param]
    random = np.random.default_rng(0)
    pictures = [noisy_picture(n, random) for n in range(1, 41)]
    path = make_movie(tmp_path_factory.mktemp("whole") / file, pictures=pictures, **how)
    return path, dict(open_clip(path).frames())


@pytest.mark.parametrize("part", [0.35, 0.62, 0.8101])
def test_cut_clip_keeps_its_good_frames_and_says_how_many(whole, part, tmp_path):
    whole, whole_frames = whole
    data = whole.read_bytes()
    cut = tmp_path / whole.name
    length = int(len(data) * part)
    cut.write_bytes(data[: length - length % 188 + 100])
    clip = open_clip(cut)
    good = len(set(clip.timeline.source_pts))
    assert 5 <= good < 40
    (note,) = clip.info.notes
    assert f"{good} good pictures are kept" in note
    frames = list(clip.frames())
    assert len(frames) == len(clip.timeline)
    numbers = numbers_of(frames)
    assert numbers[0] == 1
    assert numbers == sorted(numbers)
    # Each kept picture is the picture of the whole clip, to the last bit.
    for number, (_, rgb) in zip(numbers, frames, strict=True):
        assert np.array_equal(rgb, whole_frames[number])
    for n in range(1, len(frames) + 1, 7):
        ((_, sought),) = clip.frames(n, n)
        assert np.array_equal(sought, frames[n - 1][1])


def test_whole_clip_is_not_called_damaged(whole):
    clip = open_clip(whole[0])
    assert clip.info.notes == ()
    assert numbers_of(clip.frames()) == list(range(1, 41))


def test_damage_in_the_middle_holds_the_picture_before(tmp_path):
    """Bytes lost inside: every timeline frame is delivered, the same streamed and sought."""
    path = make_movie(tmp_path / "a.mp4", range(1, 49), options={"crf": "10", "g": "6", "bf": "0"})
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for packet in (packets[18], packets[19], packets[24], packets[31]):
        assert packets[24].is_keyframe
        # The unit's length and type stay, so that the index takes the packet for whole.
        data[packet.pos + 5 : packet.pos + packet.size] = b"\xff" * (packet.size - 5)
    path.write_bytes(data)
    clip = open_clip(path)
    frames = list(clip.frames())
    assert [n for n, _ in frames] == list(range(1, 49))
    assert read_number(frames[17][1]) == 18
    assert np.array_equal(frames[24][1], frames[23][1])
    assert read_number(frames[47][1]) == 48
    for n, rgb in frames:
        ((_, sought),) = clip.frames(n, n)
        assert np.array_equal(sought, rgb), n


def test_one_frame_clip(tmp_path):
    for name in ("a.mp4", "a.mkv"):
        clip = open_clip(make_movie(tmp_path / name, [7], rate=30))
        assert len(clip.timeline) == 1
        assert clip.timeline.rate == 30
        assert numbers_of(clip.frames()) == [7]
    folder = make_sequence(tmp_path / "one", [3])
    assert numbers_of(open_clip(folder).frames()) == [3]
