# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""The stage: an empty Blender scene with helpers that put labelled things on it.

Each thing gets a pass index ``instance * 16 + label`` by which the renderer tells it apart.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

from . import furniture, models, shapes
from .catalog import Catalogue, Model
from .furniture import Piece
from .materials import Palette

GROUND, WALL, CEILING, OBJECT, VEHICLE, VEGETATION, PERSON = range(2, 9)
PROCEDURAL = 0.2  # share of procedural pieces where the catalogue has models too
_FEW = {"vehicle": 5, "street": 4, "lawn": 4, "person": 3, "beside": 2, "clutter": 14}
"""Different models of a role in one scene: loading one takes a tenth of a second and more."""
LARGEST_INSTANCE = 2000  # pass indices end at 32767


@dataclass
class Thing:
    """One piece of the scene: its objects, and its box in world axes (metres)."""

    instance: int
    label: int
    free: bool
    low: np.ndarray
    high: np.ndarray
    objects: list[bpy.types.Object] = field(default_factory=list)


@dataclass
class Mover:
    """A thing that shifts by ``step`` (metres, world axes) from frame to frame of a move."""

    thing: Thing
    step: np.ndarray
    starts: list[Vector]


class Stage(Palette):
    """An empty scene in a fresh Blender file, filled by the builders from ``rng`` alone."""

    def __init__(self, rng: np.random.Generator, catalogue: Catalogue, photos: list[Path]) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        super().__init__(rng, photos)
        self.catalogue = catalogue
        self.scene = bpy.context.scene
        self.things: list[Thing] = []
        self.kept_clear: list[tuple[np.ndarray, np.ndarray]] = []
        self.memo: dict[str, Any] = {}
        """What builders make once in a scene and use again."""
        self.movers: list[Mover] = []
        self.wet: set[int] = set()
        """Pass indices of water."""
        self._meshes: dict[str, bpy.types.Mesh] = {}

    # things --------------------------------------------------------------------------------

    def thing(self, label: int, free: bool = False) -> Thing:
        """A new, empty thing; parts are added by `part`."""
        number = min(len(self.things) + 1, LARGEST_INSTANCE)
        new = Thing(number, label, free, np.full(3, np.inf), np.full(3, -np.inf))
        self.things.append(new)
        return new

    def part(
        self,
        thing: Thing,
        shape: shapes.Shape | bpy.types.Mesh,
        material: bpy.types.Material | None,
        at: tuple = (0, 0, 0),
        turn: float = 0.0,
        smooth: bool = False,
        scale: float = 1.0,
    ) -> bpy.types.Object:
        """Add a shape to a thing at a place, scaled, and turned about z."""
        if isinstance(shape, tuple):
            mesh = bpy.data.meshes.new("part")
            mesh.from_pydata(shape[0].tolist(), [], shape[1])
            if smooth:
                mesh.shade_smooth()
        else:
            mesh = shape
        if material is not None:
            mesh.materials.clear()
            mesh.materials.append(material)
        item = bpy.data.objects.new("part", mesh)
        turned = Matrix.Translation(Vector(at)) @ Matrix.Rotation(turn, 4, "Z")
        item.matrix_world = turned @ Matrix.Scale(scale, 4)
        item.pass_index = thing.instance * 16 + thing.label
        self.scene.collection.objects.link(item)
        thing.objects.append(item)
        points = np.array([item.matrix_world @ Vector(corner) for corner in item.bound_box])
        thing.low = np.minimum(thing.low, points.min(0))
        thing.high = np.maximum(thing.high, points.max(0))
        return item

    def solid(
        self,
        shape: shapes.Shape,
        material: bpy.types.Material,
        label: int,
        at: tuple = (0, 0, 0),
        turn: float = 0.0,
        free: bool = False,
        smooth: bool = False,
    ) -> Thing:
        """One shape as a thing of its own."""
        thing = self.thing(label, free)
        self.part(thing, shape, material, at, turn, smooth)
        return thing

    def place(
        self,
        piece: Model | Piece,
        label: int,
        at: tuple,
        turn: float,
        scale: float = 1.0,
        free: bool = True,
    ) -> Thing:
        """A piece standing on ``at``; its front looks along -y before turning about z."""
        thing = self.thing(label, free)
        if isinstance(piece, Piece):
            for shape, material in zip(
                (piece.body, piece.detail), furniture.skins(self, piece.kind), strict=True
            ):
                if shape is not None:
                    self.part(thing, (shape[0] * scale, shape[1]), material, at, turn)
            return thing
        self.part(thing, self._mesh(piece), None, at, turn, scale=scale)
        return thing

    def moves(self, thing: Thing, step: np.ndarray) -> None:
        """Let a thing shift by ``step`` metres (world axes) from frame to frame of a move."""
        if thing.instance < LARGEST_INSTANCE:  # else its pixels can't be told from others'
            self.movers.append(Mover(thing, step, [item.location.copy() for item in thing.objects]))

    def at_frame(self, number: int) -> None:
        """Put everything that moves where it is in that frame of a move."""
        for mover in self.movers:
            for item, start in zip(mover.thing.objects, mover.starts, strict=True):
                item.location = start + Vector(mover.step * number)

    def has(self, role: str) -> bool:
        """Whether the catalogue has models for the role."""
        return bool(self.catalogue.roles[role])

    def pick(self, role: str) -> Model | Piece:
        """A random piece for the role: of the catalogue, or now and then a procedural one."""
        models = self.catalogue.roles[role]
        if not models or self.rng.random() < PROCEDURAL:
            made = furniture.piece(self.rng, role)
            if made is not None:
                return made
        limit = _FEW.get(role)
        if limit is None:
            return models[int(self.rng.integers(len(models)))]
        kept = self.memo.setdefault(f"few {role}", [])
        if len(kept) < limit:
            kept.append(models[int(self.rng.integers(len(models)))])
            return kept[-1]
        return kept[int(self.rng.integers(len(kept)))]

    def _mesh(self, model: Model) -> bpy.types.Mesh:
        if model.key not in self._meshes:
            mesh = models.load_obj(model)
            models.fit(mesh, model)
            for index, material in enumerate(mesh.materials):
                if material is not None:
                    mesh.materials[index] = models.simplified(material, self.rng)
            if self.rng.random() < 0.2 and model.category not in ("Characters", "Vehicles"):
                models.cover(mesh, self.surface())
            self._meshes[model.key] = mesh
            self.sources.add(model.source)
        return self._meshes[model.key]

    # measuring -----------------------------------------------------------------------------

    def top(self, x: float, y: float, above: float) -> tuple[float, float] | None:
        """(height, upward part of the normal) of the first surface below (x, y, above)."""
        graph = bpy.context.evaluated_depsgraph_get()
        hit, where, normal, *_ = self.scene.ray_cast(
            graph, Vector((x, y, above)), Vector((0, 0, -1))
        )
        return (where.z, abs(normal.z)) if hit else None

    def blocked(self, low: np.ndarray, high: np.ndarray) -> bool:
        """Whether a box (world axes) meets a place kept clear, or a thing's box (ground and walls
        excepted)."""
        if any(np.all(a < high) and np.all(b > low) for a, b in self.kept_clear):
            return True
        return any(
            thing.label not in (GROUND, WALL, CEILING)
            and bool(np.all(thing.low < high) and np.all(thing.high > low))
            for thing in self.things
        )
