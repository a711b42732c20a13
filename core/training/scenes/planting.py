# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees and leaves."""

import numpy as np

from . import bodies, textures
from .stage import VEGETATION, Stage

_LEAF = (
    (0.25, 0.42, 0.12),
    (0.18, 0.33, 0.1),
    (0.4, 0.48, 0.15),
    (0.62, 0.4, 0.12),
    (0.5, 0.2, 0.1),
)


def plant_tree(stage: Stage, at: tuple, height: float) -> None:
    """A tree of the catalogue scaled to ``height``, or a procedural one."""
    rng = stage.rng
    if rng.random() < 0.3 and stage.has("tree"):
        model = stage.pick("tree")
        stage.place(model, VEGETATION, at, rng.uniform(0, 6.28), height / model.size[2])
        return
    thing = stage.thing(VEGETATION, free=True)
    trunk, crown = bodies.tree(rng, height)
    bark = stage.textured(textures.speckle(rng, np.array([0.35, 0.27, 0.2]), 0.5, start=8), 0.7)
    stage.part(thing, trunk, bark, at)
    stage.part(thing, crown, leaf_material(stage), at, smooth=rng.random() < 0.5)


def leaf_material(stage: Stage):
    rng = stage.rng
    base = np.array(_LEAF[int(rng.choice(5, p=[0.35, 0.3, 0.2, 0.1, 0.05]))]) * rng.uniform(
        0.7, 1.5
    )
    grain = textures.speckle(rng, np.clip(base, 0, 1).astype(np.float32), 1.0, start=16, octaves=4)
    return stage.textured(grain, rng.uniform(0.8, 2.5))
