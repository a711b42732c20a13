# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes that Blender renders in a process of its own, once for all the tests that look at them. No
models and no photos are given, so that nothing has to be fetched: the procedural pieces stand in.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.training.frames import list_frames, read_frame

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
_kept: list[Path] = []


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """All that the tests look at, rendered once for every file of them."""
    if _kept:
        return _kept[0]
    out = tmp_path_factory.mktemp("scenes")
    command = [sys.executable, "-c", SCRIPT, str(out)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    _kept.append(out)
    return out


@pytest.fixture(scope="module")
def frames(rendered):
    return [(ref, read_frame(ref)) for ref in list_frames(rendered / "a")]


def with_rays(path):
    """What Blender told of a picture, and the ray of each pixel in the world's axes."""
    data = np.load(path)
    height, width = data["inverse"].shape
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    focal = data["focal"]
    ray = np.stack([(u - width / 2) / focal, (v - height / 2) / focal, np.ones_like(u)], -1)
    return data, ray @ data["pose"][:3, :3].T


@pytest.fixture(scope="module")
def plane(rendered):
    return with_rays(rendered / "plane.npz")
