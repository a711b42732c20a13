# SPDX-License-Identifier: GPL-3.0-or-later
"""The surround of a project: made once, steady in time, never mixed over a cut, resumed alike."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from analysed import stamps, tree
from test_project_manifest import make_manifest

from core.errors import Cancelled, SecondEyeError
from core.jobs.surround import SurroundJob
from core.project import DONE, ClipRecord, DepthRecord, Project, Shot, TimelineRecord
from core.project import surround as files

FIRST, LAST, CUT = 3, 12, 9


def make_project(folder):
    count = LAST - FIRST + 1
    clip = make_manifest(FIRST, LAST).clip
    manifest = make_manifest(
        FIRST,
        LAST,
        camera=None,
        timeline=TimelineRecord(Fraction(24), Fraction(1, 24), list(range(LAST))),
        clip=ClipRecord(**{**vars(clip), "width": 48, "height": 32}),
        depth=DepthRecord(48, 32, [1.0] * count, [0.0] * count),
        shots=[Shot("a", FIRST, CUT - 1), Shot("b", CUT, LAST)],
    )
    for stage in manifest.stages.values():
        stage.state = DONE
    project = Project.create(folder, manifest)
    project.make_folders()
    for n in range(FIRST, LAST + 1):
        grey = (60 if n % 2 else 100) if n < CUT else 220  # flickers, then another shot
        cv2.imwrite(str(project.plate_path(n)), np.full((32, 48, 3), grey, np.uint8))
    return project


def make(project, cancelled=lambda: False):
    return SurroundJob(str(project.folder)).run(lambda progress: None, cancelled)


def test_it_is_steady_and_ends_at_the_cut(tmp_path):
    project = make_project(tmp_path / "p")
    assert make(project)["frames"] == LAST - FIRST + 1
    assert files.is_current(project.folder, project.manifest)
    light = np.array([files.read(project.folder, n).mean() for n in project.manifest.frames])
    raw = np.array([((60 if n % 2 else 100) / 255) ** 2.2 for n in range(FIRST, CUT)])
    assert np.ptp(light[: CUT - FIRST]) < 0.15 * np.ptp(raw)
    assert light[CUT - FIRST :] == pytest.approx((220 / 255) ** 2.2, rel=0.04)
    before = stamps(project.folder / "surround")
    assert "Nothing to do" in make(project)["message"]
    assert {k: v for k, v in stamps(project.folder / "surround").items() if "exr" in str(k)} == {
        k: v for k, v in before.items() if "exr" in str(k)
    }


def test_a_stopped_run_goes_on_with_the_same_files(tmp_path):
    whole, stopped = make_project(tmp_path / "whole"), make_project(tmp_path / "stopped")
    make(whole)
    asked = iter(range(100))
    with pytest.raises(Cancelled):
        make(stopped, lambda: next(asked) >= 11)
    there = list((stopped.folder / "surround").glob("*.exr"))
    assert 0 < len(there) < LAST - FIRST + 1
    make(stopped)
    assert tree(stopped.folder / "surround") == tree(whole.folder / "surround")


def test_another_lens_or_cut_makes_it_stale(tmp_path):
    project = make_project(tmp_path / "p")
    make(project)
    project.manifest.lens.focal_over_width = 2.0
    project.save()
    assert not files.is_current(project.folder, project.manifest)
    assert make(project)["frames"] == LAST - FIRST + 1
    files.path_of(project.folder, 5).write_bytes(b"torn")
    with pytest.raises(SecondEyeError, match="000005"):
        files.read(project.folder, 5)
    project.manifest.stages["depth"].state = "pending"
    project.save()
    with pytest.raises(SecondEyeError, match="not analysed to its end"):
        make(project)
