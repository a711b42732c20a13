# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye comfort``: tables made once, figures of every frame, the graph."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from analysed import second_eye
from test_comfort import HEIGHT, WIDTH, make_project
from test_edits_shaped import record as edit_record

from core.errors import Cancelled, SecondEyeError, UsageError
from core.jobs.comfort import ComfortJob
from core.jobs.eye_settings import EyeSettings
from core.jobs.shaped import Shaped
from core.jobs.tables import current_tables
from core.plot import comfort as graph
from core.project import DONE, BakedCamera, Project, WindowRecord, statistics
from core.stereo import SETUPS, StereoRig, frame_depths


def quiet(progress):
    return None


def never():
    return False


@pytest.fixture
def project(tmp_path):
    """Three frames; the third is a shot of its own. Baked: comfortable, then eyes that diverge."""
    made = make_project(tmp_path / "p.secondeye")
    manifest = made.manifest
    shot = replace(manifest.shots[0], low=0.0, high=1.0, near=2.0, far=20.0)
    manifest.shots = [replace(shot, last=2), replace(shot, name="shot_002", first=3)]
    manifest.camera = BakedCamera([0.03, 0.03, 0.4], [2.0, 2.0, 2.0], [0.0, 0.1, 0.2])
    for stage in manifest.stages.values():
        stage.state = DONE
    made.save()
    return made


def test_the_report_tells_every_frame_as_its_pixels_have_it(project, tmp_path):
    report, png = tmp_path / "r.json", tmp_path / "g.png"
    job = ComfortJob(str(project.folder), "headset", report=str(report), graph=str(png))
    answer = job.run(quiet, never)
    told = json.loads(report.read_text(encoding="utf-8"))
    assert answer["summary"] == told["summary"] and told["rig"] == "baked"
    assert [f["verdict"] for f in told["frames"]] == ["comfortable", "comfortable", "outside"]
    assert [f["shot"] for f in told["frames"]] == ["shot_001", "shot_001", "shot_002"]
    last = told["frames"][2]
    rig = StereoRig(0.4, 2.0, project.manifest.lens.focal_over_width)
    shaped = Shaped(project, EyeSettings())
    parallax = rig.parallax(shaped.inverse_distance(3))
    found = last["parallax"]
    for name, percent in (("near", 5), ("middle", 50), ("far", 95)):
        expected = float(np.percentile(parallax, percent))
        assert found[name]["percent"] == pytest.approx(100 * expected, abs=0.05)
        assert found[name]["pixels"] == pytest.approx(448 * expected, abs=0.3)
        degrees = float(SETUPS["headset"].degrees(expected))
        assert found[name]["degrees"] == pytest.approx(degrees, abs=0.03)
    limits = SETUPS["headset"].limits
    share = 100 * float((parallax > limits.diverging).mean())
    assert last["outside_percent"]["diverging"] == pytest.approx(share, abs=1.0) and share > 20
    assert {"far", "diverging", "jump"} <= set(last["reasons"])
    assert told["frames"][0]["jump_degrees"] is None and last["jump_degrees"] > 1.0

    seen = cv2.imread(str(png))[:, :, ::-1].astype(int)
    assert seen.shape == (graph.HEIGHT, 1600, 3)
    thirds = [350, 840, 1320]

    def share_of(verdict, column, rows):
        near = np.abs(seen[rows, column - 30 : column + 30] - graph.COLOURS[verdict]).max(2) < 8
        return near.mean()

    verdicts = slice(graph.VERDICTS + 2, graph.VERDICTS + graph.ROW - 2)
    assert [share_of(v, c, verdicts) for v, c in zip((0, 0, 2), thirds, strict=True)] == [1, 1, 1]
    field = slice(111, graph.BOTTOM)
    assert share_of(2, thirds[2], field) > 0.1 and share_of(2, thirds[0], field) < 0.02


def test_tables_are_made_once_and_where_only_depth_changed(project, monkeypatch):
    said = []
    first = current_tables(project, said.append, never)
    assert len(said) == 3 and (project.folder / statistics.NAME).is_file()
    said.clear()
    again = current_tables(Project.open(project.folder), said.append, never)
    assert said == [] and (again[2].levels == first[2].levels).all()
    project.write_depth(
        2, np.full((HEIGHT, WIDTH), 0.4, np.float32), np.ones((HEIGHT, WIDTH), np.float32)
    )
    again = current_tables(project, said.append, never)
    assert len(said) == 1 and again[2].levels == pytest.approx(0.4, abs=1e-3)
    with pytest.raises(Cancelled):
        (project.folder / statistics.NAME).unlink()
        current_tables(project, quiet, lambda: True)


