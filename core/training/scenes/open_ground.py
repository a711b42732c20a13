# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""Open ground to the horizon around the origin."""

from itertools import pairwise

import bpy
import numpy as np

from . import bodies, light, shapes, textures, water
from .figures import group, park_car, stand_person
from .palette import tone
from .planting import plant_bush, plant_tree, sow_grass, tree_line
from .poses import Pose, Proposer, direction, lens, looking, roll, toward
from .stage import GROUND, OBJECT, PERSON, WALL, Stage

_FLOODED, _PUDDLES = 0.08, 0.1  # of the scenes; of those on flat asphalt or earth


def open_ground(stage: Stage) -> Proposer:
    """Fields, sand or parkland to the horizon with trees, boulders, houses and people."""
    rng = stage.rng
    light.sky_world(stage)
    rough = rng.uniform(0, 1.6) ** 1.5 * 0.8
    kind = str(
        rng.choice(["grass", "earth", "stone", "asphalt", "snow"], p=[0.5, 0.24, 0.1, 0.1, 0.06])
    )
    base = np.full(3, 0.88, np.float32) if kind == "snow" else tone(rng, kind)
    grain = textures.speckle(rng, base, rng.uniform(0.3, 0.9), start=8, octaves=5)
    ground = stage.textured(grain, rng.uniform(1.5, 6), vary=rng.uniform(0.2, 0.6))
    flooded = rng.random() < _FLOODED
    terrain = bodies.terrain(rng, max(rough, 0.25) if flooded else rough)
    stage.solid(terrain, ground, GROUND, smooth=True)
    level = water.flood(stage, terrain) if flooded else -np.inf

    def spot(near: float, distant: float) -> tuple:
        for _ in range(12):  # dry ground, if there is some
            radius, angle = np.exp(rng.uniform(np.log(near), np.log(distant))), rng.uniform(0, 6.28)
            x, y = radius * np.cos(angle), radius * np.sin(angle)
            found = _ground(stage, x, y)
            if found > level + 0.05:
                break
        return (x, y, found - 0.03)

    # Ground heights are asked for before anything stands on it.
    tree_spots = [spot(4, 300) for _ in range(int(rng.integers(8, 60)))]
    rock_spots = [spot(2, 60) for _ in range(int(rng.integers(3, 25)))]
    person_spots = [spot(3, 40) for _ in range(int(rng.integers(2, 9)))]
    lawn_spots = [spot(2.5, 30) for _ in range(int(rng.integers(2, 9)))]
    house_spots = [spot(18, 250) for _ in range(int(rng.integers(0, 7)))]
    bush_spots = [spot(2, 80) for _ in range(int(rng.integers(4, 40)))]
    post_spots = [(d, _ground(stage, *d)) for d in _fence_line(rng)] if rng.random() < 0.45 else []
    lush = kind in ("grass", "earth") and rng.random() < 0.6
    grass_spots = [spot(0.8, 14) for _ in range(int(rng.integers(30, 110)))] if lush else []
    for at in tree_spots:
        plant_tree(stage, at, rng.uniform(3, 13))
    stone = stage.textured(textures.speckle(rng, tone(rng, "stone"), 0.6, start=8), 1.5)
    for at in rock_spots:
        size = np.exp(rng.uniform(np.log(0.15), np.log(1.8)))
        stage.solid(
            shapes.blob(rng, size, 0.3, 16), stone, OBJECT, at, free=True, smooth=rng.random() < 0.4
        )
    for at in person_spots:
        if rng.random() < 0.25:
            group(stage, at, int(rng.integers(2, 5)))
        else:
            stand_person(stage, at)
    for at in lawn_spots:
        if rng.random() < 0.15:
            park_car(stage, at, rng.uniform(0, 6.28))
        else:
            stage.place(stage.pick("lawn"), OBJECT, at, rng.uniform(0, 6.28))
    for at in house_spots:
        _house(stage, at)
    for at in bush_spots:
        plant_bush(stage, at, rng.uniform(0.3, 1.8))
    if grass_spots:
        sow_grass(stage, grass_spots, float(rng.choice([0.07, 0.14, 0.35, 0.6])))
    for _ in range(int(rng.integers(0, 3))):
        tree_line(stage, rng.uniform(90, 900), _ground(stage, 0, 0) - rough)
    _fence(stage, post_spots)
    if kind in ("asphalt", "earth") and rng.random() < _PUDDLES and rough < 0.3:
        spots = [(x, y, _ground(stage, x, y)) for x, y in rng.normal(0, 6, (12, 2))]
        water.puddles(stage, spots)

    def propose(rng: np.random.Generator) -> Pose:
        where = np.array([*rng.uniform(-8, 8, 2), 0.0])
        above = rng.uniform(1.3, 1.8) if rng.random() < 0.7 else rng.uniform(0.4, 6)
        where[2] = _ground(stage, where[0], where[1]) + above
        pitch = np.radians(rng.normal(-3 - 2.5 * (above - 1.5), 4))
        yaw = rng.uniform(0, 6.28)
        things = [t for t in stage.things if t.label != GROUND]
        if things and rng.random() < 0.75:
            aim = things[int(rng.integers(len(things)))]
            heading = (aim.low + aim.high) / 2 - where
            yaw = np.arctan2(heading[1], heading[0]) + rng.normal(0, 0.2)
        if rng.random() < 0.05:
            pitch = -np.radians(rng.uniform(45, 85))
        ones = [t for t in things if t.label == PERSON]
        if ones and rng.random() < 0.25:
            one = ones[int(rng.integers(len(ones)))]
            where, way = toward(rng, one.low, one.high, (1.0, 9.0))
            where[2] = max(where[2], _ground(stage, where[0], where[1]) + 0.4)
            return Pose(looking(where, way, roll(rng)), lens(rng, 22, 85))
        return Pose(looking(where, direction(yaw, pitch), roll(rng)), lens(rng, 18, 85))

    return propose


