# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's left and right agree with the fast path's, and with the rig's formula."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from stage_case import Case, engine, read_picture, sample, texture

FAST = """
import sys
import numpy as np
from core.jobs.eye_settings import EyeSettings
from core.jobs.eyes import Eyes
from core.project import Project

eyes = Eyes(Project.open(sys.argv[1]), EyeSettings())
np.save(sys.argv[2], np.hstack(eyes.pair(int(sys.argv[3]))))
"""
PATCH = 20
TRIED = np.arange(-2.0, 2.01, 0.125)  # pixels


def _waves(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return 0.5 + 0.42 * np.sin(x / width * 7.0 + 1.0) * np.cos(y / height * 5.0)


def _terraces(height: int, width: int) -> np.ndarray:
    """Five flat levels with slopes between them."""
    place = np.linspace(0, 5, width)
    level = np.floor(place) + np.clip((place % 1 - 0.7) / 0.3, 0, 1)
    return np.broadcast_to(0.05 + 0.18 * np.minimum(level, 5), (height, width))


@pytest.mark.parametrize(
    ("size", "depth", "budget", "drift", "focal", "triangles", "rig"),
    [
        ((400, 224), _waves, 0.02, 1.0, 1.1, None, {"pivot": "LEFT", "shift": 0.01}),
        ((301, 331), _terraces, 0.06, 0.0, 0.8, None, {"mode": "PARALLEL", "pivot": "RIGHT"}),
        ((400, 224), _waves, 0.02, 1.0, 1.1, 6000, {}),
        ((301, 331), _terraces, 0.06, 0.0, 0.8, 6000, {}),
    ],
)
def test_blender_and_the_fast_path_agree_within_half_a_pixel(
    module, second_eye, engine_python, tmp_path, size, depth, budget, drift, focal, triangles, rig
):
    width, height = size
    case = Case(
        module,
        engine_python,
        tmp_path,
        np.stack([texture(n, height, width, 3) for n in range(3)]),
        np.stack([depth(height // 2, width // 2)] * 3).astype(np.float32),
        focal=focal,
        first=4,
        shot={"near": 1.5, "far": 15.0, "strength": 0.9},
    )
    scene, rigs = bpy.context.scene, module("addon.rigs")
    if triangles:
        sample(module, engine_python, case, triangles)
    sampling = "ADAPTIVE" if triangles else "GRID"
    module("addon.stage").build_scene(case.project, scene, start=11, sampling=sampling)
    rigs.make_stereo_camera(scene, case.project, budget=budget, drift=drift)
    stereo = scene.camera.data.stereo
    stereo.convergence_mode = rig.get("mode", "OFFAXIS")
    stereo.pivot, scene.camera.data.shift_x = rig.get("pivot", "CENTER"), rig.get("shift", 0.0)
    camera = rigs.bake_camera(scene, case.project)
    assert camera.left_out == ""
    module("addon.output").configure_stereo_render(scene, "sbs")
    module("addon.output").render_frames(scene, tmp_path / "frames", 4, 4)
    blender = read_picture(tmp_path / "frames" / "000004.png").astype(np.float32)
    engine(module, engine_python, FAST, case.project.folder, tmp_path / "fast.npy", "4")
    fast = np.load(tmp_path / "fast.npy").astype(np.float32)
    assert blender.shape == fast.shape == (height, 2 * width, 3)

    shot = case.project.manifest.shots[0]
    inverse = module("core.geometry").inverse_distance(
        case.normalised[0], shot.near, shot.far, shot.strength
    )
    at = (camera.interocular[0], camera.convergence[0], focal)
    at += tuple(values[0] if values else 0.0 for values in (camera.pivot, camera.shift))
    seen = module("core.stereo").StereoRig(*at)
    found, spread = {}, []
    for eye, half in (("left", slice(0, width)), ("right", slice(width, None))):
        shift = seen.eye_shift(inverse, eye, camera.lateral_offset[0]) * width
        spread.append(np.ptp(shift))
        straightened = _sample(blender[:, half], _enlarged(shift, height, width))
        formula = _displacement(straightened, case.plates[0].astype(np.float32))
        assert np.abs(formula).max() <= 0.25
        found[eye] = _displacement(blender[:, half], fast[:, half])
        assert np.abs(found[eye]).max() <= 0.375
    assert max(spread) > 3.0  # there is something to disagree about
    assert np.abs(found["left"] - found["right"]).max() < 0.5


def test_the_measurement_sees_a_displacement():
    """What the proof rests on: a picture moved by half a pixel is found moved by half a pixel."""
    picture = texture(3, 80, 120, 3).astype(np.float32)
    moved = _sample(picture, np.full((80, 120), 0.5, np.float32))
    np.testing.assert_allclose(_displacement(picture, moved), 0.5, atol=0.13)


def _sample(picture: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """``picture`` read ``shift`` (H, W) pixels to the right of every pixel."""
    width = picture.shape[1]
    x = np.clip(np.arange(width) + shift, 0, width - 1.001)
    i = x.astype(int)
    part = (x - i)[..., None]
    rows = np.arange(picture.shape[0])[:, None]
    return picture[rows, i] * (1 - part) + picture[rows, i + 1] * part


def _displacement(picture: np.ndarray, other: np.ndarray) -> np.ndarray:
    """How far right of ``other`` the picture is in each patch, in pixels; the rim is left out."""
    height, width = picture.shape[:2]
    down, across = height // PATCH, width // PATCH
    costs = []
    for shift in TRIED:
        moved = _sample(picture, np.full((height, width), shift, np.float32))
        error = ((moved - other) ** 2).sum(2)[: down * PATCH, : across * PATCH]
        costs.append(error.reshape(down, PATCH, across, PATCH).sum((1, 3)))
    return TRIED[np.argmin(costs, axis=0)][1:-1, 2:-2]


def _enlarged(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Bilinear, pixel middles kept: how a depth picture lies over its plate."""
    rows, columns = values.shape
    y = np.clip((np.arange(height) + 0.5) * rows / height - 0.5, 0, rows - 1.001)
    x = np.clip((np.arange(width) + 0.5) * columns / width - 0.5, 0, columns - 1.001)
    i, j = y.astype(int)[:, None], x.astype(int)[None]
    a, b = y[:, None] - i, x[None] - j
    top = values[i, j] * (1 - b) + values[i, j + 1] * b
    return top * (1 - a) + (values[i + 1, j] * (1 - b) + values[i + 1, j + 1] * b) * a
