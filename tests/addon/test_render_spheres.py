# SPDX-License-Identifier: GPL-3.0-or-later
"""VR180 and 360 degrees: angles, parallax, what lies around the picture, and a scene put back."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import bpy
import numpy as np
import pytest
from stage_case import Case, engine, read_picture, texture

READ = """
import sys
from pathlib import Path
import numpy as np
from core.project import surround
np.save(sys.argv[2], surround.read(Path(sys.argv[1]), 3))
"""
INSPECT = (
    "import sys; from core.cli import main; sys.exit(main(['inspect', sys.argv[1], '--json']))"
)
SIDE, FOCAL = 96, 0.7
HEIGHT, WIDTH = 40, 60


@pytest.fixture
def staged(module, second_eye, engine_python, tmp_path: Path) -> Case:
    """Two frames of a card of one distance; the scene renders a VR180 of 96 pixels an eye."""
    plates = np.stack([texture(n, HEIGHT, WIDTH, 10) for n in range(2)])
    plates[:, : HEIGHT // 2] //= 4  # so that the poles differ
    depths = np.full((2, HEIGHT // 2, WIDTH // 2), 0.5, np.float32)
    case = Case(module, engine_python, tmp_path, plates, depths, first=3, focal=FOCAL)
    scene = bpy.context.scene
    module("addon.stage").build_scene(case.project, scene, start=1)
    module("addon.rigs").make_stereo_camera(scene, case.project, drift=0.0)
    scene.second_eye.project_folder = str(case.project.folder)
    scene.second_eye.output_path = str(tmp_path / "movie.mp4")
    scene.frame_end = 1
    asked = scene.second_eye_render
    asked.kind, asked.sphere, asked.side, asked.surround = "VR180", "CUSTOM", SIDE, "BLACK"
    asked.movie = False
    return case


def around(module):
    return module("addon.stage.surround")


def rendered(tmp_path: Path, name: str = "000003.png", kind: str = "vr180") -> np.ndarray:
    assert bpy.ops.second_eye.render_stereo() == {"FINISHED"}
    return read_picture(tmp_path / f"movie_{kind}_frames" / name)


def directions(side: int, turn: float = math.pi) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude of each pixel."""
    width = round(side * turn / math.pi)
    lon = ((np.arange(width) + 0.5) / width - 0.5) * turn
    lat = (0.5 - (np.arange(side) + 0.5) / side) * math.pi
    return np.meshgrid(lon, lat)


def places(side: int, turn: float = math.pi) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u and v (from the top) of the clip's picture that each pixel has to show, and whether it is
    in front: told by the lens alone."""
    lon, lat = directions(side, turn)
    ahead = np.cos(lon) * np.cos(lat)
    safe = np.where(ahead > 1e-3, ahead, np.inf)
    u = 0.5 + FOCAL * np.sin(lon) * np.cos(lat) / safe
    v = 0.5 - FOCAL * WIDTH / HEIGHT * np.sin(lat) / safe
    return u, v, ahead > 1e-3


def set_feather(module, scene, value: float) -> None:
    """A surround of the scene's own, whose feather a render keeps."""
    bpy.ops.second_eye.add_surround()
    collection = module("addon.stage").find_collection(scene)
    dict(around(module).surround_values(collection))["Feather"].default_value = value


