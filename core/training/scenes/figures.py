# SPDX-License-Identifier: GPL-3.0-or-later
"""People and cars, of the catalogue or procedural."""

import numpy as np

from . import bodies, textures
from .stage import PERSON, VEHICLE, Stage


def people(stage: Stage, width: float, depth: float, count: int) -> None:
    rng = stage.rng
    for _ in range(count * 3):
        at = np.array([rng.uniform(-0.4, 0.4) * width, rng.uniform(-0.4, 0.4) * depth, 0])
        if stage.blocked(at - (0.3, 0.3, -0.02), at + np.array([0.3, 0.3, 1.8])):
            continue
        stand_person(stage, tuple(at))
        count -= 1
        if count <= 0:
            return


def stand_person(stage: Stage, at: tuple) -> None:
    """A person of the catalogue, or a lathed figure."""
    rng = stage.rng
    turn = rng.uniform(0, 6.28)
    if rng.random() < 0.6 and stage.has("person"):
        stage.place(stage.pick("person"), PERSON, at, turn, rng.uniform(0.92, 1.08))
        return
    thing = stage.thing(PERSON, free=True)
    skin = np.array([0.85, 0.62, 0.5]) * rng.uniform(0.35, 1.1)
    cloth = (
        stage.textured(textures.any_surface(rng), 0.6)
        if rng.random() < 0.5
        else stage.flat(textures.colour(rng, 0.8))
    )
    trousers = stage.flat(textures.colour(rng, 0.6, (0.05, 0.7)))
    for shape, material in zip(
        bodies.person(rng), (trousers, cloth, stage.flat(skin)), strict=True
    ):
        stage.part(thing, shape, material, at, turn, smooth=True)


def park_car(stage: Stage, at: tuple, turn: float) -> None:
    """A car of the catalogue, or one of lofted boxes (its length along x before turning)."""
    rng = stage.rng
    if rng.random() < 0.5 and stage.has("vehicle"):
        model = stage.pick("vehicle")
        along_y = model.size[1] > model.size[0]
        stage.place(model, VEHICLE, at, turn + (np.pi / 2 if along_y else 0))
        return
    thing = stage.thing(VEHICLE, free=True)
    body, cabin, wheels = bodies.car(rng)
    paint = stage.flat(textures.colour(rng, 0.9, (0.05, 0.95)), 0.1)
    stage.part(thing, body, paint, at, turn)
    stage.part(thing, cabin, stage.flat(np.full(3, rng.uniform(0.03, 0.3)), 0.35), at, turn)
    stage.part(thing, wheels, stage.flat(np.full(3, 0.06)), at, turn)
