# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rig may lose, and stages of other files: said, mended where possible, no traceback."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest
from stage_case import Case, texture


@pytest.fixture(scope="module")
def case(extension, engine_python, tmp_path_factory) -> Case:
    rng = np.random.default_rng(3)
    return Case(
        lambda name: importlib.import_module(f"{extension}.{name}"),
        engine_python,
        tmp_path_factory.mktemp("faults"),
        np.stack([texture(n, 24, 40) for n in range(4)]),
        rng.uniform(0.2, 0.9, (4, 12, 20)).astype(np.float32),
        focal=1.2,
    )


@pytest.fixture
def scene(module, second_eye, case) -> bpy.types.Scene:
    scene = bpy.context.scene
    case.project = module("core.project").Project.open(case.project.folder)
    module("addon.stage").build_scene(case.project, scene)
    module("addon.rigs").make_stereo_camera(scene, case.project)
    scene.second_eye.project_folder = str(case.project.folder)
    return scene


def chain(module):
    return module("addon.rigs").find_chain(bpy.context.scene)


def delete(*things: bpy.types.Object) -> None:
    """As pressing X does."""
    bpy.context.view_layer.update()  # new objects can't be selected before
    for thing in bpy.context.view_layer.objects:
        thing.select_set(thing in things)
    bpy.context.view_layer.objects.active = things[0]
    assert bpy.ops.object.delete() == {"FINISHED"}


class Layout:
    """Records what a panel draws, and refuses a property that isn't there."""

    def __init__(self, said: list[str]) -> None:
        self.said = said

    def prop(self, owner: Any, name: str, **options: Any) -> None:
        known = name in owner.bl_rna.properties or (name[:2] == '["' and name[2:-2] in owner)
        assert known, f"{owner} has no {name}"
        self.said.append(options.get("text", name))

    def label(self, text: str = "", **options: Any) -> None:
        self.said.append(text)

    def operator(self, name: str, **options: Any) -> Any:
        kind, _, verb = name.partition(".")
        assert hasattr(bpy.types, f"{kind.upper()}_OT_{verb}"), name
        self.said.append(options.get("text", name))
        return SimpleNamespace()

    def operator_menu_enum(self, name: str, prop: str, **options: Any) -> Any:
        return self.operator(name, **options)

    def panel(self, name: str, default_closed: bool = False) -> tuple[Layout, Layout]:
        return self, self

    def row(self, **options: Any) -> Layout:
        return Layout(self.said)

    column = row


def drawn(module, monkeypatch) -> str:
    monkeypatch.setattr(
        module("addon.ui.words"), "wrapped", lambda layout, text, icon="": layout.label(text)
    )
    context = bpy.context
    said: list[str] = []
    for name, panel in (("panels", "SECOND_EYE_PT_stereo"), ("rig", "SECOND_EYE_PT_rig")):
        cls = getattr(module(f"addon.ui.{name}"), panel)
        cls.draw(SimpleNamespace(layout=Layout(said)), context)
    return " | ".join(said)