@pytest.mark.parametrize(("kind", "turn"), [("VR180", math.pi), ("VR360", 2 * math.pi)])
def test_the_picture_covers_its_own_angles(module, staged, tmp_path, kind, turn) -> None:
    """Every pixel of the sphere shows the place of the plate that the lens says, and beyond the
    clip's field of view, to within a pixel, there is nothing, apron or not."""
    scene = bpy.context.scene
    asked = scene.second_eye_render
    asked.kind, asked.millimetres = kind, 0.0
    set_feather(module, scene, 0.0)
    both = rendered(tmp_path, kind=kind.lower()).astype(float)
    width = round(SIDE * turn / math.pi)
    shape = (SIDE, 2 * width) if kind == "VR180" else (2 * SIDE, width)
    assert both.shape == (*shape, 3)
    eye = both[:SIDE, :width]
    row = eye[SIDE // 2].max(axis=1) > 20
    angle = row.sum() * 180.0 / SIDE
    assert angle == pytest.approx(math.degrees(2 * math.atan(0.5 / FOCAL)), abs=2.2 * 180 / SIDE)
    u, v, front = places(SIDE, turn)
    margin = 2.5 / WIDTH
    inside = front & (np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v)) > margin)
    beyond = ~front | (np.maximum(np.abs(u - 0.5), np.abs(v - 0.5)) > 0.5 + 3 * margin)
    assert eye[beyond].max() == 0.0
    plate = staged.plates[0].astype(float)
    x, y = u[inside] * WIDTH - 0.5, v[inside] * HEIGHT - 0.5
    i, j = y.astype(int), x.astype(int)
    a, b = (y - i)[:, None], (x - j)[:, None]
    top = plate[i, j] * (1 - b) + plate[i, j + 1] * b
    bottom = plate[i + 1, j] * (1 - b) + plate[i + 1, j + 1] * b
    expected = top * (1 - a) + bottom * a
    assert np.abs(eye[inside] - expected).mean() < 5.0


def test_eyes_stand_apart_as_asked(module, staged, tmp_path) -> None:
    """A thing at distance Z lies b / Z radians further left for the right eye."""
    scene = bpy.context.scene
    shot = staged.project.manifest.shots[0]
    distance = 2.0 / (1.0 / shot.near + 1.0 / shot.far)
    shift = 5
    apart = shift * math.pi / SIDE * distance
    scene.second_eye_render.millimetres = 1000.0 * apart
    scene.unit_settings.scale_length = 1.0
    both = rendered(tmp_path).astype(float)
    left, right = both[:, :SIDE], both[:, SIDE:]
    middle = slice(SIDE // 2 - 8, SIDE // 2 + 8), slice(SIDE // 2 - 8, SIDE // 2 + 8)

    def error(by: int) -> float:
        moved = np.roll(right, by, axis=1)
        return float(np.abs(left[middle] - moved[middle]).mean())

    assert min(range(-9, 10), key=error) == shift
    # A scene of another scale has other units between the same eyes; the rig has its own.
    plan = module("addon.output").make_plan
    manifest = staged.project.manifest
    scene.unit_settings.scale_length = 0.1
    assert plan(scene, scene.camera, manifest, "sbs").interocular == pytest.approx(10 * apart)
    scene.second_eye_render.distance = "RIG"
    assert plan(scene, scene.camera, manifest, "sbs").interocular is None


def test_what_lies_around_and_a_scene_put_back(module, staged, engine_python, tmp_path) -> None:
    scene = bpy.context.scene
    world = bpy.data.worlds.new("Artist's")
    if world.node_tree is None:  # Blender 5.2 makes it with the world
        world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.0, 1.0, 0.0, 1.0)
    scene.world = world
    asked = scene.second_eye_render
    nodes = {m.name: len(m.node_tree.nodes) for m in bpy.data.materials}
    before = (
        scene.camera.name, scene.render.resolution_x, scene.render.engine, scene.cycles.samples,
        scene.cycles.filter_width, scene.render.views_format, len(bpy.data.objects),
        scene.render.image_settings.file_format, scene.camera.data.type, nodes,
    )  # fmt: skip
    seen = {}
    for kind in ("BLACK", "WORLD", "BLUR"):
        asked.surround = kind
        seen[kind] = rendered(tmp_path).astype(float)[:, :SIDE]
        nodes = {m.name: len(m.node_tree.nodes) for m in bpy.data.materials}
        assert before == (
            scene.camera.name, scene.render.resolution_x, scene.render.engine,
            scene.cycles.samples, scene.cycles.filter_width, scene.render.views_format,
            len(bpy.data.objects), scene.render.image_settings.file_format,
            scene.camera.data.type, nodes,
        )  # fmt: skip
    u, v, front = places(SIDE)
    off = np.maximum(np.abs(u - 0.5), np.abs(v - 0.5))
    assert seen["BLACK"][~front].max() == 0.0 and seen["BLACK"][off > 0.6].max() == 0.0
    assert (seen["WORLD"][off > 0.6] == (0, 255, 0)).all()
    # The plate's colours go on: as the engine's files have them, darker towards the back.
    files = module("core.project.surround")
    target = tmp_path / "light.npy"
    engine(module, engine_python, READ, staged.project.folder, target)
    light = np.load(target)
    lon, lat = directions(SIDE)
    column = ((lon / (2 * math.pi) + 0.5) * files.COLUMNS - 0.5).round().astype(int)
    line = ((0.5 - lat / math.pi) * files.COLUMNS / 2 - 0.5).round().astype(int)
    linear = ((seen["BLUR"] / 255.0 + 0.055) / 1.055) ** 2.4
    near = (off > 0.56) & (off < 0.7) & front
    ratio = linear[near] / np.maximum(light[line, column][near], 1e-3)
    assert np.median(ratio) == pytest.approx(0.97, abs=0.08)
    far = np.abs(lon) > 1.45
    assert np.median(linear[far] / light[line, column][far]) == pytest.approx(0.4, abs=0.12)
    reached = (90.0 - math.degrees(math.atan(0.5 / FOCAL))) / 70.0
    left = 1.0 - 0.6 * (3.0 * reached**2 - 2.0 * reached**3)
    above, below = (light[i].mean() * left for i in (1, -2))
    found = [linear[:3].mean(), linear[-3:].mean(), linear[0].mean(), linear[-1].mean()]
    assert below > 1.3 * above
    assert found == pytest.approx([above, below, above, below], rel=0.12)
    # Inside the picture, nothing differs.
    within = (np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v)) > 0.13) & front
    assert np.abs(seen["BLUR"] - seen["BLACK"])[within].max() <= 2.0


