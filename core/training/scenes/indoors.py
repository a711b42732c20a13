# SPDX-License-Identifier: GPL-3.0-or-later
"""Furnished rooms, corridors and table tops."""

import numpy as np

from . import glass, light, shapes
from .clutter import clutter, plain_table
from .figures import group, people
from .furnishing import furnish_middle, furnish_walls, hang, litter
from .poses import Pose, Proposer, direction, lens, looking, roll, toward
from .shell import ceiling_lamps, rug, shell
from .stage import OBJECT, PERSON, Stage

_GLASS = 0.12  # of the rooms are asked for a thing of clear glass; half have a place for it


def room(stage: Stage) -> Proposer:
    """A furnished room of 2.5-7.5 m."""
    rng = stage.rng
    width, depth = rng.uniform(2.6, 4.8) * np.exp(rng.uniform(-0.05, 0.45, 2))
    height = stage.memo["room height"] = rng.uniform(2.3, 3.0)
    shell(
        stage, width, depth, height, windows=int(rng.integers(0, 4)), doors=int(rng.integers(1, 3))
    )
    if rng.random() < 0.5:
        rug(stage, width, depth)
    supports = furnish_walls(stage, width, depth, int(rng.integers(8, 20)))
    supports += furnish_middle(stage, width, depth)
    hang(stage, width, depth, int(rng.integers(2, 10)))
    if rng.random() < 0.65:
        people(stage, width, depth, int(rng.integers(1, 5)))
    clutter(stage, supports, int(rng.integers(8, 30)))
    litter(stage, width, depth, int(rng.integers(0, 9)))
    ceiling_lamps(stage, width, depth, height)
    _glass(stage, width, depth)
    pieces = [t for t in stage.things if t.label == OBJECT and (t.high - t.low).max() > 0.4]

    def propose(rng: np.random.Generator) -> Pose:
        found = _at_a_person(stage, rng, 0.35, (width, depth))
        if found is not None:
            return found
        x = rng.uniform(-0.46, 0.46) * width
        y = rng.uniform(-0.46, 0.46) * depth
        z = rng.uniform(1.3, 1.75) if rng.random() < 0.6 else rng.uniform(0.5, height - 0.2)
        aim = np.array([rng.normal(0, width * 0.22), rng.normal(0, depth * 0.22), 0])
        if pieces and rng.random() < 0.6:
            one = pieces[int(rng.integers(len(pieces)))]
            aim = (one.low + one.high) / 2
        forward = (aim - (x, y, 0)) * (1, 1, 0)
        if np.linalg.norm(forward) < 0.8:
            forward = direction(rng.uniform(0, 6.28), 0)
        yaw = np.arctan2(forward[1], forward[0]) + rng.normal(0, 0.25)
        pitch = np.radians(rng.normal(-8 - 12 * (z - 1.4), 9))
        if rng.random() < 0.07:  # down at the floor and what stands on it
            z, pitch = rng.uniform(1.2, height - 0.1), -np.radians(rng.uniform(50, 88))
        return Pose(
            looking(np.array([x, y, z]), direction(yaw, pitch), roll(rng)), lens(rng, 18, 50)
        )

    return propose


def corridor(stage: Stage) -> Proposer:
    """A corridor along y, 1.3-2.8 m wide and 7-22 m long."""
    rng = stage.rng
    width, depth, height = rng.uniform(1.3, 2.8), rng.uniform(7, 22), rng.uniform(2.2, 3.2)
    stage.memo["room height"] = height
    shell(
        stage, width, depth, height, windows=int(rng.integers(0, 4)), doors=int(rng.integers(3, 9))
    )
    furnish_walls(stage, width, depth, int(rng.integers(1, 7)), deepest=width * 0.33, sides=(1, 3))
    hang(stage, width, depth, int(rng.integers(3, 12)))
    if rng.random() < 0.65:
        people(stage, width, depth, int(rng.integers(1, 5)))
    if rng.random() < 0.2 and width > 1.8:
        group(stage, (0.0, rng.uniform(-0.4, 0.4) * depth, 0.0), int(rng.integers(2, 4)))
    litter(stage, width, depth, int(rng.integers(0, 4)))
    count = int(depth / rng.uniform(2.5, 4.5)) + 1
    shade = stage.glow(rng.uniform(2, 8))
    for y in np.linspace(-depth / 2 + 1, depth / 2 - 1, count):
        stage.solid(
            shapes.box(0.25, rng.uniform(0.3, 1.2), 0.05), shade, OBJECT, (0, y, height - 0.06)
        )
        light.area(stage, (0, y, height - 0.1), (0, 0, -1), rng.uniform(20, 70), 0.4)

    def propose(rng: np.random.Generator) -> Pose:
        found = _at_a_person(stage, rng, 0.2, (width, depth))
        if found is not None:
            return found
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
    clutter(stage, [table], int(rng.integers(9, 32)), spread=0.44)
    if rng.random() < 0.35:
        people(stage, width, depth, int(rng.integers(1, 3)))
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
        pitch = -np.radians(np.clip(rng.normal(30, 15), 6, 70))
        if rng.random() < 0.15:
            pitch = -np.radians(rng.uniform(70, 89))
        away = direction(rng.uniform(0, 6.28), pitch) * rng.uniform(0.4, 1.5)
        matrix = looking(aim - away, away + rng.normal(0, 0.05, 3), roll(rng))
        return Pose(matrix, lens(rng, 22, 60))

    return propose


def _glass(stage: Stage, width: float, depth: float) -> None:
    """Now and then a glazed screen or a glass table where there is room."""
    rng = stage.rng
    if rng.random() > _GLASS:
        return
    for _ in range(12):
        at = np.array([rng.uniform(-0.32, 0.32) * width, rng.uniform(-0.32, 0.32) * depth, 0])
        if not stage.blocked(at - (0.6, 0.6, -0.02), at + np.array([0.6, 0.6, 1.8])):
            make = glass.table if rng.random() < 0.6 else glass.screen
            make(stage, tuple(at), rng.uniform(0, 6.28))
            return


def _at_a_person(
    stage: Stage, rng: np.random.Generator, share: float, size: tuple[float, float]
) -> Pose | None:
    """In ``share`` of the calls, when there are people: a view of one from 0.8-4 m."""
    seen = [thing for thing in stage.things if thing.label == PERSON]
    if not seen or rng.random() > share:
        return None
    one = seen[int(rng.integers(len(seen)))]
    where, way = toward(rng, one.low, one.high, (0.8, 4.0))
    if np.any(np.abs(where[:2]) > np.array(size) / 2 - 0.1):
        return None
    return Pose(looking(where, way, roll(rng)), lens(rng, 20, 60))
