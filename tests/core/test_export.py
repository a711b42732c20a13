# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye export``: a frame's relief for other programs, read back by others' readers."""

import json

import numpy as np
import plyfile
import pytest
import trimesh
from test_layers_job import frame as card_frame
from test_layers_job import make_project as make_layered
from test_sample_job import make_project, never, quiet, sample

from core.cli import main
from core.delivery.splats import quaternions, splat_vertices
from core.errors import SecondEyeError, UsageError
from core.geometry import Lens, inverse_distance
from core.geometry.surface import steepness, surface
from core.jobs.export import ExportJob
from core.media.pictures import write_image
from core.project import Project
from core.project import behind as layer_files


@pytest.fixture
def project(tmp_path):
    made = make_project(tmp_path / "p")
    clip = made.manifest.clip
    coarse = np.random.default_rng(5).integers(0, 256, (8, 14, 3), np.uint8)
    plate = np.repeat(np.repeat(coarse, 32, 0), 32, 1)
    assert plate.shape[:2] == (clip.height, clip.width)
    for n in made.manifest.frames:
        write_image(made.plate_path(n), plate)
    return made


def export(project, output, **asked):
    return ExportJob(str(project.folder), str(output), **asked).run(quiet, never)


def placed(project, frame):
    """Where each pixel's point belongs, (h, w, 3), by the lens alone."""
    clip, depth = project.manifest.clip, project.manifest.depth
    shot = project.shot_at(frame)
    inverse = inverse_distance(project.normalised(frame), shot.near, shot.far, shot.strength)
    v, u = np.mgrid[: depth.height, : depth.width] + 0.5
    focal = project.manifest.lens.focal_over_width
    x = (u / depth.width - 0.5) / focal
    y = (0.5 - v / depth.height) * clip.height / clip.width / focal
    return np.stack([x, y, -np.ones_like(x)], -1) / inverse[..., None]


def rotations(w, x, y, z):
    """(N, 3, 3) of unit quaternions, as renderers of splats write it out."""
    return np.stack(
        [
            np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], -1),
            np.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], -1),
            np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1),
        ],
        1,
    )


def splatted(vertices, focal, height, width):
    """Picture (h, w, 3) in 0..1 and coverage (h, w): the splats seen by a pinhole camera at their
    origin, ``focal`` in pixels; M. Zwicker et al., "EWA Splatting", 2002, without the low-pass."""
    order = np.argsort(vertices["z"])
    vertices = vertices[order]
    place = np.stack([vertices[n] for n in "xyz"], 1).astype(np.float64)
    turned = rotations(*(vertices[f"rot_{i}"].astype(np.float64) for i in range(4)))
    sizes = np.exp(np.stack([vertices[f"scale_{i}"] for i in range(3)], 1).astype(np.float64))
    covariance = np.einsum("nij,nj,nkj->nik", turned, sizes**2, turned)
    x, y, z = place.T
    zero = np.zeros_like(z)
    to_screen = focal * np.stack(
        [np.stack([1 / z, zero, -x / z**2], 1), np.stack([zero, 1 / z, -y / z**2], 1)], 1
    )
    inverse = np.linalg.inv(np.einsum("nij,njk,nlk->nil", to_screen, covariance, to_screen))
    centre = np.stack([focal * x / z + width / 2, focal * y / z + height / 2], 1)
    colours = 0.5 + 0.28209479 * np.stack([vertices[f"f_dc_{i}"] for i in range(3)], 1)
    opacity = 1 / (1 + np.exp(-vertices["opacity"].astype(np.float64)))
    picture, left = np.zeros((height, width, 3)), np.ones((height, width))
    rows, columns = np.mgrid[:height, :width] + 0.5
    for i in range(len(vertices)):
        r, c = (max(int(centre[i, 1]) - 6, 0), max(int(centre[i, 0]) - 6, 0))
        part = np.s_[r : r + 13, c : c + 13]
        d = np.stack([columns[part] - centre[i, 0], rows[part] - centre[i, 1]], -1)
        alpha = opacity[i] * np.exp(-0.5 * np.einsum("...i,ij,...j", d, inverse[i], d))
        picture[part] += (left[part] * alpha)[..., None] * colours[i]
        left[part] *= 1 - alpha
    return picture, 1 - left


def test_points_as_trimesh_reads_them(project, tmp_path):
    answer = export(project, tmp_path / "a.ply", frame=4)
    read = trimesh.load(tmp_path / "a.ply")
    assert len(read.vertices) == answer["points"]
    # Every point is a pixel's own, in its colour; what is missing lies on the disc's outline.
    where, colours = placed(project, 4).reshape(-1, 3), project.read_small_plate(4).reshape(-1, 3)
    apart = np.abs(np.asarray(read.vertices)[:, None] - where[None]).max(-1)
    assert apart.min(1).max() < 1e-4
    assert (np.asarray(read.colors)[:, :3] == colours[apart.argmin(1)]).all()
    assert 0.9 * len(where) < answer["points"] <= len(where)


