# SPDX-License-Identifier: GPL-3.0-or-later
"""Footage to a depth project: its files, its manifest, what it refuses."""

import json
import os
import threading
import time

import analyse_case
import cv2
import numpy as np
import pytest
from analyse_case import analyse
from analysed import stamps, tiny_model
from clips import make_sequence, numbered_picture, read_number

from core.depth import load_model, upsample_to
from core.errors import Cancelled, SecondEyeError, UsageError
from core.jobs.pipeline import mapped
from core.jobs.planning import depth_dimensions
from core.project import Project
from core.repair.confidence import confidence_of

OFF = {"spatial": 0, "temporal": 0, "semantic": 0}
model, clip, undisturbed = analyse_case.model, analyse_case.clip, analyse_case.undisturbed


def test_every_frame_has_its_own_plate_and_the_models_estimate(undisturbed, model):
    project = Project.open(undisturbed)
    estimator = load_model(str(model))
    for n in range(1, 13):
        plate = project.read_plate(n)
        assert read_number(plate) == n
        estimate = upsample_to(estimator.infer(plate), 64, 96)
        for stored, told in (
            (project.read_base(n), estimate.inverse_depth),
            (project.read_uncertainty(n), estimate.uncertainty),
        ):
            np.testing.assert_array_equal(stored, told.astype(np.float16).astype(np.float32))
        np.testing.assert_array_equal(project.read_labels(n), estimate.labels)
    estimates = np.stack([project.read_base(n) for n in range(1, 13)])
    assert np.abs(np.diff(estimates, axis=0)).max() > 0
    depths = np.stack([project.read_depth(n) for n in range(1, 13)])
    assert (depths != estimates).any(axis=(1, 2)).all()
    assert depths.std() > 0


def test_with_repair_off_depth_is_the_estimate(undisturbed, clip, model):
    folder = clip.parent / "off"
    analyse(clip, folder, model, **OFF)
    for n in range(1, 13):
        name = f"{n:06d}.exr"
        estimate = (undisturbed / "base" / name).read_bytes()
        assert (folder / "depth" / name).read_bytes() == estimate
        assert (folder / "base" / name).read_bytes() == estimate
        project = Project.open(folder)
        sure = confidence_of(project.read_uncertainty(n), project.read_base(n))
        np.testing.assert_allclose(project.read_confidence(n), sure, atol=3e-4)
    assert Project.open(folder).manifest.repair.name == ""


