# SPDX-License-Identifier: GPL-3.0-or-later
"""Furnished rooms, corridors and table tops. Rooms are centred on the origin, floor at z = 0."""

import numpy as np

from . import light, shapes, textures
from .poses import Pose, Proposer, direction, lens, looking, roll
from .stage import CEILING, GROUND, OBJECT, PERSON, WALL, Stage, Thing

# Wall 0 lies at +y, 1 at -x, 2 at -y, 3 at +x; a piece's front (-y) turned by this looks inward.
_TURNS = (0.0, np.pi / 2, np.pi, -np.pi / 2)
_WALL_DEPTH = 0.15


def room(stage: Stage) -> Proposer:
    """A furnished room of 3-8 m."""
    rng = stage.rng
    width, depth, height = rng.uniform(3, 8), rng.uniform(3, 8), rng.uniform(2.3, 3.2)
    _shell(stage, width, depth, height, windows=int(rng.integers(0, 4)), doors=int(rng.integers(1, 3)))
    if rng.random() < 0.5:
        _rug(stage, width, depth)
    supports = _furnish_walls(stage, width, depth, int(rng.integers(7, 18)))
    supports += _furnish_middle(stage, width, depth)
    _hang(stage, width, depth, int(rng.integers(2, 8)))
    if rng.random() < 0.3:
        _people(stage, width, depth, int(rng.integers(1, 3)))
    _clutter(stage, supports, int(rng.integers(8, 26)))
    _lamps(stage, width, depth, height)

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
        return Pose(looking(np.array([x, y, z]), direction(yaw, pitch), roll(rng)), lens(rng, 18, 50))

    return propose


def corridor(stage: Stage) -> Proposer:
    """A corridor along y, 1.3-2.8 m wide and 7-22 m long."""
    rng = stage.rng
    width, depth, height = rng.uniform(1.3, 2.8), rng.uniform(7, 22), rng.uniform(2.2, 3.2)
    _shell(stage, width, depth, height, windows=int(rng.integers(0, 4)), doors=int(rng.integers(3, 9)))
    _furnish_walls(stage, width, depth, int(rng.integers(1, 7)), deepest=width * 0.33, sides=(1, 3))
    _hang(stage, width, depth, int(rng.integers(3, 12)))
    if rng.random() < 0.5:
        _people(stage, width, depth, int(rng.integers(1, 4)))
    count = int(depth / rng.uniform(2.5, 4.5)) + 1
    shade = stage.glow(rng.uniform(2, 8))
    for y in np.linspace(-depth / 2 + 1, depth / 2 - 1, count):
        stage.solid(shapes.box(0.25, rng.uniform(0.3, 1.2), 0.05), shade, OBJECT, (0, y, height - 0.06))
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
    _shell(stage, width, depth, height, windows=int(rng.integers(0, 3)), doors=1)
    at = (rng.uniform(-0.2, 0.2) * width, rng.uniform(-0.2, 0.2) * depth, 0)
    if rng.random() < 0.35:
        table = stage.place(stage.pick("table"), OBJECT, at, rng.uniform(0, 6.28), free=False)
    else:
        table = _plain_table(stage, at)
    _furnish_walls(stage, width, depth, int(rng.integers(3, 9)))
    _hang(stage, width, depth, int(rng.integers(1, 5)))
    _clutter(stage, [table], int(rng.integers(9, 26)), spread=0.42)
    _lamps(stage, width, depth, height)
    light.area(
        stage, (at[0] + rng.normal(0, 0.6), at[1] + rng.normal(0, 0.6), 2.2), (0, 0, -1),
        rng.uniform(10, 50), rng.uniform(0.1, 0.8),
    )
    top = float(table.high[2])

    def propose(rng: np.random.Generator) -> Pose:
        size = (table.high - table.low) * 0.25
        aim = np.array(at) + (rng.uniform(-1, 1) * size[0], rng.uniform(-1, 1) * size[1], top + 0.05)
        pitch = -np.radians(np.clip(rng.normal(28, 14), 6, 70))
        away = direction(rng.uniform(0, 6.28), pitch) * rng.uniform(0.4, 1.5)
        matrix = looking(aim - away, away + rng.normal(0, 0.05, 3), roll(rng))
        return Pose(matrix, lens(rng, 22, 60))

    return propose


