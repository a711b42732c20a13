# SPDX-License-Identifier: GPL-3.0-or-later
"""Small things on tables and cupboards, and a plain table to put them on."""

import numpy as np

from . import bodies, shapes, textures
from .palette import tone
from .stage import OBJECT, Stage, Thing


def clutter(stage: Stage, supports: list[Thing], count: int, spread: float = 0.44) -> None:
    """Small things on the supports, each only where the surface below is flat and level."""
    rng = stage.rng
    if not supports:
        return
    for _ in range(count * 6):
        if count <= 0:
            return
        support = supports[int(rng.integers(len(supports)))]
        middle, size = (support.low + support.high) / 2, support.high - support.low
        x, y = middle[:2] + rng.uniform(-spread, spread, 2) * size[:2]
        model = stage.pick("clutter") if stage.has("clutter") and rng.random() < 0.65 else None
        if model is not None:
            if model.size[2] > 0.5:
                continue
            radius = max(model.size[:2]) / 2
        else:
            radius = rng.uniform(0.03, 0.12)
        above = support.high[2] + 0.02
        spots = [
            stage.top(x + dx * radius, y + dy * radius, above)
            for dx, dy in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
        ]
        if any(spot is None or spot[1] < 0.95 for spot in spots):
            continue
        heights = [spot[0] for spot in spots if spot is not None]
        if max(heights) - min(heights) > 0.008 or max(heights) < 0.25:
            continue
        at = (x, y, max(heights) + 0.0005)
        if any(
            thing.free
            and thing is not support
            and bool(
                np.all(thing.low[:2] < (x + radius, y + radius))
                and np.all(thing.high[:2] > (x - radius, y - radius))
            )
            and thing.low[2] > 0.2
            for thing in stage.things
        ):
            continue
        count -= 1
        turn = rng.uniform(0, 6.28)
        if model is not None:
            stage.place(model, OBJECT, at, turn)
        else:
            _small_thing(stage, at, turn, radius)


def _small_thing(stage: Stage, at: tuple, turn: float, radius: float) -> None:
    rng = stage.rng
    kind = rng.integers(5)
    if kind == 0:
        stage.solid(bodies.bottle(rng), _goods(stage), OBJECT, at, turn, True, True)
    elif kind == 1 and rng.random() < 0.5:
        ball = shapes.sphere(radius * 0.8, 20)
        stage.solid(ball, _goods(stage), OBJECT, at, turn, True, True)
    elif kind == 1:  # a sheet of paper, a phone, a plate: hardly higher than the table
        flat = shapes.box(radius * rng.uniform(1.0, 2.2), radius * 1.4, rng.uniform(0.001, 0.012))
        skin = stage.textured(textures.signboard(rng), fit=True) if rng.random() < 0.5 else None
        stage.solid(flat, skin or _goods(stage), OBJECT, at, turn, True)
    elif kind == 2:
        pile = stage.thing(OBJECT, free=True)
        z = 0.0
        for _ in range(int(rng.integers(1, 6))):
            thick = rng.uniform(0.008, 0.04)
            book = shapes.box(
                radius * rng.uniform(1.1, 1.4), radius * rng.uniform(0.8, 1.2), thick, z
            )
            stage.part(pile, book, _goods(stage), at, turn + rng.normal(0, 0.15))
            z += thick
    else:
        tall = rng.uniform(0.03, 0.3)
        shape = shapes.box(radius * 1.3, radius * rng.uniform(0.5, 1.3), tall)
        if kind == 4:
            shape = shapes.cylinder(radius * 0.7, tall, radius * rng.uniform(0.3, 0.9), 24)
        stage.solid(shape, _goods(stage), OBJECT, at, turn, True)


def _goods(stage: Stage):
    """Packets and pottery: plain, printed, or what furniture is made of."""
    rng = stage.rng
    draw = rng.random()
    if draw < 0.4:
        return stage.flat(tone(rng, "goods"), 0.2 if draw < 0.2 else 0)
    if draw < 0.6:
        return stage.textured(textures.signboard(rng), fit=True)
    if draw < 0.72:
        return stage.textured(stage.photo(), fit=True)
    return stage.surface(0, (0.1, 0.4))


def plain_table(stage: Stage, at: tuple) -> Thing:
    rng = stage.rng
    w, d, h = rng.uniform(0.8, 1.8), rng.uniform(0.6, 1.1), rng.uniform(0.6, 0.95)
    thing = stage.thing(OBJECT)
    turn = rng.uniform(0, 6.28)
    top = stage.furniture_skin() if rng.random() < 0.8 else stage.surface()
    stage.part(thing, shapes.box(w, d, 0.04, h - 0.04), top, at, turn)
    legs = [
        shapes.moved(shapes.box(0.06, 0.06, h - 0.04), x * (w / 2 - 0.05), y * (d / 2 - 0.05))
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    stage.part(thing, shapes.joined(*legs), stage.flat(tone(rng, "paint")), at, turn)
    return thing
