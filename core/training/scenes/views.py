# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""Which views are worth rendering: a cheap look by a grid of rays, and a look at the result."""

import bpy
import numpy as np
from mathutils import Vector

from .poses import Pose
from .stage import GROUND, WALL, Stage, Thing

_COLUMNS, _ROWS = 16, 12
NEAREST = 0.15  # metres


def worth_rendering(stage: Stage, pose: Pose, aspect: float) -> bool:
    """Whether the view has depth: not inside a thing, not one plane, not an empty plain."""
    where = pose.matrix[:3, 3]
    for thing in stage.things:
        if thing.label != WALL and (thing.high - thing.low).max() > 15:
            continue  # a fence or a kerb: its box says nothing
        if (
            thing.label != GROUND
            and np.all(where > thing.low - 0.05)
            and np.all(where < thing.high + 0.05)
        ):
            return False
    graph = bpy.context.evaluated_depsgraph_get()
    numbers = {item.name: item.pass_index for thing in stage.things for item in thing.objects}
    half = 18.0 / pose.lens
    depth, index = [], []
    for y in (np.arange(_ROWS) + 0.5) / _ROWS * 2 - 1:
        for x in (np.arange(_COLUMNS) + 0.5) / _COLUMNS * 2 - 1:
            ray = pose.matrix[:3, :3] @ np.array([x * half, y * half / aspect, 1.0])
            hit, point, _, _, item, _ = stage.scene.ray_cast(graph, Vector(where), Vector(ray))
            depth.append(float((np.array(point) - where) @ pose.matrix[:3, 2]) if hit else np.inf)
            index.append(numbers.get(item.name, 0) if hit else 0)
    steep = bool(pose.matrix[2, 2] < -0.7)
    if pose.squarely:
        return _varied(np.array(depth), np.array(index), 1.2, 0.85, 0.03)
    return _varied(np.array(depth), np.array(index), 1.15 if steep else 1.45)


def _varied(
    depth: np.ndarray, index: np.ndarray, range_: float, most: float = 0.72, objects: float = 0.1
) -> bool:
    if depth.min() < NEAREST * 1.3 or np.isinf(depth).mean() > 0.6:
        return False
    _, counts = np.unique(index, return_counts=True)
    if len(counts) < 3 or counts.max() > most * len(index):
        return False
    # Things other than ground, walls, ceiling and sky must fill some of the picture.
    if (index % 16 > 4).mean() < objects:
        return False
    near, far = np.percentile(1 / depth, (92, 8))
    return bool(near > range_ * far)


def looks_right(rgb: np.ndarray, inverse_depth: np.ndarray) -> bool:
    """Whether the finished picture is neither black, uniform, nor taken from inside something."""
    grey = rgb.astype(np.float32).mean(-1)
    return bool(14 < grey.mean() < 235 and grey.std() > 11 and inverse_depth.max() < 1 / NEAREST)


def foreground(things: list[Thing], index: np.ndarray, inverse_depth: np.ndarray) -> list[Thing]:
    """The nearest free-standing things seen (with what stands on them), 3-35 % of the picture."""
    total = index.size
    seen = []
    for thing in things:
        if not thing.free:
            continue
        mask = index == thing.instance * 16 + thing.label
        share = mask.sum() / total
        if 0.004 < share < 0.35:
            seen.append((float(np.median(inverse_depth[mask])), share, thing))
    seen.sort(key=lambda entry: -entry[0])
    chosen: list[Thing] = []
    covered = 0.0
    for _, share, thing in seen:
        if covered > 0.12 or len(chosen) >= 6:
            break
        if covered + share < 0.4:
            chosen.append(thing)
            covered += share
    if covered < 0.03:
        return []
    riders = [t for t in things if t.free and t not in chosen and any(_rides(t, c) for c in chosen)]
    return chosen + riders


def _rides(rider: Thing, carrier: Thing) -> bool:
    middle = (rider.low + rider.high)[:2] / 2
    return bool(
        np.all(middle > carrier.low[:2])
        and np.all(middle < carrier.high[:2])
        and rider.low[2] > carrier.low[2] + 0.15
        and rider.low[2] < carrier.high[2] + 0.05
    )
