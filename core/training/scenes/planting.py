# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""Trees, bushes, grass and their leaves: a few of each are made for a scene and stand in it often,
turned and scaled."""

import bpy
import numpy as np

from . import bodies, shapes, textures
from .palette import tone
from .stage import GROUND, VEGETATION, Stage

_TREES, _BUSHES = 5, 3  # different ones in a scene


def plant_tree(stage: Stage, at: tuple, height: float) -> None:
    """A tree of the catalogue scaled to ``height``, or a procedural one."""
    rng = stage.rng
    if rng.random() < 0.12 and stage.has("tree"):
        model = stage.pick("tree")
        stage.place(model, VEGETATION, at, rng.uniform(0, 6.28), height / model.size[2])
        return
    kept = stage.memo.setdefault("trees", [])
    if len(kept) < _TREES:
        trunk, crown = bodies.tree(rng, height)
        bark = stage.textured(textures.speckle(rng, tone(rng, "bark"), 0.6, start=8), 0.7)
        kept.append((_mesh(trunk, bark), _mesh(crown, leaf_material(stage)), height))
    trunk, crown, made = kept[int(rng.integers(len(kept)))]
    thing, turn = stage.thing(VEGETATION, free=True), rng.uniform(0, 6.28)
    for mesh in (trunk, crown):
        stage.part(thing, mesh, None, at, turn, scale=height / made)


def plant_bush(stage: Stage, at: tuple, height: float) -> None:
    """A bush of leaf cards about as wide as it is high."""
    rng = stage.rng
    if rng.random() < 0.15 and stage.has("bush"):
        stage.place(stage.pick("bush"), VEGETATION, at, rng.uniform(0, 6.28))
        return
    kept = stage.memo.setdefault("bushes", [])
    if len(kept) < _BUSHES:
        leaf = rng.uniform(0.07, 0.14)
        clumps = [
            shapes.moved(
                bodies.foliage(rng, 0.42, leaf), rng.normal(0, 0.22), rng.normal(0, 0.22), 0.35
            )
            for _ in range(int(rng.integers(2, 6)))
        ]
        kept.append(_mesh(shapes.joined(*clumps), leaf_material(stage)))
    mesh = kept[int(rng.integers(len(kept)))]
    thing = stage.thing(VEGETATION, free=True)
    stage.part(thing, mesh, None, at, rng.uniform(0, 6.28), scale=height)


def sow_grass(stage: Stage, spots: list[tuple], tall: float) -> None:
    """Patches of blades on the spots; grass up to a hand high counts as ground."""
    rng = stage.rng
    count = int(rng.integers(150, 420))
    where = np.column_stack([rng.normal(0, 0.55, (count, 2)), np.zeros(count)])
    angle, lean = rng.uniform(0, 6.28, count), rng.normal(0, 0.35, (count, 2)) * tall
    side = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(count)]) * 0.006 * (1 + tall * 3)
    tip = where + np.column_stack([lean, tall * rng.uniform(0.4, 1.1, count)])
    points = np.stack([where - side, where + side, tip], 1).reshape(-1, 3)
    blades = (points, np.arange(3 * count).reshape(-1, 3).tolist())
    mesh = _mesh(blades, stage.textured(textures.speckle(rng, tone(rng, "grass"), 0.6), 0.6))
    for at in spots:
        thing = stage.thing(GROUND if tall < 0.2 else VEGETATION)
        stage.part(thing, mesh, None, at, rng.uniform(0, 6.28), scale=rng.uniform(0.7, 1.4))


def tree_line(stage: Stage, radius: float, z: float) -> None:
    """A wood at the horizon: a jagged band around the origin, with gaps."""
    rng = stage.rng
    steps = 420
    angles = np.arange(steps) / steps * 2 * np.pi
    tall = radius * rng.uniform(0.025, 0.06)
    rise = textures.noise(rng, 6, 4)[int(rng.integers(textures.SIZE))]
    rise = np.interp(np.linspace(0, textures.SIZE - 1, steps), np.arange(textures.SIZE), rise)
    rise = tall * np.maximum((rise - rng.uniform(0.1, 0.4)) * 1.6, -0.05)
    far = radius * (1 + 0.05 * np.sin(angles * 3 + rng.uniform(0, 6)))
    ring = np.column_stack([far * np.cos(angles), far * np.sin(angles)])
    low = np.column_stack([ring, np.full(steps, z - tall)])
    high = np.column_stack([ring, z + rise + rng.normal(0, tall * 0.04, steps)])
    points = np.stack([low, high], 1).reshape(-1, 3)
    faces = [[2 * i, 2 * i + 1, 2 * j + 1, 2 * j] for i in range(steps) for j in [(i + 1) % steps]]
    dark = textures.speckle(rng, tone(rng, "leaf") * 0.8, 0.6, start=16)
    stage.solid((points, faces), stage.textured(dark, radius * 0.1), VEGETATION)


def leaf_material(stage: Stage) -> bpy.types.Material:
    rng = stage.rng
    grain = textures.speckle(rng, tone(rng, "leaf"), 0.9, start=16, octaves=4)
    return stage.textured(grain, rng.uniform(0.8, 2.5))


def _mesh(shape: shapes.Shape, material: bpy.types.Material) -> bpy.types.Mesh:
    mesh = bpy.data.meshes.new("plant")
    mesh.from_pydata(shape[0].tolist(), [], shape[1])
    mesh.materials.append(material)
    return mesh
