# SPDX-License-Identifier: GPL-3.0-or-later
"""Furniture along the walls and in the middle, and what hangs on the walls."""

from itertools import pairwise

import numpy as np

from . import shapes, textures
from .palette import tone
from .shell import TURNS
from .stage import OBJECT, Stage, Thing


def furnish_walls(
    stage: Stage,
    width: float,
    depth: float,
    count: int,
    deepest: float = 9.0,
    sides: tuple[int, ...] = (0, 1, 2, 3),
) -> list[Thing]:
    """Stand pieces along the walls, fronts inward; returns those that can carry clutter."""
    rng = stage.rng
    theme = rng.choice(["Living room", "Kitchen", "Bedroom", "Bathroom", "Office"])
    placed: list[Thing] = []
    for _ in range(count * 14):
        if len(placed) >= count:
            break
        model = stage.pick("floor")
        if model.category not in (theme, "Miscellaneous") and rng.random() < 0.85:
            continue
        w, d, h = model.size
        if d > deepest:
            continue
        side = int(rng.choice(sides))
        turn = TURNS[side]
        length, off = (width, depth / 2) if side % 2 == 0 else (depth, width / 2)
        if w > length - 0.1 or d > off * 1.3:
            continue
        x, y = rng.uniform(-1, 1) * (length - w) / 2, off - d / 2 - rng.uniform(0.02, 0.08)
        c, s = np.cos(turn), np.sin(turn)
        at = (x * c - y * s, x * s + y * c, 0.0)
        half = np.array([w, d] if side % 2 == 0 else [d, w]) / 2
        low, high = np.array([*(at[:2] - half), 0.02]), np.array([*(at[:2] + half), h])
        if stage.blocked(low, high):
            continue
        placed.append(stage.place(model, OBJECT, at, turn))
    return [thing for thing in placed if 0.3 < thing.high[2] < 1.3]


def furnish_middle(stage: Stage, width: float, depth: float) -> list[Thing]:
    """A table with chairs, or a few pieces standing free."""
    rng = stage.rng
    supports = []
    if rng.random() < 0.75 and min(width, depth) > 3.4:
        at = np.array([rng.uniform(-0.2, 0.2) * width, rng.uniform(-0.2, 0.2) * depth, 0])
        model = stage.pick("table")
        half = max(model.size[:2]) / 2
        if not stage.blocked(at - (half, half, -0.02), at + np.array([half, half, 1])):
            table = stage.place(model, OBJECT, tuple(at), float(rng.choice(TURNS)))
            supports.append(table)
            chair = stage.pick("chair")
            reach = (table.high - table.low)[:2] / 2 + chair.size[1] * 0.3
            for turn, step in zip(TURNS, ((0, 1), (-1, 0), (0, -1), (1, 0)), strict=True):
                offset = np.array(step) * (reach + rng.uniform(0, 0.35))
                where = at + np.array([*offset, 0])
                if rng.random() < 0.75:
                    stage.place(chair, OBJECT, tuple(where), turn + rng.normal(0, 0.25))
    for _ in range(int(rng.integers(1, 6))):
        model = stage.pick(str(rng.choice(["chair", "floor", "thin"], p=[0.4, 0.35, 0.25])))
        half = np.hypot(*model.size[:2]) / 2
        reach = np.array([width, depth]) / 2 - half - 0.1
        if reach.min() <= 0:
            continue
        at = np.array([*(rng.uniform(-1, 1, 2) * reach), 0])
        if not stage.blocked(at - (half, half, -0.02), at + np.array([half, half, model.size[2]])):
            supports.append(stage.place(model, OBJECT, tuple(at), rng.uniform(0, 6.28)))
    return [thing for thing in supports if 0.3 < thing.high[2] < 1.3]


