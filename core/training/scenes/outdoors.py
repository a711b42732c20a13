# SPDX-License-Identifier: GPL-3.0-or-later
"""Streets and open ground. The camera is near the origin; streets run along y."""

import bpy
import numpy as np

from . import light, shapes, textures
from .indoors import stand_person
from .poses import Pose, Proposer, direction, lens, looking, roll
from .stage import GROUND, OBJECT, VEGETATION, VEHICLE, WALL, Stage

_LEAF = ((0.25, 0.42, 0.12), (0.18, 0.33, 0.1), (0.4, 0.48, 0.15), (0.62, 0.4, 0.12), (0.5, 0.2, 0.1))


def street(stage: Stage) -> Proposer:
    """Two rows of façades, pavements with kerbs, parked cars, trees, poles, people, sky."""
    rng = stage.rng
    light.sky_world(stage)
    half, walk = rng.uniform(2.8, 5.5), rng.uniform(1.5, 4.0)
    far = rng.uniform(50, 140)
    asphalt = textures.speckle(rng, textures.colour(rng, 0.1, (0.25, 0.55)), 0.35, start=32, octaves=3)
    ground = stage.textured(asphalt, rng.uniform(1.5, 4)) if rng.random() < 0.75 else stage.surface(0, (1, 3))
    stage.solid(shapes.box(3000, 3000, 0.5, -0.5), ground, GROUND)
    kerb = rng.uniform(0.08, 0.18)
    paving = stage.textured(textures.grid(rng, str(rng.choice(["tile", "brick"]))), rng.uniform(1, 3))
    edge = stage.flat(textures.colour(rng, 0.1, (0.4, 0.8)))
    for side in (-1, 1):
        x = side * (half + walk / 2)
        stage.solid(shapes.box(walk, 2 * far, kerb), paving, GROUND, (x, 0, 0))
        stage.solid(shapes.box(0.16, 2 * far, kerb + 0.005), edge, GROUND, (side * (half + 0.08), 0, 0))
    if rng.random() < 0.7:
        dash = [shapes.moved(shapes.box(0.14, 2.5, 0.006), 0, y) for y in np.arange(-far, far, 6)]
        stage.solid(shapes.joined(*dash), stage.flat(np.full(3, 0.85)), GROUND)
    for side in (-1, 1):
        _facades(stage, side, half + walk, far)
    _street_end(stage, half + walk, far)
    _parked(stage, half, far)
    _pavement(stage, half, walk, far, kerb)

    def propose(rng: np.random.Generator) -> Pose:
        x = rng.uniform(-1, 1) * (half + walk * 0.8)
        z = rng.uniform(1.2, 1.9) if rng.random() < 0.75 else rng.uniform(0.4, 4.5)
        where = np.array([x, rng.uniform(-0.4, 0.4) * far, z + kerb])
        if rng.random() < 0.7:
            yaw = rng.choice([-1, 1]) * np.pi / 2 + rng.normal(0, 0.3)
        else:
            yaw = rng.uniform(0, 6.28)
        pitch = np.radians(rng.normal(-1 - 3 * (z - 1.5), 5))
        return Pose(looking(where, direction(yaw, pitch), roll(rng)), lens(rng, 18, 70))

    return propose


def _facades(stage: Stage, side: int, edge: float, far: float) -> None:
    rng = stage.rng
    y = -far
    while y < far:
        wide, tall, deep = rng.uniform(5, 18), rng.uniform(3.5, 20), rng.uniform(6, 14)
        if rng.random() < 0.14:
            if rng.random() < 0.7:
                plant_tree(stage, (side * (edge + rng.uniform(2, 6)), y + wide / 2, 0), rng.uniform(4, 11))
            y += wide * 0.7
            continue
        _building(stage, (side * (edge + deep / 2 + rng.choice([0, 0, rng.uniform(0, 3)])), y + wide / 2), side, wide, deep, tall)
        y += wide + (0 if rng.random() < 0.7 else rng.uniform(0.5, 4))


