# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers behind the foreground in the scene: what a step opens on, and when there is none."""

from __future__ import annotations

import copy
import math
import shutil
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix
from stage_case import Case, difference, engine, positions, render, texture

LAYERS = """
import sys
from core.jobs.layers import LayersJob
LayersJob(sys.argv[1], parallax=float(sys.argv[2])).run(lambda told: None, lambda: False)
"""


_kept: list[Case] = []
"""The case, made once; each test gets a copy of its folder."""


def _case(module, python: Path, folder: Path) -> Case:
    """Two shots of a near square before a far wall."""
    depth = np.full((2, 36, 48), 0.1, np.float32)
    depth[:, 12:26, 16:34] = 0.9
    plates = np.stack([texture(4 + n, 72, 96, 5) for n in range(2)])
    plates[..., 0] //= 3  # no red in the plate: what is red is a hole
    square = plates[:, 24:52, 32:68, 2] // 4  # little blue in the square, much around it
    plates[..., 2] = 200
    plates[:, 24:52, 32:68, 2] = square
    shots = [{"name": f"Shot 00{n}", "first": n, "last": n} for n in (1, 2)]
    made = Case(module, python, folder, plates, depth, shots=shots)
    engine(module, python, LAYERS, made.project.folder, "0.2")
    return made


@pytest.fixture
def case(module, second_eye, engine_python, tmp_path, tmp_path_factory):
    """The case with its layers, in a folder of its own; a red world."""
    if not _kept:
        _kept.append(_case(module, engine_python, tmp_path_factory.mktemp("behind")))
    made = copy.copy(_kept[0])
    folder = tmp_path / "clip.secondeye"
    shutil.copytree(made.project.folder, folder)
    made.project = module("core.project").Project.open(folder)
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("Red")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs[0].default_value = (1.0, 0.0, 0.0, 1.0)
    return made


@pytest.fixture
def layered(case, module):
    """The built stage and its case."""
    return module("addon.stage").build_scene(case.project, bpy.context.scene), case


def _look_from(camera: bpy.types.Object, degrees: float) -> None:
    scene = bpy.context.scene
    if scene.camera == camera:
        scene.camera = bpy.data.objects.new("Viewer", camera.data)
        scene.collection.objects.link(scene.camera)
    pivot = Matrix.Translation((0.0, 0.0, -10.5))
    turn = pivot @ Matrix.Rotation(math.radians(degrees), 4, "Y") @ pivot.inverted()
    scene.camera.matrix_world = camera.matrix_world @ turn


def _middle(tmp_path, frame: int = 1) -> np.ndarray:
    return render(bpy.context.scene, frame, tmp_path / "v.png").astype(int)[24:52, 24:72]


def _holes(picture: np.ndarray) -> np.ndarray:
    return (picture[..., 0] > 180) & (picture[..., 1] < 40) & (picture[..., 2] < 40)


def _plates() -> list[bpy.types.Object]:
    return [o for o in bpy.data.objects if o.get("second_eye_role") == "behind"]


def test_on_the_axis_the_picture_is_the_plate(layered, tmp_path):
    built, case = layered
    assert len(_plates()) == 2
    _look_from(built.camera, 0.0)
    for frame in (1, 2):
        picture = render(bpy.context.scene, frame, tmp_path / "v.png")
        assert difference(picture, case.plates[frame - 1]) <= 2


def test_a_step_opens_on_the_background(layered, tmp_path):
    built, _ = layered
    _look_from(built.camera, 4.0)
    for plate in _plates():
        plate.hide_render = True
        plate.animation_data_clear()
    before = _middle(tmp_path)
    opened = _holes(before)
    assert opened.mean() > 0.05
    for plate in _plates():
        plate.hide_render = False
    picture = _middle(tmp_path)
    assert _holes(picture).sum() < 0.1 * opened.sum()
    # It is the wall that shows there, blue, and not the square.
    assert np.median(picture[opened][:, 2]) > 120
    assert np.abs(picture - before)[~opened].max(axis=-1).mean() < 20


