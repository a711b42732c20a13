# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell of a room: floor, walls with windows and doors, ceiling, lamps. Centred on the origin,
floor at z = 0."""

import numpy as np

from . import light, shapes, textures
from .backdrop import outside
from .palette import tone
from .stage import CEILING, GROUND, OBJECT, WALL, Stage

TURNS = (0.0, np.pi / 2, np.pi, -np.pi / 2)
"""Wall 0 lies at +y, 1 at -x, 2 at -y, 3 at +x; a front (-y) turned by this looks inward."""
_WALL_DEPTH = 0.15


def shell(
    stage: Stage, width: float, depth: float, height: float, windows: int, doors: int
) -> None:
    """Floor, ceiling and four walls with windows (holes with frames) and doors (shallow boxes)."""
    rng = stage.rng
    light.room_world(stage)
    kinds = ["plank", "tile", "checker", "carpet"]
    kind = str(rng.choice(kinds, p=[0.45, 0.22, 0.06, 0.27]))
    if kind == "carpet":
        weave = textures.speckle(
            rng, tone(rng, "carpet"), rng.uniform(0.1, 0.4), start=32, octaves=3
        )
        floor = stage.textured(weave, rng.uniform(0.6, 2.2), vary=rng.uniform(0, 0.2))
    else:
        gloss = rng.uniform(0.05, 0.3) if rng.random() < 0.4 else 0.0
        floor = stage.textured(textures.grid(rng, kind), rng.uniform(0.8, 2.2), gloss)
    stage.solid(shapes.box(width, depth, 0.1, -0.1), floor, GROUND)
    pale = np.full(3, rng.uniform(0.75, 0.97)) if rng.random() < 0.8 else tone(rng, "wall")
    ceiling = stage.textured(textures.speckle(rng, pale, 0.08, start=4), 2.0)
    stage.solid(shapes.box(width, depth, 0.1, height), ceiling, CEILING)
    if windows:
        outside(stage, max(width, depth))
    white = rng.random() < 0.6
    skirting = stage.flat(np.full(3, 0.9) if white else tone(rng, "paint"))
    same = _wall_paper(stage)
    frame = stage.flat(np.full(3, rng.uniform(0.8, 0.95)) if white else tone(rng, "wood"))
    leaf_skin = frame if rng.random() < 0.5 else stage.flat(tone(rng, "paint"))
    lit: list[np.ndarray] = []
    openings = [int(rng.integers(4)) for _ in range(windows)]
    leaves = [int(rng.integers(4)) for _ in range(doors)]
    if depth > 2.5 * width:
        leaves = [int(rng.choice([1, 3])) for _ in leaves]
    for side, turn in enumerate(TURNS):
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
            lit.append(away)
            if rng.random() < 0.45:
                _curtains(stage, x, z, w, h, off, turn, height)
            if rng.random() < 0.4 and z > 0.6:
                _radiator(stage, x, z, w, off, turn)
        stage.solid(
            shapes.box(length, 0.02, rng.uniform(0.05, 0.14)),
            skirting,
            WALL,
            tuple(away * (off - 0.01)),
            turn,
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
            stage.part(door, leaf, leaf_skin, here, turn)
            jambs = [
                shapes.moved(shapes.box(0.08, 0.14, tall + 0.08), x + s * (wide + 0.08) / 2)
                for s in (-1, 1)
            ]
            jambs.append(shapes.moved(shapes.box(wide, 0.14, 0.08, tall), x))
            jambs.append(shapes.moved(shapes.box(0.12, 0.24, 0.03, 1.0), x + wide * 0.38))
            stage.part(door, shapes.joined(*jambs), frame, here, turn)
    if lit and rng.random() < 0.65:
        light.sun(stage, rng.uniform(3, 14), toward=lit[int(rng.integers(len(lit)))])


def _curtains(
    stage: Stage, x: float, z: float, w: float, h: float, off: float, turn: float, height: float
) -> None:
    """A wavy sheet on either side of a window, or across a part of it."""
    rng = stage.rng
    drop = rng.uniform(0.02, 0.15) if rng.random() < 0.6 else z - 0.1
    top = min(z + h + 0.15, height - 0.02)
    weave = textures.stripes(rng, "cloth") if rng.random() < 0.2 else None
    pale = tone(rng, "wall" if rng.random() < 0.6 else "cloth")
    cloth = stage.flat(pale) if weave is None else stage.textured(weave, 0.8)
    c, s = np.cos(turn), np.sin(turn)
    at = (-s * (off - 0.09), c * (off - 0.09), 0.0)
    thing = stage.thing(OBJECT)
    for side in (-1, 1):
        wide = w * rng.uniform(0.15, 0.55)
        u = np.linspace(0, 1, 40)
        along = x + side * (w / 2 + 0.12 - u * wide)
        fold = 0.035 * np.sin(u * wide * rng.uniform(35, 60)) * rng.uniform(0.5, 1)
        low = np.column_stack([along, fold, np.full(40, drop)])
        high = np.column_stack([along, fold * 0.6, np.full(40, top)])
        points = np.vstack([low, high])
        sheet = points, [[i, i + 1, i + 41, i + 40] for i in range(39)]
        stage.part(thing, sheet, cloth, at, turn, smooth=True)
    rail = shapes.rod(
        np.array([x - w / 2 - 0.2, 0, top]), np.array([x + w / 2 + 0.2, 0, top]), 0.012
    )
    stage.part(thing, rail, stage.flat(tone(rng, "metal")), at, turn)


def _radiator(stage: Stage, x: float, z: float, w: float, off: float, turn: float) -> None:
    ribs = [
        shapes.moved(shapes.box(0.03, 0.09, z - 0.28, 0.12), x + u)
        for u in np.arange(-w * 0.4, w * 0.4, 0.055)
    ]
    ribs.append(shapes.moved(shapes.box(w * 0.8, 0.05, 0.04, 0.14), x))
    white = stage.flat(np.full(3, stage.rng.uniform(0.8, 0.95)))
    at = (-np.sin(turn) * (off - 0.07), np.cos(turn) * (off - 0.07), 0.0)
    stage.solid(shapes.joined(*ribs), white, OBJECT, at, turn)


def _keep_clear(stage: Stage, middle: np.ndarray, turn: float, wide: float, tall: float) -> None:
    """No pictures and no tall furniture in front of a window or a door."""
    c, s = abs(np.cos(turn)), abs(np.sin(turn))
    reach = np.array([c * wide + s * 0.3, s * wide + c * 0.3, tall]) / 2
    stage.kept_clear.append((middle - reach, middle + reach))


def _wall_paper(stage: Stage):
    rng = stage.rng
    draw = rng.random()
    if draw < 0.45:
        return stage.flat(tone(rng, "wall"))
    if draw < 0.82:
        base = tone(rng, "wall")
        plaster = textures.speckle(rng, base, rng.uniform(0.02, 0.14), start=4)
        return stage.textured(plaster, 2.0, vary=rng.uniform(0, 0.15))
    if draw < 0.9:
        return stage.textured(textures.stripes(rng, "wall"), rng.uniform(0.6, 2))
    if draw < 0.95:
        return stage.textured(textures.grid(rng, "brick" if draw < 0.92 else "tile"), 1.2)
    return stage.surface(0.3, (0.8, 3))


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


def rug(stage: Stage, width: float, depth: float) -> None:
    rng = stage.rng
    size = rng.uniform(0.3, 0.6, 2) * (width, depth)
    where = (rng.normal(0, 0.3), rng.normal(0, 0.3), 0.001)
    draw = rng.random()
    weave = stage.photo() if draw < 0.07 else textures.stripes(rng)
    if draw > 0.5:
        weave = textures.speckle(rng, tone(rng, "carpet"), rng.uniform(0.2, 0.7), start=16)
    cloth = stage.textured(weave, 2.0, fit=True)
    stage.solid(shapes.box(size[0], size[1], 0.012), cloth, GROUND, where)


def ceiling_lamps(stage: Stage, width: float, depth: float, height: float) -> None:
    """One to three ceiling lamps that are seen and give light."""
    rng = stage.rng
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(-0.35, 0.35) * width, rng.uniform(-0.35, 0.35) * depth
        drop = rng.uniform(0.03, 0.5) if height > 2.6 else 0.03
        radius = rng.uniform(0.08, 0.25)
        lamp = stage.thing(OBJECT)
        shade = shapes.cylinder(radius, 0.12, radius * rng.uniform(0.4, 1))
        glow = stage.glow(
            rng.uniform(1.5, 6), tuple(np.clip(rng.normal((1, 0.9, 0.75), 0.05), 0, 1))
        )
        stage.part(lamp, shade, glow, (x, y, height - drop - 0.12))
        cord = shapes.cylinder(0.01, drop, segments=6)
        stage.part(lamp, cord, stage.flat(np.array([0.1, 0.1, 0.1])), (x, y, height - drop))
        light.bulb(stage, (x, y, height - drop - 0.3), rng.uniform(20, 110))
