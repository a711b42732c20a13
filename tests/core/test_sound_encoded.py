# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound that the new movie's container can't hold: encoded again, in its place."""

from fractions import Fraction as F

import av
import numpy as np
import pytest
from clips import numbered_picture

from core.errors import SecondEyeError
from core.media import MovieWriter
from core.media.audio_encoding import sound_codec

RATE, FRAME = 24, 1 / 24


def clicking(path, codec, rate=48000, layout="mono", seconds=3, hole=None):
    """A movie with a click at 0.5, 1.5 and 2.5 s; ``hole``: seconds that have no packets."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=RATE)
        video.width, video.height = 64, 48
        sound = container.add_stream(codec, rate=rate, layout=layout)
        sound.codec_context.bit_rate = 128_000
        for n in range(seconds * RATE):
            picture = av.VideoFrame.from_ndarray(numbered_picture(n, 64, 48), "rgb24")
            picture.pts = n
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        samples = np.zeros((sound.codec_context.layout.nb_channels, rate * seconds), np.float32)
        tone = 0.8 * np.sin(np.arange(rate // 100) * 2 * np.pi * 1000 / rate)
        for second in range(seconds):
            at = int((second + 0.5) * rate)
            samples[:, at : at + len(tone)] = tone
        step = rate // 20
        for at in range(0, samples.shape[1], step):
            if hole and hole[0] <= at / rate < hole[1]:
                continue
            piece = np.ascontiguousarray(samples[:, at : at + step])
            frame = av.AudioFrame.from_ndarray(piece, "fltp", layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, at, F(1, rate)
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def heard(path):
    """Times of the clicks and of the sound's end after the first picture, in seconds."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        zero = video.start_time * video.time_base
        times, end = [], 0.0
        for frame in container.decode(audio=0):
            samples = np.abs(frame.to_ndarray().astype(float))
            samples /= 1 if "flt" in frame.format.name else np.iinfo(frame.to_ndarray().dtype).max
            begin = float(frame.pts * frame.time_base - zero)
            wide = samples.max(axis=0)
            if not frame.format.is_planar:
                wide = wide.reshape(-1, len(frame.layout.channels)).max(axis=1)
            for i in np.flatnonzero(wide > 0.2):
                if not times or begin + i / frame.sample_rate - times[-1] > 0.3:
                    times.append(begin + i / frame.sample_rate)
            end = begin + frame.samples / frame.sample_rate
    return times, end


def written(path, source, start=F(0), count=48, codec="mpeg4"):
    with MovieWriter(
        path, 64, 48, RATE, codec=codec, audio_from=source, audio_start=start, preset="ultrafast"
    ) as movie:
        for n in range(count):
            movie.write(numbered_picture(n, 64, 48))
    return path


@pytest.mark.parametrize("start", [F(0), F(7, 24)])
@pytest.mark.parametrize(
    ("codec", "rate", "layout", "suffix", "found"),
    [
        ("pcm_s16be", 48000, "mono", ".mp4", "aac"),
        ("pcm_s24le", 44100, "stereo", ".m4v", "aac"),
        ("wmav2", 44100, "stereo", ".mov", "aac"),
        ("aac", 44100, "stereo", ".webm", "opus"),
        ("pcm_s16be", 48000, "5.1", ".mp4", "aac"),
    ],
)
def test_sound_is_encoded_again_in_its_place(codec, rate, layout, suffix, found, start, tmp_path):
    source = clicking(tmp_path / ("a.wmv" if "wma" in codec else "a.mkv"), codec, rate, layout)
    encoder = "libsvtav1" if suffix == ".webm" else "libx264"
    path = written(tmp_path / f"b{suffix}", source, start, codec=encoder)
    assert sound_codec(path) == found
    times, end = heard(path)
    assert times == pytest.approx([0.5 - start, 1.5 - start], abs=0.005)
    assert end == pytest.approx(2, abs=FRAME)


def test_a_hole_in_the_sound_stays_a_hole(tmp_path):
    source = clicking(tmp_path / "a.mkv", "pcm_s16le", hole=(0.7, 1.2))
    path = written(tmp_path / "b.m4v", source)
    assert heard(path)[0] == pytest.approx([0.5, 1.5], abs=0.005)


def test_sound_that_can_not_be_decoded_is_a_sentence(tmp_path):
    source = clicking(tmp_path / "a.mkv", "pcm_s16be")
    data = source.read_bytes()
    assert data.count(b"A_PCM/INT/BIG") == 1
    source.write_bytes(data.replace(b"A_PCM/INT/BIG", b"A_NOT/THE/ONE"))
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(SecondEyeError, match=r"b\.mp4 can't hold .*encoded again.*--no-sound"):
        written(folder / "b.mp4", source)
    assert not list(folder.iterdir())
