# SPDX-License-Identifier: GPL-3.0-or-later
"""What is seen through the windows: ground, a few houses and trees."""

import numpy as np

from . import shapes, textures
from .palette import tone
from .planting import plant_tree
from .stage import GROUND, WALL, Stage


def outside(stage: Stage, size: float) -> None:
    """Ground below, houses 8-60 m away and trees, around a room of that size."""
    rng = stage.rng
    day = stage.memo.get("daylight", 1.0)
    z = -float(rng.choice([0.3, 3.3, rng.uniform(0.3, 15)]))
    kind = str(rng.choice(["grass", "asphalt", "stone"]))
    lawn = stage.textured(
        textures.speckle(rng, tone(rng, kind), 0.5, start=8), 5.0, vary=0.3, shine=day
    )
    stage.solid(shapes.box(600, 600, 0.1, -0.1), lawn, GROUND, (0, 0, z))
    for _ in range(int(rng.integers(2, 7))):
        far, angle = size + rng.uniform(6, 50), rng.uniform(0, 6.28)
        at = (far * np.cos(angle), far * np.sin(angle), z)
        tall, wide = rng.uniform(4, 18), rng.uniform(7, 20)
        skin = stage.textured(textures.windows(rng), rng.uniform(5, 9), shine=day)
        stage.solid(shapes.box(wide, 8, tall), skin, WALL, at, angle + np.pi / 2)
    for _ in range(int(rng.integers(0, 6))):
        far, angle = size + rng.uniform(1, 25), rng.uniform(0, 6.28)
        plant_tree(stage, (far * np.cos(angle), far * np.sin(angle), z), rng.uniform(3, 10))
