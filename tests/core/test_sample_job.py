# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye sample``: patterns stored beside their depth, stale when that changes."""

import json

import numpy as np
import pytest
from analysed import Worker, second_eye, stamps
from test_geometry_sampling import relief
from test_project_manifest import make_manifest

from core.errors import Cancelled, SecondEyeError, UsageError
from core.geometry.pattern_file import load
from core.jobs.sample import SampleJob
from core.project import DONE, BakedCamera, DepthRecord, Project, Shot
from core.project.pictures import write_exr
from core.project.sampling import is_current, pattern_path
from core.stereo.gain import shot_gain


def quiet(progress):
    return None


def never():
    return False


def make_project(folder, height=36, width=64, shots=((3, 4), (5, 5)), pictures=None):
    first, last = shots[0][0], shots[-1][1]
    frames = last - first + 1
    manifest = make_manifest(
        first,
        last,
        camera=None,
        depth=DepthRecord(width, height, [1.0] * frames, [0.0] * frames),
        shots=[Shot(f"shot_{i:03d}", a, b, low=0.0, high=1.0) for i, (a, b) in enumerate(shots, 1)],
    )
    for stage in manifest.stages.values():
        stage.state = DONE
    project = Project.create(folder, manifest)
    project.make_folders()
    for n in manifest.frames:
        values = relief(height, width, n) if pictures is None else pictures(n)
        if np.isfinite(values).all():
            project.write_depth(n, values, np.ones_like(values))
        else:
            write_exr(project.depth_path(n), values.astype(np.float16))
    return project


def sample(project, **asked):
    return SampleJob(str(project.folder), **asked).run(quiet, never)


def test_every_shot_gets_a_pattern_that_the_manifest_knows(tmp_path):
    project = make_project(tmp_path / "p")
    answer = sample(project, triangles=1000)
    assert [(shot["name"], shot["made"]) for shot in answer["shots"]] == [
        ("shot_001", True),
        ("shot_002", True),
    ]
    again = Project.open(project.folder)
    for shot, told in zip(again.manifest.shots, answer["shots"], strict=True):
        pattern = load(pattern_path(project.folder, shot))
        assert is_current(project.folder, again.manifest, shot)
        assert len(pattern.levels[-1].triangles) == shot.sampling.triangles <= 1000
        assert pattern.levels[-1].count == shot.sampling.points
        assert pattern.levels[-1].misfit.rms == shot.sampling.error
        assert pattern.measured == tuple(range(shot.first, shot.last + 1))
        gain = shot_gain(again.manifest, shot)
        assert told["levels"][-1]["error"] == pytest.approx(shot.sampling.error * gain)
    assert [p.name for p in sorted((project.folder / "sampling").iterdir())] == [
        "000003.npz",
        "000005.npz",
    ]


def test_what_is_current_is_left_and_what_changed_is_made_anew(tmp_path):
    project = make_project(tmp_path / "p")
    sample(project, triangles=600)
    before = stamps(project.folder)
    assert not any(shot["made"] for shot in sample(project)["shots"])
    assert stamps(project.folder) == before
    again = Project.open(project.folder)
    again.manifest.shots[1].high = 0.9
    again.manifest.shots[0].far = 50.0  # stretches the relief, but bends nothing
    again.save()
    made = [shot["made"] for shot in sample(project)["shots"]]
    assert made == [False, True]
    finest = load(pattern_path(project.folder, again.manifest.shots[1])).levels[-1]
    assert len(finest.triangles) <= 600  # as it was asked before
    assert [shot["made"] for shot in sample(project, points=200)["shots"]] == [True, True]
    assert [s["name"] for s in sample(project, shot="shot_002", points=90)["shots"]] == ["shot_002"]


def test_a_first_budget_is_no_wish_for_what_was_sampled(tmp_path):
    project = make_project(tmp_path / "p")
    sample(project, shot="shot_001", triangles=600)
    told = sample(project, at_first=300)["shots"]
    assert [shot["made"] for shot in told] == [False, True]
    assert told[0]["levels"][-1]["triangles"] > 300 >= told[1]["levels"][-1]["triangles"]
    with pytest.raises(UsageError, match="give 2 to"):
        sample(project, at_first=1)


def test_a_pattern_that_was_deleted_is_made_anew(tmp_path):
    project = make_project(tmp_path / "p")
    sample(project, triangles=600)
    (project.folder / "sampling" / "000003.npz").unlink()
    assert [shot["made"] for shot in sample(project)["shots"]] == [True, False]


def test_an_error_is_in_pixels_of_the_rig(tmp_path):
    project = make_project(tmp_path / "p", shots=((3, 3),))
    answer = sample(project, error=0.05)
    assert answer["shots"][0]["levels"][-1]["error"] <= 0.05
    few = answer["shots"][0]["levels"][-1]["triangles"]
    again = Project.open(project.folder)
    again.manifest.camera = BakedCamera([0.5], [3.0], [0.0])
    again.save()
    answer = sample(project, error=0.05)
    assert answer["shots"][0]["levels"][-1]["error"] <= 0.05
    assert answer["shots"][0]["levels"][-1]["triangles"] > few
    again = Project.open(project.folder)
    again.manifest.camera = BakedCamera([0.0], [3.0], [0.0])  # both eyes in one place
    again.save()
    answer = sample(project, error=0.05)
    assert answer["shots"][0]["levels"][-1]["error"] == 0.0