def test_the_panel_shows_what_there_is(module, scene, monkeypatch):
    said = drawn(module, monkeypatch)
    for word in ("Interocular", "Off-Axis", "Truck", "Pedestal", "Arm", "Boom", "Shift X"):
        assert word in said
    assert "Repair" not in said and "gone" not in said
    bpy.ops.second_eye.add_aim()
    bpy.ops.second_eye.add_screen()
    said = drawn(module, monkeypatch)
    assert "Aim" in said and "Distance" in said and "screen object sets" in said
    bpy.ops.second_eye.set_rig_mode(mode="TOE")
    assert "Vertical parallax" in drawn(module, monkeypatch)
    bpy.ops.second_eye.set_rig_mode(mode="VR180")
    said = drawn(module, monkeypatch)
    assert "VR180" in said and "use_pole_merge" in said and "Shift X" not in said


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        (("rig",), "rig object is gone"),
        (("move",), "move is gone"),
        (("move", "rig"), "rig object is gone"),
        (("camera",), "stereo camera is gone"),
        (("footage",), "footage camera is gone"),
        (("footage", "move", "rig", "camera"), "stereo camera is gone"),
    ],
)
@pytest.mark.parametrize("how", ["deleted", "removed"])
def test_what_is_lost_is_said_and_made_again(module, scene, case, monkeypatch, lost, words, how):
    rigs, compat = module("addon.rigs"), module("addon.stage.compat")
    before = chain(module)
    before.rig.location.x = 0.4
    before.rig.keyframe_insert("location", frame=1)
    stood = before.footage.matrix_world.copy()
    data = before.camera.data
    data.stereo.interocular_distance = 0.123
    data.stereo.keyframe_insert("interocular_distance", frame=1)
    data.stereo.pivot = "LEFT"
    kept = [n for n in ("footage", "move", "rig", "camera") if n not in lost]
    names = {name: getattr(before, name).name for name in kept}
    gone = [getattr(before, name) for name in lost]
    if how == "deleted":
        delete(*gone)
    else:
        for thing in gone:
            bpy.data.objects.remove(thing)
    assert words in " ".join(rigs.faults(scene))
    assert words in drawn(module, monkeypatch) and "Repair Rig" in drawn(module, monkeypatch)
    with pytest.raises(RuntimeError, match=f"{words}.*Repair Rig"):
        bpy.ops.second_eye.bake_camera()
    for operator in ("add_aim", "add_screen"):
        assert not getattr(bpy.ops.second_eye, operator).poll()
    assert bpy.ops.second_eye.repair_rig() == {"FINISHED"}
    assert rigs.faults(scene) == [] and "gone" not in drawn(module, monkeypatch)
    after = chain(module)
    assert {name: getattr(after, name).name for name in kept} == names
    assert (after.camera.parent, after.rig.parent) == (after.rig, after.move)
    assert after.move.parent == after.footage and scene.camera == after.camera
    bpy.context.view_layer.update()
    for relief in module("addon.stage").reliefs(module("addon.stage").find_collection(scene)):
        np.testing.assert_allclose(relief.matrix_world, stood, atol=1e-5)
    assert after.camera.data.stereo.pivot == "LEFT"
    curve = compat.find_fcurve(after.camera.data, "stereo.interocular_distance")
    assert curve.evaluate(1) == pytest.approx(0.123)
    if "rig" in kept:
        assert compat.find_fcurve(after.rig, "location").evaluate(1) == pytest.approx(0.4)
    assert bpy.ops.second_eye.bake_camera() == {"FINISHED"}
    assert not bpy.ops.second_eye.repair_rig.poll()


def test_a_lost_screen_lets_the_convergence_go(module, scene):
    data = chain(module).camera.data
    keyed = data.stereo.convergence_distance
    bpy.ops.second_eye.add_screen()
    screen = module("addon.rigs.screen").find_screen(scene)
    screen.animation_data_clear()
    screen.location.z = 9.0
    delete(screen)
    assert "screen object is gone" in module("addon.rigs").faults(scene)[0]
    assert bpy.ops.second_eye.repair_rig() == {"FINISHED"}
    scene.frame_set(2)
    assert data.stereo.convergence_distance == pytest.approx(keyed)
    assert not [o for o in bpy.data.objects if o.get("second_eye_role") == "frame"]


def test_a_camera_that_nothing_remembers_is_fitted_anew(module, scene, case):
    expected = chain(module).camera.data.stereo.interocular_distance
    data = chain(module).camera.data
    delete(chain(module).camera)
    bpy.data.cameras.remove(data)
    assert bpy.ops.second_eye.repair_rig() == {"FINISHED"}
    assert chain(module).camera.data.stereo.interocular_distance == pytest.approx(expected)


def test_build_scene_makes_again_what_is_lost(module, scene):
    delete(chain(module).rig, chain(module).move)
    scene.second_eye.sampling = "GRID"
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    assert module("addon.rigs").faults(scene) == [] and chain(module).rig is not None


def test_a_scene_of_before_there_was_a_rig_lacks_nothing_and_can_be_given_one(
    module, scene, monkeypatch
):
    found = chain(module)
    del found.camera["second_eye_rigged"]
    found.camera.parent = found.footage
    for extra in (found.rig, found.move):
        bpy.data.objects.remove(extra)
    assert module("addon.rigs").faults(scene) == []
    assert "Add Rig" in drawn(module, monkeypatch)
    with pytest.raises(RuntimeError, match="before there was a rig"):
        bpy.ops.second_eye.add_aim()
    assert bpy.ops.second_eye.bake_camera() == {"FINISHED"}
    assert bpy.ops.second_eye.repair_rig() == {"FINISHED"}
    assert chain(module).camera.parent == chain(module).rig
    assert bpy.ops.second_eye.add_aim() == {"FINISHED"}


