# SPDX-License-Identifier: GPL-3.0-or-later
"""Before and after: the relief shows the raw depth, the repaired one, or both, by keyed inputs."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Matrix
from stage_case import Case, difference, positions, render, texture

NEAR, FAR = 1.0, 6.0
SHOT = {"near": NEAR, "far": FAR, "low": 0.2, "high": 1.8}


@pytest.fixture
def depths() -> tuple[np.ndarray, np.ndarray]:
    """(raw, repaired), float32 (3, 18, 32): half floats, and nowhere the same."""
    rng = np.random.default_rng(6)
    raw = rng.uniform(0.3, 1.0, (3, 18, 32)).astype(np.float16).astype(np.float32)
    return raw, (raw + 0.5).astype(np.float16).astype(np.float32)


@pytest.fixture
def make(module, second_eye, engine_python, tmp_path, depths):
    """``make(name, depths, **given)``: the project of that name with plates of its own."""

    def case(name: str, values: np.ndarray = depths[1], **given) -> Case:
        plates = np.stack([texture(n, 36, 64, 3) for n in range(3)])
        given.setdefault("shot", SHOT)
        return Case(module, engine_python, tmp_path / name, plates, values, **given)

    return case


@pytest.fixture
def built(module, make, depths):
    """The relief of a project with both depths, and its project."""
    case = make("both", bases=depths[0], scale=[1.0, 0.9, 1.1])
    relief = module("addon.stage").build_scene(case.project, bpy.context.scene).reliefs[0]
    return relief, case


def _set(module, relief, **values) -> None:
    compat = module("addon.stage.compat")
    for name, value in values.items():
        compat.set_input(relief.modifiers[0], name.replace("_", " "), value)


def _expected(module, case: Case, frame: int, values: np.ndarray) -> np.ndarray:
    """-z of every vertex of a relief whose depth files hold ``values`` (h, w)."""
    pattern, _ = module("addon.stage.sampling").relief_pattern(case.project.manifest, None)
    place = np.floor(pattern.points * [32, 18]).astype(int).clip(0, [31, 17])
    n = case.project.normalise(frame, values)[17 - place[:, 1], place[:, 0]]
    return 1.0 / module("core.geometry").inverse_distance(n, NEAR, FAR)


def _side(points: np.ndarray) -> np.ndarray:
    """u of vertices in front of a camera with f/w = 1."""
    return 0.5 + points[:, 0] / -points[:, 2]


def test_repair_is_the_mixture_of_raw_and_repaired(module, built, depths):
    relief, case = built
    scene = bpy.context.scene
    for frame in (1, 3):
        scene.frame_set(frame)
        raw, repaired = depths[0][frame - 1], depths[1][frame - 1]
        for factor in (1.0, 0.0, 0.25):
            _set(module, relief, Repair=factor)
            expected = _expected(module, case, frame, raw * (1 - factor) + repaired * factor)
            np.testing.assert_allclose(-positions(relief)[:, 2], expected, rtol=2e-5)


def test_split_shows_the_raw_depth_on_its_left(module, built, depths):
    relief, case = built
    bpy.context.scene.frame_set(2)
    raw, repaired = (_expected(module, case, 2, values[1]) for values in depths)
    for split in (0.0, 0.37, 1.0):
        _set(module, relief, Split=split)
        found = positions(relief)
        left = _side(found) < split
        if split in (0.0, 1.0):
            left[:] = bool(split)  # the apron, too
        np.testing.assert_allclose(-found[:, 2], np.where(left, raw, repaired), rtol=2e-5)
    _set(module, relief, Split=0.37, Repair=0.0)  # the right side goes by Repair
    np.testing.assert_allclose(-positions(relief)[:, 2], raw, rtol=2e-5)


def test_keys_fade_from_raw_to_repaired(module, built, depths):
    """Frame 1 raw, frame 3 repaired, frame 2 half of each: played by Blender's own curve."""
    relief, case = built
    scene = bpy.context.scene
    compat, keys = module("addon.stage.compat"), module("addon.stage.keys")
    path = compat.input_path(relief.modifiers[0], "Repair")
    keys.key(relief, path, [1, 3], [0.0, 1.0], interpolation=keys.LINEAR)
    for frame, factor in ((1, 0.0), (2, 0.5), (3, 1.0)):
        scene.frame_set(frame)
        raw, repaired = depths[0][frame - 1], depths[1][frame - 1]
        expected = _expected(module, case, frame, raw * (1 - factor) + repaired * factor)
        np.testing.assert_allclose(-positions(relief)[:, 2], expected, rtol=2e-5)


