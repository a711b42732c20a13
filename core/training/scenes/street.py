# SPDX-License-Identifier: GPL-3.0-or-later
"""Streets along y: façades, pavements with kerbs, parked cars, trees, poles, people, sky."""

import numpy as np

from . import light, shapes, textures
from .figures import park_car, stand_person
from .planting import plant_tree
from .poses import Pose, Proposer, direction, lens, looking, roll
from .stage import GROUND, OBJECT, WALL, Stage


def street(stage: Stage) -> Proposer:
    """Two rows of façades, pavements with kerbs, parked cars, trees, poles, people, sky."""
    rng = stage.rng
    light.sky_world(stage)
    half, walk = rng.uniform(2.8, 5.5), rng.uniform(1.5, 4.0)
    far = rng.uniform(50, 140)
    asphalt = textures.speckle(
        rng, textures.colour(rng, 0.1, (0.25, 0.55)), 0.35, start=32, octaves=3
    )
    ground = (
        stage.textured(asphalt, rng.uniform(1.5, 4))
        if rng.random() < 0.75
        else stage.surface(0, (1, 3))
    )
    stage.solid(shapes.box(3000, 3000, 0.5, -0.5), ground, GROUND)
    kerb = rng.uniform(0.08, 0.18)
    paving = stage.textured(
        textures.grid(rng, str(rng.choice(["tile", "brick"]))), rng.uniform(1, 3)
    )
    edge = stage.flat(textures.colour(rng, 0.1, (0.4, 0.8)))
    for side in (-1, 1):
        x = side * (half + walk / 2)
        stage.solid(shapes.box(walk, 2 * far, kerb), paving, GROUND, (x, 0, 0))
        stage.solid(
            shapes.box(0.16, 2 * far, kerb + 0.005), edge, GROUND, (side * (half + 0.08), 0, 0)
        )
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
                plant_tree(
                    stage, (side * (edge + rng.uniform(2, 6)), y + wide / 2, 0), rng.uniform(4, 11)
                )
            y += wide * 0.7
            continue
        _building(
            stage,
            (side * (edge + deep / 2 + rng.choice([0, 0, rng.uniform(0, 3)])), y + wide / 2),
            side,
            wide,
            deep,
            tall,
        )
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
                rail = shapes.joined(
                    shapes.box(1.0, ww + 0.8, 0.12),
                    shapes.moved(shapes.box(0.05, ww + 0.8, 0.9), -side * 0.5),
                )
                extras.append(shapes.moved(rail, face - side * 0.5, y, z - 0.15))
    if shopfront and rng.random() < 0.6:
        extras.append(
            shapes.moved(shapes.box(1.6, wide * 0.8, 0.08), face - side * 0.7, 0, storey - 0.35)
        )
    extras.append(shapes.moved(shapes.box(0.3, wide, 0.35), face, 0, tall - 0.35))
    glass = stage.flat(textures.colour(rng, 0.3, (0.05, 0.5)), 0.1)
    stage.part(thing, shapes.joined(*panes), glass, place)
    stage.part(
        thing, shapes.joined(*frames), stage.flat(textures.colour(rng, 0.3, (0.25, 1))), place
    )
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
                park_car(
                    stage, where, side * np.pi / 2 + rng.choice([0, np.pi]) + rng.normal(0, 0.03)
                )
            y += rng.uniform(5.3, 7.5)
    if rng.random() < 0.5:
        where = (rng.choice([-1, 1]) * half * 0.3, rng.uniform(-far, far) * 0.4, 0)
        park_car(stage, where, np.pi / 2)


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
        at = (
            side * (half + rng.uniform(0.4, max(0.5, walk - 0.5))),
            rng.uniform(-far, far) * 0.6,
            kerb,
        )
        draw = rng.random()
        if draw < 0.5:
            stand_person(stage, at)
        elif draw < 0.85:
            stage.place(stage.pick("street"), OBJECT, at, rng.uniform(0, 6.28))
        else:
            sign = stage.thing(OBJECT, free=True)
            stage.part(sign, shapes.cylinder(0.035, 2.6, segments=8), metal, at)
            board = shapes.moved(
                shapes.box(rng.uniform(0.3, 0.9), 0.03, rng.uniform(0.3, 0.7), 1.95), 0, -0.05
            )
            stage.part(sign, board, stage.surface(0.4, (0.3, 1)), at, rng.uniform(0, 6.28))


def _lamp_post(stage: Stage, at: tuple, side: float, metal) -> None:
    rng = stage.rng
    tall, reach = rng.uniform(3.5, 8), rng.uniform(0.3, 2)
    post = stage.thing(OBJECT, free=True)
    stage.part(post, shapes.cylinder(0.07, tall, 0.05, 8), metal, at)
    arm = shapes.moved(shapes.box(reach, 0.07, 0.07, tall), -side * reach / 2)
    head = shapes.moved(shapes.box(0.5, 0.2, 0.12, tall - 0.06), -side * reach)
    stage.part(post, shapes.joined(arm, head), metal, at)