def test_points_in_the_middle_of_a_step_are_left_out(project, tmp_path):
    n = np.zeros((10, 40), np.float32)
    n[:, 20:] = 1.0  # a sharp step: every pixel belongs to a side
    assert (steepness(n) == 0).all()
    n[:, 20] = 0.5  # one that belongs to none
    assert (np.flatnonzero(steepness(n)[0] > 8) == [20]).all()
    assert (steepness(n, 0.1) <= 8).all()


def test_normals_face_the_viewer_and_stand_on_the_surface():
    # The plane z = -2 + x / 2, so 1 / Z = (1 + x / 2Z) / 2 = (1 + a / 2) / 2 on the ray (a, b, -1).
    lens = Lens(1.2, 60, 40)
    rays = lens.ray(*np.meshgrid((np.arange(60) + 0.5) / 60, 1 - (np.arange(40) + 0.5) / 40))
    inverse = ((1 + rays[..., 0] / 2) / 2).astype(np.float32)
    found = surface(inverse, np.zeros_like(inverse), lens)
    assert np.allclose(found.points[:, 2], -2 + found.points[:, 0] / 2, atol=1e-5)
    assert np.allclose(found.normals, np.array([-0.5, 0, 1]) / np.sqrt(1.25), atol=2e-3)
    # The next pixel to the right lies where `across` says.
    grid, across = found.points.reshape(40, 60, 3), found.across.reshape(40, 60, 3)
    assert np.allclose(grid[:, :-1] + across[:, :-1], grid[:, 1:], atol=3e-3)


def test_splats_show_the_picture_that_they_come_from(project, tmp_path):
    export(project, tmp_path / "s.ply", frame=3, form="splats")
    vertices = plyfile.PlyData.read(tmp_path / "s.ply")["vertex"].data
    depth = project.manifest.depth
    focal = project.manifest.lens.focal_over_width * depth.width
    picture, covered = splatted(vertices, focal, depth.height, depth.width)
    inside = np.s_[1:-1, 1:-1]
    assert np.quantile(covered[inside], 0.02) > 0.95
    plate = project.read_small_plate(3) / 255.0
    # The plate's colours lie in blocks: where a block is whole, splats of one colour melt.
    assert np.median(np.abs(picture - plate)[inside]) < 0.02
    assert vertices["scale_2"].max() < max(vertices["scale_0"].max(), vertices["scale_1"].max())


@pytest.fixture(scope="module")
def layered(tmp_path_factory):
    """A project with layers as an analysis of a dark card before a bright wall would have them."""
    made = make_layered(tmp_path_factory.mktemp("layered") / "p")
    for shot in made.manifest.shots:
        layer_files.make_folders(made.folder)
        layer_files.write_record(made.folder, made.manifest, shot, [])
    for n in made.manifest.frames:
        _rgb, depth = card_frame(n)
        card = depth == 1.0
        plate = np.zeros((*depth.shape, 4), np.uint8)
        plate[card] = (10, 200, 10, 255)
        front = np.zeros_like(plate)
        front[..., 3] = 255
        front[12, :][card[12]] = (200, 10, 10, 102)
        half = np.float16
        channels = {"V": np.where(card, 0.25, 0).astype(half)}
        channels |= {"S": card.astype(half), "K": card.astype(half)}
        layer_files.write(made.folder, n, plate, channels, front)
    return made


def test_layers_as_trimesh_reads_them(layered, tmp_path):
    answer = export(layered, tmp_path / "a.ply", frame=4)
    _rgb, depth = card_frame(4)
    card = depth == 1.0
    assert answer["behind"] == card.sum()
    assert f"{card.sum()} of them behind the foreground" in answer["message"]
    read = trimesh.load(tmp_path / "a.ply")
    points, colours = np.asarray(read.vertices), np.asarray(read.colors)
    wall = (colours == (10, 200, 10, 255)).all(1)
    assert wall.sum() == card.sum()
    # Each lies on the ray of its pixel, in the wall's plane.
    shot = layered.shot_at(4)
    n = (0.5 * 0.25 + 0.1 - shot.low) / (shot.high - shot.low)
    inverse = inverse_distance(np.float32(n), shot.near, shot.far, shot.strength)
    behind = points[wall]
    assert np.allclose(behind[:, 2], -1 / inverse, rtol=2e-3)
    focal, size = layered.manifest.lens.focal_over_width, layered.manifest.depth
    _row, column = np.nonzero(card)
    x = ((column + 0.5) / size.width - 0.5) / focal / inverse
    assert np.allclose(np.sort(behind[:, 0]), np.sort(x), atol=1e-3 * abs(x).max())
    # The rim stands before it in the foreground's own colour, with its alpha.
    rim = (colours == (200, 10, 10, 102)).all(1)
    assert rim.sum() == card[12].sum() and points[rim][:, 2].min() > behind[:, 2].max()
    without = export(layered, tmp_path / "b.ply", frame=4, layers=False)
    assert without["behind"] == 0 and without["points"] == answer["points"] - answer["behind"]


