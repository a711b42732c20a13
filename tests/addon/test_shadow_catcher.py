# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects among the footage: hidden by what is nearer, and throwing shadows on what is not."""

from __future__ import annotations

import math
import os

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector
from stage_case import Case, difference, read_picture, render, texture

NEAR, FAR = 2.0, 8.0
WIDTH, HEIGHT = 96, 64


@pytest.fixture
def ground(module, second_eye, engine_python, tmp_path):
    """Two shots of bumpy ground 1 unit below the camera, a post 2.5 units away on its left half, a
    wall 8 units away; a world that shines. The built stage and its case."""
    v = 0.5 - (np.arange(HEIGHT)[:, None] + 0.5) / HEIGHT  # from the middle, up
    slope = v * HEIGHT / WIDTH  # of the ray, f/w = 1
    inverse = np.maximum(np.broadcast_to(-slope, (HEIGHT, WIDTH)), 1.0 / FAR)
    inverse = inverse * (1.0 + 0.01 * np.random.default_rng(2).standard_normal((HEIGHT, WIDTH)))
    inverse[:, 30:40] = 1.0 / 2.5
    n = (inverse - 1.0 / FAR) / (1.0 / NEAR - 1.0 / FAR)
    depths = np.repeat(n.clip(0, 1)[None].astype(np.float32), 2, axis=0)
    plates = np.stack([60 + texture(n, HEIGHT, WIDTH, 9) // 2 for n in range(2)])
    plates[..., 1] //= 2  # little green in the plate: what is green is a cube
    span = {"near": NEAR, "far": FAR}
    shots = [{"name": f"Shot 00{n}", "first": n, "last": n, **span} for n in (1, 2)]
    case = Case(module, engine_python, tmp_path, plates, depths, shots=shots)
    scene = bpy.context.scene
    built = module("addon.stage").build_scene(case.project, scene)
    scene.world = bpy.data.worlds.new("Grey")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs[0].default_value = (0.2, 0.2, 0.2, 1.0)
    return built, case


def _add(scene: bpy.types.Scene, samples: int = 8) -> None:
    """The operator, and fewer samples than it asks for."""
    assert bpy.ops.second_eye.add_shadow_catcher() == {"FINISHED"}
    scene.cycles.samples = samples


def _cube(built, x: float, distance: float, size: float = 0.5) -> bpy.types.Object:
    """Green, on the ground, so far from the camera along its axis."""
    bpy.ops.mesh.primitive_cube_add(size=size)
    cube = bpy.context.object
    place = Vector((x, -1.0 + 0.5 * size, -distance))
    cube.matrix_world = built.camera.matrix_world @ Matrix.Translation(place)
    material = bpy.data.materials.new("Green")
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (0.0, 0.8, 0.0, 1.0)
    cube.data.materials.append(material)
    return cube


def _green(picture: np.ndarray) -> np.ndarray:
    red, green, blue = (picture[..., i].astype(int) for i in range(3))
    return (green > red + 40) & (green > blue + 40)


def test_without_objects_the_frame_is_the_plate(ground, tmp_path):
    _, case = ground
    scene = bpy.context.scene
    _add(scene)
    for frame in (1, 2):
        picture = render(scene, frame, tmp_path / "v.png")
        assert difference(picture, case.plates[frame - 1]) <= 2


def test_a_cube_is_hidden_by_the_post_and_throws_a_shadow(ground, tmp_path):
    built, case = ground
    scene = bpy.context.scene
    _cube(built, -0.55, 3.6, 0.8)
    bare = render(scene, 2, tmp_path / "bare.png")
    _add(scene)
    picture = render(scene, 2, tmp_path / "caught.png")
    cube = _green(picture)
    assert cube.sum() > 100
    post = np.zeros_like(cube)
    post[:, 31:39] = True
    assert cube[:, 25:30].any() and cube[:, 41:].any()  # on both sides of the post, not on it
    assert not cube[post].any()
    assert np.abs(picture.astype(int) - case.plates[1])[post].max() <= 2  # nor shadows on it
    # The sun stands on the left: the ground on the right of the cube is darker than the plate.
    darker = case.plates[1].astype(int).sum(axis=-1) - picture.astype(int).sum(axis=-1) > 60
    shadow = darker & ~cube & ~_green(bare)
    assert shadow.sum() > 40
    columns = np.flatnonzero(shadow.sum(axis=0) > 2)
    assert columns.min() >= np.flatnonzero(cube.any(axis=0)).min() - 1
    assert (np.flatnonzero(shadow.any(axis=1)) > HEIGHT / 2).mean() > 0.7  # on the ground
    # It begins at the cube: the ground's pixel beside its foot on the right is dark.
    row = np.flatnonzero(cube.any(axis=1)).max() - 2
    foot = np.flatnonzero(cube[row]).max()
    assert darker[row, foot + 1 : foot + 4].all()
    # Nothing of the footage gets brighter, wherever it is.
    rows, columns = (np.flatnonzero(cube.any(axis=axis)) for axis in (1, 0))
    beside = np.ones_like(cube)
    beside[rows.min() - 1 : rows.max() + 2, columns.min() - 1 : columns.max() + 2] = False
    assert (picture.astype(int) - case.plates[1])[beside].max() <= 2
    # And without the catcher nothing was shaded: the test above sees what it says it sees.
    assert np.abs(bare.astype(int) - case.plates[1])[beside].max() <= 2


def test_bumps_of_the_ground_do_not_show_in_the_shadow(ground, tmp_path, module):
    """Shadow divided by plate is one number in its middle, whatever way the ground turns."""
    built, case = ground
    scene = bpy.context.scene
    _add(scene)
    cube = _cube(built, 0.4, 3.0, 3.0)
    cube.location.z += 4.0  # high up: out of sight, over all of the ground on the right
    cube.location += Vector((-3.4, -1.4, 0.0))
    picture = render(scene, 1, tmp_path / "v.png").astype(float)
    part = (_linear(picture) / _linear(case.plates[0]))[54:62, 60:90]
    assert part.mean() < 0.75
    assert part.std() < 0.05


def _linear(srgb: np.ndarray) -> np.ndarray:
    return ((srgb / 255.0 + 0.055) / 1.055) ** 2.4


def test_cut_steps_catch_nothing(ground, tmp_path, module):
    """Off the axis the hole beside the post shows what is behind it: a cube there, and no rubber
    sheet of the twin before it."""
    built, _ = ground
    scene = bpy.context.scene
    _add(scene)
    viewer = bpy.data.objects.new("Viewer", built.camera.data)
    scene.collection.objects.link(viewer)
    pivot = Matrix.Translation((0.0, 0.0, -5.0))
    turn = pivot @ Matrix.Rotation(math.radians(12.0), 4, "Y") @ pivot.inverted()
    viewer.matrix_world = built.camera.matrix_world @ turn
    scene.camera = viewer
    _cube(built, -0.9, 6.0, 1.6)
    scene.render.use_compositing = False
    plain = render(scene, 1, tmp_path / "plain.png")
    scene.render.use_compositing = True
    picture = render(scene, 1, tmp_path / "caught.png")
    cube = _green(plain)
    assert cube.sum() > 300
    assert np.abs(picture.astype(int) - plain)[cube].max() <= 2
    assert (plain.astype(int).sum(axis=-1) - picture.sum(axis=-1) > 60).sum() > 20  # its shadow


def test_both_eyes_see_the_shadow(ground, tmp_path, module):
    """Packed side by side, as Render Stereo has it: the compositor works on each eye's picture."""
    built, case = ground
    scene = bpy.context.scene
    module("addon.rigs").make_stereo_camera(scene, case.project, drift=0.0)
    module("addon.output").configure_stereo_render(scene, "sbs")
    _add(scene)
    _cube(built, -0.55, 3.6, 0.8)
    pictures = []
    for on in (False, True):
        scene.render.use_compositing = on
        module("addon.output").render_frames(scene, tmp_path / str(on), 1, 1)
        pictures.append(read_picture(tmp_path / str(on) / "000001.png").astype(int))
    plain, caught = (picture.reshape(HEIGHT, 2, WIDTH, 3) for picture in pictures)
    darker = (plain - caught).sum(axis=-1) > 60
    assert (darker.sum(axis=(0, 2)) > 40).all()
    assert (caught - plain).max() <= 2
    middle = [np.nonzero(darker[:, eye])[1].mean() for eye in (0, 1)]
    assert middle[0] != middle[1]  # each at its own place


def test_frames_of_other_shadows_are_not_kept(ground, module):
    """The digest by which Render Stereo resumes knows the density and the sun, not the playhead."""
    built, case = ground
    scene = bpy.context.scene
    digest = module("addon.operators.render_stamp").digest

    def now() -> str:
        return digest(scene, built.collection, case.project.manifest)

    bare = now()
    _add(scene)
    scene.cycles.samples = 1
    seen = [bare, now()]
    density = module("addon.stage.shadow_compositing").density(scene)
    density.default_value = 0.4
    seen.append(now())
    next(o for o in scene.objects if o.type == "LIGHT").rotation_euler.x += 0.3
    seen.append(now())
    density.keyframe_insert("default_value", frame=1)
    density.default_value = 0.9
    density.keyframe_insert("default_value", frame=2)
    seen.append(now())
    assert len(set(seen)) == len(seen)
    scene.frame_set(2)
    assert now() == seen[-1]


def test_removed_it_leaves_nothing(ground, tmp_path, module):
    built, case = ground
    scene = bpy.context.scene

    def counts() -> list[object]:
        kinds = ("objects", "meshes", "materials", "lights", "collections", "actions")
        shadows = [r.visible_shadow for r in built.reliefs]
        layers = [layer.name for layer in scene.view_layers]
        composites = module("addon.stage.compat").compositor(scene) is not None
        return [
            *(len(getattr(bpy.data, kind)) for kind in kinds),
            shadows,
            layers,
            composites,
            scene.cycles.samples,
        ]

    before = counts()
    bpy.ops.second_eye.add_shadow_catcher()
    once = counts()
    assert once != before
    bpy.ops.second_eye.add_shadow_catcher()
    assert counts() == once  # again: no second set
    assert bpy.ops.second_eye.remove_shadow_catcher() == {"FINISHED"}
    assert counts() == before
    assert difference(render(scene, 2, tmp_path / "v.png"), case.plates[1]) <= 2


def test_twins_follow_their_reliefs(ground, tmp_path, module):
    """Hidden with their shots, in the relief's shape after another range, and made anew by a new
    Build Scene."""
    built, case = ground
    scene = bpy.context.scene
    stage, compat, keys = (module(f"addon.stage{n}") for n in ("", ".compat", ".keys"))
    bpy.ops.second_eye.add_shadow_catcher()
    twins = [o for o in bpy.data.objects if o.get("second_eye_role") == "twin"]
    assert len(twins) == 2
    for twin in twins:
        for frame in (1, 2):
            curves = [compat.find_fcurve(o, "hide_render") for o in (twin, twin.parent)]
            hidden = [curve.evaluate(frame) for curve in curves]
            assert hidden == [float(frame != twin.parent["second_eye_first"])] * 2
    relief = built.reliefs[0]
    keys.key(relief, compat.input_path(relief.modifiers[0], "Far"), [1], [30.0])
    twin = next(t for t in twins if t.parent == relief)
    layer = next(v for v in scene.view_layers if v.get("second_eye_role") == "shadows")
    layer.update()
    graph = layer.depsgraph
    shape = [np.array([v.co for v in o.evaluated_get(graph).data.vertices]) for o in (relief, twin)]
    np.testing.assert_array_equal(*shape)
    assert shape[0][:, 2].min() < -15.0
    stage.build_scene(case.project, scene)
    twins = [o for o in bpy.data.objects if o.get("second_eye_role") == "twin"]
    assert len(twins) == 2 and all(t.parent is not None for t in twins)
    _cube(built, -0.55, 3.6, 0.8)
    picture = render(scene, 1, tmp_path / "v.png").astype(int)
    darker = case.plates[0].astype(int).sum(axis=-1) - picture.sum(axis=-1) > 60
    assert (darker & ~_green(picture)).sum() > 40


def test_another_compositor_is_kept(ground, tmp_path, module):
    """The artist's own nodes stay behind the multiplication; one that shows something else is
    refused, and nothing is left half-made."""
    _, case = ground
    scene = bpy.context.scene
    compat = module("addon.stage.compat")
    tree = compat.switch_compositor_on(scene)
    tree.nodes.clear()
    output = compat.compositor_output(tree)
    layers = [layer.name for layer in scene.view_layers]
    with pytest.raises(RuntimeError, match="doesn't show the view layer"):
        bpy.ops.second_eye.add_shadow_catcher()
    assert [layer.name for layer in scene.view_layers] == layers
    picture = tree.nodes.new("CompositorNodeRLayers")
    _, factor, first, second, result = compat.colour_mix(tree, "MULTIPLY")
    factor.default_value, second.default_value = 1.0, (0.0, 1.0, 1.0, 1.0)
    tree.links.new(picture.outputs["Image"], first)
    tree.links.new(result, output)
    assert bpy.ops.second_eye.add_shadow_catcher() == {"FINISHED"}
    frame = render(scene, 1, tmp_path / "v.png")
    assert frame[..., 0].max() == 0
    assert difference(frame[..., 1:], case.plates[0][..., 1:]) <= 2
    bpy.ops.second_eye.remove_shadow_catcher()
    assert first.links[0].from_socket == picture.outputs["Image"]


def test_nodes_that_are_switched_off_are_not_lost(ground, module):
    """Before Blender 5 a scene keeps nodes that it doesn't use."""
    scene = bpy.context.scene
    if hasattr(scene, "compositing_node_group"):
        pytest.skip("Blender 5 has no such switch")
    scene.use_nodes = True
    scene.node_tree.nodes.new("CompositorNodeBlur").name = "Mine"
    names = {node.name for node in scene.node_tree.nodes}
    scene.use_nodes = False
    assert bpy.ops.second_eye.add_shadow_catcher() == {"FINISHED"} and scene.use_nodes
    assert bpy.ops.second_eye.remove_shadow_catcher() == {"FINISHED"} and not scene.use_nodes
    assert {node.name for node in scene.node_tree.nodes} == names
    scene.node_tree.links.clear()  # nothing there shows the footage
    with pytest.raises(RuntimeError, match="doesn't show the view layer"):
        bpy.ops.second_eye.add_shadow_catcher()
    assert not scene.use_nodes


@pytest.mark.skipif("SECOND_EYE_EEVEE" not in os.environ, reason="SECOND_EYE_EEVEE is not set")
def test_eevee_shows_the_same(ground, tmp_path):
    """Minutes without a graphics card, and a crash without OpenGL: run where it is asked for."""
    built, case = ground
    scene = bpy.context.scene
    bpy.ops.second_eye.add_shadow_catcher()
    try:
        scene.render.engine = "BLENDER_EEVEE_NEXT"
    except TypeError:
        scene.render.engine = "BLENDER_EEVEE"
    scene.eevee.taa_render_samples = 4
    scene.render.filter_size = 0.01  # one look a pixel, as Cycles is set
    for material in bpy.data.materials:
        for node in material.node_tree.nodes:
            # Mesa's software OpenGL blurs a filtered texture along the edges of all triangles.
            if node.bl_idname == "ShaderNodeTexImage" and node.image.name.endswith("plate"):
                node.interpolation = "Closest"
    assert difference(render(scene, 1, tmp_path / "v.png"), case.plates[0]) <= 2
    _cube(built, -0.55, 3.6, 0.8)
    picture = render(scene, 1, tmp_path / "w.png")
    cube = _green(picture)
    assert cube[:, 25:30].any() and cube[:, 41:].any() and not cube[:, 31:39].any()
    darker = case.plates[0].astype(int).sum(axis=-1) - picture.astype(int).sum(axis=-1) > 60
    assert (darker & ~cube).sum() > 40
