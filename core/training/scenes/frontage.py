# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""The lowest two metres of a house front, seen from across the pavement: a plinth with cellar
windows behind bars, a door with panels and steps, grilles, pipes; what leans on it; and such views.
"""

from dataclasses import dataclass

import numpy as np

from . import nearby, shapes, textures, wheeled
from . import street_furniture as street
from .palette import tone
from .poses import Pose, direction, lens, looking, roll
from .shapes import Shape
from .stage import Stage, Thing

_LEANING = {
    wheeled.bicycle: 6,
    street.planter: 2,
    street.crates: 1,
    street.a_board: 1,
    street.bin_: 1,
    street.bench: 1,
    wheeled.scooter: 1,
    wheeled.trolley: 0.5,
}


@dataclass(frozen=True)
class Front:
    """A house front along y: its outer face lies at ``x``, the house on its ``side`` (-1 or 1)."""

    side: int
    x: float
    y: float
    wide: float
    door: float
    """Where the door's middle is, along y."""


def ground_floor(
    stage: Stage,
    thing: Thing,
    place: tuple,
    front: Front,
    tall: float,
    door: tuple[float, float],
    windows: list[tuple[float, float, float, float]],
) -> None:
    """Dress the foot of a house whose middle is ``place``: ``door`` = (y, width), ``windows`` =
    (y, width, sill, height), all beside that middle."""
    rng = stage.rng
    face, out, wide = front.x - place[0], -front.side, front.wide
    high, thick = rng.uniform(0.3, 0.85), rng.uniform(0.05, 0.14)
    stone: list[Shape] = []
    dark: list[Shape] = []
    iron: list[Shape] = []
    spans = [(door[0] - door[1] / 2 - 0.12, door[0] + door[1] / 2 + 0.12)]
    cellars = rng.random() < 0.6
    for y, w, sill, tall_window in windows:
        if cellars and sill > 0.6 and abs(y - door[0]) > door[1] + 0.2:
            w = min(w, 1.3)
            low, top = high * 0.22, high * rng.uniform(0.7, 0.9)
            spans.append((y - w / 2, y + w / 2))
            for z, tall_part in ((0, low), (top, high - top)):
                stone.append(_slab(face, out, thick, y, w, z, tall_part))
            dark.append(_slab(face, out, 0.012, y, w, low, top - low))
            gap = rng.uniform(0.07, 0.14)
            iron += _grille(face + out * thick * 0.6, y, w, low, top - low, gap)
        if rng.random() < 0.3 and sill > 0.4:
            gap = rng.uniform(0.1, 0.16)
            iron += _grille(face + out * 0.17, y, w, sill, tall_window, gap)
    left = -wide / 2
    for a, b in [*sorted(spans), (wide / 2, wide / 2)]:
        if a > left:
            stone.append(_slab(face, out, thick, (a + left) / 2, a - left, 0, high))
        left = max(left, b)
    leaf, more = _door(rng, face, out, *door)
    stone += more
    if rng.random() < 0.6:  # a rain pipe
        y = rng.choice([-1, 1]) * (wide / 2 - 0.15)
        iron.append(shapes.moved(shapes.cylinder(0.045, tall, segments=10), face + out * 0.07, y))
    if rng.random() < 0.4:  # a meter's cupboard, a house number
        y = door[0] + rng.choice([-1, 1]) * (door[1] / 2 + rng.uniform(0.3, 0.6))
        iron.append(_slab(face, out, 0.1, y, 0.25, rng.uniform(0.9, 1.4), 0.35))
    stage.part(thing, shapes.joined(*stone), _stone(stage), place)
    stage.part(thing, shapes.joined(*leaf), stage.furniture_skin(), place)
    if dark:
        stage.part(
            thing, shapes.joined(*dark), stage.flat(np.full(3, rng.uniform(0.03, 0.12))), place
        )
    if iron:
        stage.part(thing, shapes.joined(*iron), stage.flat(tone(rng, "metal") * 0.6), place)


def _stone(stage: Stage):
    """One of three kinds in a street."""
    kept = stage.memo.setdefault("plinths", [])
    if len(kept) < 3:
        rng = stage.rng
        rough = textures.speckle(rng, tone(rng, "stone"), rng.uniform(0.1, 0.4), start=16)
        kept.append(stage.textured(rough, rng.uniform(0.8, 2), vary=rng.uniform(0.1, 0.4)))
        return kept[-1]
    return kept[int(stage.rng.integers(3))]


def _slab(face: float, out: int, thick: float, y: float, w: float, z: float, h: float) -> Shape:
    """A box on the wall, its back in the wall's face."""
    return shapes.moved(shapes.box(thick, w, h, z), face + out * thick / 2, y)


