# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendered frames to a movie, with the sound of their place."""

from fractions import Fraction as F

import av
import numpy as np
import pytest
from clips import make_sequence, numbers_of
from converted import never, quiet

from core.errors import SecondEyeError, UsageError
from core.jobs.assemble import AssembleJob
from core.media import MovieWriter, open_clip


def test_assembled_frames_have_rate_order_and_the_sound_of_their_place(converted, tmp_path):
    frames = make_sequence(tmp_path / "frames", range(3, 13), name="{:06d}.png")
    answer = AssembleJob(
        frames=str(frames), output=str(tmp_path / "a.mp4"), first=5, last=10, rate=[24, 1],
        audio_from=str(converted[1]),
    ).run(quiet, never)  # fmt: skip
    movie = open_clip(answer["output"])
    assert answer["checked"] == "a.mp4 was read back: 6 frames, 96x64, times and tags as asked."
    assert numbers_of(movie.frames()) == [5, 6, 7, 8, 9, 10]
    assert movie.timeline.rate == F(24) and movie.info.has_audio
    with av.open(answer["output"]) as container:
        samples = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    assert np.abs(samples[2000:]).max() < 0.1, "the click at second 0 lies before frame 5"
    heard = AssembleJob(
        frames=str(frames), output=str(tmp_path / "b.mp4"), first=5, last=10, rate=24,
        audio_from=str(converted[1]), audio_start=0,
    ).run(quiet, never)  # fmt: skip
    with av.open(heard["output"]) as container:
        samples = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    assert np.abs(samples[:2000]).max() > 0.3


def test_16_bit_frames_are_rounded_not_cut(tmp_path):
    frames = make_sequence(tmp_path / "frames", range(1, 4), bits=16)
    AssembleJob(
        frames=str(frames), output=str(tmp_path / "a.mp4"), first=1, last=3, rate=25
    ).run(quiet, never)  # fmt: skip
    assert numbers_of(open_clip(tmp_path / "a.mp4").frames()) == [1, 2, 3]


def test_a_missing_frame_is_named(tmp_path):
    frames = make_sequence(tmp_path / "frames", [1, 2, 4, 5])
    output = tmp_path / "a.mp4"
    job = AssembleJob(frames=str(frames), output=str(output), first=1, last=6, rate=24)
    with pytest.raises(SecondEyeError, match="lacks 2 of the frames 1 to 6, the first is 3"):
        job.run(quiet, never)
    with pytest.raises(SecondEyeError, match="does not exist"):
        AssembleJob(
            frames=str(tmp_path / "no"), output=str(output), first=1, last=2, rate=24
        ).run(quiet, never)  # fmt: skip
    for rate in (0, [1, 0], "fast"):
        with pytest.raises(UsageError, match="rate"):
            AssembleJob(
                frames=str(frames), output=str(output), first=1, last=2, rate=rate
            ).run(quiet, never)  # fmt: skip
    assert not output.exists()


def test_a_movie_that_lost_frames_gets_no_name(tmp_path, monkeypatch):
    frames = make_sequence(tmp_path / "frames", range(1, 7))
    write = MovieWriter.write

    def forgetful(self, rgb):
        if self.frames_written < 5:
            write(self, rgb)

    monkeypatch.setattr(MovieWriter, "write", forgetful)
    job = AssembleJob(frames=str(frames), output=str(tmp_path / "a.mp4"), first=1, last=6, rate=24)
    with pytest.raises(SecondEyeError, match="5 frames instead of 6: nothing was kept of it"):
        job.run(quiet, never)
    assert {p.name for p in tmp_path.iterdir()} == {"frames"}


def test_a_rate_with_decimals_is_the_one_that_is_meant(tmp_path):
    frames = make_sequence(tmp_path / "frames", range(1, 4))
    job = AssembleJob(
        frames=str(frames), output=str(tmp_path / "a.mp4"), first=1, last=3, rate=29.97
    )
    assert "3 frames" in job.run(quiet, never)["checked"]
    assert float(open_clip(tmp_path / "a.mp4").timeline.rate) == pytest.approx(29.97, abs=1e-4)
