# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""People (alone, in groups, sitting, walking) and cars, of the catalogue or made here."""

import bpy
import numpy as np

from . import bodies, humans, models, shapes, textures
from .palette import tone
from .stage import OBJECT, PERSON, VEHICLE, Stage, Thing

_BODIES = 6  # different bodies in a scene; more people wear other clothes on one of these


def people(stage: Stage, width: float, depth: float, count: int) -> None:
    """That many people on free floor of a room centred on the origin."""
    rng = stage.rng
    for _ in range(count * 4):
        at = np.array([rng.uniform(-0.42, 0.42) * width, rng.uniform(-0.42, 0.42) * depth, 0])
        if stage.blocked(at - (0.25, 0.25, -0.02), at + np.array([0.25, 0.25, 1.8])):
            continue
        stand_person(stage, tuple(at))
        count -= 1
        if count <= 0:
            return


def group(stage: Stage, at: tuple, count: int) -> None:
    """People who stand or walk together."""
    rng = stage.rng
    together = rng.random() < 0.4
    heading = rng.uniform(0, 6.28)
    for angle in np.linspace(0, 6.28, count, endpoint=False):
        reach = rng.uniform(0.35, 0.9)
        where = (at[0] + reach * np.cos(angle), at[1] + reach * np.sin(angle), at[2])
        if together:
            stand_person(stage, where, heading + rng.normal(0, 0.15), "walk")
        else:  # facing each other: a front (-y) turned by this looks at the middle
            stand_person(stage, where, angle - np.pi / 2 + rng.normal(0, 0.4))


def stand_person(
    stage: Stage, at: tuple, turn: float | None = None, pose: str | None = None
) -> Thing:
    """A person on ``at``: one who walks moves on from frame to frame of a camera move."""
    rng = stage.rng
    turn = rng.uniform(0, 6.28) if turn is None else turn
    if pose is None and rng.random() < 0.3 and stage.has("person"):
        return stage.place(stage.pick("person"), PERSON, at, turn, rng.uniform(0.92, 1.08))
    kept: list[tuple[bpy.types.Mesh, float, str]] = stage.memo.setdefault("bodies", [])
    fitting = [entry for entry in kept if pose in (None, entry[2])]
    if len(kept) >= _BODIES and fitting:
        mesh, seat, pose = fitting[int(rng.integers(len(fitting)))]
    else:
        pose = pose or str(rng.choice(list(humans.POSES), p=list(humans.POSES.values())))
        made = humans.body(rng, pose)
        mesh = bpy.data.meshes.new("body")
        mesh.from_pydata(made.shape[0].tolist(), [], made.shape[1])
        mesh.shade_smooth()
        mesh.polygons.foreach_set("material_index", made.parts.astype(np.int32))
        seat = made.seat
        kept.append((mesh, seat, pose))
    dressed = mesh.copy()
    for material in _clothes(stage):
        dressed.materials.append(material)
    thing = stage.thing(PERSON, free=True)
    stage.part(thing, dressed, None, at, turn)
    if seat:
        _seat(stage, at, turn, seat)
    elif pose == "walk" and rng.random() < 0.75:
        pace = rng.uniform(0.02, 0.08)
        stage.moves(thing, np.array([np.sin(turn), -np.cos(turn), 0]) * pace)
    return thing


def _clothes(stage: Stage) -> list:
    """Materials in the order of humans.PARTS."""
    rng = stage.rng

    def cloth():
        draw = rng.random()
        if draw < 0.45:
            return stage.flat(tone(rng, "cloth"))
        if draw < 0.85:
            weave = textures.speckle(rng, tone(rng, "cloth"), rng.uniform(0.15, 0.6), start=8)
            return stage.textured(weave, rng.uniform(0.4, 1.2))
        if draw < 0.95:
            return stage.textured(textures.stripes(rng, "cloth"), rng.uniform(0.3, 1.0))
        return stage.textured(stage.photo(), rng.uniform(0.5, 1.2))

    skin = textures.speckle(rng, tone(rng, "skin"), 0.12, start=8)
    hair = textures.speckle(rng, tone(rng, "hair"), 0.5, start=32, octaves=3)
    shoes = stage.flat(tone(rng, "cloth") * 0.7)
    return [
        stage.textured(skin, 0.5),
        stage.textured(hair, 0.3),
        cloth(),
        cloth(),
        shoes,
        stage.flat(tone(rng, "goods")),
    ]


def _seat(stage: Stage, at: tuple, turn: float, high: float) -> None:
    """A stool, a chair or a bench under one who sits."""
    rng = stage.rng
    wide = rng.choice([0.42, 0.5, rng.uniform(1.0, 1.8)])
    deep = rng.uniform(0.38, 0.5)
    thing = stage.thing(OBJECT, free=True)
    board = shapes.moved(shapes.box(wide, deep, 0.04, high - 0.04), 0, 0.03)
    frame = [
        shapes.moved(shapes.box(0.035, 0.035, high - 0.04), x * (wide - 0.05) / 2, 0.03 + y)
        for x in (-1, 1)
        for y in (0.03 - deep / 2, deep / 2 - 0.03)
    ]
    if rng.random() < 0.7:
        frame.append(
            shapes.moved(shapes.box(wide, 0.03, rng.uniform(0.3, 0.5), high), 0, 0.05 + deep / 2)
        )
    stage.part(thing, board, stage.furniture_skin(), at, turn)
    stage.part(thing, shapes.joined(*frame), stage.flat(tone(rng, "paint")), at, turn)


def park_car(stage: Stage, at: tuple, turn: float, pace: float = 0.0) -> Thing:
    """A car of the catalogue, or one of lofted boxes (its length along x before turning).

    ``pace``: metres it moves on along its length from frame to frame of a camera move.
    """
    rng = stage.rng
    if rng.random() < 0.96 and stage.has("vehicle"):
        model = stage.pick("vehicle")
        along_y = model.size[1] > model.size[0]
        thing = stage.place(model, VEHICLE, at, turn + (np.pi / 2 if along_y else 0))
        _respray(stage, thing)
    else:
        thing = stage.thing(VEHICLE, free=True)
        body, cabin, wheels = bodies.car(rng)
        stage.part(thing, body, stage.flat(tone(rng, "car"), 0.1), at, turn)
        stage.part(thing, cabin, stage.flat(np.full(3, rng.uniform(0.03, 0.2)), 0.35), at, turn)
        stage.part(thing, wheels, stage.flat(np.full(3, 0.06)), at, turn)
    if pace:
        stage.moves(thing, np.array([np.cos(turn), np.sin(turn), 0]) * pace)
    return thing


def _respray(stage: Stage, thing: Thing) -> None:
    """Two cars of three get another paint; a model comes in at most three colours a scene."""
    rng = stage.rng
    if rng.random() < 0.33:
        return
    item = thing.objects[0]
    kept = stage.memo.setdefault(f"paints {item.data.name}", [])
    if len(kept) < 2:
        painted = item.data.copy()
        models.cover(painted, stage.flat(tone(rng, "car"), 0.12))
        kept.append(painted)
    item.data = kept[int(rng.integers(len(kept)))]