def test_a_surround_of_the_scene_is_its_own(module, staged, tmp_path) -> None:
    """Added, keyed, kept by Build Scene, left out of flat renders, removed without a trace."""
    scene = bpy.context.scene
    relief = next(o for o in bpy.data.objects if o.get("second_eye_role") == "relief")
    material = module("addon.stage.shot").materials(relief)[0]
    hard = len(material.node_tree.nodes)
    asked = scene.second_eye_render
    asked.surround = "BLUR"
    assert bpy.ops.second_eye.add_surround() == {"FINISHED"}
    collection = module("addon.stage").find_collection(scene)
    dome = around(module).find_dome(collection)
    assert dome.parent.get("second_eye_role") == "footage" and len(material.node_tree.nodes) > hard
    values = dict(around(module).surround_values(collection))
    assert list(values) == ["Feather", "Darkening", "Reach"]
    dark = values["Darkening"]
    for frame, value in ((1, 0.0), (2, 1.0)):
        dark.default_value = value
        dark.keyframe_insert("default_value", frame=frame)
    digest = module("addon.operators.render_stamp").digest
    stamp = digest(scene, collection, staged.project.manifest)
    values["Feather"].default_value = 0.1
    assert digest(scene, collection, staged.project.manifest) != stamp
    module("addon.stage").build_scene(staged.project, scene, start=1)
    dark = dict(around(module).surround_values(collection))["Darkening"]
    assert around(module).find_dome(collection) == dome
    levels = []
    for frame in (1, 2):
        scene.frame_set(frame)
        levels.append(round(dark.default_value, 3))
    assert levels == [0.0, 1.0]
    # A flat render leaves it out, and leaves it there.
    asked.kind, scene.frame_end = "STEREO", 1
    flat = read_picture_of(tmp_path, "movie_frames")
    expected = np.abs(flat[:4, 4 : WIDTH - 4].astype(int) - staged.plates[0][:4, 4:-4])
    assert expected.mean() < 12.0
    assert around(module).is_shown(collection)
    assert bpy.ops.second_eye.remove_surround() == {"FINISHED"}
    relief = next(o for o in bpy.data.objects if o.get("second_eye_role") == "relief")
    material = module("addon.stage.shot").materials(relief)[0]
    assert len(material.node_tree.nodes) == hard and around(module).find_dome(collection) is None
    assert not [g for g in bpy.data.node_groups if g.name.startswith("Second Eye Edge")]
    with pytest.raises(RuntimeError, match="no surround"):
        bpy.ops.second_eye.remove_surround()


