# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye grade`` and the job behind Grade Depth, on a tiny project with three shots."""

import json
from fractions import Fraction

import numpy as np
import pytest

from core import cli
from core.errors import Cancelled, SecondEyeError, UsageError
from core.jobs.eye_settings import EyeSettings
from core.jobs.eyes import Eyes
from core.jobs.grade import GradeJob
from core.jobs.grade_scene import NUMBERS, GradeSceneJob
from core.jobs.subject import Place
from core.media import write_image
from core.project import (
    DONE,
    STAGES,
    BakedCamera,
    ClipRecord,
    DepthRecord,
    Manifest,
    Project,
    Shot,
    StageRecord,
    TimelineRecord,
    edits,
)
from core.stereo.curve_keys import Keys

WIDTH, HEIGHT = 48, 32
SHOTS = (("deep", 1, 8, 1.0, 40.0), ("close", 9, 9, 0.4, 0.9), ("far", 10, 16, 20.0, 90.0))


def quiet(progress):
    pass


def never():
    return False


def depth_at(frame):
    """A floor, and a near square that wanders to the right: columns 4.. to 20.. of rows 8..16."""
    picture = np.repeat(np.linspace(0.0, 0.6, HEIGHT)[:, None], WIDTH, 1).astype(np.float32)
    picture[8:16, 2 + frame : 14 + frame] = 0.9
    picture[10:, -4:] = 1.0  # cut by the right edge
    return picture


@pytest.fixture
def project(tmp_path):
    frames = SHOTS[-1][2]
    manifest = Manifest(
        clip=ClipRecord("c.mp4", "/c.mp4", "movie", "0", 2 * WIDTH, 2 * HEIGHT),
        timeline=TimelineRecord(Fraction(8), Fraction(1, 8), list(range(frames))),
        first=1,
        last=frames,
        depth=DepthRecord(WIDTH, HEIGHT, [1.0] * frames, [0.0] * frames),
        shots=[Shot(name, a, b, near=near, far=far) for name, a, b, near, far in SHOTS],
        stages={name: StageRecord(DONE) for name in STAGES},
    )
    project = Project.create(tmp_path / "p.secondeye", manifest)
    project.make_folders()
    for n in manifest.frames:
        project.write_depth(n, depth_at(n), np.ones((HEIGHT, WIDTH), np.float32))
    write_image(project.plate_path(1), np.full((2 * HEIGHT, 2 * WIDTH, 3), 255, np.uint8))
    return project


def run(project, **asked):
    return GradeJob(str(project.folder), **asked).run(quiet, never)


def test_every_frame_is_inside_and_convert_follows(project):
    told = run(project, screen="cinema", window=True)
    assert len(told["before"]["outside"]) == 16 and told["after"]["outside"] == []
    assert told["after"]["span"][1] > 0.01 and "16 before, 0 now, of 16" in told["message"]
    assert [shot["name"] for shot in told["shots"]] == ["deep", "close", "far"]
    again = Project.open(project.folder)
    camera, window = again.manifest.camera, again.manifest.window
    assert camera is not None and window is not None
    rig = Eyes(again, EyeSettings()).rig(5)
    assert (rig.interocular, rig.convergence) == (camera.interocular[4], camera.convergence[4])
    assert len(set(camera.convergence)) > 3
    # What the right edge cuts stands before the screen; nothing does at the left.
    nearest = float(rig.disparity(Eyes(again, EyeSettings()).inverse_distance(5)).max())
    assert window.right[4] == pytest.approx(nearest, rel=0.05) and max(window.left) < nearest
    left, right = Eyes(again, EyeSettings()).pair(1)
    assert (right[30, -1] == 0).all() and (left[30, -1] > 0).all()
    run(project, screen="cinema", window=True)
    again_window = Project.open(project.folder).manifest.window
    assert again_window is not None, "measured without the window that is there"
    np.testing.assert_allclose(again_window.right, window.right, atol=1e-3)
    run(project)
    assert Project.open(project.folder).manifest.window is None, "it belonged to another rig"


def test_shots_that_are_not_chosen_keep_their_camera(project):
    frames = len(project.manifest.frames)
    project.manifest.camera = BakedCamera([0.05] * frames, [3.0] * frames, [0.1] * frames)
    project.save()
    run(project, shots=["far"])
    camera = Project.open(project.folder).manifest.camera
    assert camera is not None and camera.lateral_offset == [0.1] * frames
    assert camera.interocular[:9] == [0.05] * 9 and camera.convergence[:9] == [3.0] * 9
    assert camera.interocular[9] != 0.05


def test_a_region_and_a_mask_hold_what_they_cover(project):
    cover = np.zeros((HEIGHT, WIDTH), np.float32)
    cover[9:15, 10:14] = 1.0
    for n in range(1, 9):
        edits.write(edits.mask_path(project.folder, "m", n), cover)
    square = {"subject": "region", "region": (12 / WIDTH, 12 / HEIGHT, 4 / WIDTH)}
    for asked in (square, {"subject": "mask:m"}):
        told = run(project, ease=0.0, **asked)
        again = Project.open(project.folder)
        eyes = Eyes(again, EyeSettings())
        found = float(np.median(eyes.rig(4).disparity(eyes.inverse_distance(4)[9:15, 10:14])))
        assert found == pytest.approx(0.0, abs=5e-4)
        known = ["close", "far"] if asked["subject"] == "mask:m" else []
        assert told["without_subject"] == known


