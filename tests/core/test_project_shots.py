# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts as numbers, what they touch, and a finished project's depth replaced: all or nothing."""

from __future__ import annotations

import copy
import json
import subprocess
import sys

import numpy as np
import pytest
from analysed import ROOT, tree
from test_project_manifest import make_manifest

from core.errors import SecondEyeError
from core.project import Project, Shot, swap
from core.project.shots import changed, cuts_of, touched, with_cuts


def manifest(*cuts, last=20, look_ahead=4, **strengths):
    """Frames 1..last in shots that begin at 1 and at ``cuts``."""
    made = make_manifest(1, 3)
    made.timeline.source_pts = list(range(last))
    made.last = last
    made.shots = [Shot("shot_001", 1, last, **strengths)]
    made.repair.look_ahead, made.repair.sha256 = look_ahead, "a"
    return with_cuts(made, cuts, fresh=True)


def test_cuts_make_shots_and_shots_have_cuts():
    made = manifest(8, 12)
    assert [(s.name, s.first, s.last) for s in made.shots] == [
        ("shot_001", 1, 7), ("shot_002", 8, 11), ("shot_003", 12, 20),
    ]  # fmt: skip
    assert cuts_of(made) == [8, 12]
    assert cuts_of(with_cuts(made, [])) == []


def test_a_shots_settings_go_to_what_is_cut_from_it():
    made = manifest(8)
    made.shots[0].near, made.shots[0].extra = 1.0, {"remark": "hold"}
    made.shots[1].name, made.shots[1].far, made.shots[1].temporal = "door", 99.0, 0.5
    cut = with_cuts(made, [5, 8, 12])
    assert [s.name for s in cut.shots] == ["shot_001", "shot_002", "door", "shot_003"]
    assert [s.near for s in cut.shots] == [1.0, 1.0, 2.0, 2.0]
    assert [s.far for s in cut.shots] == [20.0, 20.0, 99.0, 99.0]
    assert [s.temporal for s in cut.shots] == [1.0, 1.0, 0.5, 0.5]
    assert cut.shots[1].extra == {"remark": "hold"}
    cut.shots[1].extra["remark"] = "other"
    assert made.shots[0].extra == {"remark": "hold"}
    assert [(s.name, s.last) for s in with_cuts(made, []).shots] == [("shot_001", 20)]


def test_the_same_touches_nothing():
    assert touched(manifest(8), manifest(8)) == set()
    assert changed(manifest(8), manifest(8)) == []


@pytest.mark.parametrize(
    ("look_ahead", "first"), [(4, 9), (0, 13), (12, 1)],
)  # fmt: skip
def test_a_new_cut_touches_what_sees_it(look_ahead, first):
    old, new = manifest(look_ahead=look_ahead), manifest(13, look_ahead=look_ahead)
    assert touched(old, new) == set(range(first, 21))
    assert touched(new, old) == set(range(first, 21))
    assert [s.first for s in changed(old, new)] == [1, 13]


def test_without_a_past_a_cut_touches_nothing_but_the_ranges():
    old, new = manifest(temporal=0.0), manifest(13, temporal=0.0)
    assert touched(old, new) == set()
    assert [s.first for s in changed(old, new)] == [1, 13]


def test_another_strength_touches_its_shot():
    old, new = manifest(8, 12), manifest(8, 12)
    new.shots[1].spatial = 0.5
    assert touched(old, new) == set(range(8, 12))
    assert [s.first for s in changed(old, new)] == [8]


def test_another_repair_touches_what_it_repairs():
    old, new = manifest(8, 12), manifest(8, 12)
    for made in (old, new):
        made.shots[1].spatial = made.shots[1].temporal = made.shots[1].semantic = 0.0
        made.shots[2].temporal = 0.0
    new.repair.sha256 = "b"
    assert touched(old, new) == {*range(1, 8), *range(12, 21)}
    new.repair.sha256, new.repair.look_ahead = "a", 2
    assert touched(old, new) == set(range(1, 8))


def test_a_longer_range_touches_what_sees_more():
    old, new = manifest(8), manifest(8, last=30)
    assert touched(old, new) == {17, 18, 19, 20}
    assert touched(manifest(8), manifest(8, 21, last=30)) == set()


# All or nothing