def _building(stage: Stage, at: tuple, side: int, wide: float, deep: float, tall: float) -> None:
    """A box with rows of windows, sills, a door, sometimes a gable roof, balconies or an awning."""
    rng = stage.rng
    thing = stage.thing(WALL)
    place = (at[0], at[1], 0.0)
    kind = rng.random()
    if kind < 0.4:
        skin = stage.textured(textures.grid(rng, "brick"), rng.uniform(0.8, 2))
    elif kind < 0.8:
        base = textures.colour(rng, 0.5, (0.45, 0.95))
        skin = stage.textured(textures.speckle(rng, base, rng.uniform(0.05, 0.3), start=2), 5)
    else:
        skin = stage.surface(0.3, (1, 5))
    stage.part(thing, shapes.box(deep, wide, tall), skin, place)
    if rng.random() < 0.4:
        points, faces = shapes.gable_roof(wide, deep, rng.uniform(1.5, 4), tall)
        roof = shapes.moved((points, faces), turn=np.pi / 2)
        stage.part(thing, roof, stage.surface(0, (1, 3)), place)
    face = -side * deep / 2
    storey = rng.uniform(2.6, 3.8)
    floors = max(1, int(tall / storey))
    count = max(1, int(wide / rng.uniform(1.6, 3.2)))
    w, h = rng.uniform(0.7, 1.4), rng.uniform(1.0, 1.9)
    panes, frames, extras = [], [], []
    shopfront = rng.random() < 0.35
    door_at = int(rng.integers(count))
    for floor in range(floors):
        for i in range(count):
            y = -wide / 2 + wide * (i + 0.5) / count
            z = floor * storey + 0.9
            ww, hh = w, min(h, storey - 1.1)
            if floor == 0 and i == door_at:
                z, hh = 0.1, 2.1
            elif floor == 0 and shopfront:
                z, ww, hh = 0.5, wide / count * 0.85, storey - 1.0
            panes.append(shapes.moved(shapes.box(0.04, ww, hh), face, y, z))
            for dy in (-ww / 2, ww / 2):
                frames.append(shapes.moved(shapes.box(0.16, 0.09, hh), face, y + dy, z))
            frames.append(shapes.moved(shapes.box(0.3, ww + 0.2, 0.07), face, y, z - 0.07))
            frames.append(shapes.moved(shapes.box(0.16, ww + 0.1, 0.09), face, y, z + hh))
            if floor > 0 and rng.random() < 0.12:
                rail = shapes.joined(shapes.box(1.0, ww + 0.8, 0.12), shapes.moved(shapes.box(0.05, ww + 0.8, 0.9), -side * 0.5))
                extras.append(shapes.moved(rail, face - side * 0.5, y, z - 0.15))
    if shopfront and rng.random() < 0.6:
        extras.append(shapes.moved(shapes.box(1.6, wide * 0.8, 0.08), face - side * 0.7, 0, storey - 0.35))
    extras.append(shapes.moved(shapes.box(0.3, wide, 0.35), face, 0, tall - 0.35))
    glass = stage.flat(textures.colour(rng, 0.3, (0.05, 0.5)), 0.1)
    stage.part(thing, shapes.joined(*panes), glass, place)
    stage.part(thing, shapes.joined(*frames), stage.flat(textures.colour(rng, 0.3, (0.25, 1))), place)
    stage.part(thing, shapes.joined(*extras), stage.flat(textures.colour(rng, 0.6)), place)


def _street_end(stage: Stage, edge: float, far: float) -> None:
    rng = stage.rng
    for end in (-1, 1):
        if rng.random() < 0.5:
            tall = rng.uniform(6, 25)
            y = end * (far + rng.uniform(12, 60))
            stage.solid(shapes.box(edge * 4, 10, tall), stage.surface(0, (3, 8)), WALL, (0, y, 0))
        else:
            for _ in range(6):
                where = (rng.uniform(-edge, edge) * 2, end * (far + rng.uniform(10, 80)), 0)
                plant_tree(stage, where, rng.uniform(5, 14))


def _parked(stage: Stage, half: float, far: float) -> None:
    rng = stage.rng
    for side in (-1, 1):
        y, share = -far * 0.7, rng.uniform(0.1, 0.75)
        while y < far * 0.7:
            if rng.random() < share:
                where = (side * (half - 1.15 + rng.normal(0, 0.08)), y, 0)
                park_car(stage, where, side * np.pi / 2 + rng.choice([0, np.pi]) + rng.normal(0, 0.03))
            y += rng.uniform(5.3, 7.5)
    if rng.random() < 0.5:
        where = (rng.choice([-1, 1]) * half * 0.3, rng.uniform(-far, far) * 0.4, 0)
        park_car(stage, where, np.pi / 2)