def test_splats_of_layers_have_the_rims_opacity(layered, tmp_path):
    answer = export(layered, tmp_path / "s.ply", frame=5, form="splats")
    vertices = plyfile.PlyData.read(tmp_path / "s.ply")["vertex"].data
    assert len(vertices) == answer["points"] and answer["behind"] > 100
    opacity = 1 / (1 + np.exp(-vertices["opacity"]))
    rim = np.abs(opacity - 0.99 * 102 / 255) < 1e-3
    card = card_frame(5)[1] == 1.0
    assert rim.sum() == card[12].sum() and np.allclose(opacity[~rim], 0.99)


def test_a_mesh_with_layers_as_trimesh_reads_it(layered, tmp_path):
    answer = export(layered, tmp_path / "a.glb", frame=4)
    scene = trimesh.load(tmp_path / "a.glb")
    relief, behind = scene.geometry["Relief"], scene.geometry["Behind"]
    assert answer["points"] == len(relief.faces) + len(behind.faces)
    assert answer["behind"] == len(behind.faces) and "triangles of frame 4" in answer["message"]
    rgb, depth = card_frame(4)
    card, shot = depth == 1.0, layered.shot_at(4)
    height, width = depth.shape
    focal = layered.manifest.lens.focal_over_width

    def checked(mesh, stored):
        """Each point on its ray, as far as the depth says, its coordinates where it is seen."""
        x, y, z = np.asarray(mesh.vertices).T
        u, v = 0.5 + focal * x / -z, 0.5 + focal * y / -z * width / height
        assert np.allclose(mesh.visual.uv, np.stack([u, v], 1), atol=1e-4)
        row = ((1 - v) * height).astype(int).clip(0, height - 1)
        column = (u * width).astype(int).clip(0, width - 1)
        n = (0.5 * stored[row, column] + 0.1 - shot.low) / (shot.high - shot.low)
        expected = inverse_distance(n.astype(np.float32), shot.near, shot.far, shot.strength)
        middle = np.abs((u * width) % 1 - 0.5) < 0.45  # off the edges of pixels
        middle &= np.abs((v * height) % 1 - 0.5) < 0.45
        assert np.allclose(-z[middle], 1 / expected[middle], rtol=2e-3)
        # Counter-clockwise as the camera sees it.
        a, b, c = np.asarray(mesh.vertices)[mesh.faces].transpose(1, 0, 2)
        assert (np.einsum("ij,ij->i", np.cross(b - a, c - a), a) < 0).mean() > 0.99
        return row, column

    checked(relief, depth)
    row, column = checked(behind, np.full_like(depth, 0.25))
    assert card[row, column].all()
    assert behind.visual.material.alphaMode == "MASK"
    picture = np.asarray(behind.visual.material.baseColorTexture)
    assert (picture[card] == (10, 200, 10, 255)).all()
    shown = np.asarray(relief.visual.material.baseColorTexture.convert("RGB")).astype(int)
    assert np.abs(shown - rgb).max() <= 3
    # The card and the wall hang together no more; all of both is there.
    assert len(relief.split(only_watertight=False)) == 2
    bare = export(layered, tmp_path / "b.glb", frame=4, layers=False)
    assert bare["behind"] == 0 and list(trimesh.load(tmp_path / "b.glb").geometry) == ["Relief"]


def test_a_mesh_takes_the_shots_own_pattern(project, tmp_path):
    grid = export(project, tmp_path / "a.glb")["points"]
    sample(project, triangles=600)
    project = Project.open(project.folder)
    few = export(project, tmp_path / "b.glb")["points"]
    assert 100 < few <= 600 < grid
    read = trimesh.load(tmp_path / "b.glb", force="mesh")
    assert len(read.faces) == few


