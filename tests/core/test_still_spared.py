# SPDX-License-Identifier: GPL-3.0-or-later
"""A still and a wiggle never replace footage, and aren't made of HDR."""

import json
from dataclasses import replace

import numpy as np
import pytest
from test_sample_job import make_project, never, quiet

from core.errors import Cancelled, UsageError
from core.jobs.still import StillJob
from core.jobs.wiggle import WiggleJob
from core.media import write_image
from core.project import Project
from core.project.statistics import NAME


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "p")


def with_clip(project, path, **changes):
    """The project as one of the clip at ``path``."""
    file = project.folder / "project.json"
    told = json.loads(file.read_text(encoding="utf8"))
    told["clip"] |= {"path": path.name, "absolute": str(path), **changes}
    file.write_text(json.dumps(told), encoding="utf8")
    return str(project.folder)


@pytest.mark.parametrize(("job", "name"), [(StillJob, "clip.png"), (WiggleJob, "clip.mp4")])
def test_the_clip_is_spared(project, tmp_path, job, name):
    clip = tmp_path / name
    clip.write_bytes(b"footage")
    folder = with_clip(project, clip)
    with pytest.raises(UsageError, match="is the project's clip"):
        job(folder, str(clip)).run(quiet, never)
    assert clip.read_bytes() == b"footage"


def test_pictures_of_a_sequence_and_of_the_project_are_spared(project, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "0001.png").write_bytes(b"footage")
    folder = with_clip(project, run, kind="sequence")
    for name in ("0001.png", "0002.png"):
        with pytest.raises(UsageError, match="one of the clip's own pictures"):
            StillJob(folder, str(run / name)).run(quiet, never)
    assert [p.name for p in run.iterdir()] == ["0001.png"]
    clip = project.manifest.clip
    write_image(project.plate_path(3), np.zeros((clip.height, clip.width, 3), np.uint8))
    StillJob(folder, str(run / "0001_sbs.png"), frame=3).run(quiet, never)
    with pytest.raises(UsageError, match="in the depth project itself"):
        StillJob(folder, str(project.plate_path(3))).run(quiet, never)


@pytest.mark.parametrize(("job", "name"), [(StillJob, "s.png"), (WiggleJob, "w.gif")])
def test_hdr_is_refused(project, tmp_path, job, name):
    colour = {"primaries": 9, "transfer": 16, "matrix": 9, "mastering": [], "light": []}
    folder = with_clip(project, tmp_path / "clip.mp4", colour=colour)
    with pytest.raises(UsageError, match=r"HDR \(PQ\)"):
        job(folder, str(tmp_path / name)).run(quiet, never)


@pytest.mark.parametrize(("job", "name"), [(StillJob, "s.png"), (WiggleJob, "w.gif")])
def test_tables_of_the_depth_are_told_and_can_be_cancelled(project, tmp_path, job, name):
    manifest = Project.open(project.folder).manifest
    assert replace(manifest).camera is None and not (project.folder / NAME).exists()
    stages, asked = [], iter([False] * 2 + [True] * 99)
    with pytest.raises(Cancelled):
        job(str(project.folder), str(tmp_path / name)).run(
            lambda progress: stages.append(progress.stage), lambda: next(asked)
        )
    assert not (tmp_path / name).exists() and "Warping" not in stages