def park_car(stage: Stage, at: tuple, turn: float) -> None:
    """A car of the catalogue, or one of lofted boxes (its length along x before turning)."""
    rng = stage.rng
    if rng.random() < 0.5 and stage.has("vehicle"):
        model = stage.pick("vehicle")
        along_y = model.size[1] > model.size[0]
        stage.place(model, VEHICLE, at, turn + (np.pi / 2 if along_y else 0))
        return
    thing = stage.thing(VEHICLE, free=True)
    body, cabin, wheels = shapes.car(rng)
    paint = stage.flat(textures.colour(rng, 0.9, (0.05, 0.95)), 0.1)
    stage.part(thing, body, paint, at, turn)
    stage.part(thing, cabin, stage.flat(np.full(3, rng.uniform(0.03, 0.3)), 0.35), at, turn)
    stage.part(thing, wheels, stage.flat(np.full(3, 0.06)), at, turn)


def plant_tree(stage: Stage, at: tuple, height: float) -> None:
    """A tree of the catalogue scaled to ``height``, or a procedural one."""
    rng = stage.rng
    if rng.random() < 0.3 and stage.has("tree"):
        model = stage.pick("tree")
        stage.place(model, VEGETATION, at, rng.uniform(0, 6.28), height / model.size[2])
        return
    thing = stage.thing(VEGETATION, free=True)
    trunk, crown = shapes.tree(rng, height)
    bark = stage.textured(textures.speckle(rng, np.array([0.35, 0.27, 0.2]), 0.5, start=8), 0.7)
    stage.part(thing, trunk, bark, at)
    stage.part(thing, crown, _leaves(stage), at, smooth=rng.random() < 0.5)


def _leaves(stage: Stage):
    rng = stage.rng
    base = np.array(_LEAF[int(rng.choice(5, p=[0.35, 0.3, 0.2, 0.1, 0.05]))]) * rng.uniform(0.7, 1.5)
    grain = textures.speckle(rng, np.clip(base, 0, 1).astype(np.float32), 1.0, start=16, octaves=4)
    return stage.textured(grain, rng.uniform(0.8, 2.5))


def _pavement(stage: Stage, half: float, walk: float, far: float, kerb: float) -> None:
    """Trees, lamp posts, signs, street furniture and people."""
    rng = stage.rng
    metal = stage.flat(textures.colour(rng, 0.3, (0.1, 0.6)), 0.08)
    trees, poles = rng.random() < 0.6, rng.uniform(9, 25)
    for side in (-1, 1):
        for y in np.arange(-far * 0.8, far * 0.8, poles):
            x = side * (half + 0.45)
            if trees and rng.random() < 0.7:
                plant_tree(stage, (x + side * 0.4, y + poles * 0.5, kerb), rng.uniform(3.5, 9))
            if rng.random() < 0.7:
                _lamp_post(stage, (x, y, kerb), side, metal)
    for _ in range(int(rng.integers(6, 22))):
        side = rng.choice([-1, 1])
        at = (side * (half + rng.uniform(0.4, max(0.5, walk - 0.5))), rng.uniform(-far, far) * 0.6, kerb)
        draw = rng.random()
        if draw < 0.5:
            stand_person(stage, at)
        elif draw < 0.85:
            stage.place(stage.pick("street"), OBJECT, at, rng.uniform(0, 6.28))
        else:
            sign = stage.thing(OBJECT, free=True)
            stage.part(sign, shapes.cylinder(0.035, 2.6, segments=8), metal, at)
            board = shapes.moved(shapes.box(rng.uniform(0.3, 0.9), 0.03, rng.uniform(0.3, 0.7), 1.95), 0, -0.05)
            stage.part(sign, board, stage.surface(0.4, (0.3, 1)), at, rng.uniform(0, 6.28))


def _lamp_post(stage: Stage, at: tuple, side: float, metal) -> None:
    rng = stage.rng
    tall, reach = rng.uniform(3.5, 8), rng.uniform(0.3, 2)
    post = stage.thing(OBJECT, free=True)
    stage.part(post, shapes.cylinder(0.07, tall, 0.05, 8), metal, at)
    arm = shapes.moved(shapes.box(reach, 0.07, 0.07, tall), -side * reach / 2)
    head = shapes.moved(shapes.box(0.5, 0.2, 0.12, tall - 0.06), -side * reach)
    stage.part(post, shapes.joined(arm, head), metal, at)


