# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""Upright things that stand close to a camera in rooms: columns, plinths, chairs, stools, pots."""

from collections.abc import Callable

import numpy as np

from . import bodies, furniture, shapes, textures, wheeled
from .palette import tone
from .stage import Stage
from .street_furniture import Part, bin_, crates, mineral, part, planter


def column(stage: Stage) -> list[Part]:
    """A round or square column, higher than a room is."""
    rng = stage.rng
    r = rng.uniform(0.08, 0.22)
    skin = stage.flat(tone(rng, "wall")) if rng.random() < 0.5 else mineral(stage)
    h = stage.memo.get("room height", 2.4) - 0.002
    if rng.random() < 0.5:
        return [part(shapes.box(2 * r, 2 * r, h), skin)]
    rows = [
        [1.35, 0],
        [1.35, 0.06],
        [1.15, 0.1],
        [1, 0.13],
        [0.9, h - 0.1],
        [1.2, h - 0.05],
        [1.2, h],
    ]
    return [part(shapes.lathe(np.array(rows) * (r, 1), 24), skin, True)]


def plinth(stage: Stage) -> list[Part]:
    """A plinth with a vase, a ball or a stone on it."""
    rng = stage.rng
    w, h = rng.uniform(0.22, 0.42), rng.uniform(0.6, 1.2)
    body = shapes.box(w, w, h)
    ledge = shapes.joined(
        shapes.box(w * 1.15, w * 1.15, 0.05), shapes.box(w * 1.12, w * 1.12, 0.04, h)
    )
    skin = mineral(stage) if rng.random() < 0.5 else stage.furniture_skin()
    draw = rng.random()
    if draw < 0.5:
        top = bodies.bottle(rng)
        top = top[0] * rng.uniform(1.0, 2.0), top[1]
    elif draw < 0.75:
        top = shapes.sphere(w * rng.uniform(0.25, 0.45), 20)
    else:
        top = shapes.moved(shapes.blob(rng, w * 0.4, 0.3, 16), z=w * 0.3)
    return [
        part(shapes.joined(body, ledge), skin),
        part(shapes.moved(top, z=h + 0.04), stage.surface(0, (0.2, 0.6)), True),
    ]


def stool(stage: Stage) -> list[Part]:
    rng = stage.rng
    h, r = rng.uniform(0.42, 0.8), rng.uniform(0.15, 0.22)
    seat = shapes.moved(shapes.cylinder(r, 0.04, segments=20), z=h - 0.04)
    legs = [
        shapes.rod(
            np.array([np.cos(a) * r * 1.1, np.sin(a) * r * 1.1, 0]),
            np.array([np.cos(a) * r * 0.6, np.sin(a) * r * 0.6, h - 0.03]),
            0.014,
        )
        for a in (0.4, 1.97, 3.54, 5.11)
    ]
    return [part(seat, stage.furniture_skin()), part(shapes.joined(*legs), stage.furniture_skin())]


def _of_role(role: str) -> Callable[[Stage], list[Part]]:
    def make(stage: Stage) -> list[Part]:
        piece = furniture.piece(stage.rng, role)
        assert piece is not None
        body, detail = furniture.skins(stage, piece.kind)
        parts = [part(piece.body, body)]
        return parts if piece.detail is None else [*parts, part(piece.detail, detail)]

    return make


chair = _of_role("chair")
thin = _of_role("thin")


def lamp(stage: Stage) -> list[Part]:
    """A lamp for the floor, unlit, with a wide shade."""
    rng = stage.rng
    h, r = rng.uniform(1.1, 1.7), rng.uniform(0.12, 0.25)
    shade = shapes.moved(shapes.cylinder(r, 0.26, r * 0.7, 24), z=h - 0.26)
    pole = shapes.joined(shapes.cylinder(0.015, h, segments=8), shapes.cylinder(0.14, 0.025))
    cloth = stage.textured(textures.speckle(rng, tone(rng, "wall"), 0.1, start=32), 0.5)
    return [part(shade, cloth, True), part(pole, stage.flat(tone(rng, "metal")))]


ROOM: dict[Callable[[Stage], list[Part]], float] = {
    column: 1.5,
    plinth: 1.5,
    stool: 1.5,
    chair: 3,
    thin: 1.5,
    lamp: 1,
    planter: 1.2,
    bin_: 0.4,
    crates: 0.8,
    wheeled.bicycle: 0.3,
    wheeled.trolley: 0.6,
    wheeled.pram: 0.3,
}