def test_stale_layers_are_left_out(layered, tmp_path):
    shot = layered.manifest.shots[0]
    record = layer_files.record_path(layered.folder, shot)
    told = record.read_text()
    try:
        record.write_text(told.replace('"source": "', '"source": "other'))
        assert export(layered, tmp_path / "a.ply")["behind"] == 0
    finally:
        record.write_text(told)


def test_a_frame_gets_points_of_its_own(tmp_path):
    """Few of them, another choice for another frame, and splats that still close the picture."""
    project = make_project(tmp_path / "p", 108, 192)
    clip, depth = project.manifest.clip, project.manifest.depth
    focal, places = project.manifest.lens.focal_over_width, []
    for frame in (3, 4):
        write_image(project.plate_path(frame), np.full((clip.height, clip.width, 3), 90, np.uint8))
        path = tmp_path / f"{frame}.ply"
        answer = export(project, path, frame=frame, form="splats", points=1500)
        assert 1500 < answer["points"] < 0.25 * depth.width * depth.height
        vertices = plyfile.PlyData.read(path)["vertex"].data
        _, covered = splatted(vertices, focal * depth.width, depth.height, depth.width)
        assert np.quantile(covered[1:-1, 1:-1], 0.02) > 0.5
        column = np.rint((focal * vertices["x"] / vertices["z"] + 0.5) * depth.width - 0.5)
        row = np.rint(focal * vertices["y"] / vertices["z"] * depth.width)
        places.append(set(zip(column.tolist(), row.tolist(), strict=True)))
    assert len(places[0] & places[1]) < 0.9 * len(places[0])


def test_quaternions_of_any_rotation():
    rng = np.random.default_rng(2)
    q = rng.normal(size=(200, 4))
    q[:3] = [[0, 1, 0, 0], [0, 0, 1, 0], [1e-9, 0, 0, 1]]
    q /= np.linalg.norm(q, axis=1, keepdims=True)
    found = quaternions(rotations(*q.T))
    assert np.allclose(np.abs((found * q).sum(1)), 1.0)


def test_command_writes_and_says_so(project, tmp_path, capsys):
    output = tmp_path / "out.ply"
    output.write_bytes(b"old")
    assert main(["export", str(project.folder), "-o", str(output), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["frame"] == 3 and "points of frame 3" in answer["message"]
    assert len(plyfile.PlyData.read(output)["vertex"].data) == answer["points"]


def test_range_and_strength_may_be_replaced(project, tmp_path):
    export(project, tmp_path / "a.ply", near=1.0, far=10.0, strength=0.0)
    flat = plyfile.PlyData.read(tmp_path / "a.ply")["vertex"]["z"]
    assert np.allclose(flat, -1 / (0.1 + 0.5 * 0.9))


@pytest.mark.parametrize(
    "asked, output, told",
    [
        ({}, "a.obj", "ends in .ply"),
        ({"form": "mesh"}, "a.ply", "in .glb for a mesh"),
        ({"form": "splats"}, "a.glb", "ends in .ply for points"),
        ({}, "nowhere/a.ply", "no folder"),
        ({}, "folder.ply", "is a folder"),
        ({"form": "voxels"}, "a.ply", "no form"),
        ({"frame": 99}, "a.ply", "not analysed"),
        ({"points": 2}, "a.ply", "give 4 to"),
        ({"points": 500}, "a.glb", "is for clouds"),
        ({"near": 5.0, "far": 2.0}, "a.ply", "below far"),
    ],
)
def test_bad_wishes_leave_what_stands(project, tmp_path, asked, output, told):
    (tmp_path / "folder.ply").mkdir()
    (tmp_path / "a.ply").write_bytes(b"old")
    with pytest.raises((UsageError, SecondEyeError), match=told):
        export(project, tmp_path / output, **asked)
    assert (tmp_path / "a.ply").read_bytes() == b"old"
    assert not list(tmp_path.glob(".*part"))


def test_unfinished_project_is_refused(project, tmp_path):
    project.manifest.stages["range"].state = "pending"
    with project.lock():
        project.save()
    with pytest.raises(SecondEyeError, match="not analysed to its end"):
        export(Project.open(project.folder), tmp_path / "a.ply")


@pytest.mark.parametrize("height, width", [(1, 1), (1, 9), (9, 1)])
def test_smallest_pictures(height, width):
    found = surface(
        np.full((height, width), 0.5, np.float32),
        np.zeros((height, width), np.float32),
        Lens(1.0, width, height),
    )
    assert np.allclose(found.normals, [0, 0, 1], atol=0.3) and len(found.points) == height * width
    count = height * width
    vertices = splat_vertices(found, np.zeros((count, 3), np.uint8), np.full(count, 255, np.uint8))
    assert all(np.isfinite(vertices[name]).all() for name in vertices.dtype.names)