def test_a_folder_to_read_only_is_judged_all_the_same(project, monkeypatch):
    def refuse(*_):
        raise SecondEyeError("full")

    monkeypatch.setattr(statistics, "write", refuse)
    assert len(current_tables(project, quiet, never)) == 3


def test_depth_edits_count_where_they_reach(project):
    plain = frame_depths(project.manifest, current_tables(project, quiet, never))
    project.manifest.edits = [edit_record(source="box", first=2, last=2)]
    edit = project.manifest.edits[0]
    edit.strength, edit.amount, edit.projected = [1.0], [-0.2], True
    edit.matrix = [[50.0, 0, 0, 0, 0, 50.0, 0, 0, 0, 0, 50.0, -5.0]]
    edited = frame_depths(project.manifest, current_tables(project, quiet, never))
    expected = np.percentile(Shaped(project, EyeSettings()).inverse_distance(2), [20, 50, 80])
    assert edited[2].percentile([20, 50, 80]) == pytest.approx(expected, rel=0.03)
    assert (edited[2].levels < plain[2].levels - 0.02).mean() > 0.9
    assert (edited[1].levels == plain[1].levels).all()


def test_a_floating_window_takes_violations_away(project):
    project.manifest.camera = BakedCamera([0.065] * 3, [2.6] * 3, [0.0] * 3)
    project.save()

    def cut():
        return ComfortJob(str(project.folder)).run(quiet, never)["summary"]["reasons"]

    before = cut()
    assert before["left"] == 3
    project.manifest.window = WindowRecord([0.02, 0.0, 0.02], [0.0] * 3)
    project.save()
    assert cut()["left"] == 1 and cut().get("right") == before.get("right")


def test_what_can_not_be_judged_is_said(project, tmp_path):
    folder = str(project.folder)
    with pytest.raises(UsageError, match="no screen"):
        ComfortJob(folder, "wall").run(quiet, never)
    with pytest.raises(SecondEyeError, match="no depth project"):
        ComfortJob(str(tmp_path / "none")).run(quiet, never)
    with pytest.raises(SecondEyeError, match="can't be written"):
        ComfortJob(folder, report=str(tmp_path / "no" / "r.json")).run(quiet, never)
    project.depth_path(2).unlink()
    with pytest.raises(SecondEyeError, match=r"000002\.exr is missing"):
        ComfortJob(folder).run(quiet, never)
    project.manifest.stages["depth"].state = "pending"
    project.save()
    with pytest.raises(SecondEyeError, match="not analysed"):
        ComfortJob(folder).run(quiet, never)


def test_the_command_speaks_a_sentence_and_its_exit_code(project, tmp_path):
    report, png = tmp_path / "r.json", tmp_path / "g.png"
    done = second_eye(
        "comfort", project.folder, "--screen", "cinema", "--distance", 20, "--json", report,
        "--png", png,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "12 m wide from 20 m" in done.stdout and "3 frames" in done.stdout
    screen = json.loads(report.read_text(encoding="utf-8"))["screen"]
    assert (screen["width_metres"], screen["distance_metres"]) == (12.0, 20.0)
    assert png.read_bytes().startswith(b"\x89PNG")
    wrong = second_eye("comfort", project.folder, "--width", "-1")
    assert wrong.returncode == 2 and len(wrong.stderr.splitlines()) == 1


def test_a_picture_of_one_frame_and_of_thousands(project):
    from core.stereo import measure_frame

    depths = frame_depths(project.manifest, current_tables(project, quiet, never))
    told = measure_frame(1, depths[1], StereoRig(0.03, 2.0, 1.0), SETUPS["tv"])
    for frames in ([told], [replace(told, frame=n) for n in range(1, 4000)]):
        drawn = graph.draw(frames, SETUPS["tv"], [("a", 1)], 7)
        assert drawn.pixels.shape == (graph.HEIGHT, 1600, 3)