def test_repair_is_undone(module, scene):
    delete(chain(module).rig)
    bpy.ops.ed.undo_push(message="deleted")
    bpy.ops.second_eye.repair_rig("EXEC_DEFAULT", True)
    assert chain(module).rig is not None
    bpy.ops.ed.undo()
    assert chain(module).rig is None


def test_names_mean_nothing(module, scene, case):
    """Renamed objects, data and actions; and a renamed collection."""
    rigs = module("addon.rigs")
    before = rigs.bake_camera(scene, case.project)
    found = chain(module)
    for number, thing in enumerate((found.footage, found.move, found.rig, found.camera)):
        thing.name = f"thing {number}"
        if thing.data is not None:
            thing.data.name = f"data {number}"
    for number, action in enumerate(bpy.data.actions):
        action.name = f"action {number}"
    module("addon.stage").find_collection(scene).name = "mine"
    assert rigs.faults(scene) == [] and rigs.bake_camera(scene, case.project) == before
    assert bpy.ops.second_eye.set_rig_mode(mode="PARALLEL") == {"FINISHED"}
    rigs.refit_shots(scene, case.project, case.project.manifest.shots, 0.04, 1.0)
    assert rigs.bake_camera(scene, case.project).interocular[0] > 1.2 * before.interocular[0]


def test_objects_in_other_collections_are_found(module, scene, case):
    """An artist tidies up: the whole rig goes into a collection of its own."""
    rigs, stage = module("addon.rigs"), module("addon.stage")
    before, found = rigs.bake_camera(scene, case.project), chain(module)
    digest = module("addon.operators.render_stamp").digest
    tidy = bpy.data.collections.new("Cameras")
    scene.collection.children.link(tidy)
    for thing in (found.footage, found.move, found.rig, found.camera):
        stage.find_collection(scene).objects.unlink(thing)
        tidy.objects.link(thing)
    assert chain(module) == found and rigs.faults(scene) == []
    assert rigs.bake_camera(scene, case.project) == before
    stamps = []
    for x in (0.0, 1.0):
        found.rig.location.x = x
        stamps.append(digest(scene, stage.find_collection(scene), case.project.manifest))
    assert stamps[0] != stamps[1]
    scene.second_eye.sampling = "GRID"
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    assert chain(module) == found
    assert len([o for o in bpy.data.objects if o.type == "CAMERA"]) == 2


def test_an_artists_own_parent_is_left_alone(module, scene, case):
    found = chain(module)
    between = bpy.data.objects.new("mine", None)
    scene.collection.objects.link(between)
    between.parent, found.camera.parent = found.rig, between
    between.location.x = 0.5
    offset = module("addon.rigs").bake_camera(scene, case.project).lateral_offset
    assert module("addon.rigs").faults(scene) == []
    module("addon.rigs").make_stereo_camera(scene, case.project)
    assert found.camera.parent == between and between.parent == found.rig
    again = module("addon.rigs").bake_camera(scene, case.project).lateral_offset
    assert again == pytest.approx(offset, abs=1e-6)
    found.camera.parent = None  # on purpose, elsewhere: said, since a bake makes no sense
    assert "no longer hangs" in module("addon.rigs").faults(scene)[0]


@pytest.fixture
def library(module, scene, tmp_path) -> Path:
    path = tmp_path / "stage.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    return path


EDITS = (
    "build_scene",
    "set_rig_mode",
    "repair_rig",
    "add_aim",
    "add_screen",
    "add_edit",
    "add_move",
)


def test_a_linked_scene_is_said(module, library, case, monkeypatch):
    with bpy.data.libraries.load(str(library), link=True) as (there, here):
        here.scenes = there.scenes
    linked = here.scenes[0]
    with bpy.context.temp_override(scene=linked):
        said = drawn(module, monkeypatch)
        assert "is linked from stage.blend: open that file, or make the scene local." in said
        for operator in EDITS:
            with pytest.raises(RuntimeError, match=r"linked from stage\.blend"):
                getattr(bpy.ops.second_eye, operator)()
        assert bpy.ops.second_eye.bake_camera() == {"FINISHED"}  # it only reads the scene


def _linked_collection(library: Path) -> bpy.types.Collection:
    with bpy.data.libraries.load(str(library), link=True) as (_there, here):
        here.collections = ["Second Eye"]
    bpy.context.scene.collection.children.link(here.collections[0])
    return here.collections[0]