@pytest.mark.parametrize("asked, words", [
    ({"screen": "moon"}, 'no screen "moon"'),
    ({"shots": ["nave"]}, 'no shot "nave"'),
    ({"subject": "cat"}, 'no subject "cat"'),
    ({"subject": "mask:../x"}, "has no mask"),
    ({"subject": "region", "region": (0.5, 1.2, 0.1)}, "must lie in the picture"),
    ({"subject": "region", "region": (0.5,)}, "three numbers"),
    ({"budget": 0.9}, "depth budget"),
    ({"widest": 0.9}, "widest strip"),
])  # fmt: skip
def test_bad_requests_change_nothing(project, asked, words):
    before = (project.folder / "project.json").read_bytes()
    with pytest.raises(UsageError, match=words):
        run(project, **asked)
    assert (project.folder / "project.json").read_bytes() == before


def test_a_mask_that_covers_nothing_is_said(project):
    for n in project.manifest.frames:
        edits.write(edits.mask_path(project.folder, "m", n), np.zeros((HEIGHT, WIDTH), np.float32))
    with pytest.raises(UsageError, match="in no frame"):
        run(project, subject="mask:m")


def test_missing_depth_and_cancel(project):
    with pytest.raises(Cancelled):
        GradeJob(str(project.folder)).run(quiet, lambda: True)
    project.depth_path(12).unlink()
    with pytest.raises(SecondEyeError, match=r"000012\.exr is missing"):
        run(project)
    project.manifest.stages["range"].state = "pending"
    project.save()
    with pytest.raises(SecondEyeError, match="depth"):
        run(project)


def test_flat_depth_gets_a_sane_rig(project):
    for n in project.manifest.frames:
        project.write_depth(n, np.full((HEIGHT, WIDTH), 0.5, np.float32), np.ones((32, 48)))
    told = run(project, screen="cinema", window=True)
    camera = Project.open(project.folder).manifest.camera
    assert told["after"]["outside"] == [] and camera is not None
    assert all(0 < b <= c / 29 for b, c in zip(camera.interocular, camera.convergence, strict=True))


def test_a_region_is_one_pixel_at_least(project):
    inside = Place(0.0, 1.0, 1e-6).inside(project, 1, HEIGHT, WIDTH)
    assert inside.sum() == 1 and inside[-1, 0]
    face = Place().inside(project, 1, HEIGHT, WIDTH)  # the clip is twice as large
    assert face.any(0).sum() == face.any(1).sum() == 8


def scene_of(project, **changes):
    frames = len(project.manifest.frames)
    eyes = Eyes(project, EyeSettings())
    lists = {name: [] for name in NUMBERS}
    for n in project.manifest.frames:
        shot, rig = project.shot_at(n), eyes.rig(n)
        row = (shot.near, shot.far, 1.0, 0.0, 0.0, rig.interocular, rig.convergence, 1.0)
        for name, value in zip(NUMBERS, row, strict=True):
            lists[name].append(value)
    return {**lists, "forward": [0.0] * frames, **changes}


def test_the_scenes_numbers_give_the_same_rig_and_keys_show_it(project):
    asked = {"screen": "cinema", "window": True}
    told = GradeSceneJob(str(project.folder), scene=scene_of(project), **asked).run(quiet, never)
    json.dumps(told)
    run(project, **asked)
    camera = Project.open(project.folder).manifest.camera
    assert camera is not None and told["after"]["outside"] == []
    for part, count in ((told["keys"][0], 8), (told["keys"][2], 7)):
        frames, values, slopes = (np.array(part[k]) for k in ("frames", "values", "slopes"))
        shown = Keys(frames, values, slopes).at(np.arange(count))
        begin = part["first"] - 1
        np.testing.assert_allclose(shown[0], camera.interocular[begin : begin + shown.shape[1]])
    assert len(told["window_keys"]) == 3 and told["widest"][1] > told["widest"][0]


def test_an_object_is_followed_and_behind_the_camera_is_said(project):
    near = [0.5] * 8 + [None] * 8
    job = GradeSceneJob(
        str(project.folder), subject="object", ease=0.0, scene=scene_of(project, object=near)
    )
    told = job.run(quiet, never)
    assert told["without_subject"] == ["close", "far"]
    b, c = (np.array(told["keys"][0]["values"][row]) for row in (0, 1))
    np.testing.assert_allclose(b * (0.5 - 1 / c), 0.0, atol=4e-4)
    behind = GradeSceneJob(
        str(project.folder), subject="object", scene=scene_of(project, object=[None] * 16)
    )
    with pytest.raises(UsageError, match="behind the camera"):
        behind.run(quiet, never)


def test_a_camera_that_went_forward_sees_more_depth(project):
    frames = len(project.manifest.frames)
    still, moved = (
        GradeSceneJob(
            str(project.folder), shots=["deep"], scene=scene_of(project, forward=[way] * frames)
        ).run(quiet, never)
        for way in (0.0, 0.5)
    )
    assert moved["keys"][0]["values"][0][0] < still["keys"][0]["values"][0][0]
    assert min(moved["after"]["outside"], default=9) >= 9, "only shots that keep their rig"
    assert "keep their rig" in moved["message"]


def test_the_window_alone_keeps_the_rig(project):
    job = GradeSceneJob(str(project.folder), grade=False, window=True, scene=scene_of(project))
    told = job.run(quiet, never)
    assert told["keys"] == [] and len(told["window_keys"]) == 3
    short = scene_of(project)
    short["near"] = short["near"][:3]
    with pytest.raises(UsageError, match="press Build Scene"):
        GradeSceneJob(str(project.folder), scene=short).run(quiet, never)


def test_the_command(project, capsys):
    folder = str(project.folder)
    assert cli.main(["grade", folder, "--screen", "cinema", "--json", "--window"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["after"]["outside"] == [] and told["window"][1] > 0
    assert cli.main(["grade", folder, "--screen-width", "0"]) == 2
    assert "screen" in capsys.readouterr().err
