# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes rendered by Blender: depth is exact, a seed fixes the picture, labels and layers hold.

Blender runs in a process of its own, which renders all that these tests look at once. No models
and no photos are given, so that nothing has to be fetched: the procedural pieces stand in.
"""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core.training.frames import LABELS, list_frames, read_frame, rigid_flow

PICTURES = ((48, 64, 3), (64, 48, 3), (80, 40, 3))
"""What scenes may have where 64x48 is asked for."""
ROOT = Path(__file__).resolve().parents[2]
KINDS = ("room", "corridor", "table_top", "street", "open_ground")
SCRIPT = """
import os, sys
from pathlib import Path
import numpy as np
from core.training.frames import rigid_flow
from core.training.dataset import held_out
from core.training.scenes import (
    BUILDERS, _flow, glass, humans, light, nearby, picture_size, render_scene, shapes, water
)
from core.training.scenes.catalog import Catalogue
from core.training.scenes.poses import Pose, looking, path
from core.training.scenes.render import Renderer
from core.training.scenes.stage import GROUND, OBJECT, PERSON, WALL, Stage

out = Path(sys.argv[1])
nothing = Catalogue([]), []
for seed, kind in enumerate(BUILDERS):
    render_scene(out / "a", seed, *nothing, (64, 48), 2, kind, behind_share=1.0, move_share=1.0)
# Other scenes came between: what was built before must not matter.
render_scene(out / "b", 0, *nothing, (64, 48), 2, "room", behind_share=1.0, move_share=1.0)

stage = Stage(np.random.default_rng(0), Catalogue([]), [])
light.room_world(stage)
grey = stage.flat(np.full(3, 0.5))
stage.solid(shapes.box(50, 50, 0.5, -0.5), grey, GROUND)
stage.solid(shapes.box(1, 1, 1), grey, OBJECT, (0, 4, 0), 0.3)
renderer = Renderer(stage.scene, 160, 120, out)
pose = Pose(looking(np.array([0.2, 0, 1.5]), np.array([0.1, 1, -0.3]), 0.05), 30.0)
renderer.aim(pose)
inverse, normals, index = renderer.data(pose)
np.savez(out / "plane.npz", inverse=inverse, normals=normals, index=index, pose=pose.matrix,
         focal=pose.focal_px(160))

# A box that walks while the camera glides: two frames of a move, and the flow between them.
walker = stage.solid(shapes.box(0.5, 0.5, 1.2), grey, PERSON, (-0.8, 3, 0), 0.5)
stage.moves(walker, np.array([0.15, -0.1, 0.0]))
first, second = path(np.random.default_rng(2), pose, 0.05, 1)
seen = []
for number, now in enumerate((first, second)):
    stage.at_frame(number)
    renderer.aim(now)
    seen.append(renderer.data(now))
flow, moving = _flow(stage, first, second, now.focal_px(160), seen[0][0], seen[0][2])
np.savez(out / "walk.npz", flow=flow, moving=moving, before=seen[0][2], after=seen[1][2],
         inverse=seen[0][0], later=seen[1][0], step=walker.instance * 16 + walker.label,
         first=first.matrix, second=second.matrix, focal=now.focal_px(160))
walker.objects[0].location = (0, 0, -50)

# Where things are put before a camera, how large they are, and what is drawn of them.
makers, room_makers = list(nearby.STREET), list(nearby.ROOM)
boxes = []
for maker in makers + room_makers:
    for seed in range(6):
        stage = Stage(np.random.default_rng(seed), Catalogue([]), [])
        prop = nearby.stand(stage, maker, (0, 0, 0))
        boxes.append((*prop.low, *prop.high))
views = []
for seed in range(24):
    rng = np.random.default_rng(seed)
    stage = Stage(rng, Catalogue([]), [])
    light.sky_world(stage)
    floor = stage.solid(shapes.box(60, 60, 0.5, -0.5), stage.flat(np.full(3, 0.5)), GROUND)
    wall = stage.solid(shapes.box(0.2, 60, 5), stage.flat(np.full(3, 0.5)), WALL, (6.0, 0, 0))
    near = nearby.Nearby(stage, False)
    asked = Pose(looking(np.array([0, 0, 1.5]), np.array([1.0, 0.1, -0.05]), 0.0), 28.0)
    taken = near.arrange(rng, asked, 4 / 3)
    renderer = Renderer(stage.scene, 160, 120, out)
    renderer.aim(taken)
    inverse, _, index = renderer.data(taken)
    mine = np.isin(index, [t.instance * 16 + t.label for p in near.shown for t in p.things])
    low = min((t.low[2] for p in near.shown for t in p.things), default=0.0)
    views.append((len(near.shown), mine.mean(), mine.any(0).mean(), mine[-1].any(),
                  1 / np.median(inverse[mine]) if mine.any() else 0, low, taken.matrix[2, 3]))
    near.clear()
    assert all(t.high[2] < -100 for p in near.props for t in p.things)
