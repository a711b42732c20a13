# SPDX-License-Identifier: GPL-3.0-or-later
"""The rig and the range of a conversion: asked for, baked, suggested."""

from dataclasses import replace

import numpy as np
import pytest
from converted import copied_project

from core.jobs.eye_settings import EyeSettings
from core.jobs.eyes import Eyes
from core.jobs.tables import current_tables
from core.project import BakedCamera
from core.stereo import find_viewing, frame_depth, suggest_rig
from core.stereo.shot_rig import suggest_shot_rig


def test_the_rig_is_asked_for_then_baked_then_suggested(converted, tmp_path):
    project = copied_project(converted, tmp_path)
    eyes = Eyes(project, EyeSettings())
    rig = suggest_rig(
        np.stack([eyes.inverse_distance(n) for n in range(1, 13)]),
        project.manifest.lens.focal_over_width,
    )
    assert eyes.rig(1) == eyes.rig(12)
    assert eyes.rig(1).interocular == pytest.approx(rig.interocular, rel=0.05)
    assert eyes.rig(1).convergence < 1.05 * rig.convergence  # nearer, where the edges would cut

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


def test_every_shot_has_a_suggested_rig_of_its_own(converted, tmp_path):
    project = copied_project(converted, tmp_path)
    (shot,) = project.manifest.shots
    project.manifest.shots = [
        replace(shot, last=4, near=1.0, far=5.0),
        replace(shot, name="shot_002", first=5, near=10.0, far=50.0),
    ]
    eyes = Eyes(project, EyeSettings())
    close, wide = eyes.rig(4), eyes.rig(5)
    assert (close, wide) == (eyes.rig(1), eyes.rig(12)) and wide.interocular > 2 * close.interocular
    tables = current_tables(project, lambda told: None, lambda: False)
    depths = [frame_depth(project.manifest, n, tables[n]) for n in range(5, 13)]
    focal, limits = project.manifest.lens.focal_over_width, find_viewing().limits
    assert wide == suggest_shot_rig(depths, focal, 0.02, limits)


def test_near_and_far_replace_those_of_the_shots(converted, tmp_path):
    project = copied_project(converted, tmp_path)
    inverse = Eyes(project, EyeSettings(near=1.0, far=4.0)).inverse_distance(1)
    assert inverse.min() >= 0.25 - 1e-6 and inverse.max() <= 1.0 + 1e-6
    assert inverse.max() - inverse.min() > 0.5