def test_old_projects_open_without_a_pattern(tmp_path):
    project = make_project(tmp_path / "p")
    path = project.folder / "project.json"
    plain = json.loads(path.read_text())
    for shot in plain["shots"]:
        del shot["sampling"]
    path.write_text(json.dumps(plain))
    again = Project.open(project.folder)
    assert [shot.sampling for shot in again.manifest.shots] == [None, None]
    assert not is_current(project.folder, again.manifest, again.manifest.shots[0])


def test_flat_depth_and_one_pixel_are_two_triangles(tmp_path):
    for name, size in (("flat", (20, 30)), ("pixel", (1, 1))):
        project = make_project(
            tmp_path / name, *size, shots=((4, 4),), pictures=lambda n, s=size: np.full(s, 0.5)
        )
        levels = sample(project)["shots"][0]["levels"]
        assert [(level["triangles"], level["points"]) for level in levels] == [(2, 4)]
        assert levels[0]["worst"] == 0.0


def test_depth_without_a_number_is_refused_and_the_old_pattern_stays(tmp_path):
    project = make_project(tmp_path / "p")
    sample(project, triangles=600)
    before = stamps(project.folder / "sampling")
    write_exr(project.depth_path(4), np.full((36, 64), np.nan, np.float16))
    with pytest.raises(SecondEyeError, match=r"depth/000004\.exr holds no number at all: delete"):
        sample(project, triangles=700)
    assert stamps(project.folder / "sampling") == before
    assert Project.open(project.folder).manifest.shots[0].sampling.amount == 600


def test_pixels_without_a_number_count_as_far(tmp_path):
    hole = relief(36, 64)
    hole[10:14, 20:30] = np.nan
    project = make_project(tmp_path / "p", shots=((3, 3),), pictures=lambda n: hole)
    levels = sample(project, triangles=1000)["shots"][0]["levels"]
    assert 0.0 < levels[-1]["error"] < 0.1


def test_damaged_depth_is_told_by_its_file(tmp_path):
    project = make_project(tmp_path / "p")
    project.depth_path(5).write_bytes(b"no picture")
    with pytest.raises(SecondEyeError, match=r"000005\.exr is damaged: delete it"):
        sample(project, triangles=600)
    again = Project.open(project.folder)  # the first shot stands: a next run goes on behind it
    assert is_current(project.folder, again.manifest, again.manifest.shots[0])


def test_an_unfinished_analysis_is_refused(tmp_path):
    project = make_project(tmp_path / "p")
    project.manifest.stages["repair"].state = "pending"
    project.save()
    with pytest.raises(SecondEyeError, match="not analysed to its end: run depth again"):
        sample(project)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"triangles": 1}, "give 2 to 1000000"),
        ({"points": 0}, "give 4 to"),
        ({"error": -1.0}, "more than 0"),
        ({"error": float("inf")}, "more than 0"),
        ({"triangles": 10, "points": 10}, "one of triangles, points and error"),
        ({"shot": "shot_009"}, 'no shot "shot_009"'),
    ],
)
def test_bad_wishes_are_refused(tmp_path, asked, words):
    project = make_project(tmp_path / "p", shots=((3, 3),))
    with pytest.raises(UsageError, match=words):
        sample(project, **asked)


def test_depth_that_is_too_large_is_refused(tmp_path):
    project = make_project(tmp_path / "p", 1, 2, shots=((3, 3),))
    project.manifest.depth.width = 8192
    project.save()
    with pytest.raises(SecondEyeError, match=r"8192x1 is too large to be sampled \(up to 8191"):
        sample(project)


def test_cancelled_it_keeps_what_stood(tmp_path):
    project = make_project(tmp_path / "p", shots=((3, 4),))
    sample(project, triangles=600)
    before = stamps(project.folder)
    for stage in ("gather", "triangulate", "measure"):
        seen = []
        job = SampleJob(str(project.folder), triangles=700)
        with pytest.raises(Cancelled):
            job.run(lambda told, seen=seen: seen.append(told.stage), lambda s=seen, w=stage: w in s)
        assert seen[-1] == stage
        assert {k: v for k, v in stamps(project.folder).items() if k != ".lock"} == before


def test_a_locked_project_is_refused(tmp_path):
    project = make_project(tmp_path / "p")
    with project.lock(), pytest.raises(SecondEyeError, match="another run"):
        sample(Project.open(project.folder))


def test_the_command_and_the_worker_do_the_same(tmp_path):
    project = make_project(tmp_path / "p", shots=((3, 3),))
    told = second_eye("sample", project.folder, "--triangles", 500, "--json")
    assert told.returncode == 0, told.stderr
    answer = json.loads(told.stdout)
    assert answer["shots"][0]["levels"][-1]["triangles"] in (499, 500)
    assert "pixels of disparity" in answer["message"]
    with Worker() as worker:
        worker.start("sample", project=project.folder)
        value = worker.until("result", "error")["value"]
    assert value["shots"][0]["made"] is False
    assert value["shots"][0]["levels"] == answer["shots"][0]["levels"]
    wrong = second_eye("sample", project.folder, "--triangles", 500, "--points", 3)
    assert wrong.returncode == 2 and "not allowed with" in wrong.stderr
