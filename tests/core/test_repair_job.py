# SPDX-License-Identifier: GPL-3.0-or-later
"""Repair again and cuts moved, without the model: what is touched alone, all or nothing."""

from __future__ import annotations

import json
import shutil

import pytest
from analysed import Worker, stamps, tiny_model, tree
from shot_clips import shots_movie

from core import cli
from core.errors import Cancelled, SecondEyeError, UsageError
from core.jobs.analyse import AnalyseJob
from core.jobs.repair import RepairJob
from core.jobs.shots import ShotsJob
from core.project import Project, swap
from core.project.files import FrameFiles
from core.repair.settings import LOOK_AHEAD

LENGTHS = (9, 8)
OFF = {"spatial": 0, "temporal": 0, "semantic": 0}


def quiet(progress):
    del progress


def never():
    return False


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    folder = tmp_path_factory.mktemp("again")
    clip = shots_movie(folder / "clip.mp4", LENGTHS)
    model = tiny_model(folder)
    AnalyseJob(str(clip), str(folder / "whole"), str(model)).run(quiet, never)
    return clip, model, folder / "whole"


@pytest.fixture
def project(material, tmp_path):
    """A copy of the analysed project, and where its clip lies as before."""
    folder = tmp_path / "p"
    shutil.copytree(material[2], folder)
    return folder


def analysed(material, folder, **options):
    AnalyseJob(str(material[0]), str(folder), str(material[1]), **options).run(quiet, never)
    return folder


def pictures(folder):
    return {name: data for name, data in tree(folder).items() if name != "project.json"}


def cancel_after(stage, done):
    seen = []

    def cancelled():
        return any((p.stage, p.done) == (stage, done) for p in seen)

    return seen.append, cancelled


def shots(folder):
    return [(s.first, s.last) for s in Project.open(folder).manifest.shots]


# Repair again


def test_nothing_changed_is_nothing_to_do(project):
    before = stamps(project)
    answer = RepairJob(str(project)).run(quiet, never)
    assert answer["message"].startswith("Nothing to do")
    assert (answer["frames"], answer["shots"]) == (0, [])
    assert stamps(project) == before


def test_repaired_again_is_repaired_so_from_the_start(material, project, tmp_path):
    answer = RepairJob(str(project), spatial=0.5, temporal=0.25, look_ahead=3).run(quiet, never)
    assert (answer["frames"], answer["shots"]) == (17, ["shot_001", "shot_002"])
    direct = analysed(material, tmp_path / "direct", spatial=0.5, temporal=0.25, look_ahead=3)
    assert pictures(project) == pictures(direct)
    manifests = [Project.open(folder).manifest for folder in (project, direct)]
    assert manifests[0].shots == manifests[1].shots
    assert manifests[0].repair == manifests[1].repair
    RepairJob(str(project), spatial=1, temporal=1, look_ahead=LOOK_AHEAD).run(quiet, never)
    assert pictures(project) == pictures(material[2])


def test_one_shot_is_touched_alone(material, project):
    before = stamps(project)
    low, high = (getattr(Project.open(project).manifest.shots[1], n) for n in ("low", "high"))
    answer = RepairJob(str(project), shot="shot_002", **OFF).run(quiet, never)
    assert (answer["frames"], answer["shots"]) == (8, ["shot_002"])
    after = stamps(project)
    touched = {name for name in before if before[name] != after[name]}
    expected = {f"{kind}/{n:06d}.exr" for kind in ("depth", "confidence") for n in range(10, 18)}
    assert touched == expected | {"flicker.json", "project.json"}
    first, second = Project.open(project).manifest.shots
    assert (first.spatial, second.spatial, second.semantic) == (1, 0, 0)
    assert (second.low, second.high) != (low, high)
    for n in range(10, 18):
        name = f"{n:06d}.exr"
        assert (project / "depth" / name).read_bytes() == (project / "base" / name).read_bytes()


