# SPDX-License-Identifier: GPL-3.0-or-later
"""Footage to a stereo movie, and rendered frames to a movie, with the sound in its place."""

import json
from dataclasses import replace
from fractions import Fraction as F

import av
import numpy as np
import pytest
import torch
from analysed import second_eye, tiny_model, tree
from clips import make_movie, make_sequence, numbers_of

from core.cli import main
from core.errors import Cancelled, SecondEyeError, UsageError
from core.jobs.assemble import AssembleJob
from core.jobs.convert import ConvertJob
from core.jobs.eyes import Eyes, EyeSettings
from core.media import open_clip
from core.media.audio_encoding import sound_codec
from core.project import BakedCamera, Project
from core.stereo import sample_frames, sample_pixels, suggest_rig


def quiet(progress):
    del progress


def never():
    return False


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A 12-frame clip with sound, a tiny real model, and the clip's finished depth project."""
    folder = tmp_path_factory.mktemp("convert")
    clip = make_movie(folder / "clip.mp4", audio=True)
    model = tiny_model(folder)
    job = ConvertJob(
        clip=str(clip), output=str(folder / "clip_sbs.mp4"), model=str(model), format="sbs"
    )
    answer = job.run(quiet, never)
    return folder, clip, model, answer


def packets(path):
    """(number of sound packets, time of the first one heard and of the last one's end)."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        times = [(p.pts * p.time_base, p.duration * p.time_base) for p in container.demux(stream)
                 if p.pts is not None]  # fmt: skip
    return len(times), float(times[0][0]), float(times[-1][0] + times[-1][1])


def copied_project(shared, tmp_path):
    folder = tmp_path / "copy.secondeye"
    source = shared[0] / "clip.secondeye"
    for name, data in tree(source).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return Project.open(folder)


def test_clip_with_sound_becomes_a_movie_with_sound(shared):
    folder, clip, _, answer = shared
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


def test_a_range_takes_its_own_sound_and_existing_depth(shared, tmp_path):
    folder, clip, _, _ = shared
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


def test_project_alone_is_enough_and_finds_its_clip(shared, tmp_path):
    answer = ConvertJob(
        project=str(shared[0] / "clip.secondeye"), output=str(tmp_path / "a.mp4"),
        format="anaglyph", last=3,
    ).run(quiet, never)  # fmt: skip
    assert answer["frames"] == 3 and answer["sound"]


def test_a_missing_file_is_made_again(shared, tmp_path):
    project = copied_project(shared, tmp_path)
    plate = project.plate_path(4).read_bytes()
    project.plate_path(4).unlink()
    ConvertJob(
        clip=str(shared[1]), project=str(project.folder), output=str(tmp_path / "a.mp4"),
        model=None, first=3, last=5,
    ).run(quiet, never)  # fmt: skip
    assert project.plate_path(4).read_bytes() == plate


def test_the_rig_is_asked_for_then_baked_then_suggested(shared, tmp_path):
    project = copied_project(shared, tmp_path)
    eyes = Eyes(project, EyeSettings())
    rig = suggest_rig(
        np.stack([eyes.inverse_distance(n) for n in range(1, 13)]),
        project.manifest.lens.focal_over_width,
    )
    assert eyes.rig(1) == eyes.rig(12)
    assert eyes.rig(1).interocular == pytest.approx(rig.interocular, rel=0.05)
    assert eyes.rig(1).convergence == pytest.approx(rig.convergence, rel=0.05)

    steps = [float(n) for n in range(12)]
    project.manifest.camera = BakedCamera(
        interocular=[0.1 + n / 100 for n in steps],
        convergence=[3.0 + n for n in steps],
        lateral_offset=[n / 20 for n in steps],
    )
    baked = Eyes(project, EyeSettings(convergence=4.0))
    assert baked.rig(5).interocular == pytest.approx(0.14)
    assert baked.rig(5).convergence == 4.0
    moved = np.hstack(baked.pair(12))
    project.manifest.camera.lateral_offset[-1] = 0.0
    assert (moved != np.hstack(baked.pair(12))).any()

    flat = Eyes(project, EyeSettings(strength=0.0, convergence=3.636363636, interocular=0.3))
    packed = np.hstack(flat.pair(1))  # all of it on the screen, and frame 1 has no offset
    assert np.abs(packed[:, :96].astype(int) - packed[:, 96:]).max() == 0
    assert (packed[:, :96] == project.read_plate(1)).all()


def test_every_shot_has_a_suggested_rig_of_its_own(shared, tmp_path):
    project = copied_project(shared, tmp_path)
    (shot,) = project.manifest.shots
    project.manifest.shots = [
        replace(shot, last=4, near=1.0, far=5.0),
        replace(shot, name="shot_002", first=5, near=10.0, far=50.0),
    ]
    eyes = Eyes(project, EyeSettings())
    close, wide = eyes.rig(4), eyes.rig(5)
    assert (close, wide) == (eyes.rig(1), eyes.rig(12)) and wide.interocular > 2 * close.interocular
    samples = [sample_pixels(eyes.inverse_distance(n)) for n in sample_frames(5, 12)]
    focal = project.manifest.lens.focal_over_width
    assert wide == suggest_rig(np.concatenate(samples), focal)


def test_near_and_far_replace_those_of_the_shots(shared, tmp_path):
    project = copied_project(shared, tmp_path)
    inverse = Eyes(project, EyeSettings(near=1.0, far=4.0)).inverse_distance(1)
    assert inverse.min() >= 0.25 - 1e-6 and inverse.max() <= 1.0 + 1e-6
    assert inverse.max() - inverse.min() > 0.5


def test_cancel_leaves_no_movie_and_keeps_an_earlier_one(shared, tmp_path):
    output = tmp_path / "a.mp4"
    output.write_bytes(b"an earlier movie")
    asked = []

    def after_some():
        asked.append(1)
        return len(asked) > 5

    job = ConvertJob(project=str(shared[0] / "clip.secondeye"), output=str(output))
    with pytest.raises(Cancelled):
        job.run(quiet, after_some)
    assert output.read_bytes() == b"an earlier movie"
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


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
def test_bad_requests_are_one_sentence_and_leave_nothing(shared, tmp_path, change, words):
    arguments = {"output": "a.mp4", "project": str(shared[0] / "clip.secondeye")} | change
    arguments["output"] = str(tmp_path / arguments["output"])
    with pytest.raises(SecondEyeError, match=f"(?i){words}"):
        ConvertJob(**arguments).run(quiet, never)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def pcm_clip(tmp_path):
    """A clip whose sound no .mp4 takes."""
    path = tmp_path / "pcm.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=24)
        video.width, video.height = 96, 64
        sound = container.add_stream("pcm_s16be", rate=48000)
        for n in range(3):
            picture = np.full((64, 96, 3), 60 * n, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(video.encode(None))
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 6000), np.int16), "s16", "mono")
        frame.sample_rate, frame.pts = 48000, 0
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


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
    ],
)
def test_a_bad_request_is_told_before_the_analysis(pcm_clip, shared, tmp_path, change, words):
    arguments = {"output": "a.mkv"} | change
    arguments["output"] = str(tmp_path / arguments["output"])
    with pytest.raises(SecondEyeError, match=f"(?i){words}"):
        ConvertJob(clip=str(pcm_clip), model=str(shared[2]), **arguments).run(quiet, never)
    assert {p.name for p in tmp_path.iterdir()} == {"pcm.mkv"}


def test_sound_that_the_container_can_not_hold_is_encoded_again(pcm_clip, shared, tmp_path):
    answer = ConvertJob(
        clip=str(pcm_clip), model=str(shared[2]), output=str(tmp_path / "a.mp4")
    ).run(quiet, never)
    assert ", with sound, encoded again as aac." in answer["message"]
    assert sound_codec(tmp_path / "a.mp4") == "aac"


def test_the_sound_can_be_left_out(pcm_clip, shared, tmp_path):
    done = second_eye(
        "convert", pcm_clip, "-o", tmp_path / "a.mp4", "--model", shared[2], "--no-sound", "--json"
    )
    assert done.returncode == 0 and json.loads(done.stdout)["sound"] is False
    assert not open_clip(tmp_path / "a.mp4").info.has_audio


def damaged(path):
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize("frame", [1, 7])
def test_a_damaged_depth_file_is_named_and_then_made_anew(shared, tmp_path, frame):
    project = copied_project(shared, tmp_path)
    before = tree(project.folder)
    damaged(project.depth_path(frame))
    job = ConvertJob(
        clip=str(shared[1]), project=str(project.folder), output=str(tmp_path / "a.mp4"),
        interocular=0.1, convergence=4.0,
    )  # fmt: skip
    with pytest.raises(SecondEyeError, match=rf"{frame:06d}\.exr is damaged: delete it") as told:
        job.run(quiet, never)
    assert str(told.value).count(". ") == 0
    assert {p.name for p in tmp_path.iterdir()} == {"copy.secondeye"}
    project.depth_path(frame).unlink()
    again = replace(job, model=str(shared[2]))
    assert again.run(quiet, never)["frames"] == 12
    assert tree(project.folder) == before


def test_missing_depth_without_its_clip_is_one_sentence(shared, tmp_path):
    project = copied_project(shared, tmp_path)
    project.manifest.clip.path = project.manifest.clip.absolute = str(tmp_path / "gone.mp4")
    project.save()
    project.depth_path(4).unlink()
    with pytest.raises(SecondEyeError, match=r"gone\.mp4.*put it back"):
        ConvertJob(project=str(project.folder), output=str(tmp_path / "a.mp4")).run(quiet, never)
    assert {p.name for p in tmp_path.iterdir()} == {"copy.secondeye"}


def test_the_clip_is_never_overwritten(shared, tmp_path):
    clip = make_movie(tmp_path / "mine.mp4", range(1, 3))
    before = clip.read_bytes()
    with pytest.raises(UsageError, match="the clip itself"):
        ConvertJob(clip=str(clip), output=str(clip)).run(quiet, never)
    with pytest.raises(UsageError, match="a clip or a depth project"):
        ConvertJob(output=str(tmp_path / "a.mp4")).run(quiet, never)
    assert clip.read_bytes() == before


def test_command_answers_json(shared, tmp_path):
    done = second_eye(
        "convert", shared[1], "-o", tmp_path / "a.mp4", "--format", "top-bottom",
        "--project", shared[0] / "clip.secondeye", "--frames", "2:3", "--interocular", "0.1",
        "--json",
    )  # fmt: skip
    answer = json.loads(done.stdout)
    assert done.returncode == 0 and done.stderr == ""
    assert (answer["width"], answer["height"], answer["frames"]) == (96, 128, 2)
    assert answer["rig"]["interocular"] == 0.1
    help_text = second_eye("convert", "--help").stdout
    from core.delivery import PACKINGS

    assert all(name in help_text for name in PACKINGS)


def test_assembled_frames_have_rate_order_and_the_sound_of_their_place(shared, tmp_path):
    frames = make_sequence(tmp_path / "frames", range(3, 13), name="{:06d}.png")
    answer = AssembleJob(
        frames=str(frames), output=str(tmp_path / "a.mp4"), first=5, last=10, rate=[24, 1],
        audio_from=str(shared[1]),
    ).run(quiet, never)  # fmt: skip
    movie = open_clip(answer["output"])
    assert numbers_of(movie.frames()) == [5, 6, 7, 8, 9, 10]
    assert movie.timeline.rate == F(24) and movie.info.has_audio
    with av.open(answer["output"]) as container:
        samples = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    assert np.abs(samples[2000:]).max() < 0.1, "the click at second 0 lies before frame 5"
    heard = AssembleJob(
        frames=str(frames), output=str(tmp_path / "b.mp4"), first=5, last=10, rate=24,
        audio_from=str(shared[1]), audio_start=0,
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


def test_a_sequence_takes_a_rate(shared, tmp_path):
    frames = make_sequence(tmp_path / "frames", range(1, 4))
    arguments = {"clip": str(frames), "model": str(shared[2]), "output": str(tmp_path / "a.mp4")}
    ConvertJob(**arguments, rate=[30000, 1001]).run(quiet, never)
    assert open_clip(tmp_path / "a.mp4").timeline.rate == F(30000, 1001)
    with pytest.raises(SecondEyeError, match="runs at 30000/1001"):
        ConvertJob(**arguments, rate=[25, 1]).run(quiet, never)
    with pytest.raises(UsageError, match="a rate of its own"):
        ConvertJob(clip=str(shared[1]), output=str(tmp_path / "b.mp4"), rate=[25, 1]).run(
            quiet, never
        )


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


@pytest.mark.skipif(torch.cuda.is_available(), reason="this torch has a CUDA card")
@pytest.mark.parametrize("analysed", [True, False])
def test_a_device_that_is_not_there(shared, tmp_path, analysed, capsys):
    """Whether depth stands already or is yet to be made: one sentence, and nothing is written."""
    folder, clip, model, _ = shared
    project = folder / "clip.secondeye" if analysed else tmp_path / "new.secondeye"
    before = tree(folder / "clip.secondeye")
    command = ["convert", str(clip), "-o", str(tmp_path / "a.mp4"), "--project", str(project)]
    command += [] if analysed else ["--model", str(model)]
    assert main([*command, "--device", "cuda"]) == 1
    said = capsys.readouterr().err
    assert "can't run on cuda" in said and "--device" in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir()) and tree(folder / "clip.secondeye") == before


def test_the_device_asked_for_serves(shared, tmp_path):
    _, clip, model, _ = shared
    command = ["convert", str(clip), "-o", str(tmp_path / "a.mp4"), "--model", str(model)]
    assert main([*command, "--frames", "1:2", "--device", "cpu"]) == 0
    assert (tmp_path / "a.mp4").is_file()
