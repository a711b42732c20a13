# SPDX-License-Identifier: GPL-3.0-or-later
"""The relief in other programs' files, read back by their own readers where they are installed."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import bpy
import numpy as np
import pytest
from stage_case import Case, engine, texture

FOCAL, HEIGHT, WIDTH = 1.2, 36, 64


@pytest.fixture
def case(module, second_eye, engine_python, tmp_path) -> Case:
    """A disc before a wall that leans, in two frames; the footage camera stands elsewhere."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    depths = []
    for k in range(3):
        disc = (x - 24 - 4 * k) ** 2 + (y - 18) ** 2 < 64
        depths.append(np.where(disc, 1.0, 0.002 * x).astype(np.float32))
    plates = np.stack([texture(k, 72, 128, 24) for k in range(3)])
    made = Case(
        module, engine_python, tmp_path, plates, np.stack(depths), first=5, focal=FOCAL,
        shot={"near": 2.0, "far": 10.0},
    )  # fmt: skip
    scene = bpy.context.scene
    built = module("addon.stage").build_scene(made.project, scene)
    scene.second_eye.project_folder = str(made.project.folder)
    built.camera.location = (3.0, -1.0, 0.5)
    built.camera.rotation_euler = (0.4, 0.2, -0.3)
    scene.frame_set(module("addon.stage").scene_frame(scene, 6))
    return made


def blocks() -> dict[str, list[str]]:
    kinds = ("objects", "meshes", "materials", "images", "node_groups", "actions")
    return {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in kinds}


