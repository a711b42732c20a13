# SPDX-License-Identifier: GPL-3.0-or-later
"""Footage to a stereo movie, with the sound in its place."""

import json
from fractions import Fraction as F

import pytest
from analysed import second_eye, tree
from clips import make_sequence, numbers_of
from converted import copied_project, never, packets, quiet

from core.cli import main
from core.errors import Cancelled, SecondEyeError, UsageError
from core.jobs.convert import ConvertJob
from core.media import open_clip
from core.media.audio_encoding import sound_codec


def test_clip_with_sound_becomes_a_movie_with_sound(converted):
    folder, clip, _, answer = converted
    movie = open_clip(answer["output"])
    assert len(movie.timeline) == answer["frames"] == 12
    assert movie.timeline.rate == F(24)
    assert (movie.info.width, movie.info.height) == (192, 64)
    assert movie.info.has_audio and answer["sound"]
    copied, original = packets(answer["output"]), packets(clip)
    assert copied[0] == original[0] and copied[1:] == pytest.approx(original[1:], abs=0.03)
    assert numbers_of((n, rgb[:, :96]) for n, rgb in movie.frames()) == list(range(1, 13))
    assert numbers_of((n, rgb[:, 96:]) for n, rgb in movie.frames()) == list(range(1, 13))
    assert (folder / "clip.secondeye" / "project.json").exists()
    assert not list(folder.glob(".*part*"))


def test_a_range_takes_its_own_sound_and_existing_depth(converted, tmp_path):
    folder, clip, _, _ = converted
    project = folder / "clip.secondeye"
    before = tree(project)
    answer = ConvertJob(
        clip=str(clip), output=str(tmp_path / "part.mkv"), project=str(project),
        format="half-top-bottom", first=5, last=10,
    ).run(quiet, never)  # fmt: skip
    movie = open_clip(answer["output"])
    assert (movie.info.width, movie.info.height, len(movie.timeline)) == (96, 64, 6)
    count, first, last = packets(answer["output"])
    assert 0 <= first < 0.03 and last == pytest.approx(6 / 24, abs=0.03)
    assert count < packets(clip)[0]
    assert tree(project) == before


def test_project_alone_is_enough_and_finds_its_clip(converted, tmp_path):
    answer = ConvertJob(
        project=str(converted[0] / "clip.secondeye"), output=str(tmp_path / "a.mp4"),
        format="anaglyph", last=3,
    ).run(quiet, never)  # fmt: skip
    assert answer["frames"] == 3 and answer["sound"]


def test_a_missing_file_is_made_again(converted, tmp_path):
    project = copied_project(converted, tmp_path)
    plate = project.plate_path(4).read_bytes()
    project.plate_path(4).unlink()
    ConvertJob(
        clip=str(converted[1]), project=str(project.folder), output=str(tmp_path / "a.mp4"),
        model=None, first=3, last=5,
    ).run(quiet, never)  # fmt: skip
    assert project.plate_path(4).read_bytes() == plate


def test_cancel_leaves_no_movie_and_keeps_an_earlier_one(converted, tmp_path):
    output = tmp_path / "a.mp4"
    output.write_bytes(b"an earlier movie")
    asked = []

    def after_some():
        asked.append(1)
        return len(asked) > 5

    job = ConvertJob(project=str(converted[0] / "clip.secondeye"), output=str(output))
    with pytest.raises(Cancelled):
        job.run(quiet, after_some)
    assert output.read_bytes() == b"an earlier movie"
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_sound_that_the_container_can_not_hold_is_encoded_again(pcm_clip, converted, tmp_path):
    answer = ConvertJob(
        clip=str(pcm_clip), model=str(converted[2]), output=str(tmp_path / "a.mp4")
    ).run(quiet, never)
    assert ", with sound, encoded again as aac." in answer["message"]
    assert sound_codec(tmp_path / "a.mp4") == "aac"


def test_the_sound_can_be_left_out(pcm_clip, converted, tmp_path):
    done = second_eye(
        "convert",
        pcm_clip,
        "-o",
        tmp_path / "a.mp4",
        "--model",
        converted[2],
        "--no-sound",
        "--json",
    )
    assert done.returncode == 0 and json.loads(done.stdout)["sound"] is False
    assert not open_clip(tmp_path / "a.mp4").info.has_audio


def test_command_answers_json(converted, tmp_path):
    done = second_eye(
        "convert", converted[1], "-o", tmp_path / "a.mp4", "--format", "top-bottom",
        "--project", converted[0] / "clip.secondeye", "--frames", "2:3", "--interocular", "0.1",
        "--json",
    )  # fmt: skip
    answer = json.loads(done.stdout)
    assert done.returncode == 0 and done.stderr == ""
    assert (answer["width"], answer["height"], answer["frames"]) == (96, 128, 2)
    assert answer["rig"]["interocular"] == 0.1
    help_text = second_eye("convert", "--help").stdout
    from core.delivery import PACKINGS

    assert all(name in help_text for name in PACKINGS)


def test_a_sequence_takes_a_rate(converted, tmp_path):
    frames = make_sequence(tmp_path / "frames", range(1, 4))
    arguments = {"clip": str(frames), "model": str(converted[2]), "output": str(tmp_path / "a.mp4")}
    ConvertJob(**arguments, rate=[30000, 1001]).run(quiet, never)
    assert open_clip(tmp_path / "a.mp4").timeline.rate == F(30000, 1001)
    with pytest.raises(SecondEyeError, match="runs at 30000/1001"):
        ConvertJob(**arguments, rate=[25, 1]).run(quiet, never)
    with pytest.raises(UsageError, match="a rate of its own"):
        ConvertJob(clip=str(converted[1]), output=str(tmp_path / "b.mp4"), rate=[25, 1]).run(
            quiet, never
        )


def test_the_device_asked_for_serves(converted, tmp_path):
    _, clip, model, _ = converted
    command = ["convert", str(clip), "-o", str(tmp_path / "a.mp4"), "--model", str(model)]
    assert main([*command, "--frames", "1:2", "--device", "cpu"]) == 0
    assert (tmp_path / "a.mp4").is_file()