def test_the_manifest_tells_the_whole_story(undisturbed, clip, model):
    m = Project.open(undisturbed).manifest
    assert (m.first, m.last, len(m.timeline.source_pts)) == (1, 12, 12)
    assert (m.clip.kind, m.clip.width, m.clip.height) == ("movie", 96, 64)
    assert (m.clip.has_audio, m.clip.bit_depth, m.clip.path) == (True, 8, "../clip.mp4")
    assert m.clip.absolute == str(clip)
    assert m.timeline.rate == 24
    assert (m.depth.width, m.depth.height) == (96, 64)
    assert m.depth.scale == [1.0] * 12
    assert m.depth.shift == [0.0] * 12
    assert (m.model.name, m.model.sha256) == (
        load_model(str(model)).name,
        load_model(str(model)).sha256,
    )
    assert m.complete
    project = Project.open(undisturbed)
    pixels = np.sort(np.stack([project.read_depth(n) for n in m.frames]).ravel())
    (shot,) = m.shots
    assert (shot.first, shot.last, shot.near, shot.far, shot.strength) == (1, 12, 2.0, 20.0, 1.0)
    assert (shot.low, shot.high) == (pixels[len(pixels) // 500], pixels[-1 - len(pixels) // 500])


def test_what_the_artist_set_stays(undisturbed, clip, model):
    folder = clip.parent / "artist"
    analyse(clip, folder, model, last=6)
    project = Project.open(folder)
    project.manifest.shots[0].near, project.manifest.shots[0].strength = 1.25, 0.5
    project.manifest.shots[0].low = -0.5
    project.manifest.depth.scale[2], project.manifest.depth.shift[5] = 2.0, 0.25
    project.manifest.extra["remark"] = "dusk"
    project.save()
    before = (folder / "project.json").read_bytes()
    analyse(clip, folder, model, last=6)
    assert (folder / "project.json").read_bytes() == before
    analyse(clip, folder, model)
    m = Project.open(folder).manifest
    assert (m.shots[0].near, m.shots[0].strength, m.extra["remark"]) == (1.25, 0.5, "dusk")
    assert (m.depth.scale[2], m.depth.shift[5]) == (2.0, 0.25)
    # The shot grew, so its range was measured anew, with the scale and shift of its frames.
    project = Project.open(folder)
    d = [
        np.float32(s) * project.read_depth(n) + np.float32(t)
        for n, s, t in zip(m.frames, m.depth.scale, m.depth.shift, strict=True)
    ]
    assert m.shots[0].high == pytest.approx(np.percentile(np.stack(d), 99.8), rel=5e-3)


def test_a_sequence_of_16_bit_pictures(model, tmp_path):
    frames = make_sequence(tmp_path / "frames", [7, 8, 10], bits=16)
    analyse(frames, tmp_path / "p", model)
    project = Project.open(tmp_path / "p")
    assert sorted(p.name for p in (tmp_path / "p" / "plate").iterdir()) == [
        "000001.png",
        "000002.png",
        "000003.png",
        "000004.png",
    ]
    assert [read_number(project.read_plate(n)) for n in range(1, 5)] == [7, 8, 8, 10]
    np.testing.assert_array_equal(project.read_plate(1), numbered_picture(7))


def test_depth_size_keeps_the_aspect_and_never_exceeds_the_plate(clip, model, tmp_path):
    analyse(clip, tmp_path / "p", model, depth_size=24, last=1)
    project = Project.open(tmp_path / "p")
    assert project.read_depth(1).shape == (16, 24)
    assert project.read_confidence(1).shape == (16, 24)
    assert analyse(clip, tmp_path / "p", model, depth_size=24, last=1)["frames"] == 0
    with pytest.raises(SecondEyeError, match="are 24x16"):
        analyse(clip, tmp_path / "p", model, depth_size=48, last=2)
    assert depth_dimensions(1920, 1080, None) == (1280, 720)
    assert depth_dimensions(640, 272, None) == (640, 272)
    assert depth_dimensions(640, 272, 9999) == (640, 272)
    assert depth_dimensions(8000, 3, 100) == (100, 1)
    with pytest.raises(UsageError):
        depth_dimensions(640, 272, 0)


def test_another_model_or_size_is_refused(undisturbed, clip, model, tmp_path):
    other = tiny_model(tmp_path, seed=5)
    before = stamps(undisturbed)
    with pytest.raises(SecondEyeError, match="was analysed with the model tiny_1, not with tiny_5"):
        analyse(clip, undisturbed, other)
    with pytest.raises(SecondEyeError, match="its own size, not at size 64"):
        analyse(clip, undisturbed, model, size=64)
    assert stamps(undisturbed) == before


def test_a_moved_clip_is_found_again(clip, model, tmp_path):
    (tmp_path / "old").mkdir()
    moved = tmp_path / "old" / "clip.mp4"
    moved.write_bytes(clip.read_bytes())
    analyse(moved, tmp_path / "p", model, last=2)
    moved.rename(tmp_path / "clip.mp4")
    analyse(tmp_path / "clip.mp4", tmp_path / "p", model, last=2)
    assert Project.open(tmp_path / "p").clip_path().resolve() == tmp_path / "clip.mp4"


def test_progress_counts_every_stage_to_its_end(undisturbed, clip, model, tmp_path):
    seen = analyse(clip, tmp_path / "p", model)["seen"]
    for stage, total in (
        ("plate", 12), ("shots", 12), ("depth", 12), ("repair", 12), ("range", 1), ("flicker", 1)
    ):  # fmt: skip
        counts = [p.done for p in seen if p.stage == stage]
        assert counts == sorted(counts)
        assert counts[-1] == total
        assert {p.total for p in seen if p.stage == stage} == {total}


def test_confidence_is_one_half_at_ten_percent_of_the_nearest():
    values = np.array([[0.0, 2.0]], np.float32)
    error = np.array([[0.0, 0.2]], np.float32)
    np.testing.assert_allclose(confidence_of(error, values), [[1.0, 0.5]])
    flat = confidence_of(np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32))
    assert 0 <= flat[0, 0] < 1e-3


def test_no_thread_outlives_a_job(clip, model, tmp_path):
    before = threading.active_count()
    with pytest.raises(Cancelled):
        analyse(clip, tmp_path / "p", model, cancel_after=2)
    assert threading.active_count() == before


def test_the_pipeline_is_ordered_and_bounded():
    under_way, most, lock = 0, 0, threading.Lock()

    def items():
        nonlocal under_way, most
        for n in range(50):
            with lock:
                under_way += 1
                most = max(most, under_way)
            yield n

    def work(n):
        time.sleep(0.001 * (n % 3))
        return n

    received = []
    with mapped(work, items(), workers=3, ahead=4) as results:
        for n in results:
            received.append(n)
            with lock:
                under_way -= 1
    assert received == list(range(50))
    assert most <= 5

    def fail(n):
        raise SecondEyeError(f"no {n}")

    with (
        pytest.raises(SecondEyeError, match="no 0"),
        mapped(fail, range(9), workers=2, ahead=2) as results,
    ):
        list(results)


def test_the_answer_is_json(clip, model, tmp_path):
    answer = analyse(clip, tmp_path / "p", model, last=1)
    del answer["seen"]
    assert json.loads(json.dumps(answer)) == answer


def test_plates_are_jpeg_of_full_chroma(undisturbed):
    data = np.fromfile(undisturbed / "plate" / "000001.jpg", np.uint8)
    assert cv2.imdecode(data, cv2.IMREAD_COLOR).shape == (64, 96, 3)
    start = bytes(data).index(b"\xff\xc0")
    components = bytes(data)[start + 10 : start + 19]
    assert [components[i] for i in (1, 4, 7)] == [0x11, 0x11, 0x11]
    assert os.path.getsize(undisturbed / "plate" / "000001.jpg") > 500