def _shell(stage: Stage, width: float, depth: float, height: float, windows: int, doors: int) -> None:
    """Floor, ceiling and four walls with windows (holes with frames) and doors (shallow boxes)."""
    rng = stage.rng
    light.room_world(stage)
    floor = stage.textured(
        textures.grid(rng, str(rng.choice(["plank", "tile", "plank", "checker"])))
        if rng.random() < 0.65
        else textures.speckle(rng, textures.colour(rng), rng.uniform(0.1, 0.6), start=32, octaves=3),
        rng.uniform(0.6, 2.2),
        0.12 if rng.random() < 0.3 else 0,
    )
    stage.solid(shapes.box(width, depth, 0.1, -0.1), floor, GROUND)
    pale = textures.colour(rng, 0.15, (0.7, 1.0))
    ceiling = stage.textured(textures.speckle(rng, pale, 0.08, start=4), 2.0)
    stage.solid(shapes.box(width, depth, 0.1, height), ceiling, CEILING)
    outside = stage.textured(textures.speckle(rng, textures.colour(rng), 0.5, start=4), 8.0)
    stage.solid(shapes.box(300, 300, 0.1), outside, GROUND, (0, 0, -rng.uniform(0.5, 12)))
    skirting = stage.flat(textures.colour(rng, 0.3, (0.2, 0.95)))
    same = _wall_paper(stage)
    frame = stage.flat(textures.colour(rng, 0.3, (0.3, 1)))
    openings = [int(rng.integers(4)) for _ in range(windows)]
    leaves = [int(rng.integers(4)) for _ in range(doors)]
    if depth > 2.5 * width:
        leaves = [int(rng.choice([1, 3])) for _ in leaves]
    for side, turn in enumerate(_TURNS):
        length, off = (width, depth / 2) if side % 2 == 0 else (depth, width / 2)
        paper = same if rng.random() < 0.75 else _wall_paper(stage)
        holes = _holes(rng, length, height, openings.count(side))
        wall = stage.thing(WALL)
        away = np.array([-np.sin(turn), np.cos(turn), 0])
        at = tuple(away * (off + _WALL_DEPTH / 2))
        stage.part(wall, _wall(length, height, holes), paper, at, turn)
        for x, z, w, h in holes:
            stage.part(wall, shapes.moved(_frame(w, h), x, 0, z), frame, at, turn)
            spot = at + np.array([np.cos(turn), np.sin(turn), 0]) * x + (0, 0, z + h / 2)
            _keep_clear(stage, spot, turn, w, h)
            light.area(stage, tuple(spot), tuple(-away), rng.uniform(10, 45) * w * h, min(w, h))
        stage.solid(
            shapes.box(length, 0.02, rng.uniform(0.05, 0.14)), skirting, WALL, tuple(away * (off - 0.01)), turn
        )
        taken = [(x - w / 2, x + w / 2) for x, _, w, _ in holes]
        for _ in range(leaves.count(side)):
            wide, tall = rng.uniform(0.75, 1.0), min(rng.uniform(1.95, 2.15), height - 0.1)
            if length < wide + 0.4:
                continue
            x = rng.uniform(-1, 1) * (length - wide - 0.3) / 2
            if any(a - wide * 0.7 < x < b + wide * 0.7 for a, b in taken):
                continue
            taken.append((x - wide / 2, x + wide / 2))
            middle = away * off + np.array([np.cos(turn), np.sin(turn), 0]) * x + (0, 0, tall / 2)
            _keep_clear(stage, middle, turn, wide, tall)
            door = stage.thing(WALL)
            here = tuple(away * off)
            leaf = shapes.moved(shapes.box(wide, rng.uniform(0.03, 0.1), tall), x)
            stage.part(door, leaf, stage.flat(textures.colour(rng)), here, turn)
            jambs = [shapes.moved(shapes.box(0.08, 0.14, tall + 0.08), x + s * (wide + 0.08) / 2) for s in (-1, 1)]
            jambs.append(shapes.moved(shapes.box(wide, 0.14, 0.08, tall), x))
            jambs.append(shapes.moved(shapes.box(0.12, 0.24, 0.03, 1.0), x + wide * 0.38))
            stage.part(door, shapes.joined(*jambs), frame, here, turn)
    if windows and rng.random() < 0.6:
        light.sun(stage, rng.uniform(2, 8))