def open_ground(stage: Stage) -> Proposer:
    """Fields, sand or parkland to the horizon with trees, boulders, houses and people."""
    rng = stage.rng
    light.sky_world(stage)
    rough = rng.uniform(0, 1.6)
    kinds = [(0.33, 0.45, 0.18), (0.55, 0.5, 0.3), (0.75, 0.65, 0.45), (0.4, 0.33, 0.25), (0.85, 0.87, 0.9)]
    base = np.array(kinds[int(rng.choice(5, p=[0.45, 0.2, 0.15, 0.13, 0.07]))]) * rng.uniform(0.75, 1.2)
    grain = textures.speckle(rng, np.clip(base, 0, 1).astype(np.float32), rng.uniform(0.3, 1), start=4, octaves=6)
    ground = stage.textured(grain, rng.uniform(8, 25))
    stage.solid(shapes.terrain(rng, rough), ground, GROUND, smooth=True)

    def spot(near: float, distant: float) -> tuple:
        radius, angle = np.exp(rng.uniform(np.log(near), np.log(distant))), rng.uniform(0, 6.28)
        x, y = radius * np.cos(angle), radius * np.sin(angle)
        found = _ground(stage, x, y)
        return (x, y, found - 0.03)

    # Ground heights are asked for before anything stands on it.
    tree_spots = [spot(4, 300) for _ in range(int(rng.integers(8, 60)))]
    rock_spots = [spot(2, 60) for _ in range(int(rng.integers(3, 25)))]
    person_spots = [spot(3, 40) for _ in range(int(rng.integers(2, 9)))]
    lawn_spots = [spot(2.5, 30) for _ in range(int(rng.integers(2, 9)))]
    house_spots = [spot(18, 250) for _ in range(int(rng.integers(0, 7)))]
    bush_spots = [spot(2, 80) for _ in range(int(rng.integers(4, 40)))]
    post_spots = [(d, _ground(stage, *d)) for d in _fence_line(rng)] if rng.random() < 0.45 else []
    for at in tree_spots:
        plant_tree(stage, at, rng.uniform(3, 13))
    stone = stage.textured(textures.speckle(rng, textures.colour(rng, 0.15, (0.35, 0.7)), 0.5, start=8), 1.5)
    for at in rock_spots:
        size = np.exp(rng.uniform(np.log(0.15), np.log(1.8)))
        stage.solid(shapes.blob(rng, size, 0.3, 16), stone, OBJECT, at, free=True, smooth=rng.random() < 0.4)
    for at in person_spots:
        stand_person(stage, at)
    for at in lawn_spots:
        if rng.random() < 0.15:
            park_car(stage, at, rng.uniform(0, 6.28))
        else:
            stage.place(stage.pick("lawn"), OBJECT, at, rng.uniform(0, 6.28))
    for at in house_spots:
        _house(stage, at)
    leaves = _leaves(stage)
    for at in bush_spots:
        if rng.random() < 0.3 and stage.has("bush"):
            stage.place(stage.pick("bush"), VEGETATION, at, rng.uniform(0, 6.28))
        else:
            bush = shapes.blob(rng, rng.uniform(0.2, 1.0), 0.35, 12)
            stage.solid(bush, leaves, VEGETATION, at, free=True, smooth=True)
    _fence(stage, post_spots)

    def propose(rng: np.random.Generator) -> Pose:
        where = np.array([*rng.uniform(-8, 8, 2), 0.0])
        above = rng.uniform(1.3, 1.8) if rng.random() < 0.7 else rng.uniform(0.4, 6)
        where[2] = _ground(stage, where[0], where[1]) + above
        pitch = np.radians(rng.normal(-3 - 2.5 * (above - 1.5), 4))
        yaw = rng.uniform(0, 6.28)
        things = [t for t in stage.things if t.label != GROUND]
        if things and rng.random() < 0.75:
            aim = things[int(rng.integers(len(things)))]
            toward = (aim.low + aim.high) / 2 - where
            yaw = np.arctan2(toward[1], toward[0]) + rng.normal(0, 0.2)
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
    stage.part(thing, shapes.box(wide, deep, tall), stage.surface(0.1, (0.8, 3)), at, turn)
    stage.part(thing, shapes.gable_roof(wide, deep, rng.uniform(1.2, 4), tall), stage.surface(0, (0.8, 2)), at, turn)
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
    for a, b in zip(points[:-1], points[1:], strict=True):
        for k in range(rails):
            z = tall * (k + 1) / rails - 0.12
            corners = [(*p[:2], p[2] + z + dz) for p in (a, b) for dz in (0, 0.1)]
            parts.append((np.array(corners), [[0, 2, 3, 1]]))
    stage.solid(shapes.joined(*parts), wood, OBJECT, free=True)