def test_renders_from_the_side_show_the_depth_that_is_chosen(module, make, depths, tmp_path):
    """At 0 the same picture as a project whose depth is the raw one, at 1 as one without raw
    depth: with surface, matte and all."""
    scene, stage = bpy.context.scene, module("addon.stage")

    def seen(case: Case, factor: float, name: str) -> np.ndarray:
        built = stage.build_scene(case.project, scene)
        _set(module, built.reliefs[0], Repair=factor)
        if scene.camera == built.camera:
            scene.camera = bpy.data.objects.new("Viewer", built.camera.data)
            scene.collection.objects.link(scene.camera)
        turn = Matrix.Translation((0, 0, -3)) @ Matrix.Rotation(0.15, 4, "Y")
        scene.camera.matrix_world = built.camera.matrix_world @ turn @ Matrix.Translation((0, 0, 3))
        return render(scene, 2, tmp_path / f"{name}.png")

    # Waves, not noise: their steps are cut at places, and their surfaces seen at others.
    y, x = np.mgrid[:18, :32]
    raw = np.stack([0.9 + 0.6 * np.sign(np.sin(x / 4 + n)) for n in range(3)]).astype(np.float32)
    repaired = np.stack([0.9 + 0.6 * np.sin(y / 4 + n) for n in range(3)]).astype(np.float32)
    both = make("both", repaired, bases=raw)
    before, after = seen(both, 0.0, "before"), seen(both, 1.0, "after")
    assert difference(before, after) > 40
    assert difference(before, seen(make("raw", raw), 1.0, "raw")) <= 1
    assert difference(after, seen(make("repaired", repaired), 1.0, "repaired")) <= 1


def test_through_the_footage_camera_it_is_the_plate_whatever_is_compared(module, built, tmp_path):
    relief, case = built
    for values in ({"Repair": 0.0}, {"Repair": 0.4}):
        _set(module, relief, **values)
        assert difference(render(bpy.context.scene, 2, tmp_path / "f.png"), case.plates[1]) <= 2
    _set(module, relief, Split=0.5)
    picture = render(bpy.context.scene, 2, tmp_path / "f.png")
    line = np.abs((np.arange(64) + 0.5) / 64 - 0.5) < 0.01
    assert difference(picture[:, ~line], case.plates[1][:, ~line]) <= 2


def test_the_line_at_the_split_is_thin_and_white(module, make, depths, tmp_path):
    case = make("both", bases=depths[0])
    relief = module("addon.stage").build_scene(case.project, bpy.context.scene).reliefs[0]
    _set(module, relief, Split=20.5 / 64)
    picture = render(bpy.context.scene, 1, tmp_path / "f.png")
    np.testing.assert_array_equal((picture == 255).all(axis=(0, 2)), np.arange(64) == 20)


@pytest.mark.parametrize("points", [False, True])
def test_depth_view_colours_near_and_far(module, make, depths, tmp_path, points):
    flat = np.full((3, 18, 32), 0.2, np.float32)
    flat[:, :, 16:] = 1.8
    case = make("flat", flat)
    built = module("addon.stage").build_scene(case.project, bpy.context.scene, points=points)
    _set(module, built.reliefs[0], Depth_View=1.0)
    picture = render(bpy.context.scene, 2, tmp_path / "f.png").astype(int)
    far, near = picture[18, 10], picture[18, 54]
    np.testing.assert_allclose(far, [0x16, 0x0B, 0x39], atol=3)
    np.testing.assert_allclose(near, [0xFC, 0xFD, 0xBF], atol=3)


def test_without_raw_depth_repair_does_nothing(module, make):
    case = make("bare")
    relief = module("addon.stage").build_scene(case.project, bpy.context.scene).reliefs[0]
    bpy.context.scene.frame_set(1)
    before = positions(relief)
    _set(module, relief, Repair=0.0, Split=0.5)
    np.testing.assert_array_equal(positions(relief), before)


def test_raw_depth_with_a_frame_missing_is_not_used(module, make, depths):
    """Blender would show the missing picture as a hole."""
    case = make("gap", bases=depths[0])
    (case.project.folder / "base" / "000002.exr").unlink()
    relief = module("addon.stage").build_scene(case.project, bpy.context.scene).reliefs[0]
    _set(module, relief, Repair=0.0)
    bpy.context.scene.frame_set(2)
    expected = _expected(module, case, 2, depths[1][1])
    np.testing.assert_allclose(-positions(relief)[:, 2], expected, rtol=2e-5)