def _keep_clear(stage: Stage, middle: np.ndarray, turn: float, wide: float, tall: float) -> None:
    """No pictures and no tall furniture in front of a window or a door."""
    c, s = abs(np.cos(turn)), abs(np.sin(turn))
    reach = np.array([c * wide + s * 0.3, s * wide + c * 0.3, tall]) / 2
    stage.kept_clear.append((middle - reach, middle + reach))


def _wall_paper(stage: Stage):
    rng = stage.rng
    draw = rng.random()
    if draw < 0.55:
        base = textures.colour(rng, 0.45, (0.5, 0.98))
        return stage.textured(textures.speckle(rng, base, rng.uniform(0.03, 0.25), start=4), 2.0)
    if draw < 0.75:
        return stage.textured(textures.stripes(rng), rng.uniform(0.6, 2))
    return stage.surface(0.25, (0.8, 3))


def _holes(rng: np.random.Generator, length: float, height: float, count: int) -> list[tuple]:
    """Windows as (x of the middle, sill height, width, height), not overlapping."""
    count = min(count, int(length // 1.6))
    holes = []
    for i in range(count):
        cell = length / count
        w, h = rng.uniform(0.6, min(2.2, cell - 0.5)), rng.uniform(0.7, 1.4)
        sill = rng.uniform(0.5, 1.0)
        x = -length / 2 + cell * (i + 0.5) + rng.uniform(-0.5, 0.5) * (cell - w - 0.4)
        holes.append((x, sill, w, min(h, height - sill - 0.2)))
    return holes


def _wall(length: float, height: float, holes: list[tuple]) -> shapes.Shape:
    """A wall along x with rectangular holes, made of boxes."""
    boxes, left = [], -length / 2 - _WALL_DEPTH
    for x, z, w, h in sorted(holes):
        a = x - w / 2
        boxes.append(shapes.moved(shapes.box(a - left, _WALL_DEPTH, height), (a + left) / 2))
        boxes.append(shapes.moved(shapes.box(w, _WALL_DEPTH, z), x))
        boxes.append(shapes.moved(shapes.box(w, _WALL_DEPTH, height - z - h, z + h), x))
        left = x + w / 2
    right = length / 2 + _WALL_DEPTH
    boxes.append(shapes.moved(shapes.box(right - left, _WALL_DEPTH, height), (right + left) / 2))
    return shapes.joined(*boxes)


def _frame(w: float, h: float) -> shapes.Shape:
    bars = [shapes.moved(shapes.box(0.06, 0.08, h), x) for x in (-w / 2 + 0.03, 0, w / 2 - 0.03)]
    bars += [shapes.box(w, 0.08, 0.06), shapes.box(w, 0.08, 0.06, h - 0.06)]
    bars.append(shapes.moved(shapes.box(w + 0.16, 0.3, 0.04, -0.04), 0, -0.05))
    return shapes.joined(*bars)


def _rug(stage: Stage, width: float, depth: float) -> None:
    rng = stage.rng
    size = rng.uniform(0.3, 0.6, 2) * (width, depth)
    where = (rng.normal(0, 0.3), rng.normal(0, 0.3), 0.001)
    stage.solid(shapes.box(*size, 0.012), stage.textured(stage.photo(), 2.0, fit=True), GROUND, where)


def _furnish_walls(
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
    placed = []
    for _ in range(count * 4):
        if len(placed) >= count:
            break
        model = stage.pick("floor")
        if model.category not in (theme, "Miscellaneous") and rng.random() < 0.6:
            continue
        w, d, h = model.size
        if d > deepest:
            continue
        side = int(rng.choice(sides))
        turn = _TURNS[side]
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


def _furnish_middle(stage: Stage, width: float, depth: float) -> list[Thing]:
    """A table with chairs, or a few pieces standing free."""
    rng = stage.rng
    supports = []
    if rng.random() < 0.75 and min(width, depth) > 3.4:
        at = np.array([rng.uniform(-0.2, 0.2) * width, rng.uniform(-0.2, 0.2) * depth, 0])
        model = stage.pick("table")
        half = max(model.size[:2]) / 2
        if not stage.blocked(at - (half, half, -0.02), at + (half, half, 1)):
            table = stage.place(model, OBJECT, tuple(at), float(rng.choice(_TURNS)))
            supports.append(table)
            chair = stage.pick("chair")
            reach = (table.high - table.low)[:2] / 2 + chair.size[1] * 0.3
            for turn, step in zip(_TURNS, ((0, 1), (-1, 0), (0, -1), (1, 0)), strict=True):
                where = at + (*(np.array(step) * (reach + rng.uniform(0, 0.35))), 0)
                if rng.random() < 0.75:
                    stage.place(chair, OBJECT, tuple(where), turn + rng.normal(0, 0.25))
    for _ in range(int(rng.integers(1, 6))):
        model = stage.pick(str(rng.choice(["chair", "floor"])))
        half = np.hypot(*model.size[:2]) / 2
        reach = np.array([width, depth]) / 2 - half - 0.1
        if reach.min() <= 0:
            continue
        at = np.array([*(rng.uniform(-1, 1, 2) * reach), 0])
        if not stage.blocked(at - (half, half, -0.02), at + (half, half, model.size[2])):
            supports.append(stage.place(model, OBJECT, tuple(at), rng.uniform(0, 6.28)))
    return [thing for thing in supports if 0.3 < thing.high[2] < 1.3]


def _hang(stage: Stage, width: float, depth: float, count: int) -> None:
    """Pictures (photos in frames), shelves and wall pieces."""
    rng = stage.rng
    for _ in range(count):
        side = int(rng.integers(4))
        turn = _TURNS[side]
        length, off = (width, depth / 2) if side % 2 == 0 else (depth, width / 2)
        wide, tall, z = rng.uniform(0.25, 1.1), rng.uniform(0.25, 0.9), rng.uniform(1.2, 1.7)
        if length < wide + 0.3:
            continue
        x = rng.uniform(-1, 1) * (length - wide) / 2
        c, s = np.cos(turn), np.sin(turn)
        y = off - 0.02
        at = np.array([x * c - y * s, x * s + y * c, z])
        reach = np.array([abs(c) * wide + abs(s) * 0.1, abs(s) * wide + abs(c) * 0.1, 0]) / 2
        if stage.blocked(at - reach, at + reach + (0, 0, tall)):
            continue
        thing = stage.thing(OBJECT)
        if rng.random() < 0.7:
            stage.part(thing, shapes.box(wide, 0.03, tall), stage.textured(stage.photo(), fit=True), tuple(at), turn)
            bars = [shapes.moved(shapes.box(0.03, 0.05, tall), k * wide / 2) for k in (-1, 1)]
            bars += [shapes.box(wide, 0.05, 0.03), shapes.box(wide, 0.05, 0.03, tall - 0.03)]
            stage.part(thing, shapes.joined(*bars), stage.flat(textures.colour(rng)), tuple(at), turn)
        else:
            board = shapes.moved(shapes.box(wide, 0.24, 0.025), 0, -0.1)
            stage.part(thing, board, stage.textured(textures.wood(rng), 1.0), tuple(at), turn)
            _books(stage, thing, at + (0, 0, 0.025), turn, wide)


def _books(stage: Stage, thing: Thing, at: np.ndarray, turn: float, wide: float) -> None:
    rng = stage.rng
    x = -wide / 2 + 0.02
    while x < wide / 2 - 0.06 and rng.random() < 0.95:
        thick = rng.uniform(0.015, 0.05)
        book = shapes.box(thick, rng.uniform(0.12, 0.18), rng.uniform(0.16, 0.27))
        cover = stage.flat(textures.colour(rng, 0.8))
        stage.part(thing, shapes.moved(book, x + thick / 2, -0.1), cover, tuple(at), turn)
        x += thick + (0.002 if rng.random() < 0.85 else rng.uniform(0.03, 0.15))


def _people(stage: Stage, width: float, depth: float, count: int) -> None:
    rng = stage.rng
    for _ in range(count * 3):
        at = np.array([rng.uniform(-0.4, 0.4) * width, rng.uniform(-0.4, 0.4) * depth, 0])
        if stage.blocked(at - (0.3, 0.3, -0.02), at + (0.3, 0.3, 1.8)):
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
    cloth = stage.textured(textures.any_surface(rng), 0.6) if rng.random() < 0.5 else stage.flat(textures.colour(rng, 0.8))
    trousers = stage.flat(textures.colour(rng, 0.6, (0.05, 0.7)))
    for shape, material in zip(shapes.person(rng), (trousers, cloth, stage.flat(skin)), strict=True):
        stage.part(thing, shape, material, at, turn, smooth=True)


def _plain_table(stage: Stage, at: tuple) -> Thing:
    rng = stage.rng
    w, d, h = rng.uniform(0.8, 1.8), rng.uniform(0.6, 1.1), rng.uniform(0.6, 0.95)
    thing = stage.thing(OBJECT)
    turn = rng.uniform(0, 6.28)
    top = stage.textured(textures.wood(rng), rng.uniform(0.5, 1.5), 0.15) if rng.random() < 0.5 else stage.surface(0.25)
    stage.part(thing, shapes.box(w, d, 0.04, h - 0.04), top, at, turn)
    legs = [
        shapes.moved(shapes.box(0.06, 0.06, h - 0.04), x * (w / 2 - 0.05), y * (d / 2 - 0.05))
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    stage.part(thing, shapes.joined(*legs), stage.flat(textures.colour(rng)), at, turn)
    return thing


def _clutter(stage: Stage, supports: list[Thing], count: int, spread: float = 0.44) -> None:
    """Small things on the supports, each only where the surface below is flat and level."""
    rng = stage.rng
    if not supports:
        return
    for _ in range(count * 2):
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
        spots = [stage.top(x + dx * radius, y + dy * radius, above) for dx, dy in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))]
        if any(spot is None or spot[1] < 0.95 for spot in spots):
            continue
        heights = [spot[0] for spot in spots if spot is not None]
        if max(heights) - min(heights) > 0.008 or max(heights) < 0.25:
            continue
        at = (x, y, max(heights) + 0.0005)
        if any(
            thing.free and thing is not support
            and bool(np.all(thing.low[:2] < (x + radius, y + radius)) and np.all(thing.high[:2] > (x - radius, y - radius)))
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
        stage.solid(shapes.bottle(rng), stage.surface(0.1, (0.1, 0.4)), OBJECT, at, turn, True, True)
    elif kind == 1:
        ball = shapes.sphere(radius * 0.8, 20)
        stage.solid(ball, stage.surface(0.3, (0.1, 0.4)), OBJECT, at, turn, True, True)
    elif kind == 2:
        pile = stage.thing(OBJECT, free=True)
        z = 0.0
        for _ in range(int(rng.integers(1, 6))):
            thick = rng.uniform(0.008, 0.04)
            book = shapes.box(radius * rng.uniform(1.1, 1.4), radius * rng.uniform(0.8, 1.2), thick, z)
            stage.part(pile, book, stage.surface(0.4, (0.1, 0.3)), at, turn + rng.normal(0, 0.15))
            z += thick
    else:
        tall = rng.uniform(0.03, 0.3)
        shape = shapes.box(radius * 1.3, radius * rng.uniform(0.5, 1.3), tall)
        if kind == 4:
            shape = shapes.cylinder(radius * 0.7, tall, radius * rng.uniform(0.3, 0.9), 24)
        fit = rng.random() < 0.5
        skin = stage.textured(stage.photo(), fit=True) if fit else stage.surface(0.2, (0.08, 0.4))
        stage.solid(shape, skin, OBJECT, at, turn, True)


def _lamps(stage: Stage, width: float, depth: float, height: float) -> None:
    """One to three ceiling lamps that are seen and give light."""
    rng = stage.rng
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(-0.35, 0.35) * width, rng.uniform(-0.35, 0.35) * depth
        drop = rng.uniform(0.03, 0.5) if height > 2.6 else 0.03
        radius = rng.uniform(0.08, 0.25)
        lamp = stage.thing(OBJECT)
        shade = shapes.cylinder(radius, 0.12, radius * rng.uniform(0.4, 1))
        glow = stage.glow(rng.uniform(1.5, 6), tuple(np.clip(rng.normal((1, 0.9, 0.75), 0.05), 0, 1)))
        stage.part(lamp, shade, glow, (x, y, height - drop - 0.12))
        cord = shapes.cylinder(0.01, drop, segments=6)
        stage.part(lamp, cord, stage.flat(np.array([0.1, 0.1, 0.1])), (x, y, height - drop))
        light.bulb(stage, (x, y, height - drop - 0.3), rng.uniform(20, 110))