def _grille(x: float, y: float, w: float, z: float, h: float, gap: float) -> list[Shape]:
    bars = [
        shapes.moved(shapes.box(0.016, 0.016, h, z), x, y + u)
        for u in np.arange(-w / 2 + gap / 2, w / 2, gap)
    ]
    rows = np.linspace(z + 0.05, z + h - 0.05, 3 if h > 0.8 else 2)
    return bars + [shapes.moved(shapes.box(0.02, w, 0.025, r), x, y) for r in rows]


def _door(
    rng: np.random.Generator, face: float, out: int, y: float, w: float
) -> tuple[list[Shape], list[Shape]]:
    """(leaf with panels, jambs with lintel and steps)."""
    low, high = 0.12, 2.2
    leaf = [_slab(face, out, 0.05, y, w, low, high - low)]
    columns, rows = (2 if w > 0.8 else 1), int(rng.integers(2, 4))
    for i in range(columns):
        for k in range(rows):
            yy = y - w / 2 + w * (i + 0.5) / columns
            z, tall = low + (high - low) * (k + 0.12) / rows, (high - low) / rows * 0.76
            leaf.append(_slab(face, out, 0.07, yy, w / columns * 0.72, z, tall))
    leaf.append(_slab(face, out, 0.13, y + w * 0.4, 0.03, 1.05, 0.12))
    deep, post = rng.uniform(0.1, 0.2), rng.uniform(0.1, 0.24)
    frame = [_slab(face, out, deep, y + s * (w + post) / 2, post, 0, high) for s in (-1, 1)]
    frame.append(_slab(face, out, deep * 1.2, y, w + 2 * post + 0.1, high, rng.uniform(0.12, 0.3)))
    steps, deep = int(rng.integers(0, 4)), rng.uniform(0.24, 0.32)
    for k in range(steps):
        reach = deep * (steps - k) + 0.1
        frame.append(_slab(face, out, reach, y, w + 0.3 + 0.1 * (steps - k), k * 0.15, 0.15))
    return leaf, frame


def lean_things(stage: Stage, fronts: list[Front], kerb: float) -> list[tuple[Front, float]]:
    """Two to six bicycles, pots, benches against the fronts; returns where, along y."""
    rng = stage.rng
    weights = np.array(list(_LEANING.values()))
    found = []
    for _ in range(int(rng.integers(2, 7)) if fronts else 0):
        front = fronts[int(rng.integers(len(fronts)))]
        maker = list(_LEANING)[int(rng.choice(len(_LEANING), p=weights / weights.sum()))]
        y = front.y + rng.uniform(-0.4, 0.4) * front.wide
        if abs(y - front.door) < 1.4:
            continue
        turn, lean, off = -front.side * np.pi / 2 + rng.normal(0, 0.05), 0.0, 0.45
        if maker in (wheeled.bicycle, wheeled.scooter):
            lean = np.radians(rng.uniform(4, 11))
            off = 0.33 + 0.95 * np.sin(lean)
            if rng.random() < 0.5:
                turn, lean = turn + np.pi, -lean
        elif maker is wheeled.trolley:
            turn += np.pi / 2
        at = np.array([front.x - front.side * (off + 0.15), y, kerb])
        ground = stage.top(at[0], at[1], 0.6)  # of houses that stand back: the street's, not kerb
        if ground is None or ground[0] > kerb + 0.01:
            continue
        at[2] = ground[0]
        if stage.blocked(at - (0.3, 0.9, -0.05), at + np.array([0.3, 0.9, 1.0])):
            continue
        nearby.stand(stage, maker, tuple(at), turn, lean)
        found.append((front, y))
    return found


def square_view(
    rng: np.random.Generator,
    fronts: list[Front],
    leaning: list[tuple[Front, float]],
    edge: float,
    kerb: float,
) -> Pose:
    """A look at a house front from 3-8 m, across the pavement or the street."""
    if leaning and rng.random() < 0.6:
        front, y = leaning[int(rng.integers(len(leaning)))]
    else:
        front = fronts[int(rng.integers(len(fronts)))]
        y = front.y + rng.uniform(-0.5, 0.5) * front.wide
    away = min(rng.uniform(2.8, 8.0), 2 * edge - 0.8)
    where = np.array([front.x - front.side * away, y + rng.normal(0, 0.8), kerb])
    where[2] += rng.uniform(0.9, 1.75)
    yaw = (0.0 if front.side > 0 else np.pi) + rng.normal(0, np.radians(15))
    way = direction(yaw, np.radians(rng.normal(-4, 5)))
    return Pose(looking(where, way, roll(rng)), lens(rng, 20, 50), squarely=True)