@pytest.fixture
def project(tmp_path):
    project = Project.create(tmp_path / "p", make_manifest())
    for stage in project.manifest.stages.values():
        stage.state = "done"
    project.make_folders()
    for n in (3, 4, 5):
        store(project, n, 0.25)
    (project.folder / "flicker.json").write_text("{}")
    project.save()
    return project


def store(files, n, value):
    files.write_depth(n, np.full((3, 4), value, np.float32), np.ones((3, 4), np.float32))


def begun(project):
    """Frames 4 and 5 of another strength stand beside."""
    target = copy.deepcopy(project.manifest)
    target.shots[0].spatial = 0.5
    beside = swap.begin(project.folder, target)
    for n in (4, 5):
        store(beside, n, 0.75)
    (beside.folder / "flicker.json").write_text('{"new": 1}')
    return target


def values(folder):
    project = Project.open(folder)
    return [float(project.read_depth(n)[0, 0]) for n in (3, 4, 5)]


def test_new_depth_takes_the_place_of_the_old(project):
    target = begun(project)
    assert values(project.folder) == [0.25, 0.25, 0.25]
    with project.lock():
        project.replace_depth(target)
    assert values(project.folder) == [0.25, 0.75, 0.75]
    assert Project.open(project.folder).manifest == target == project.manifest
    assert (project.folder / "flicker.json").read_text() == '{"new": 1}'
    assert not (project.folder / "repairing").exists()
    project.manifest.shots[0].far = 30.0
    project.save()


CRASH = """
import os, sys
from core.project import Project, swap, serial
left = int(sys.argv[2])
replace = os.replace
def counted(source, target):
    global left
    if left == 0:
        os._exit(9)
    left -= 1
    replace(source, target)
os.replace = counted
project = Project.open(sys.argv[1])
target = serial.from_plain(type(project.manifest), serial.to_plain(project.manifest))
target.shots[0].spatial = 0.5
with project.lock():
    project.replace_depth(target)
os._exit(0)
"""


@pytest.mark.parametrize("moves", range(8))
def test_a_crash_among_the_moves_leaves_the_old_or_becomes_the_new(project, moves):
    """The manifest beside, two depth files, two of confidence, flicker, the manifest: 7 moves."""
    target = begun(project)
    before = tree(project.folder)
    code = subprocess.run(
        [sys.executable, "-c", CRASH, str(project.folder), str(moves)], cwd=ROOT, check=False
    ).returncode
    assert code == (0 if moves == 7 else 9)
    if moves == 0:
        assert {
            n: d for n, d in tree(project.folder).items() if "/." not in n and n != ".lock"
        } == before
        return
    again = Project.open(project.folder)
    with again.lock():
        assert again.manifest == target
    assert values(project.folder) == [0.25, 0.75, 0.75]
    assert Project.open(project.folder).manifest == target
    assert (project.folder / "flicker.json").read_text() == '{"new": 1}'
    assert not (project.folder / "repairing").exists()


def test_who_opened_it_before_the_crash_overwrites_nothing(project):
    """Blender holds the old manifest, and saves only now."""
    begun(project)
    held = Project.open(project.folder)
    held.manifest.shots[0].far = 50.0
    arguments = [sys.executable, "-c", CRASH, str(project.folder), "3"]
    assert subprocess.run(arguments, cwd=ROOT, check=False).returncode == 9
    with pytest.raises(SecondEyeError, match="changed by somebody else"):
        held.save()
    assert Project.open(project.folder).manifest.shots[0].spatial == 0.5
    assert values(project.folder) == [0.25, 0.75, 0.75]


def test_frames_of_other_settings_that_cant_be_removed_are_no_new_ones(project, monkeypatch):
    """As where another program has them open."""
    target = begun(project)
    target.shots[0].spatial = 0.75
    before = tree(project.folder / "repairing")
    monkeypatch.setattr(swap.shutil, "rmtree", lambda *arguments, **options: None)
    with pytest.raises(SecondEyeError, match="can't be removed: close what has them open"):
        swap.begin(project.folder, target)
    assert tree(project.folder / "repairing") == before


def test_what_was_made_for_other_settings_goes(project):
    target = begun(project)
    kept = tree(project.folder / "repairing")
    swap.begin(project.folder, target)
    assert tree(project.folder / "repairing") == kept
    target.shots[0].spatial = 0.75
    beside = swap.begin(project.folder, target)
    assert sorted(tree(beside.folder)) == ["settings.json"]
    assert json.loads((beside.folder / "settings.json").read_text())["shots"][0][2] == 0.75