def test_beside_the_picture_its_border_goes_on(layered, tmp_path):
    built, _ = layered
    _look_from(built.camera, 4.0)
    picture = render(bpy.context.scene, 1, tmp_path / "v.png").astype(int)
    assert _holes(picture).mean() < 0.002
    for plate in _plates():
        plate.animation_data_clear()
        plate.hide_render = True
    assert _holes(render(bpy.context.scene, 1, tmp_path / "v.png").astype(int)).mean() > 0.05


def test_two_eyes_see_layers_too_and_no_holes(layered, module, tmp_path):
    """Below Matte Angle: steps open on the plate, and stay whole where there is none."""
    built, _ = layered
    _look_from(built.camera, 1.0)
    opened = _middle(tmp_path)
    for relief in built.reliefs:
        module("addon.stage.behind").remove_behind(relief)
    whole = _middle(tmp_path)
    assert not _holes(opened).any() and not _holes(whole).any()
    changed = np.abs(opened - whole).max(axis=-1) > 60
    assert changed.sum() > 15
    # The wall's blue in place of what was stretched between the square and the wall.
    assert np.median((opened - whole)[changed][:, 2]) > 20


RIM = """
import sys
import cv2
pixels = cv2.imread(sys.argv[1], cv2.IMREAD_UNCHANGED)
pixels[16:20, 22:28] = (0, 255, 0, 128)
cv2.imwrite(sys.argv[1], pixels)
"""


def test_the_rim_is_of_its_own_colour_and_lets_the_background_through(
    case, module, engine_python, tmp_path
):
    """Green with an alpha of a half, in the middle of the square, where no plate stands: only off
    the axis, and gone with the layers."""
    files = module("core.project.behind")
    built = module("addon.stage").build_scene(case.project, bpy.context.scene)
    front = files.front_path(case.project.folder, 1)
    engine(module, engine_python, RIM, front)
    for image in bpy.data.images:
        image.reload()
    _look_from(built.camera, 0.0)
    on_axis = render(bpy.context.scene, 1, tmp_path / "v.png")
    assert difference(on_axis, case.plates[0]) <= 2
    _look_from(built.camera, 4.0)
    rim = _middle(tmp_path)
    record = files.record_path(case.project.folder, case.project.manifest.shots[0])
    record.unlink()
    module("addon.stage").update_scene(case.project, bpy.context.scene)
    bare = _middle(tmp_path)
    changed = np.abs(rim - bare).max(axis=-1) > 25
    inside = changed[8:16, 16:30]
    assert 60 < inside.sum() < 300
    greener = (rim - bare)[8:16, 16:30][inside]
    assert np.median(greener[:, 1]) > 5


def test_near_far_and_curve_are_the_reliefs(layered, module):
    """Changed once, on the relief: the plate's wall stays in one plane with the relief's."""
    built, _ = layered
    relief = built.reliefs[0]
    compat, keys = module("addon.stage.compat"), module("addon.stage.keys")
    for name, value in (("Near", 3.0), ("Far", 40.0), ("Strength", 0.8), ("Bias", 0.5)):
        keys.key(relief, compat.input_path(relief.modifiers[0], name), [1], [value])
    bpy.context.scene.frame_set(1)
    plate = next(o for o in _plates() if o.parent == relief)
    wall = positions(relief)[:, 2].min()
    assert wall == pytest.approx(-8.5115, rel=0.01)  # by the curve; -10.5 without
    behind = positions(plate)[:, 2]
    assert len(behind) > 40
    assert np.median(behind) == pytest.approx(wall, rel=0.1)


def test_the_viewport_has_a_ninth_of_the_points(layered):
    """`positions` evaluates for the viewport; every pixel of the plate was a point there once."""
    built, case = layered
    plate = next(o for o in _plates() if o.parent == built.reliefs[0])
    whole = (case.project.folder / "behind" / "colour" / "000001.png").is_file()
    assert whole and len(positions(plate)) == (16 + 2) * (12 + 2)  # and the apron


def test_shown_with_their_shots(layered, module):
    compat = module("addon.stage.compat")
    for plate in _plates():
        for frame in (1, 2):
            curve = compat.find_fcurve(plate, "hide_render")
            assert curve.evaluate(frame) == float(frame != plate.parent["second_eye_first"])