@pytest.mark.parametrize("stop", [("repair", 0), ("repair", 5), ("repair", 17), ("flicker", 1)])
def test_cancelled_it_is_as_it_was_and_goes_on_where_it_stopped(material, project, stop):
    before = tree(project)
    job = RepairJob(str(project), spatial=0.5)
    with pytest.raises(Cancelled):
        job.run(*cancel_after(*stop))
    assert before.items() <= tree(project).items()
    assert Project.open(project).manifest.complete
    beside = FrameFiles(project / swap.FOLDER, Project.open(project).manifest)
    stands = [n for n in range(1, 18) if beside.depth_path(n).exists()]
    assert job.run(quiet, never)["frames"] == 17 - len(stands)
    assert not (project / swap.FOLDER).exists()
    again = project.with_name("q")
    shutil.copytree(material[2], again)
    RepairJob(str(again), spatial=0.5).run(quiet, never)
    assert pictures(project) == pictures(again)


def test_a_cancelled_repair_leaves_nothing_to_another_one(material, project):
    with pytest.raises(Cancelled):
        RepairJob(str(project), spatial=0.5).run(*cancel_after("repair", 5))
    RepairJob(str(project), spatial=0.25, temporal=0.5).run(quiet, never)
    again = project.with_name("q")
    shutil.copytree(material[2], again)
    RepairJob(str(again), spatial=0.25, temporal=0.5).run(quiet, never)
    assert pictures(project) == pictures(again)
    with pytest.raises(Cancelled):
        RepairJob(str(project), spatial=0.5).run(*cancel_after("repair", 5))
    assert (project / swap.FOLDER).exists()
    RepairJob(str(project)).run(quiet, never)  # nothing to do but to clear away
    assert tree(project) == tree(again)


def test_an_update_repairs_all_of_it_anew(material, project):
    path = project / "project.json"
    plain = json.loads(path.read_text())
    today = plain["repair"]["sha256"]
    plain["repair"]["sha256"] = "0" * 64
    path.write_text(json.dumps(plain))
    with pytest.raises(SecondEyeError, match="before an update: run second-eye repair"):
        RepairJob(str(project), shot="shot_001", spatial=0.5).run(quiet, never)
    with pytest.raises(SecondEyeError, match="before an update: run second-eye repair"):
        ShotsJob(str(project), cut=[5]).run(quiet, never)
    assert json.loads(path.read_text()) == plain
    assert RepairJob(str(project)).run(quiet, never)["frames"] == 17
    assert Project.open(project).manifest.repair.sha256 == today
    assert pictures(project) == pictures(material[2])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"spatial": 2.0}, "spatial repair of 2.0: give 0 to 1"),
        ({"look_ahead": 40}, "look-ahead of 40 frames"),
        ({"shot": "shot_009"}, 'has no shot "shot_009": its shots are shot_001, shot_002'),
        ({"shot": "shot_001", "look_ahead": 3}, "leave the shot away"),
    ],
)
def test_bad_requests_change_nothing(project, options, words):
    before = stamps(project)
    with pytest.raises(UsageError, match=words):
        RepairJob(str(project), **options).run(quiet, never)
    assert stamps(project) == before


@pytest.mark.parametrize("name", ["base/000003.exr", "uncertainty/000004.exr", "labels/000005.png",
                                  "plate/000006.jpg"])  # fmt: skip
@pytest.mark.parametrize("damage", ["deleted", "cut"])
def test_without_its_sources_it_is_refused_and_stays(material, project, name, damage):
    path = project / name
    if damage == "deleted":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-40])
    before = stamps(project)
    with pytest.raises(SecondEyeError) as told:
        RepairJob(str(project), spatial=0.5).run(quiet, never)
    assert str(path) in str(told.value) and "run depth again" in str(told.value)
    assert before.items() <= stamps(project).items()
    assert Project.open(project).manifest.complete
    # And that is the remedy.
    clip = material[0]
    path.unlink(missing_ok=True)
    assert cli.main(["depth", str(clip), "--project", str(project), "--model",
                     str(material[1])]) == 0  # fmt: skip
    assert RepairJob(str(project), spatial=0.5).run(quiet, never)["frames"] == 17