def in_camera(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """World points (N, 3) as (u, v) (N, 2), v from the bottom, and distance (N,)."""
    camera = np.array(bpy.context.scene.camera.matrix_world.inverted())
    x, y, z = (points @ camera[:3, :3].T + camera[:3, 3]).T
    return np.stack([FOCAL * x / -z + 0.5, FOCAL * y / -z * WIDTH / HEIGHT + 0.5], 1), -z


def check_places(points: np.ndarray, uv: np.ndarray | None, normalised: np.ndarray) -> None:
    """Every point lies on the relief of the frame, and its texture coordinates lead there."""
    seen, distance = in_camera(points)
    assert seen.min() > -0.051 and seen.max() < 1.051
    if uv is not None:
        assert np.abs(uv - seen).max() < 1e-3
    row = np.clip(((1 - seen[:, 1]) * HEIGHT).astype(int), 0, HEIGHT - 1)
    column = np.clip((seen[:, 0] * WIDTH).astype(int), 0, WIDTH - 1)
    inside = ((seen > 0.02) & (seen < 0.98)).all(1)
    expected = 1 / (0.1 + normalised[row, column] * 0.4)
    assert np.abs(distance / expected - 1)[inside].max() < 1e-2


def test_gltf_of_a_frame_as_trimesh_reads_it(case, tmp_path):
    before, selected = blocks(), list(bpy.context.selected_objects)
    path = tmp_path / "relief.glb"
    assert bpy.ops.second_eye.export_relief(filepath=str(path)) == {"FINISHED"}
    assert blocks() == before and list(bpy.context.selected_objects) == selected
    assert [p.name for p in tmp_path.glob(".second-eye-*")] == []
    check_gltf(path)
    trimesh = pytest.importorskip("trimesh")
    mesh = trimesh.load(path, force="mesh")
    y_up = np.asarray(mesh.vertices)
    points = np.stack([y_up[:, 0], -y_up[:, 2], y_up[:, 1]], 1)
    check_places(points, np.asarray(mesh.visual.uv), case.normalised[1])
    picture = np.asarray(mesh.visual.material.emissiveTexture.convert("RGB"))
    assert picture.shape == case.plates[1].shape
    assert np.abs(picture.astype(int) - case.plates[1]).max() <= 2
    # The disc and the wall hang together no more.
    assert len(mesh.split(only_watertight=False)) == 2


def check_gltf(path: Path) -> None:
    """Without any reader: a whole file, one mesh with texture coordinates, its picture inside."""
    data = path.read_bytes()
    magic, version, length = struct.unpack("<4sII", data[:12])
    assert (magic, version, length) == (b"glTF", 2, len(data))
    (size,) = struct.unpack("<I", data[12:16])
    told = json.loads(data[20 : 20 + size])
    (mesh,) = told["meshes"]
    assert "TEXCOORD_0" in mesh["primitives"][0]["attributes"]
    assert len(told["images"]) == 1 and "emissiveTexture" in told["materials"][0]


def test_steps_stay_where_that_is_wished(case, tmp_path):
    trimesh = pytest.importorskip("trimesh")
    faces = []
    for cut in (True, False):
        path = tmp_path / f"{cut}.ply"
        bpy.ops.second_eye.export_relief(filepath=str(path), cut_steps=cut)
        faces.append(trimesh.load(path))
    assert len(faces[0].split(only_watertight=False)) == 2
    assert len(faces[1].split(only_watertight=False)) == 1
    check_places(np.asarray(faces[0].vertices), None, case.normalised[1])
    plyfile = pytest.importorskip("plyfile")
    vertices = plyfile.PlyData.read(tmp_path / "True.ply")["vertex"]
    colours = np.stack([vertices[c] for c in ("red", "green", "blue")], 1).astype(int)
    seen, _ = in_camera(np.stack([vertices[axis] for axis in "xyz"], 1))
    inside = ((seen > 0.05) & (seen < 0.95)).all(1)
    row, column = ((1 - seen[:, 1]) * 72 - 0.5).round(), (seen[:, 0] * 128 - 0.5).round()
    expected = case.plates[1][row[inside].astype(int), column[inside].astype(int)]
    assert np.median(np.abs(colours[inside] - expected)) <= 6


@pytest.mark.parametrize("ending", ["usdc", "usdz"])
def test_usd_of_a_shot_moves(case, tmp_path, ending):
    path = tmp_path / f"relief.{ending}"
    times = bpy.context.scene.frame_current, bpy.context.scene.frame_end
    assert bpy.ops.second_eye.export_relief(filepath=str(path), whole_shot=True) == {"FINISHED"}
    assert times == (bpy.context.scene.frame_current, bpy.context.scene.frame_end)
    assert path.stat().st_size > 1000
    pxr = pytest.importorskip("pxr.Usd")
    geometry = pytest.importorskip("pxr.UsdGeom")
    world = pxr.Stage.Open(str(path))
    assert (world.GetStartTimeCode(), world.GetEndTimeCode()) == (1, 3)
    (mesh,) = [geometry.Mesh(p) for p in world.Traverse() if p.IsA(geometry.Mesh)]
    colours = geometry.PrimvarsAPI(mesh).GetPrimvar("displayColor")
    assert colours.IsDefined()
    for k, time in enumerate((1.0, 2.0, 3.0)):
        matrix = np.array(geometry.XformCache(time).GetLocalToWorldTransform(mesh.GetPrim()))
        points = np.array(mesh.GetPointsAttr().Get(time))
        points = points @ matrix[:3, :3] + matrix[3, :3]
        check_places(points, None, case.normalised[k])
        assert len(colours.Get(time)) == len(points)


def test_usd_of_a_frame_wears_the_plate(case, tmp_path):
    path = tmp_path / "relief.usda"
    assert bpy.ops.second_eye.export_relief(filepath=str(path)) == {"FINISHED"}
    assert "emissiveColor.connect" in path.read_text()
    assert list((tmp_path / "textures").iterdir())


@pytest.mark.parametrize("name", ["x.gltf", "x.usda"])
def test_pictures_beside_an_export_are_left_alone(case, tmp_path, name):
    """A folder of numbered plates is where one exports to."""
    own = [tmp_path / f"{n:06d}.jpg" for n in range(1, 4)]
    (tmp_path / "textures").mkdir()
    own += [tmp_path / "textures" / path.name for path in own]
    for path in own:
        path.write_bytes(b"the artist's own")
    assert bpy.ops.second_eye.export_relief(filepath=str(tmp_path / name)) == {"FINISHED"}
    assert all(path.read_bytes() == b"the artist's own" for path in own)
    assert [p for p in tmp_path.rglob("x_*") if p.is_file()]


def test_alembic_of_a_shot_comes_back(case, tmp_path):
    path = tmp_path / "relief.abc"
    assert bpy.ops.second_eye.export_relief(filepath=str(path), whole_shot=True) == {"FINISHED"}
    assert path.read_bytes()[:5] == b"Ogawa"
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.wm.alembic_import(filepath=str(path), as_background_job=False)
    (mesh,) = [found for found in bpy.data.objects if found.type == "MESH"]
    graph = bpy.context.evaluated_depsgraph_get()
    counts, placed = [], []
    for frame in (1, 2, 3):
        bpy.context.scene.frame_set(frame)
        data = mesh.evaluated_get(graph).data
        co = np.empty(len(data.vertices) * 3, np.float32)
        data.vertices.foreach_get("co", co)
        counts.append(len(data.polygons))
        assert list(data.uv_layers), "uv"
        assert list(data.color_attributes), "colours"
        placed.append(co)
    assert min(counts) > 1000 and not np.array_equal(placed[0], placed[2])


@pytest.mark.parametrize(
    "name, asked, told",
    [
        ("relief.obj", {}, "tells no format"),
        ("relief.glb", {"whole_shot": True}, "one frame"),
        ("nowhere/relief.glb", {}, "no folder"),
    ],
)
def test_bad_wishes_are_told(case, tmp_path, name, asked, told):
    before = blocks()
    with pytest.raises(RuntimeError, match=told):
        bpy.ops.second_eye.export_relief(filepath=str(tmp_path / name), **asked)
    assert blocks() == before


def test_without_a_scene_it_is_grey(second_eye, tmp_path):
    with pytest.raises(RuntimeError, match="Build"):
        bpy.ops.second_eye.export_relief(filepath=str(tmp_path / "a.glb"))


LAYERS = """
import sys
from pathlib import Path
import numpy as np
from core.project import Project
from core.project import behind as files
project = Project.open(Path(sys.argv[1]))
files.make_folders(project.folder)
shot = project.manifest.shots[0]
files.write_record(project.folder, project.manifest, shot, [])
for n in range(shot.first, shot.last + 1):
    disc = project.normalised(n) > 0.5
    plate = np.zeros((*disc.shape, 4), np.uint8)
    plate[disc] = (20, 220, 40, 255)
    front = np.full((*disc.shape, 4), (0, 0, 0, 255), np.uint8)
    half = np.float16
    channels = {"V": np.where(disc, 0.05, 0).astype(half), "S": disc.astype(half)}
    files.write(project.folder, n, plate, channels | {"K": disc.astype(half)}, front)
"""


@pytest.fixture
def layered(case, module, engine_python):
    """The case with a green plate behind its disc, on a wall of one depth."""
    engine(module, engine_python, LAYERS, case.project.folder)
    module("addon.stage").update_scene(case.project, bpy.context.scene)
    return case


def check_plate(points: np.ndarray) -> None:
    """Where the disc of the case's second frame is, and there on the wall, a hundredth farther."""
    seen, distance = in_camera(points)
    x, y = seen[:, 0] * WIDTH - 0.5, (1 - seen[:, 1]) * HEIGHT - 0.5
    assert np.hypot(x - 28, y - 18).max() < 9.5 and len(points) > 100
    assert distance == pytest.approx(1.01 / (0.1 + 0.05 * 0.4), rel=3e-3)


def test_layers_of_gltf_and_ply_as_trimesh_reads_them(layered, tmp_path):
    trimesh = pytest.importorskip("trimesh")
    before = blocks()
    path = tmp_path / "relief.glb"
    assert bpy.ops.second_eye.export_relief(filepath=str(path)) == {"FINISHED"}
    assert blocks() == before
    relief, plate = sorted(
        trimesh.load(path).geometry.values(), key=lambda mesh: -len(mesh.vertices)
    )
    y_up = np.asarray(plate.vertices)
    check_plate(np.stack([y_up[:, 0], -y_up[:, 2], y_up[:, 1]], 1))
    material = plate.visual.material
    assert material.alphaMode == "MASK"
    picture = np.asarray(material.emissiveTexture.convert("RGB"))
    uv = np.asarray(plate.visual.uv)
    row = ((1 - uv[:, 1]) * HEIGHT).astype(int).clip(0, HEIGHT - 1)
    found = picture[row, (uv[:, 0] * WIDTH).astype(int)].astype(int)
    inside = np.hypot(uv[:, 0] * WIDTH - 28.5, (1 - uv[:, 1]) * HEIGHT - 18.5) < 7
    assert np.abs(found[inside] - (20, 220, 40)).max() <= 2
    assert len(relief.vertices) > 1000
    path = tmp_path / "relief.ply"
    bpy.ops.second_eye.export_relief(filepath=str(path))
    assert len(trimesh.load(path).faces) > len(relief.faces)
    points, green = read_green(path)
    check_plate(points[green])
    bpy.ops.second_eye.export_relief(filepath=str(path), layers=False)
    assert not read_green(path)[1].any()


def read_green(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 3) of a PLY file, and which of them are of the plate's green."""
    plyfile = pytest.importorskip("plyfile")
    vertices = plyfile.PlyData.read(path)["vertex"]
    colours = np.stack([vertices[c] for c in ("red", "green", "blue")], 1).astype(int)
    points = np.stack([vertices[axis] for axis in "xyz"], 1)
    return points, np.abs(colours - (20, 220, 40)).max(axis=1) <= 1


def test_layers_of_usd_move_with_the_shot(layered, tmp_path):
    path = tmp_path / "relief.usdc"
    assert bpy.ops.second_eye.export_relief(filepath=str(path), whole_shot=True) == {"FINISHED"}
    pxr = pytest.importorskip("pxr.Usd")
    geometry = pytest.importorskip("pxr.UsdGeom")
    world = pxr.Stage.Open(str(path))
    meshes = [geometry.Mesh(p) for p in world.Traverse() if p.IsA(geometry.Mesh)]
    assert len(meshes) == 2
    (plate,) = [m for m in meshes if "Behind" in str(m.GetPath())]
    matrix = np.array(geometry.XformCache(2.0).GetLocalToWorldTransform(plate.GetPrim()))
    points = np.array(plate.GetPointsAttr().Get(2.0)) @ matrix[:3, :3] + matrix[3, :3]
    check_plate(points)
    colours = np.array(geometry.PrimvarsAPI(plate).GetPrimvar("displayColor").Get(2.0))
    assert (colours[:, 1] > 0.6).all() and (colours[:, 0] < 0.05).all()


def test_layers_of_alembic_move_with_the_shot(layered, tmp_path):
    path = tmp_path / "relief.abc"
    assert bpy.ops.second_eye.export_relief(filepath=str(path), whole_shot=True) == {"FINISHED"}
    before = set(bpy.data.objects)
    bpy.ops.wm.alembic_import(filepath=str(path), as_background_job=False)
    meshes = [found for found in bpy.data.objects if found.type == "MESH" and found not in before]
    assert len(meshes) == 2
    (plate,) = [found for found in meshes if "Behind" in found.name]
    graph = bpy.context.evaluated_depsgraph_get()
    bpy.context.scene.frame_set(2)
    found = plate.evaluated_get(graph)
    co = np.empty(len(found.data.vertices) * 3, np.float32)
    found.data.vertices.foreach_get("co", co)
    matrix = np.array(found.matrix_world)
    check_plate(co.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3])
    (colours,) = found.data.color_attributes
    rgba = np.empty(len(colours.data) * 4, np.float32)
    colours.data.foreach_get("color", rgba)
    rgba = rgba.reshape(-1, 4)
    assert (rgba[:, 1] > 0.6).all() and (rgba[:, 0] < 0.05).all()
