# SPDX-License-Identifier: GPL-3.0-or-later
"""Furnished rooms, corridors and table tops."""

import numpy as np

from . import light, shapes
from .clutter import clutter, plain_table
from .figures import people
from .furnishing import furnish_middle, furnish_walls, hang
from .poses import Pose, Proposer, direction, lens, looking, roll
from .shell import ceiling_lamps, rug, shell
from .stage import OBJECT, Stage


def room(stage: Stage) -> Proposer:
    """A furnished room of 3-8 m."""
    rng = stage.rng
    width, depth, height = rng.uniform(3, 8), rng.uniform(3, 8), rng.uniform(2.3, 3.2)
    shell(
        stage, width, depth, height, windows=int(rng.integers(0, 4)), doors=int(rng.integers(1, 3))
    )
    if rng.random() < 0.5:
        rug(stage, width, depth)
    supports = furnish_walls(stage, width, depth, int(rng.integers(7, 18)))
    supports += furnish_middle(stage, width, depth)
    hang(stage, width, depth, int(rng.integers(2, 8)))
    if rng.random() < 0.3:
        people(stage, width, depth, int(rng.integers(1, 3)))
    clutter(stage, supports, int(rng.integers(8, 26)))
    ceiling_lamps(stage, width, depth, height)

    def propose(rng: np.random.Generator) -> Pose:
        x = rng.uniform(-0.46, 0.46) * width
        y = rng.uniform(-0.46, 0.46) * depth
        z = rng.uniform(1.3, 1.75) if rng.random() < 0.6 else rng.uniform(0.5, height - 0.2)
        aim = np.array([rng.normal(0, width * 0.22), rng.normal(0, depth * 0.22), 0])
        forward = aim - (x, y, 0)
        if np.linalg.norm(forward) < 0.8:
            forward = direction(rng.uniform(0, 6.28), 0)
        yaw = np.arctan2(forward[1], forward[0]) + rng.normal(0, 0.25)
        pitch = np.radians(rng.normal(-8 - 12 * (z - 1.4), 9))
        return Pose(
            looking(np.array([x, y, z]), direction(yaw, pitch), roll(rng)), lens(rng, 18, 50)
        )

    return propose


def corridor(stage: Stage) -> Proposer:
    """A corridor along y, 1.3-2.8 m wide and 7-22 m long."""
    rng = stage.rng
    width, depth, height = rng.uniform(1.3, 2.8), rng.uniform(7, 22), rng.uniform(2.2, 3.2)
    shell(
        stage, width, depth, height, windows=int(rng.integers(0, 4)), doors=int(rng.integers(3, 9))
    )
    furnish_walls(stage, width, depth, int(rng.integers(1, 7)), deepest=width * 0.33, sides=(1, 3))
    hang(stage, width, depth, int(rng.integers(3, 12)))
    if rng.random() < 0.5:
        people(stage, width, depth, int(rng.integers(1, 4)))
    count = int(depth / rng.uniform(2.5, 4.5)) + 1
    shade = stage.glow(rng.uniform(2, 8))
    for y in np.linspace(-depth / 2 + 1, depth / 2 - 1, count):
        stage.solid(
            shapes.box(0.25, rng.uniform(0.3, 1.2), 0.05), shade, OBJECT, (0, y, height - 0.06)
        )
        light.area(stage, (0, y, height - 0.1), (0, 0, -1), rng.uniform(20, 70), 0.4)

    def propose(rng: np.random.Generator) -> Pose:
        side = rng.choice([-1, 1])
        x, y = rng.uniform(-0.3, 0.3) * width, -side * depth * rng.uniform(0.05, 0.47)
        yaw = side * np.pi / 2 + rng.normal(0, 0.22)
        where = np.array([x, y, rng.uniform(0.8, height - 0.6)])
        pitch = np.radians(rng.normal(-6 - 7 * (where[2] - 1.4), 6))
        return Pose(looking(where, direction(yaw, pitch), roll(rng)), lens(rng, 18, 60))

    return propose


def table_top(stage: Stage) -> Proposer:
    """A table with clutter seen from 0.4-1.5 m, in a room with some furniture behind."""
    rng = stage.rng
    width, depth, height = rng.uniform(3, 6.5), rng.uniform(3, 6.5), rng.uniform(2.4, 3)
    shell(stage, width, depth, height, windows=int(rng.integers(0, 3)), doors=1)
    at = (rng.uniform(-0.2, 0.2) * width, rng.uniform(-0.2, 0.2) * depth, 0)
    if rng.random() < 0.35:
        table = stage.place(stage.pick("table"), OBJECT, at, rng.uniform(0, 6.28), free=False)
    else:
        table = plain_table(stage, at)
    furnish_walls(stage, width, depth, int(rng.integers(3, 9)))
    hang(stage, width, depth, int(rng.integers(1, 5)))
    clutter(stage, [table], int(rng.integers(9, 26)), spread=0.42)
    ceiling_lamps(stage, width, depth, height)
    light.area(
        stage,
        (at[0] + rng.normal(0, 0.6), at[1] + rng.normal(0, 0.6), 2.2),
        (0, 0, -1),
        rng.uniform(10, 50),
        rng.uniform(0.1, 0.8),
    )
    top = float(table.high[2])

    def propose(rng: np.random.Generator) -> Pose:
        size = (table.high - table.low) * 0.25
        spot = [rng.uniform(-1, 1) * size[0], rng.uniform(-1, 1) * size[1], top + 0.05]
        aim = np.array(at) + np.array(spot)
        pitch = -np.radians(np.clip(rng.normal(28, 14), 6, 70))
        away = direction(rng.uniform(0, 6.28), pitch) * rng.uniform(0.4, 1.5)
        matrix = looking(aim - away, away + rng.normal(0, 0.05, 3), roll(rng))
        return Pose(matrix, lens(rng, 22, 60))

    return propose