def read_picture_of(tmp_path: Path, folder: str) -> np.ndarray:
    assert bpy.ops.second_eye.render_stereo() == {"FINISHED"}
    return read_picture(tmp_path / folder / "000003.png")


def test_views_put_together_are_the_panorama(module, staged, tmp_path, monkeypatch) -> None:
    """The way of engines without a panorama, by the one engine that has both."""
    scene = bpy.context.scene
    scene.second_eye_render.surround, scene.second_eye_render.side = "BLUR", 48
    exact = rendered(tmp_path).astype(float)
    plan = module("addon.output.plan").Plan
    monkeypatch.setattr(plan, "baked", property(lambda self: True))
    bpy.ops.second_eye.render_stereo(start_over=True)
    folder = tmp_path / "movie_vr180_frames"
    baked = read_picture(folder / "000003.png").astype(float)
    error = ((baked - exact) ** 2).mean()
    decibels = 10.0 * math.log10(255.0**2 / error)
    print(f"Views against the panorama: {decibels:.1f} dB")
    assert decibels > 36.0
    assert not (folder / "views").exists()
    # A frame that is there needs no views; a lost one gets them again.
    stamp = (folder / "000003.png").stat().st_mtime_ns
    bpy.ops.second_eye.render_stereo()
    assert (folder / "000003.png").stat().st_mtime_ns == stamp


@pytest.mark.skipif("SECOND_EYE_EEVEE" not in os.environ, reason="SECOND_EYE_EEVEE is not set")
def test_eevee_comes_close_to_the_panorama(staged, tmp_path) -> None:
    """Minutes without a graphics card, and a crash without OpenGL: run where it is asked for."""
    asked = bpy.context.scene.second_eye_render
    asked.surround, asked.side = "BLUR", 48
    for material in bpy.data.materials:
        for node in material.node_tree.nodes:
            # Mesa's software OpenGL blurs a filtered texture along the edges of all triangles.
            if getattr(node, "image", None) is not None and node.image.name.endswith("plate"):
                node.interpolation = "Closest"
    exact = rendered(tmp_path).astype(float)
    asked.engine, asked.samples = "EEVEE", 4
    baked = rendered(tmp_path).astype(float)
    error = ((baked - exact) ** 2).mean()
    decibels = 10.0 * math.log10(255.0**2 / error)
    print(f"EEVEE's views against Cycles' panorama: {decibels:.1f} dB")
    assert decibels > 38.0


def test_a_vr_movie_is_tagged_and_the_command_knows_the_kinds(
    module, staged, engine_python, tmp_path
) -> None:
    scene = bpy.context.scene
    asked = scene.second_eye_render
    asked.movie, asked.side, asked.kind = True, 48, "STEREO"
    blend = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    command = module("addon.command_line").main
    target = tmp_path / "sphere.mp4"
    assert command(["render", str(blend), "--kind", "vr180", "--output", str(target)]) == 0
    told = json.loads(engine(module, engine_python, INSPECT, target))["spatial"]
    assert told["st3d"] == "left-right" and told["spherical"] == [0, 0, 0x40000000, 0x40000000]
    assert (tmp_path / "sphere_vr180_frames" / "000003.png").exists()


def test_masters_of_a_sphere(module, staged, tmp_path) -> None:
    asked = bpy.context.scene.second_eye_render
    asked.kind, asked.side, asked.eyes, asked.files = "VR360", 32, "APART", "HALF"
    assert bpy.ops.second_eye.render_stereo() == {"FINISHED"}
    folder = tmp_path / "movie_vr360_frames"
    assert sorted(p.name for p in folder.glob("*.exr")) == ["000003_L.exr", "000003_R.exr"]
    assert module("addon.output.whole").is_complete(folder / "000003_R.exr", (64, 32))


def test_what_cant_be_rendered_says_so(module, staged) -> None:
    scene = bpy.context.scene
    asked = scene.second_eye_render
    asked.engine, asked.files = "EEVEE", "HALF"
    with pytest.raises(RuntimeError, match="choose 16 bits"):
        bpy.ops.second_eye.render_stereo()
    asked.engine, asked.kind = "SCENE", "STEREO"
    scene.camera.data.type = "PANO"
    with pytest.raises(RuntimeError, match="panorama"):
        bpy.ops.second_eye.render_stereo()