np.savez(out / "near.npz", boxes=boxes, views=np.array(views, float))

# Water 2 m below the eye, and a pane of glass 3 m ahead with a wall behind it.
stage = Stage(np.random.default_rng(3), Catalogue([]), [])
light.sky_world(stage)
water.canal(stage, 30.0, 50.0)
level = stage.things[-1].high[2]
stage.solid(shapes.box(20, 0.2, 9), stage.flat(np.full(3, 0.5)), WALL, (0, 8, 0))
sheet = stage.thing(OBJECT)
stage.part(sheet, glass._sheet(2.0, 2.0, 1.0), glass.pane(stage), (0, 3, level))
renderer = Renderer(stage.scene, 160, 120, out)
pose = Pose(looking(np.array([0, 0, level + 2.0]), np.array([0, 1.0, -0.25])), 24.0)
renderer.aim(pose)
inverse, _, index = renderer.data(pose)
colour, _ = renderer.colour(1)
np.savez(out / "water.npz", inverse=inverse, index=index, colour=colour, pose=pose.matrix,
         focal=pose.focal_px(160), wet=list(stage.wet), pane=sheet.instance * 16 + OBJECT)
sizes = [picture_size(seed, (320, 240)) for seed in range(400)]
np.savez(out / "sizes.npz", sizes=sizes, held=[held_out(seed) for seed in range(400)])

for number, pose_name in enumerate(humans.POSES):
    body = humans.body(np.random.default_rng(number), pose_name)
    points, faces = body.shape
    np.savez(out / f"body_{pose_name}.npz", points=points, faces=np.array(faces),
             parts=body.parts, seat=body.seat)