def hang(stage: Stage, width: float, depth: float, count: int) -> None:
    """Pictures (photos in frames), shelves and wall pieces."""
    rng = stage.rng
    for _ in range(count):
        side = int(rng.integers(4))
        turn = TURNS[side]
        length, off = (width, depth / 2) if side % 2 == 0 else (depth, width / 2)
        wide, tall, z = rng.uniform(0.2, 1.3), rng.uniform(0.2, 0.9), rng.uniform(0.9, 1.7)
        if length < wide + 0.3:
            continue
        x = rng.uniform(-1, 1) * (length - wide) / 2
        c, s = np.cos(turn), np.sin(turn)
        y = off - 0.02
        at = np.array([x * c - y * s, x * s + y * c, z])
        away = np.array([-s, c, 0])
        reach = np.array([abs(c) * wide + abs(s) * 0.1, abs(s) * wide + abs(c) * 0.1, 0]) / 2
        if stage.blocked(at - reach, at + reach + (0, 0, tall)):
            continue
        thing = stage.thing(OBJECT)
        draw = rng.random()
        if draw < 0.2:  # a poster, a calendar, a notice: flat on the wall
            print_ = stage.photo() if rng.random() < 0.6 else textures.signboard(rng)
            at = at + away * 0.0175
            sheet = shapes.box(wide, 0.003, tall)
            stage.part(thing, sheet, stage.textured(print_, fit=True), tuple(at), turn)
        elif draw < 0.28:  # a screen
            dark = stage.flat(np.full(3, rng.uniform(0.02, 0.06)), 0.1)
            stage.part(thing, shapes.box(wide, 0.05, tall), dark, tuple(at), turn)
            if rng.random() < 0.6:
                shown = shapes.moved(shapes.box(wide - 0.04, 0.01, tall - 0.04, 0.02), 0, -0.025)
                stage.part(thing, shown, stage.textured(stage.photo(), fit=True), tuple(at), turn)
        elif draw < 0.8:
            picture = stage.textured(stage.photo(), fit=True)
            if rng.random() < 0.4 and min(wide, tall) > 0.35:  # with a mount around it
                mount = stage.flat(np.full(3, rng.uniform(0.8, 0.95)))
                stage.part(thing, shapes.box(wide, 0.02, tall), mount, tuple(at), turn)
                inner = shapes.box(wide * 0.6, 0.012, tall * 0.6, tall * 0.2)
                stage.part(thing, shapes.moved(inner, 0, -0.006), picture, tuple(at), turn)
            else:
                stage.part(thing, shapes.box(wide, 0.02, tall), picture, tuple(at), turn)
            bars = [shapes.moved(shapes.box(0.03, 0.05, tall), k * wide / 2) for k in (-1, 1)]
            bars += [shapes.box(wide, 0.05, 0.03), shapes.box(wide, 0.05, 0.03, tall - 0.03)]
            stage.part(thing, shapes.joined(*bars), stage.flat(tone(rng, "paint")), tuple(at), turn)
        else:
            board = shapes.moved(shapes.box(wide, 0.24, 0.025), 0, -0.1)
            stage.part(thing, board, stage.textured(stage.wood(), 1.0), tuple(at), turn)
            _books(stage, thing, at + np.array([0, 0, 0.025]), turn, wide)


def _books(stage: Stage, thing: Thing, at: np.ndarray, turn: float, wide: float) -> None:
    rng = stage.rng
    x = -wide / 2 + 0.02
    while x < wide / 2 - 0.06 and rng.random() < 0.95:
        thick = rng.uniform(0.015, 0.05)
        book = shapes.box(thick, rng.uniform(0.12, 0.18), rng.uniform(0.16, 0.27))
        cover = stage.flat(tone(rng, "goods"))
        stage.part(thing, shapes.moved(book, x + thick / 2, -0.1), cover, tuple(at), turn)
        x += thick + (0.002 if rng.random() < 0.85 else rng.uniform(0.03, 0.15))


def litter(stage: Stage, width: float, depth: float, count: int) -> None:
    """Small things on the floor: bags, toys, boxes, shoes, a cable, a pet."""
    rng = stage.rng
    for _ in range(count):
        at = np.array([rng.uniform(-0.45, 0.45) * width, rng.uniform(-0.45, 0.45) * depth, 0.013])
        if stage.blocked(at - (0.15, 0.15, 0), at + np.array([0.15, 0.15, 0.3])):
            continue
        draw = rng.random()
        if draw < 0.15:
            t = np.linspace(0, rng.uniform(1.0, 3.0), 30)
            swing = rng.normal(0, 0.5, (3, 2))
            way = sum(np.sin((k + 1) * t)[:, None] * swing[k] for k in range(3))
            way = np.column_stack(
                [
                    np.clip(at[:2] + way, [-width / 2, -depth / 2], [width / 2, depth / 2]),
                    np.full(30, 0.018),
                ]
            )
            rods = [shapes.rod(a, b, 0.004, 5) for a, b in pairwise(way)]
            stage.solid(
                shapes.joined(*rods), stage.flat(np.full(3, rng.choice([0.05, 0.85]))), OBJECT
            )
        elif draw < 0.25 and stage.has("animal"):
            stage.place(stage.pick("animal"), OBJECT, tuple(at), rng.uniform(0, 6.28))
        elif stage.has("clutter") and draw < 0.75:
            stage.place(stage.pick("clutter"), OBJECT, tuple(at), rng.uniform(0, 6.28))
        else:
            w, d, h = rng.uniform(0.06, 0.4, 3)
            box = shapes.box(w, d, h)
            stage.solid(box, stage.surface(0.05), OBJECT, tuple(at), rng.uniform(0, 6.28), True)