def _ground(stage: Stage, x: float, y: float) -> float:
    """Height of the ground at (x, y), whatever stands on it."""
    graph = bpy.context.evaluated_depsgraph_get()
    above = 900.0
    for _ in range(40):
        hit, where, _, _, item, _ = stage.scene.ray_cast(graph, (x, y, above), (0, 0, -1))
        if not hit or item.pass_index % 16 == GROUND:
            return where.z if hit else 0.0
        above = where.z - 0.01
    return 0.0


def _house(stage: Stage, at: tuple) -> None:
    rng = stage.rng
    wide, deep, tall = rng.uniform(6, 16), rng.uniform(5, 10), rng.uniform(2.6, 7)
    turn = rng.uniform(0, 6.28)
    at = (at[0], at[1], at[2] - 0.4)
    thing = stage.thing(WALL)
    plaster = textures.speckle(rng, tone(rng, "facade"), 0.15, start=4)
    wall = textures.grid(rng, "brick") if rng.random() < 0.3 else plaster
    skin = stage.textured(wall, rng.uniform(1, 2.5), vary=0.2)
    stage.part(thing, shapes.box(wide, deep, tall), skin, at, turn)
    tiles = stage.textured(textures.speckle(rng, tone(rng, "roof"), 0.4, start=16), 1.5)
    roof = shapes.gable_roof(wide, deep, rng.uniform(1.2, 4), tall)
    stage.part(thing, roof, tiles, at, turn)
    panes = [
        shapes.moved(shapes.box(1.0, deep + 0.1, 1.2), x, 0, z)
        for x in np.arange(-wide / 2 + 1.2, wide / 2 - 0.8, 2.4)
        for z in np.arange(1.4, tall - 1.1, 2.7)
    ]
    if panes:
        stage.part(thing, shapes.joined(*panes), stage.flat(np.full(3, 0.15), 0.1), at, turn)


def _fence_line(rng: np.random.Generator) -> list[tuple]:
    angle, off = rng.uniform(0, 6.28), rng.uniform(3, 14)
    along = np.array([np.cos(angle), np.sin(angle)])
    aside = np.array([-along[1], along[0]]) * off
    return [tuple(aside + along * t) for t in np.arange(-40, 40, 2.5)]


def _fence(stage: Stage, posts: list[tuple]) -> None:
    if not posts:
        return
    rng = stage.rng
    wood = stage.textured(textures.wood(rng), 1.0)
    tall, rails = rng.uniform(0.8, 1.5), int(rng.integers(1, 4))
    points = [np.array([*xy, z]) for xy, z in posts]
    parts = [shapes.moved(shapes.box(0.12, 0.12, tall + 0.1), *(p - (0, 0, 0.1))) for p in points]
    for a, b in pairwise(points):
        for k in range(rails):
            z = tall * (k + 1) / rails - 0.12
            corners = [(*p[:2], p[2] + z + dz) for p in (a, b) for dz in (0, 0.1)]
            parts.append((np.array(corners), [[0, 2, 3, 1]]))
    stage.solid(shapes.joined(*parts), wood, OBJECT, free=True)