def test_stale_layers_go_and_come_back(layered, module, engine_python):
    """Other depth: the plate of that shot alone is taken away, with all that was its own."""
    built, case = layered
    stage, project = module("addon.stage"), case.project
    files = module("core.project.behind")
    blocks = [len(bpy.data.materials), len(bpy.data.meshes), len(bpy.data.actions)]
    record = files.record_path(project.folder, project.manifest.shots[0])
    told = record.read_text()
    record.write_text(told.replace('"source": "', '"source": "other'))
    assert record.read_text() != told
    stage.update_scene(project, bpy.context.scene)
    assert [plate.parent for plate in _plates()] == [built.reliefs[1]]
    left = [len(bpy.data.materials), len(bpy.data.meshes), len(bpy.data.actions)]
    assert left == [count - 1 for count in blocks]
    record.write_text(told)
    stage.update_scene(project, bpy.context.scene)
    assert len(_plates()) == 2
    assert [len(bpy.data.materials), len(bpy.data.meshes), len(bpy.data.actions)] == blocks
    stage.build_scene(project, bpy.context.scene)  # again: no second set
    assert len(_plates()) == 2


def test_a_missing_picture_shows_no_plate(layered, module, tmp_path):
    """And no magenta: a file that goes after the scene was built."""
    built, case = layered
    files = module("core.project.behind")
    files.colour_path(case.project.folder, 1).unlink()
    for image in bpy.data.images:
        image.reload()
    _look_from(built.camera, 4.0)
    picture = _middle(tmp_path)
    assert _holes(picture).mean() > 0.05
    magenta = (picture[..., 0] > 200) & (picture[..., 2] > 200) & (picture[..., 1] < 60)
    assert not magenta.any()
    said = module("addon.stage.behind").refresh_behind(case.project, list(built.reliefs))
    assert said.startswith("The layers of Shot 001 lack frame 1")
    assert len(_plates()) == 1


def _state(module) -> str:
    relief = module("addon.operators.where").shown_relief(bpy.context)
    return module("addon.ui.layers").state(bpy.context.scene, relief)[0]


def test_the_operator_makes_them_and_the_panel_tells(case, module):
    with pytest.raises(RuntimeError, match="Press Build Scene first"):
        bpy.ops.second_eye.make_layers()
    shutil.rmtree(case.project.folder / "behind")
    module("addon.stage").build_scene(case.project, bpy.context.scene)
    bpy.context.scene.frame_set(1)
    assert not _plates() and _state(module).startswith("This shot has no layers")
    bpy.context.scene.second_eye.layers_parallax = 20.0
    assert bpy.ops.second_eye.make_layers() == {"FINISHED"}
    assert [plate.parent["second_eye_first"] for plate in _plates()] == [1]
    assert _state(module).startswith("Layers stand")
    latest = module("addon.engine.session").latest
    assert latest.text == "Layers of 1 frames are made (Shot 001)."
    assert bpy.ops.second_eye.make_layers(every_shot=True) == {"FINISHED"}
    assert len(_plates()) == 2


def test_cancelled_layers_go_on_with_the_next_press(case, module):
    """Stopped as by the button while the engine makes them; then an undisturbed run's files."""
    session, behind = module("addon.engine.session"), case.project.folder / "behind"

    def files() -> dict[str, bytes]:
        found = [path for path in behind.rglob("*") if path.is_file()]
        return {str(path.relative_to(behind)): path.read_bytes() for path in found}

    undisturbed = files()
    shutil.rmtree(behind)
    module("addon.stage").build_scene(case.project, bpy.context.scene)
    bpy.context.scene.second_eye.layers_parallax = 20.0
    plain, seen = session.begin, []

    def begin(title, task):
        listen = task.pause

        def pause() -> None:
            listen()
            if task.progress.stage and not seen:
                seen.append(task.progress.stage)
                session.cancel()

        task.pause = pause
        return plain(title, task)

    session.begin = begin
    try:
        assert bpy.ops.second_eye.make_layers(every_shot=True) == {"CANCELLED"}
    finally:
        session.begin = plain
    assert seen and session.current() is None and session.latest.icon == "CANCEL"
    kept = [name for name in files() if not name.startswith("later")]  # what looks ahead, till then
    assert not _plates() and set(kept) < set(undisturbed)
    assert not [name for name in files() if ".part" in name]
    assert bpy.ops.second_eye.make_layers(every_shot=True) == {"FINISHED"}
    assert len(_plates()) == 2 and files() == undisturbed
