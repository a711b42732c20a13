# SPDX-License-Identifier: GPL-3.0-or-later
"""A clip of variable rate keeps its times in the movie made of it."""

from fractions import Fraction as F

import av
import pytest
from analysed import tiny_model
from clips import make_movie, numbers_of

from core.errors import UsageError
from core.jobs import exporting
from core.jobs.convert import ConvertJob
from core.jobs.export_times import source_times
from core.media import open_clip

PTS = [0, 1, 2, 5, 6, 8, 9, 10]  # beats of 24 a second, some empty


def quiet(progress):
    del progress


def never():
    return False


@pytest.fixture(scope="module")
def variable(tmp_path_factory):
    folder = tmp_path_factory.mktemp("variable")
    clip = make_movie(
        folder / "v.mp4", range(1, 9), pts=[p * 512 for p in PTS], time_base=F(1, 12288),
        audio=True,
    )  # fmt: skip
    return clip, tiny_model(folder)


def convert(variable, output, **arguments):
    clip, model = variable
    return ConvertJob(
        clip=str(clip), project=str(clip.with_name("v.secondeye")), model=str(model),
        output=str(output), speed="ultrafast", **arguments,
    ).run(quiet, never)  # fmt: skip


def shown(path):
    with av.open(str(path)) as container:
        times = [f.pts * f.time_base for f in container.decode(video=0)]
    return [time - times[0] for time in times]


@pytest.mark.parametrize(
    ("suffix", "format"), [(".mp4", "sbs"), (".mkv", "sbs"), (".mp4", "mv-hevc")]
)
def test_pictures_keep_the_times_of_their_source(variable, tmp_path, monkeypatch, suffix, format):
    monkeypatch.setattr(exporting, "PART", 3)
    path = tmp_path / f"a{suffix}"
    answer = convert(variable, path, format=format)
    assert (answer["timing"], answer["frames"]) == ("source", 8)
    assert "8 frames" in answer["checked"][0]
    tick = F(1, 1000) if suffix == ".mkv" else 0
    for time, beat in zip(shown(path), PTS, strict=True):
        assert abs(time - F(beat, 24)) <= tick
    if format == "sbs":
        pictures = open_clip(path).frames()
        assert numbers_of((n, rgb[:, :96]) for n, rgb in pictures) == [
            1, 2, 3, 3, 3, 4, 5, 5, 6, 7, 8,
        ]  # fmt: skip


def test_a_part_begins_with_its_own_picture(variable, tmp_path):
    convert(variable, tmp_path / "a.mp4", first=4, last=9)  # beats 3 to 8
    assert shown(tmp_path / "a.mp4") == [F(0), F(3, 24), F(4, 24), F(6, 24)]


def test_a_constant_rate_can_be_asked_for(variable, tmp_path):
    answer = convert(variable, tmp_path / "a.mp4", timing="constant")
    assert (answer["timing"], answer["frames"]) == ("constant", 11)
    assert shown(tmp_path / "a.mp4") == [F(n, 24) for n in range(11)]
    with pytest.raises(UsageError, match="source or constant"):
        convert(variable, tmp_path / "b.mp4", timing="musical")


def test_steady_times_are_no_variable_ones():
    rounded = [round(n * 1001 / 24) for n in range(48)]  # 23.976 in Matroska's milliseconds
    assert source_times(rounded, F(1, 1000), F(24000, 1001), 1, 48) is None
    frames, times = source_times([0, 40, 40, 130], F(1, 1000), F(25), 1, 4)
    assert frames == [1, 2, 4]
    assert times == [0, F(40, 1000), F(130, 1000), F(170, 1000)]