def test_a_linked_stage_is_said(module, library, case, monkeypatch):
    _linked_collection(library)
    bpy.context.scene.second_eye.project_folder = str(case.project.folder)
    assert "make a library override of it" in drawn(module, monkeypatch)
    for operator in EDITS:
        with pytest.raises(RuntimeError, match=r"linked from stage\.blend"):
            getattr(bpy.ops.second_eye, operator)()
    assert bpy.ops.second_eye.bake_camera() == {"FINISHED"}


def test_a_library_override_is_animated_but_not_rebuilt(module, library, case, monkeypatch):
    scene = bpy.context.scene
    collection = _linked_collection(library)
    collection.override_hierarchy_create(scene, bpy.context.view_layer, do_fully_editable=True)
    scene.second_eye.project_folder = str(case.project.folder)
    if collection.name in scene.collection.children and collection.library is not None:
        scene.collection.children.unlink(collection)
    found = chain(module)
    assert found.camera.override_library is not None
    assert "library override of stage.blend" in drawn(module, monkeypatch)
    for operator in ("build_scene", "repair_rig", "add_aim", "add_screen"):
        with pytest.raises(RuntimeError, match=r"library override of stage\.blend"):
            getattr(bpy.ops.second_eye, operator)()
    found.rig.location.x = 0.7
    found.rig.keyframe_insert("location", frame=1)
    if found.camera.data.library is not None:  # Blender overrides objects, and leaves their data
        assert "The camera data" in drawn(module, monkeypatch)
        with pytest.raises(RuntimeError, match=r"camera data .* is linked"):
            bpy.ops.second_eye.set_rig_mode(mode="TOE")
        found.camera.data = found.camera.data.override_create()
    assert bpy.ops.second_eye.set_rig_mode(mode="TOE") == {"FINISHED"}
    baked = module("addon.rigs").bake_camera(scene, case.project)
    assert baked.lateral_offset[0] == pytest.approx(0.7 + found.move.location.x, abs=0.2)
    assert "toe-in" in baked.left_out


def _overridden(module, case, path: Path) -> None:
    """A new scene with an override of the stage that was saved there."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    collection = _linked_collection(path)
    collection.override_hierarchy_create(scene, bpy.context.view_layer, do_fully_editable=True)
    scene.second_eye.project_folder = str(case.project.folder)
    if collection.name in scene.collection.children and collection.library is not None:
        scene.collection.children.unlink(collection)


def _keys(module) -> list[tuple[float, float]]:
    curve = module("addon.stage.compat").find_fcurve(chain(module).move, "location", 0)
    return [] if curve is None else [tuple(p.co) for p in curve.keyframe_points]


@pytest.mark.parametrize("drift", [0.0, 2.0])
def test_a_move_on_an_override_is_kept_in_its_file(module, scene, case, tmp_path, drift):
    """Also where the library has keys, which a linked action can't keep otherwise."""
    module("addon.rigs").make_stereo_camera(scene, case.project, drift=drift)
    path = tmp_path / "stage.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    _overridden(module, case, path)
    ops = bpy.ops.second_eye
    theirs = _keys(module)
    if drift:
        with pytest.raises(RuntimeError, match=r"linked file's.* Write Anew"):
            ops.add_move(kind="drift", measured=False)
        assert _keys(module) == theirs != []
        assert ops.rewrite_move() == {"FINISHED"}
    assert ops.add_move(kind="drift", strength=8.0, measured=False) == {"FINISHED"}
    assert ops.measure_move() == {"FINISHED"}
    ours = _keys(module)
    assert ours and ours != theirs
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "override.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "override.blend"))
    assert _keys(module) == ours
    bpy.context.scene.second_eye_moves.items[0].strength = 4.0
    assert _keys(module) == [(frame, pytest.approx(0.5 * value)) for frame, value in ours]
    assert ops.remove_move() == {"FINISHED"}
    assert _keys(module) == []


def test_what_rebuilds_an_override_says_where_it_can_be_done(module, scene, case, tmp_path):
    path = tmp_path / "stage.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    _overridden(module, case, path)
    for name in ("make_layers", "estimate_lens", "repair_shot", "sample_shot", "cut_here"):
        with pytest.raises(RuntimeError, match=r"library override of stage\.blend"):
            getattr(bpy.ops.second_eye, name)()
    for name in ("grade_depth", "make_window"):
        with pytest.raises(RuntimeError, match="linked from another file"):
            getattr(bpy.ops.second_eye, name)()