def test_an_unfinished_analysis_is_refused_until_its_estimates_stand(material, tmp_path):
    clip, model, _ = material
    job = AnalyseJob(str(clip), str(tmp_path / "p"), str(model))
    with pytest.raises(Cancelled):
        job.run(*cancel_after("depth", 5))
    for other in (RepairJob(str(tmp_path / "p")), ShotsJob(str(tmp_path / "p"), cut=[5])):
        before = tree(tmp_path / "p")
        with pytest.raises(SecondEyeError, match="not analysed to its end: run depth again"):
            other.run(quiet, never)
        assert tree(tmp_path / "p") == before
    with pytest.raises(Cancelled):
        job.run(*cancel_after("repair", 5))
    RepairJob(str(tmp_path / "p"), spatial=0.5).run(quiet, never)
    direct = analysed(material, tmp_path / "direct", spatial=0.5)
    assert pictures(tmp_path / "p") == pictures(direct)
    assert Project.open(tmp_path / "p").manifest.complete


def test_a_project_in_use_is_refused(project):
    with Project.open(project).lock(), pytest.raises(SecondEyeError, match="in use by another"):
        RepairJob(str(project), spatial=0.5).run(quiet, never)


# Shots


def test_shots_are_listed(project, capfd):
    before = stamps(project)
    assert cli.main(["shots", str(project)]) == 0
    out = capfd.readouterr().out.splitlines()
    assert out[0].endswith("2 shots.")
    assert out[1] == "shot_001  1 to 9  spatial 1, temporal 1, semantic 1"
    assert cli.main(["shots", str(project), "--json"]) == 0
    listed = json.loads(capfd.readouterr().out)["shots"]
    assert [(s["name"], s["first"], s["last"]) for s in listed] == [
        ("shot_001", 1, 9), ("shot_002", 10, 17),
    ]  # fmt: skip
    assert stamps(project) == before


def test_a_cut_set_and_taken_out_again(material, project):
    manifest = Project.open(project)
    manifest.manifest.shots[1].near = 1.25
    manifest.save()
    before = tree(project / "depth")
    answer = ShotsJob(str(project), cut=[14]).run(quiet, never)
    assert shots(project) == [(1, 9), (10, 13), (14, 17)]
    names = [(s.name, s.near) for s in Project.open(project).manifest.shots]
    assert names == [("shot_001", 2.0), ("shot_002", 1.25), ("shot_003", 1.25)]
    # Frames that saw the one after the cut, before it, and all after.
    assert answer["frames"] == LOOK_AHEAD + 4
    after = tree(project / "depth")
    assert all(after[f"{n:06d}.exr"] == before[f"{n:06d}.exr"] for n in range(1, 10))
    ShotsJob(str(project), merge=[14]).run(quiet, never)
    assert shots(project) == [(1, 9), (10, 17)]
    assert tree(project / "depth") == before
    assert (project / "flicker.json").read_bytes() == (material[2] / "flicker.json").read_bytes()


def test_a_moved_cut_equals_one_set_there(material, project, tmp_path):
    ShotsJob(str(project), merge=[10], cut=[7]).run(quiet, never)
    assert shots(project) == [(1, 6), (7, 17)]
    other = analysed(material, tmp_path / "other", shots=False)
    ShotsJob(str(other), cut=[7]).run(quiet, never)
    assert pictures(project) == pictures(other)
    ShotsJob(str(project), detect=True).run(quiet, never)
    assert pictures(project) == pictures(material[2])


