# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound of a recording that begins in the middle of a group of pictures."""

from fractions import Fraction as F

import av
import numpy as np
import pytest
from analysed import tiny_model
from clips import make_movie, make_sequence, numbers_of

from core.jobs.assemble import AssembleJob
from core.jobs.convert import ConvertJob
from core.media import open_clip


def quiet(progress):
    del progress


def never():
    return False


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    """A broadcast joined late: 24 frames/s, key pictures at numbers 1, 37 and 73, a click with
    each of the numbers 1, 25, 49, 73, and the first 20 packets of 188 bytes lost."""
    folder = tmp_path_factory.mktemp("cut")
    options = {"crf": "10", "x264-params": "keyint=36:min-keyint=36:scenecut=0"}
    whole = make_movie(folder / "whole.ts", range(1, 97), options=options, audio=True)
    path = folder / "cut.ts"
    path.write_bytes(whole.read_bytes()[20 * 188 :])
    assert numbers_of(open_clip(path).frames(1, 2)) == [37, 38], "the first group is cut into"
    return path


def first_click(path):
    """Seconds from the first picture to the first click."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        zero = video.start_time * video.time_base
        for frame in container.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()).max(axis=0) > 0.2)
            if loud.size:
                return float(frame.pts * frame.time_base - zero + F(int(loud[0]), 48000))
    raise AssertionError("no click")


@pytest.mark.parametrize("named", [True, False], ids=["by its clip", "by its project"])
def test_converted(cut, named, tmp_path):
    project = tmp_path / "cut.secondeye"
    arguments = {"clip": str(cut), "model": str(tiny_model(tmp_path)), "project": str(project)}
    ConvertJob(**arguments, output=str(tmp_path / "all.mp4"), last=20).run(quiet, never)
    if not named:
        arguments = {"project": str(project)}
    output = tmp_path / "part.mp4"
    ConvertJob(**arguments, output=str(output), first=3, last=20).run(quiet, never)
    # Frame 1 shows 37, so the click of 49 sounds at frame 13; a part counts from its own first.
    assert first_click(tmp_path / "all.mp4") == pytest.approx(12 / 24, abs=0.003)
    assert first_click(output) == pytest.approx(10 / 24, abs=0.003)


def test_assembled(cut, tmp_path):
    frames = make_sequence(tmp_path / "frames", range(1, 21), name="{:06d}.png")
    output = tmp_path / "a.mp4"
    AssembleJob(
        frames=str(frames), output=str(output), first=2, last=20, rate=24, audio_from=str(cut)
    ).run(quiet, never)
    assert first_click(output) == pytest.approx(11 / 24, abs=0.003)
