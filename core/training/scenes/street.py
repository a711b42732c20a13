# SPDX-License-Identifier: GPL-3.0-or-later
"""Streets along y: façades, pavements with kerbs, parked cars, trees, poles, people, sky."""

from itertools import pairwise

import numpy as np

from . import glass, light, shapes, textures, water
from .facades import facades
from .figures import group, park_car, stand_person
from .frontage import lean_things, square_view
from .palette import tone
from .planting import plant_bush, plant_tree, tree_line
from .poses import Pose, Proposer, direction, lens, looking, roll, toward
from .stage import GROUND, OBJECT, PERSON, VEHICLE, WALL, Stage

_CANAL, _PUDDLES, _MIRRORS, _SHELTER = 0.07, 0.07, 0.12, 0.08  # of the streets
_SQUARELY = 0.3  # of the views, proposed; they are turned down more often than others


def street(stage: Stage) -> Proposer:
    """Two rows of façades, pavements with kerbs, parked cars, trees, poles, people, sky."""
    rng = stage.rng
    light.sky_world(stage)
    half, walk = rng.uniform(2.8, 5.5), rng.uniform(1.5, 4.0)
    far = rng.uniform(50, 140)
    asphalt = textures.speckle(rng, tone(rng, "asphalt"), 0.3, start=32, octaves=3)
    ground = stage.textured(asphalt, rng.uniform(1.5, 3), vary=rng.uniform(0.1, 0.45))
    channel = rng.uniform(2, 5) if rng.random() < _CANAL else 0.0
    if channel:
        half = channel + rng.uniform(1.2, 3.4)
        for side in (-1, 1):
            bank = shapes.box(1500, 3000, 3.5, -3.5)
            stage.solid(bank, ground, GROUND, (side * (channel + 750), 0, 0))
        water.canal(stage, channel, far)
    else:
        stage.solid(shapes.box(3000, 3000, 0.5, -0.5), ground, GROUND)
    if rng.random() < _MIRRORS:
        stage.memo["mirrors"] = True
    kerb = rng.uniform(0.08, 0.18)
    slabs = (
        textures.grid(rng, "tile")
        if rng.random() < 0.6
        else textures.speckle(rng, tone(rng, "stone"), 0.2, start=32)
    )
    paving = stage.textured(slabs, rng.uniform(1, 3), vary=rng.uniform(0.1, 0.4))
    edge = stage.flat(tone(rng, "stone"))
    for side in (-1, 1):
        x = side * (half + walk / 2)
        stage.solid(shapes.box(walk, 2 * far, kerb), paving, GROUND, (x, 0, 0))
        stage.solid(
            shapes.box(0.16, 2 * far, kerb + 0.005), edge, GROUND, (side * (half + 0.08), 0, 0)
        )
    if not channel:
        _markings(stage, half, far)
    for side in (-1, 1):
        facades(stage, side, half + walk, far)
    if not channel:
        _street_end(stage, half + walk, far)
        _traffic(stage, half, far)
    if half - channel > 2.4:
        _parked(stage, half, far)
    if not channel and rng.random() < _PUDDLES:
        spots = rng.uniform(-1, 1, (int(rng.integers(10, 40)), 2)) * (half * 0.95, far * 0.5)
        water.puddles(stage, [(x, y, 0.0) for x, y in spots])
    fronts = stage.memo.get("house fronts", [])
    leaning = lean_things(stage, fronts, kerb)
    if rng.random() < _SHELTER:
        side = int(rng.choice([-1, 1]))
        spot = (side * (half + 1.0), rng.uniform(-0.3, 0.3) * far, kerb)
        glass.shelter(stage, spot, side * np.pi / 2)
    _pavement(stage, half, walk, far, kerb)
    if rng.random() < 0.4:
        _wires(stage, half + walk, far)
    people = [t for t in stage.things if t.label == PERSON]
    cars = [t for t in stage.things if t.label == VEHICLE]

    def propose(rng: np.random.Generator) -> Pose:
        if fronts and rng.random() < _SQUARELY:
            return square_view(rng, fronts, leaning, half + walk, kerb)
        draw = rng.random()
        y = rng.uniform(-0.45, 0.45) * far
        ahead = rng.choice([-1, 1]) * np.pi / 2
        if draw < 0.3:  # from a car
            where = np.array([rng.uniform(-0.6, 0.6) * half, y, rng.uniform(1.1, 1.6)])
            way = direction(ahead + rng.normal(0, 0.1), np.radians(rng.normal(-2, 2)))
            return Pose(looking(where, way, roll(rng)), lens(rng, 18, 50))
        near = people if rng.random() < 0.7 else cars
        if draw < 0.58 and near:
            one = near[int(rng.integers(len(near)))]
            where, way = toward(rng, one.low, one.high, (1.2, 10.0))
            return Pose(looking(where, way, roll(rng)), lens(rng, 20, 70))
        x = rng.choice([-1, 1]) * (half + rng.uniform(0.1, 0.9) * walk)
        if draw > 0.85:
            x = rng.uniform(-1, 1) * half
        z = rng.uniform(1.3, 1.8) if rng.random() < 0.75 else rng.uniform(0.4, 4.5)
        where = np.array([x, y, z + kerb])
        yaw = ahead + rng.normal(0, 0.35) if rng.random() < 0.7 else rng.uniform(0, 6.28)
        pitch = np.radians(rng.normal(-1 - 3 * (z - 1.5), 5))
        return Pose(looking(where, direction(yaw, pitch), roll(rng)), lens(rng, 18, 70))

    return propose