def test_a_moved_cut_takes_its_settings_along(project):
    manifest = Project.open(project)
    manifest.manifest.shots[1].near, manifest.manifest.shots[1].name = 1.25, "Face"
    manifest.save()
    before = tree(project / "depth")
    for new in (7, 13, 10):
        old = shots(project)[1][0]
        ShotsJob(str(project), move=[(old, new)]).run(quiet, never)
        assert shots(project) == [(1, new - 1), (new, 17)]
        names = [(s.name, s.near) for s in Project.open(project).manifest.shots]
        assert names == [("shot_001", 2.0), ("Face", 1.25)]
    assert tree(project / "depth") == before
    ShotsJob(str(project), cut=[14]).run(quiet, never)
    with pytest.raises(UsageError, match="at frame 14 can't stand at frame 14"):
        ShotsJob(str(project), move=[(10, 15)]).run(quiet, never)
    ShotsJob(str(project), move=[(10, 15), (14, 16)]).run(quiet, never)
    assert shots(project) == [(1, 14), (15, 15), (16, 17)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"merge": [5]}, "begins at frame 5, so nothing can be merged there: its cuts are at 10"),
        ({"merge": [1]}, "begins at frame 1"),
        ({"cut": [1]}, "can begin at frame 1: a cut must lie behind frame 1, up to frame 17"),
        ({"cut": [18]}, "can begin at frame 18"),
        ({"cut": [5], "merge": [10, 10]}, "its cuts are at none"),
        ({"move": [(9, 5)]}, "begins at frame 9, so nothing can be moved there"),
        ({"move": [(10, 18)]}, "can begin at frame 18"),
    ],
)
def test_cuts_outside_are_refused(project, options, words):
    before = stamps(project)
    with pytest.raises(UsageError, match=words):
        ShotsJob(str(project), **options).run(quiet, never)
    assert stamps(project) == before


# The worker, and the command line


def test_the_worker_knows_both_jobs(project):
    with Worker() as worker:
        worker.start("repair", project=project, shot="shot_001", temporal=0.5)
        value = worker.until("result")["value"]
    assert (value["frames"], value["shots"]) == (9, ["shot_001"])
    with Worker() as worker:
        worker.start("shots", project=project, merge=[10])
        value = worker.until("result")["value"]
    assert [s["last"] for s in value["shots"]] == [17]


def test_the_commands(material, project, tmp_path, capfd):
    depth = ["depth", str(material[0]), "--model", str(material[1]), "--project"]
    assert cli.main([*depth, str(tmp_path / "off"), "--repair", "off", "--no-shots"]) == 0
    (shot,) = Project.open(tmp_path / "off").manifest.shots
    assert (shot.spatial, shot.temporal, shot.semantic) == (0, 0, 0)
    arguments = ["--repair", "spatial=0.5, temporal=1", "--look-ahead", "3"]
    assert cli.main([*depth, str(tmp_path / "half"), *arguments]) == 0
    manifest = Project.open(tmp_path / "half").manifest
    shot = manifest.shots[1]
    assert (shot.spatial, shot.temporal, shot.semantic) == (0.5, 1, 1)
    assert manifest.repair.look_ahead == 3
    capfd.readouterr()
    assert cli.main(["repair", str(project), "--shot", "shot_001", "--temporal", "0.5"]) == 0
    assert "9 frames are repaired (shot_001)" in capfd.readouterr().out
    for text in ("spatial", "spatial=much", "colour=1", "", "on"):
        assert cli.main([*depth, str(tmp_path / "no"), f"--repair={text}"]) == 2
        err = capfd.readouterr().err
        assert "of repair" in err and err.count("\n") == 1
    assert cli.main([*depth, str(tmp_path / "no"), "--repair", "spatial=3"]) == 2
    assert "give 0 to 1" in capfd.readouterr().err
    assert not (tmp_path / "no").exists()
    assert cli.main(["repair", str(tmp_path / "no")]) == 1
    assert "is no depth project" in capfd.readouterr().err
