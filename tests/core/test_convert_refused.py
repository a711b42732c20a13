# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversions that can't be done: a sentence, and nothing is left."""

from dataclasses import replace

import pytest
import torch
from analysed import tree
from clips import make_movie
from converted import copied_project, never, quiet

from core.cli import main
from core.errors import SecondEyeError, UsageError
from core.jobs.convert import ConvertJob
from core.project import BakedRange


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "hologram"}, "half-sbs"),
        ({"output": "a"}, "extension"),
        ({"output": "nowhere/a.mp4"}, "no folder"),
        ({"first": 3, "last": 99}, "frames 1 to 12"),
        ({"near": 9.0, "far": 3.0}, "near 9"),
        ({"interocular": -1.0}, "interocular"),
        ({"convergence": 0.0}, "convergence"),
        ({"budget": 0.0}, "budget"),
        ({"device": "abacus"}, "no device .abacus.: the devices are cpu, cuda, mps"),
    ],
)
def test_bad_requests_are_one_sentence_and_leave_nothing(converted, tmp_path, change, words):
    arguments = {"output": "a.mp4", "project": str(converted[0] / "clip.secondeye")} | change
    arguments["output"] = str(tmp_path / arguments["output"])
    with pytest.raises(SecondEyeError, match=f"(?i){words}"):
        ConvertJob(**arguments).run(quiet, never)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"near": 9.0, "far": 3.0}, "near 9"),
        ({"near": 50.0}, "near 50 and far 20"),
        ({"strength": -1.0}, "strength"),
        ({"interocular": -1.0}, "interocular"),
        ({"budget": 0.0}, "budget"),
        ({"output": "a.txt"}, "a.txt"),
        ({"output": "a.xyz"}, "extension"),
        ({"output": "a.avi"}, r"a\.avi has no extension .* use \.mp4, \.mov or \.mkv"),
    ],
)
def test_a_bad_request_is_told_before_the_analysis(pcm_clip, converted, tmp_path, change, words):
    arguments = {"output": "a.mkv"} | change
    arguments["output"] = str(tmp_path / arguments["output"])
    with pytest.raises(SecondEyeError, match=f"(?i){words}"):
        ConvertJob(clip=str(pcm_clip), model=str(converted[2]), **arguments).run(quiet, never)
    assert {p.name for p in tmp_path.iterdir()} == {"pcm.mkv"}


def damaged(path):
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize("frame", [1, 7])
def test_a_damaged_depth_file_is_named_and_then_made_anew(converted, tmp_path, frame):
    project = copied_project(converted, tmp_path)
    before = tree(project.folder)
    damaged(project.depth_path(frame))
    job = ConvertJob(
        clip=str(converted[1]), project=str(project.folder), output=str(tmp_path / "a.mp4"),
        interocular=0.1, convergence=4.0,
    )  # fmt: skip
    with pytest.raises(SecondEyeError, match=rf"{frame:06d}\.exr is damaged: delete it") as told:
        job.run(quiet, never)
    assert str(told.value).count(". ") == 0
    assert {p.name for p in tmp_path.iterdir()} == {"copy.secondeye"}
    project.depth_path(frame).unlink()
    again = replace(job, model=str(converted[2]))
    assert again.run(quiet, never)["frames"] == 12
    after = tree(project.folder)
    for found in (before, after):  # which knows when each depth file was written
        found.pop("statistics.npz", None)
    assert after == before


def test_missing_depth_without_its_clip_is_one_sentence(converted, tmp_path):
    project = copied_project(converted, tmp_path)
    project.manifest.clip.path = project.manifest.clip.absolute = str(tmp_path / "gone.mp4")
    project.save()
    project.depth_path(4).unlink()
    with pytest.raises(SecondEyeError, match=r"gone\.mp4.*put it back"):
        ConvertJob(project=str(project.folder), output=str(tmp_path / "a.mp4")).run(quiet, never)
    assert {p.name for p in tmp_path.iterdir()} == {"copy.secondeye"}


def test_the_clip_is_never_overwritten(converted, tmp_path):
    clip = make_movie(tmp_path / "mine.mp4", range(1, 3))
    before = clip.read_bytes()
    with pytest.raises(UsageError, match="the clip itself"):
        ConvertJob(clip=str(clip), output=str(clip)).run(quiet, never)
    with pytest.raises(UsageError, match="a clip or a depth project"):
        ConvertJob(output=str(tmp_path / "a.mp4")).run(quiet, never)
    assert clip.read_bytes() == before


@pytest.mark.skipif(torch.cuda.is_available(), reason="this torch has a CUDA card")
@pytest.mark.parametrize("analysed", [True, False])
def test_a_device_that_is_not_there(converted, tmp_path, analysed, capsys):
    """Whether depth stands already or is yet to be made: one sentence, and nothing is written."""
    folder, clip, model, _ = converted
    project = folder / "clip.secondeye" if analysed else tmp_path / "new.secondeye"
    before = tree(folder / "clip.secondeye")
    command = ["convert", str(clip), "-o", str(tmp_path / "a.mp4"), "--project", str(project)]
    command += [] if analysed else ["--model", str(model)]
    assert main([*command, "--device", "cuda"]) == 1
    said = capsys.readouterr().err
    assert "can't run on cuda" in said and "--device" in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir()) and tree(folder / "clip.secondeye") == before


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"near": 7.0}, r"animated; at frame 4: near 7 and far 6 make no range"),
        ({"far": 1.5}, r"animated; at frame 1: near 2 and far 1\.5 make no range"),
    ],
)
def test_a_range_that_contradicts_animated_ones_is_told_before_the_analysis(
    converted, tmp_path, asked, words
):
    """Where depth must be made for more frames first: a shorter project of the same clip."""
    project = copied_project(converted, tmp_path)
    count = len(project.manifest.frames)
    project.manifest.ranges = BakedRange(
        near=[2.0] * count, far=[20.0, 20.0, 20.0] + [6.0] * (count - 3), strength=[1.0] * count,
        bias=[0.0] * count, contrast=[0.0] * count,
    )  # fmt: skip
    project.save()
    project.depth_path(9).unlink()
    before = tree(project.folder)
    job = ConvertJob(project=str(project.folder), output=str(tmp_path / "a.mp4"), **asked)
    with pytest.raises(UsageError, match=words):
        job.run(quiet, never)
    assert tree(project.folder) == before
