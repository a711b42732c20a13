# SPDX-License-Identifier: GPL-3.0-or-later
"""House fronts along a street: windows, doors, shops with signs, balconies, bands, roofs."""

import numpy as np

from . import glass, shapes, textures
from .frontage import Front, ground_floor
from .palette import tone
from .planting import plant_tree
from .stage import WALL, Stage


def facades(stage: Stage, side: int, edge: float, far: float) -> None:
    """A row of houses along y on one side, with gaps."""
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
            close=abs(y + wide / 2) < 0.5 * far,
        )
        y += wide + (0 if rng.random() < 0.7 else rng.uniform(0.5, 4))


def _building(
    stage: Stage, at: tuple, side: int, wide: float, deep: float, tall: float, close: bool
) -> None:
    """A box with rows of windows, sills, a door, sometimes a gable roof, balconies or an awning;
    ``close``: it may be seen from near by."""
    rng = stage.rng
    thing = stage.thing(WALL)
    place = (at[0], at[1], 0.0)
    stage.part(thing, shapes.box(deep, wide, tall), _front_skin(stage), place)
    if rng.random() < 0.4:
        points, faces = shapes.gable_roof(wide, deep, rng.uniform(1.5, 4), tall)
        tiles = textures.speckle(rng, tone(rng, "roof"), 0.4, start=16)
        roof = shapes.moved((points, faces), turn=np.pi / 2)
        stage.part(thing, roof, stage.textured(tiles, 1.5), place)
        stack = shapes.box(0.6, 0.9, 3.0, tall)
        brick = stage.textured(textures.grid(rng, "brick"), 1.0)
        stage.part(thing, shapes.moved(stack, 0, rng.uniform(-0.3, 0.3) * wide), brick, place)
    face = -side * deep / 2
    storey = rng.uniform(2.6, 3.8)
    floors = max(1, int(tall / storey))
    count = max(1, int(wide / rng.uniform(1.6, 3.2)))
    w, h = rng.uniform(0.7, 1.4), rng.uniform(1.0, 1.9)
    frames, extras = [], []
    panes: list[list[shapes.Shape]] = [[], [], []]
    shopfront = rng.random() < 0.35
    door_at = int(rng.integers(count))
    low_windows = []
    for floor in range(floors):
        for i in range(count):
            y = -wide / 2 + wide * (i + 0.5) / count
            z = floor * storey + 0.9
            ww, hh = w, min(h, storey - 1.1)
            if floor == 0 and i == door_at:
                z, hh = 0.1, 2.1
            elif floor == 0 and shopfront:
                z, ww, hh = 0.5, wide / count * 0.85, storey - 1.0
            if floor == 0 and i != door_at:
                low_windows.append((y, ww, z, hh))
            which = int(rng.choice(3, p=[0.6, 0.25, 0.15]))
            panes[which].append(shapes.moved(shapes.box(0.04, ww, hh), face, y, z))
            if hh > 1.1 and not (floor == 0 and shopfront):
                frames.append(shapes.moved(shapes.box(0.1, 0.05, hh), face, y, z))
            for dy in (-ww / 2, ww / 2):
                frames.append(shapes.moved(shapes.box(0.16, 0.09, hh), face, y + dy, z))
            frames.append(shapes.moved(shapes.box(0.3, ww + 0.2, 0.07), face, y, z - 0.07))
            frames.append(shapes.moved(shapes.box(0.16, ww + 0.1, 0.09), face, y, z + hh))
            if floor > 0 and rng.random() < 0.12:
                front = shapes.moved(shapes.box(0.05, ww + 0.8, 0.9), -side * 0.5)
                if rng.random() < 0.6:  # bars in place of a wall
                    front = shapes.joined(
                        shapes.moved(shapes.box(0.05, ww + 0.8, 0.05, 0.95), -side * 0.5),
                        *[
                            shapes.moved(shapes.box(0.025, 0.025, 0.9, 0.1), -side * 0.5, u)
                            for u in np.arange(-ww / 2 - 0.4, ww / 2 + 0.4, 0.16)
                        ],
                    )
                rail = shapes.joined(shapes.box(1.0, ww + 0.8, 0.12), front)
                extras.append(shapes.moved(rail, face - side * 0.5, y, z - 0.15))
    if shopfront and rng.random() < 0.6:
        extras.append(
            shapes.moved(shapes.box(1.6, wide * 0.8, 0.08), face - side * 0.7, 0, storey - 0.35)
        )
    extras.append(shapes.moved(shapes.box(0.3, wide, 0.35), face, 0, tall - 0.35))
    if rng.random() < 0.5:  # bands between the storeys
        extras += [
            shapes.moved(shapes.box(0.14, wide, 0.18), face, 0, k * storey)
            for k in range(1, floors)
        ]
    for shade, group in zip(((0.02, 0.12), (0.15, 0.4), (0.5, 0.85)), panes, strict=True):
        if group:
            memo = stage.memo.setdefault(f"glass {shade}", [])
            if len(memo) > 1:
                stage.part(thing, shapes.joined(*group), memo[int(rng.integers(2))], place)
                continue
            tint = np.full(3, rng.uniform(*shade)) * rng.uniform(0.9, 1.1, 3)
            tint = np.clip(tint, 0, 1).astype(np.float32)
            if shade[0] < 0.5:
                memo.append(glass.window(stage, tint))
            else:  # curtains, blinds
                memo.append(stage.textured(textures.speckle(rng, tint, 0.5, start=2), 4.0))
            stage.part(thing, shapes.joined(*group), memo[-1], place)
    trim = np.full(3, 0.9) if rng.random() < 0.4 else tone(rng, "paint")
    stage.part(thing, shapes.joined(*frames), stage.flat(trim), place)
    stage.part(thing, shapes.joined(*extras), stage.flat(tone(rng, "facade")), place)
    if close:
        middle = -wide / 2 + wide * (door_at + 0.5) / count
        mine = Front(side, at[0] + face, at[1], wide, at[1] + middle)
        stage.memo.setdefault("house fronts", []).append(mine)
        if rng.random() < 0.8:
            if shopfront:
                low_windows = []
            ground_floor(stage, thing, place, mine, tall, (middle, w), low_windows)
    if shopfront:
        for _ in range(int(rng.integers(1, 4))):
            long, high = rng.uniform(0.8, max(1.0, wide * 0.7)), rng.uniform(0.4, 0.9)
            sign = shapes.moved(
                shapes.box(0.1, long, high), face - side * 0.1, 0, storey - 0.2 - high / 2
            )
            y = rng.uniform(-0.5, 0.5) * (wide - long)
            board = stage.textured(textures.signboard(rng), fit=True)
            stage.part(thing, sign, board, (place[0], place[1] + y, 0.0))


def _front_skin(stage: Stage):
    """Brick, plaster or slabs: one of the eight skins of this street."""
    rng = stage.rng
    kept = stage.memo.setdefault("fronts", [])
    if len(kept) < 8:
        kept.append(_new_front_skin(stage))
        return kept[-1]
    return kept[int(rng.integers(8))]


def _new_front_skin(stage: Stage):
    rng = stage.rng
    kind = rng.random()
    if kind < 0.35:
        return stage.textured(textures.grid(rng, "brick"), rng.uniform(0.8, 1.6), vary=0.25)
    if kind < 0.9:
        plaster = textures.speckle(rng, tone(rng, "facade"), rng.uniform(0.05, 0.25), start=2)
        return stage.textured(plaster, 5, vary=rng.uniform(0.05, 0.3))
    return stage.textured(textures.grid(rng, "tile"), rng.uniform(1.5, 4), vary=0.15)