def _markings(stage: Stage, half: float, far: float) -> None:
    """Lines, a crossing, covers and patches on the road, a few millimetres high."""
    rng = stage.rng
    paint = stage.flat(np.full(3, rng.uniform(0.65, 0.9)))
    lines = []
    if rng.random() < 0.7:
        lines += [shapes.moved(shapes.box(0.14, 2.5, 0.006), 0, y) for y in np.arange(-far, far, 6)]
    if rng.random() < 0.3:
        lines += [shapes.moved(shapes.box(0.12, 2 * far, 0.006), s * (half - 2.2)) for s in (-1, 1)]
    if rng.random() < 0.6:
        y = rng.uniform(-0.4, 0.4) * far
        bars = np.arange(-half + 0.4, half - 0.3, 1.0)
        lines += [shapes.moved(shapes.box(0.5, 3.0, 0.006), x, y) for x in bars]
    if lines:
        stage.solid(shapes.joined(*lines), paint, GROUND)
    dark = stage.flat(tone(rng, "asphalt") * rng.uniform(0.4, 0.9))
    patches = []
    for _ in range(int(rng.integers(0, 14))):
        x, y = rng.uniform(-0.8, 0.8) * half, rng.uniform(-0.6, 0.6) * far
        if rng.random() < 0.5:
            flat = shapes.cylinder(0.32, 0.005, segments=20)
        else:
            flat = shapes.box(rng.uniform(0.5, 2.5), rng.uniform(0.5, 6), 0.004)
        patches.append(shapes.moved(flat, x, y))
    if patches:
        stage.solid(shapes.joined(*patches), dark, GROUND)


def _traffic(stage: Stage, half: float, far: float) -> None:
    """Cars on their way, people who cross."""
    rng = stage.rng
    for _ in range(int(rng.integers(0, 6))):
        side = rng.choice([-1, 1])
        where = (side * half * rng.uniform(0.22, 0.35), rng.uniform(-far, far) * 0.6, 0)
        middle = np.array(where)
        if not stage.blocked(middle - (1, 3, -0.1), middle + np.array([1, 3, 1.5])):
            pace = rng.uniform(0.08, 0.5) if rng.random() < 0.8 else 0.0
            park_car(stage, where, side * np.pi / 2, pace)
    for _ in range(int(rng.integers(0, 4))):
        middle = np.array([rng.uniform(-0.7, 0.7) * half, rng.uniform(-far, far) * 0.4, 0.0])
        if not stage.blocked(middle - (0.3, 0.3, -0.1), middle + np.array([0.3, 0.3, 1])):
            stand_person(
                stage, tuple(middle), rng.choice([-1, 1]) * np.pi / 2 + rng.normal(0, 0.3), "walk"
            )


def _wires(stage: Stage, edge: float, far: float) -> None:
    """Cables along and across the street."""
    rng = stage.rng
    rods = []
    high = rng.uniform(5, 8)
    for y in np.arange(-far * 0.8, far * 0.8, rng.uniform(12, 30)):
        ends = np.array([[-edge, y, high], [edge, y + rng.normal(0, 2), high + rng.normal(0, 0.5)]])
        t = np.linspace(0, 1, 12)[:, None]
        sag = np.column_stack([np.zeros((12, 2)), -4 * rng.uniform(0.2, 0.7) * (t * (1 - t))])
        line = ends[0] + (ends[1] - ends[0]) * t + sag
        rods += [shapes.rod(a, b, 0.012, 4) for a, b in pairwise(line)]
    stage.solid(shapes.joined(*rods), stage.flat(np.full(3, 0.05)), OBJECT)