sys.stdout.flush()
os._exit(0)
"""

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("bpy") is None, reason="needs Blender as a Python module (bpy)"
)


def _environment():
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    out = tmp_path_factory.mktemp("scenes")
    command = [sys.executable, "-c", SCRIPT, str(out)]
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return out


@pytest.fixture(scope="module")
def frames(rendered):
    return [(ref, read_frame(ref)) for ref in list_frames(rendered / "a")]


@pytest.fixture(scope="module")
def plane(rendered):
    data = np.load(rendered / "plane.npz")
    height, width = data["inverse"].shape
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    focal = data["focal"]
    ray = np.stack([(u - width / 2) / focal, (v - height / 2) / focal, np.ones_like(u)], -1)
    return data, ray @ data["pose"][:3, :3].T


def test_depth_of_the_floor_is_exact_along_the_view_axis(plane):
    data, ray = plane
    floor = data["index"] % 16 == 2
    wanted = ray[..., 2] / -1.5  # 1 / z of the point where the ray meets z = 0
    assert floor.mean() > 0.4
    np.testing.assert_allclose(data["inverse"][floor], wanted[floor], rtol=1e-5)


def test_no_depth_lies_between_an_object_and_what_is_behind_it(plane):
    data, ray = plane
    box = data["index"] % 16 == 5
    points = (
        data["pose"][:3, 3] + ray / np.where(data["inverse"] > 0, data["inverse"], 1)[..., None]
    )
    local = points - (0, 4, 0)
    c, s = np.cos(0.3), np.sin(0.3)
    x, y, z = (
        c * local[..., 0] + s * local[..., 1],
        c * local[..., 1] - s * local[..., 0],
        local[..., 2],
    )
    # How far outside the box's faces, or inside of them, each point lies.
    off = np.maximum.reduce([np.abs(x) - 0.5, np.abs(y) - 0.5, z - 1, -z])
    assert box.sum() > 300
    assert np.abs(off[box]).max() < 1e-4
    rest = (data["index"] % 16 == 2) & (data["inverse"] > 0)
    assert np.abs(points[rest][:, 2]).max() < 1e-3


def test_normals_are_in_camera_axes(plane):
    data, _ = plane
    floor = data["index"] % 16 == 2
    world = data["normals"][floor] @ data["pose"][:3, :3].T
    np.testing.assert_allclose(world, np.broadcast_to((0, 0, 1), world.shape), atol=1e-3)
    assert (data["normals"][floor][:, 1] < 0).all()  # y points down: the floor faces up


def test_every_kind_gives_its_views_with_plausible_pictures(frames):
    for kind in KINDS:
        mine = [frame for ref, frame in frames if ref.kind == kind]
        assert len(mine) >= 2
        for frame in mine:
            assert frame["rgb"].shape == mine[0]["rgb"].shape in PICTURES
            assert frame["rgb"].std() > 8 and 20 < frame["rgb"].mean() < 240
            assert frame["inverse_depth"].min() >= 0 and frame["inverse_depth"].max() < 1 / 0.15
            lengths = np.linalg.norm(frame["normals"], axis=-1)
            np.testing.assert_allclose(lengths[frame["inverse_depth"] > 0], 1, atol=5e-3)


def test_labels_fit_the_kind_and_the_sky_has_no_depth(frames):
    for kind in KINDS:
        mine = [frame for ref, frame in frames if ref.kind == kind]
        seen = {LABELS[value] for frame in mine for value in np.unique(frame["labels"])}
        assert "unlabelled" not in seen
        assert "ground" in seen
        if kind in ("street", "open_ground"):
            assert "ceiling" not in seen
        else:
            assert "vehicle" not in seen
            # A table may be seen from straight above.
            assert "wall" in seen or kind == "table_top"
        for frame in mine:
            np.testing.assert_array_equal(frame["labels"] == 1, frame["inverse_depth"] == 0)


def test_the_hidden_layer_is_behind_and_the_rest_unchanged(frames):
    layered = [frame for _, frame in frames if "behind_mask" in frame]
    assert len(layered) >= 3
    for frame in layered:
        mask, front, behind = (
            frame["behind_mask"],
            frame["inverse_depth"],
            frame["behind_inverse_depth"],
        )
        assert 0.02 < mask.mean() < 0.6
        assert (behind[mask] <= front[mask] * 1.002).all()
        assert (behind[mask] < front[mask] * 0.998).mean() > 0.9
        np.testing.assert_array_equal(behind[~mask], front[~mask])


def test_flow_leads_to_the_next_view(frames):
    """Points carried along by the flow have, in the next view, the depth they should have there."""
    checked = 0
    by_name = {(ref.folder, ref.stem): frame for ref, frame in frames}
    for ref, frame in frames:
        still = rigid_flow(
            frame["inverse_depth"],
            frame["focal_px"],
            frame["world_from_camera"],
            frame["next_world_from_camera"],
        )
        # Only people and cars go their own way.
        fixed = ~np.isin(frame["labels"], (LABELS.index("vehicle"), LABELS.index("person")))
        np.testing.assert_allclose(frame["flow"][fixed], still[fixed], atol=0.15, rtol=2e-2)
        if ref.next_stem is None:
            continue
        after = by_name[ref.folder, ref.next_stem]
        np.testing.assert_array_equal(after["world_from_camera"], frame["next_world_from_camera"])
        height, width = frame["labels"].shape
        v, u = np.mgrid[0:height, 0:width]
        x = np.rint(u + frame["flow"][..., 0]).astype(int)
        y = np.rint(v + frame["flow"][..., 1]).astype(int)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        same = after["labels"][y[inside], x[inside]] == frame["labels"][inside]
        assert same.mean() > 0.85
        checked += 1
    assert checked >= 1


def test_flow_follows_what_moves_by_itself(rendered):
    data = np.load(rendered / "walk.npz")
    mine = data["before"] == data["step"]
    assert mine.sum() > 300 and data["moving"] == pytest.approx(mine.mean())
    still = rigid_flow(data["inverse"], float(data["focal"]), data["first"], data["second"])
    np.testing.assert_array_equal(data["flow"][~mine], still[~mine])
    assert np.linalg.norm((data["flow"] - still)[mine], axis=-1).mean() > 3
    height, width = mine.shape
    v, u = np.nonzero(mine)
    x = np.floor(u + 0.5 + data["flow"][mine][:, 0]).astype(int)
    y = np.floor(v + 0.5 + data["flow"][mine][:, 1]).astype(int)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    landed = data["after"][y[inside], x[inside]] == data["step"]
    assert inside.mean() > 0.9 and landed.mean() > 0.93
    # The same by the rigid flow alone would miss its edges.
    sx = np.floor(u + 0.5 + still[mine][:, 0]).astype(int).clip(0, width - 1)
    sy = np.floor(v + 0.5 + still[mine][:, 1]).astype(int).clip(0, height - 1)
    assert (data["after"][sy, sx] == data["step"]).mean() < landed.mean() - 0.1


def test_things_near_the_camera_stand_on_the_ground_and_are_of_their_size(rendered):
    boxes = np.load(rendered / "near.npz")["boxes"]
    assert len(boxes) > 100
    low, high = boxes[:, :3], boxes[:, 3:]
    assert np.abs(low[:, 2]).max() < 0.03
    tall, wide = high[:, 2], (high - low)[:, :2].max(1)
    assert tall.min() > 0.3 and tall.max() < 5.2 and wide.min() > 0.05 and wide.max() < 2.6


def test_things_are_put_before_the_camera_seen_and_not_in_the_way(rendered):
    count, area, wide, cut, depth, low, eye = np.load(rendered / "near.npz")["views"].T
    shown = count > 0
    assert 0.3 < shown.mean() < 0.9 and count.max() <= 3
    assert (area[shown] > 0.003).mean() > 0.9 and (area[~shown] == 0).all()
    assert wide.max() < 0.45
    assert ((depth[shown] > 0.5) & (depth[shown] < 4.5)).all()
    assert 0 < cut[shown].sum() < shown.sum()  # the lower border cuts some, not all
    assert np.abs(low[shown]).max() < 0.03 and (eye[shown] > 0.8).all() and (eye < 1.8).all()


def test_water_and_glass_have_the_depth_of_their_surface(rendered):
    data = np.load(rendered / "water.npz")
    height, width = data["inverse"].shape
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    focal = data["focal"]
    ray = np.stack([(u - width / 2) / focal, (v - height / 2) / focal, np.ones_like(u)], -1)
    ray = ray @ data["pose"][:3, :3].T
    wet, pane = np.isin(data["index"], data["wet"]), data["index"] == data["pane"]
    assert wet.mean() > 0.2 and pane.mean() > 0.1
    assert set(data["index"][wet] % 16) == {LABELS.index("ground")}
    np.testing.assert_allclose(data["inverse"][wet], ray[wet][:, 2] / -2.0, rtol=3e-4)
    np.testing.assert_allclose(data["inverse"][pane], ray[pane][:, 1] / 3.0, rtol=3e-4)
    # Through the pane one sees: it is neither black nor a mirror alone.
    assert data["colour"][pane].mean() > 0.05


def test_some_scenes_are_upright_and_those_held_out_are_not(rendered):
    data = np.load(rendered / "sizes.npz")
    sizes, held = data["sizes"], data["held"]
    upright = sizes[:, 1] > sizes[:, 0]
    assert 0.08 < upright.mean() < 0.22 and not upright[held].any() and held.sum() == 20
    assert {tuple(size) for size in sizes} == {(320, 240), (240, 320), (216, 384)}


def test_upright_scenes_can_be_read_packed_and_trained_on_beside_others(frames, rendered, tmp_path):
    from core.training.augment import random_view
    from core.training.dataset import load_renders
    from core.training.packs import PackReader, list_packed, write_packs

    assert len({frame["rgb"].shape for _, frame in frames}) > 1
    samples = load_renders(rendered / "a", tmp_path / "cache", held=False)
    assert len({sample.rgb.shape for sample in samples}) > 1
    for sample in samples:
        view = random_view(sample, 32, 48, np.random.default_rng(0))
        assert view.rgb.shape == (32, 48, 3) and view.depth.shape == (32, 48)
    write_packs(rendered / "a", tmp_path / "packs", lambda line: None)
    reader = PackReader()
    for packed, (ref, frame) in zip(list_packed(tmp_path / "packs"), frames, strict=True):
        assert packed.stem == ref.stem
        np.testing.assert_allclose(
            reader.read(packed)["inverse_depth"], frame["inverse_depth"], atol=1e-3
        )


def test_bodies_are_closed_stand_on_the_floor_and_wear_something(rendered):
    bodies = sorted(rendered.glob("body_*.npz"))
    assert len(bodies) >= 8
    for path in bodies:
        data = np.load(path)
        points, faces = data["points"], data["faces"]
        edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
        _, counts = np.unique(edges, axis=0, return_counts=True)
        assert (counts == 2).all(), path.name  # every edge between two faces: no holes
        a, b, c = (points[faces[:, i]] for i in range(3))
        volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
        assert 0.01 < volume < 0.25, path.name  # outward faces; a person is 0.02-0.12 m3
        assert abs(points[:, 2].min()) < 0.03 and 0.5 < points[:, 2].max() < 2.3, path.name
        assert len(np.unique(data["parts"])) >= 4
        assert (float(data["seat"]) > 0.2) == (path.stem == "body_sit")


def test_the_same_seed_gives_the_same_files(rendered):
    first = sorted((rendered / "a" / "scene_000000").iterdir())
    second = sorted((rendered / "b" / "scene_000000").iterdir())
    assert [p.name for p in first] == [p.name for p in second] and len(first) > 4
    for a, b in zip(first, second, strict=True):
        assert a.read_bytes() == b.read_bytes(), a.name


def _command(out, *options):
    script = ROOT / "scripts" / "render_scenes.py"
    return [sys.executable, str(script), "--out", str(out), *options]


def test_the_script_says_what_is_wrong(tmp_path):
    for options, word in (
        ([], "--scenes A:B or --frames N"),
        (["--scenes", "0-3"], "--scenes wants two whole numbers"),
        (["--contact-sheet", str(tmp_path / "x.png")], "no finished scenes"),
    ):
        (tmp_path / "frames").mkdir(exist_ok=True)
        done = subprocess.run(
            _command(tmp_path / "frames", *options), capture_output=True, text=True, timeout=60
        )
        assert done.returncode in (1, 2)
        assert word in done.stderr and done.stderr.count("\n") == 1


def test_a_stopped_run_leaves_whole_scenes_and_goes_on_where_it_was(tmp_path):
    def run(**options):
        command = _command(tmp_path, "--scenes", "0:3", "--procedural", "--size", "64x48")
        return subprocess.Popen(
            [*command, "--views", "1", "--kind", "corridor"], env=_environment(), **options
        )

    first = run()
    try:
        deadline = time.monotonic() + 300
        while not list(tmp_path.glob("scene_*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        first.send_signal(signal.SIGTERM)
        assert first.wait(300) == 128 + signal.SIGTERM
    finally:
        first.kill()
    done = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert done and all(name.startswith("scene_") for name in done) and len(done) < 3
    second = run(stdout=subprocess.PIPE, text=True)
    output, _ = second.communicate(timeout=300)
    assert second.returncode == 0 and output.splitlines()[-1] == "finished"
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(after) == 3 and done.items() <= after.items()
    for path in tmp_path.glob("scene_*/scene.json"):
        assert json.loads(path.read_text())["views"]


def test_a_contact_sheet_is_made(rendered, tmp_path):
    import cv2

    for name in ("sheet.png", "sheet.jpg"):
        command = _command(rendered / "a", "--contact-sheet", str(tmp_path / name))
        subprocess.run(command, check=True, timeout=60)
        assert cv2.imread(str(tmp_path / name)).std() > 20


def test_statistics_count_every_frame(frames, rendered):
    text = subprocess.run(
        _command(rendered / "a", "--statistics"), check=True, capture_output=True, text=True
    ).stdout
    rows = {
        line.split("|")[1].strip(): line.split("|")[2:-1]
        for line in text.splitlines()
        if "|" in line
    }
    assert int(rows["all"][1]) == len(frames) and int(rows["all"][0]) == len(KINDS)
    moves = [ref for ref, _ in frames if ref.next_stem]
    assert len(moves) <= int(rows["all"][2]) <= 2 * len(moves)
    assert int(rows["all"][4]) == sum(ref.has_behind for ref, _ in frames)
    histograms = [line for line in text.splitlines() if line.startswith("| frames |")]
    assert len(histograms) == 3
    for line in histograms:
        assert sum(int(cell) for cell in line.split("|")[2:-1]) == len(frames)
