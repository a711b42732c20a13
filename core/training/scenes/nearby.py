# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""Simple upright things close before the camera.

A scene has a few that stand ready below the ground; for about half of the views one to three are
put 0.7-4 m before the camera, on free ground, seen and not in the way, often cut by the picture's
lower or side border.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import bpy
import numpy as np
from mathutils import Matrix, Vector

from . import street_furniture as street
from . import wheeled
from .poses import Pose, direction, looking, roll
from .room_furniture import ROOM
from .stage import CEILING, GROUND, OBJECT, VEGETATION, WALL, Stage, Thing
from .street_furniture import Part

WANTED, WANTED_INDOORS = 0.7, 0.9
"""Share of the views for which a thing is looked for; one in five finds no place in streets, every
second in rooms."""
WIDEST = 0.4  # of the picture's width, all together
_READY = 7
_REACH = (0.7, 4.0)  # metres
_AWAY = -400.0  # height at which things stand ready

Maker = Callable[[Stage], list[Part]]
STREET: dict[Maker, float] = {
    street.bollard: 5,
    street.post: 2,
    street.bin_: 1.5,
    street.hydrant: 0.8,
    street.letter_box: 0.8,
    street.planter: 1.6,
    street.barrier: 1,
    street.a_board: 1,
    street.meter: 0.8,
    street.crates: 0.7,
    street.cone: 0.9,
    street.bench: 0.8,
    wheeled.bicycle: 3,
    wheeled.scooter: 0.8,
    wheeled.pram: 0.6,
    wheeled.trolley: 0.7,
}


@dataclass
class Prop:
    """A thing that can be put anywhere: its pieces by label, and its size at rest (metres)."""

    things: list[Thing]
    bases: list[tuple[bpy.types.Object, Matrix]]
    low: np.ndarray
    high: np.ndarray


def stand(stage: Stage, maker: Maker, at: tuple, turn: float = 0.0, lean: float = 0.0) -> Prop:
    """Build a thing on ``at``, turned about z; ``lean`` tips it about its long (x) axis, its foot
    staying where it is, towards +y."""
    by_label: dict[int, Thing] = {}
    bases = []
    for shape, material, label, smooth in maker(stage):
        thing = by_label.get(label)
        if thing is None:
            thing = by_label[label] = stage.thing(label, free=True)
        item = stage.part(thing, shape, material, smooth=smooth)
        bases.append((item, item.matrix_world.copy()))
    things = list(by_label.values())
    low = np.min([thing.low for thing in things], 0)
    high = np.max([thing.high for thing in things], 0)
    prop = Prop(things, bases, low, high)
    move(prop, at, turn, lean)
    return prop


def move(prop: Prop, at: tuple, turn: float, lean: float = 0.0) -> None:
    """Put a thing elsewhere."""
    place = Matrix.Translation(Vector(at)) @ Matrix.Rotation(turn, 4, "Z")
    place = place @ Matrix.Rotation(-lean, 4, "X")
    for item, base in prop.bases:
        item.matrix_world = place @ base
    for thing in prop.things:
        mine = [item for item in thing.objects]
        points = np.array([i.matrix_world @ Vector(corner) for i in mine for corner in i.bound_box])
        thing.low, thing.high = points.min(0), points.max(0)