def _street_end(stage: Stage, edge: float, far: float) -> None:
    rng = stage.rng
    if rng.random() < 0.5:
        tree_line(stage, rng.uniform(200, 600), 0.0)
    for end in (-1, 1):
        if rng.random() < 0.5:
            tall = rng.uniform(6, 25)
            y = end * (far + rng.uniform(12, 60))
            front = stage.textured(textures.windows(rng), rng.uniform(5, 9))
            stage.solid(shapes.box(edge * 4, 10, tall), front, WALL, (0, y, 0))
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


def _pavement(stage: Stage, half: float, walk: float, far: float, kerb: float) -> None:
    """Trees, lamp posts, signs, street furniture and people."""
    rng = stage.rng
    metal = stage.flat(tone(rng, "metal"), 0.08)
    trees, poles = rng.random() < 0.6, rng.uniform(9, 25)
    for side in (-1, 1):
        for y in np.arange(-far * 0.8, far * 0.8, poles):
            x = side * (half + 0.45)
            if trees and rng.random() < 0.7:
                plant_tree(stage, (x + side * 0.4, y + poles * 0.5, kerb), rng.uniform(3.5, 9))
            if rng.random() < 0.7:
                _lamp_post(stage, (x, y, kerb), side, metal)
    for _ in range(int(rng.integers(10, 34))):
        side = rng.choice([-1, 1])
        at = (
            side * (half + rng.uniform(0.4, max(0.5, walk - 0.5))),
            rng.uniform(-far, far) * 0.6,
            kerb,
        )
        draw = rng.random()
        if draw < 0.3:  # along the street, one way or the other
            stand_person(stage, at, rng.choice([0, np.pi]) + rng.normal(0, 0.2), "walk")
        elif draw < 0.45:
            stand_person(stage, at)
        elif draw < 0.55:
            group(stage, at, int(rng.integers(2, 4)))
        elif draw < 0.62:
            plant_bush(stage, at, rng.uniform(0.5, 1.2))
        elif draw < 0.7 and stage.has("beside"):
            stage.place(stage.pick("beside"), OBJECT, at, rng.uniform(0, 6.28))
        elif draw < 0.76:
            _railing(stage, side, half, at[1], kerb, metal)
        elif draw < 0.9:
            stage.place(stage.pick("street"), OBJECT, at, rng.uniform(0, 6.28))
        else:
            sign = stage.thing(OBJECT, free=True)
            stage.part(sign, shapes.cylinder(0.035, 2.6, segments=8), metal, at)
            board = shapes.moved(
                shapes.box(rng.uniform(0.3, 0.9), 0.03, rng.uniform(0.3, 0.7), 1.95), 0, -0.05
            )
            stage.part(
                sign,
                board,
                stage.textured(textures.signboard(rng), fit=True),
                at,
                rng.uniform(0, 6.28),
            )


def _railing(stage: Stage, side: float, half: float, y: float, kerb: float, metal) -> None:
    """A guard rail or bollards along the kerb."""
    rng = stage.rng
    long, tall, x = rng.uniform(2, 12), rng.uniform(0.7, 1.1), side * (half + 0.3)
    thing = stage.thing(OBJECT)
    if rng.random() < 0.4:
        posts = [
            shapes.moved(shapes.cylinder(0.06, tall, segments=10), x, y + u)
            for u in np.arange(0, long, 1.4)
        ]
    else:
        gap = rng.uniform(0.12, 1.5)
        posts = [
            shapes.rod(np.array([x, y + u, 0]), np.array([x, y + u, tall]), 0.015)
            for u in np.arange(0, long, gap)
        ]
        posts += [
            shapes.rod(np.array([x, y, z]), np.array([x, y + long, z]), 0.02) for z in (0.15, tall)
        ]
    stage.part(thing, shapes.joined(*posts), metal, (0, 0, kerb))


def _lamp_post(stage: Stage, at: tuple, side: float, metal) -> None:
    rng = stage.rng
    tall, reach = rng.uniform(3.5, 8), rng.uniform(0.3, 2)
    post = stage.thing(OBJECT, free=True)
    stage.part(post, shapes.cylinder(0.07, tall, 0.05, 8), metal, at)
    arm = shapes.moved(shapes.box(reach, 0.07, 0.07, tall), -side * reach / 2)
    head = shapes.moved(shapes.box(0.5, 0.2, 0.12, tall - 0.06), -side * reach)
    stage.part(post, shapes.joined(arm, head), metal, at)