class Nearby:
    """The things that stand ready in one scene."""

    def __init__(self, stage: Stage, indoors: bool) -> None:
        self.stage = stage
        self.indoors = indoors
        makers = ROOM if indoors else STREET
        weights = np.array(list(makers.values()))
        drawn = stage.rng.choice(len(makers), _READY, p=weights / weights.sum())
        self.props = [
            stand(stage, list(makers)[k], (30.0 * n, 0, _AWAY)) for n, k in enumerate(drawn)
        ]
        self.shown: list[Prop] = []

    def clear(self) -> None:
        """Take away what stands before the camera."""
        for number, prop in enumerate(self.props):
            if any(prop is one for one in self.shown):
                move(prop, (30.0 * number, 0, _AWAY), 0.0)
        self.shown = []

    def arrange(self, rng: np.random.Generator, pose: Pose, aspect: float) -> Pose:
        """Put things before the camera where there is room; returns the pose to take then: at the
        height of a chest or an eye, and little tilted. What `clear` does is done first."""
        self.clear()
        wanted = WANTED_INDOORS if self.indoors else WANTED
        if rng.random() > wanted or abs(pose.matrix[2, 2]) > 0.8:
            return pose
        new = self._lowered(rng, pose)
        if new is None:
            return pose
        count = int(rng.choice([1, 2, 3], p=[0.55, 0.3, 0.15]))
        left = WIDEST
        for number in rng.permutation(len(self.props))[: count + 2]:
            if len(self.shown) >= count:
                break
            left -= self._put(rng, self.props[int(number)], new, aspect, left)
        return new if self.shown else pose

    def _lowered(self, rng: np.random.Generator, pose: Pose) -> Pose | None:
        where, ahead = pose.matrix[:3, 3].copy(), pose.matrix[:3, 2]
        ground = self._ground(where[0], where[1], where[2])
        if ground is None:
            return None
        above = where[2] - ground
        tilt = float(np.arcsin(ahead[2]))
        if above > 1.75 or rng.random() < 0.5:
            where[2] = ground + rng.uniform(0.85, 1.65)
            tilt = np.radians(rng.normal(-7, 6))
        flat = direction(np.arctan2(ahead[1], ahead[0]), tilt)
        return replace(pose, matrix=looking(where, flat, roll(rng)))

    def _put(
        self, rng: np.random.Generator, prop: Prop, pose: Pose, aspect: float, left: float
    ) -> float:
        """Stand the thing in the view; returns the share of the picture's width that it takes,
        0 where no place was found."""
        size = prop.high - prop.low
        eye, right, ahead = (pose.matrix[:3, k] for k in (3, 0, 2))
        half = 18.0 / pose.lens
        flat = np.array([ahead[0], ahead[1], 0]) / np.hypot(ahead[0], ahead[1])
        floor = self._ground(eye[0], eye[1], eye[2]) or 0.0
        for _ in range(16):
            distance = float(np.exp(rng.uniform(*np.log(_REACH))))
            # One place in four is at the picture's side, so that the border cuts it.
            u = (
                rng.uniform(-0.8, 0.8)
                if rng.random() < 0.7
                else rng.choice([-1, 1]) * rng.uniform(0.85, 1.1)
            )
            spot = eye + flat * distance + right * (u * half * distance)
            ground = self._ground(spot[0], spot[1], eye[2])
            if ground is None:
                continue
            at = (spot[0], spot[1], ground - (0.0 if self.indoors else 0.004))
            turn = (
                float(rng.choice([0, np.pi / 2]) + rng.normal(0, 0.3))
                if rng.random() < 0.5
                else rng.uniform(0, 6.28)
            )
            turn += float(np.arctan2(right[1], right[0]))
            box = _corners(prop.low, prop.high) @ _about_z(turn).T + at
            if self.indoors and abs(ground - floor) > 0.1:
                continue  # outside a window
            if not self._free(box, spot, size, ground) or self._hidden(eye, box):
                continue
            seen = _seen(box, pose, half, aspect)
            if seen is None:
                continue
            wide, shown = seen
            if wide > left or shown < 0.02:
                continue
            move(prop, at, turn)
            self.shown.append(prop)
            return wide
        return 0.0

    def _ground(self, x: float, y: float, eye: float) -> float | None:
        """Height of the ground at (x, y), None where something else covers it."""
        graph = bpy.context.evaluated_depsgraph_get()
        hit, where, normal, _, item, _ = self.stage.scene.ray_cast(
            graph, Vector((x, y, eye + (0.4 if not self.indoors else 0.0))), Vector((0, 0, -1))
        )
        if not hit or item.pass_index % 16 != GROUND or abs(normal.z) < 0.9:
            return None
        if item.pass_index in self.stage.wet:
            return None
        return float(where.z)

    def _hidden(self, eye: np.ndarray, box: np.ndarray) -> bool:
        """Whether something stands between the eye and the middle of the box."""
        graph = bpy.context.evaluated_depsgraph_get()
        way = Vector(box.mean(0) - eye)
        return bool(
            self.stage.scene.ray_cast(
                graph, Vector(eye), way.normalized(), distance=way.length - 0.02
            )[0]
        )

    def _free(self, box: np.ndarray, spot: np.ndarray, size: np.ndarray, ground: float) -> bool:
        """Whether nothing stands in the box; walls and trunks are felt for by rays."""
        low, high = box.min(0) + np.array((0, 0, 0.03)), box.max(0)
        for thing in self.stage.things:
            if thing.label in (GROUND, WALL, CEILING):
                continue
            tall = thing.high[2] - thing.low[2]
            if tall > 15 or (tall > 3 and thing.label in (VEGETATION, OBJECT)):
                continue
            if np.all(thing.low < high) and np.all(thing.high > low):
                return False
        graph = bpy.context.evaluated_depsgraph_get()
        middle = Vector((spot[0], spot[1], ground + min(0.35, size[2] * 0.5)))
        ends = np.vstack([box[:4, :2], (box[:4, :2] + np.roll(box[:4, :2], 1, 0)) / 2])
        for x, y in ends:
            way = Vector((x, y, middle.z)) - middle
            if (
                way.length > 1e-4
                and self.stage.scene.ray_cast(
                    graph, middle, way.normalized(), distance=way.length + 0.03
                )[0]
            ):
                return False
        return True


def _corners(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The lower four corners in turn, then the upper four."""
    ring = [(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])]
    return np.array([(*xy, z) for z in (low[2], high[2]) for xy in ring])


def _about_z(turn: float) -> np.ndarray:
    c, s = np.cos(turn), np.sin(turn)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def _seen(box: np.ndarray, pose: Pose, half: float, aspect: float) -> tuple[float, float] | None:
    """(share of the picture's width, of its area) that the box takes; None when it is nearer than
    0.4 m or out of sight."""
    local = (box - pose.matrix[:3, 3]) @ pose.matrix[:3, :3]
    if local[:, 2].min() < 0.4:
        return None
    x, y = local[:, 0] / local[:, 2] / half, local[:, 1] / local[:, 2] / half * aspect
    x0, x1, y0, y1 = max(x.min(), -1), min(x.max(), 1), max(y.min(), -1), min(y.max(), 1)
    # Its head must be seen, well below the picture's upper border or beyond that.
    if x1 <= x0 or y1 <= y0 or y.min() > 0.75:
        return None
    return float((x1 - x0) / 2), float((x1 - x0) * (y1 - y0) / 4)
