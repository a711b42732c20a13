# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""Still water: a canal along a street, a pond in the low parts of open ground, puddles.

Water is labelled as ground, its depth is that of its surface, whatever it mirrors.
"""

import numpy as np

from . import shapes, textures
from .materials import new_material
from .palette import tone
from .stage import GROUND, WALL, Stage


def skin(stage: Stage):
    """A mirror that is dark seen from above, with ripples; its murk is a faint light of its own,
    so that no noise is in it."""
    rng = stage.rng
    material, shader, nodes = new_material(0.0)
    links = material.node_tree.links
    nodes.remove(shader)
    mirror = nodes.new("ShaderNodeBsdfGlossy")
    mirror.inputs["Roughness"].default_value = rng.uniform(0.0, 0.08)
    facing = nodes.new("ShaderNodeLayerWeight")
    facing.inputs["Blend"].default_value = rng.uniform(0.25, 0.5)
    ramp = nodes.new("ShaderNodeValToRGB")
    least = rng.uniform(0.05, 0.25)
    ramp.color_ramp.elements[0].color = (least, least, least * 1.05, 1)
    ramp.color_ramp.elements[1].color = (0.9, 0.92, 0.95, 1)
    links.new(facing.outputs["Facing"], ramp.inputs[0])
    links.new(ramp.outputs[0], mirror.inputs[0])
    bump, noise = nodes.new("ShaderNodeBump"), nodes.new("ShaderNodeTexNoise")
    where = nodes.new("ShaderNodeTexCoord")
    links.new(where.outputs["Object"], noise.inputs["Vector"])
    noise.inputs["Scale"].default_value = float(np.exp(rng.uniform(np.log(0.7), np.log(7))))
    noise.inputs["Detail"].default_value = 3
    bump.inputs["Strength"].default_value = rng.uniform(0.0, 0.12)
    bump.inputs["Distance"].default_value = 0.1
    links.new(noise.outputs[0], bump.inputs["Height"])
    links.new(bump.outputs[0], mirror.inputs["Normal"])
    murk, add = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeAddShader")
    colour = (tone(rng, "leaf") + tone(rng, "earth")) ** 2 * 0.1
    murk.inputs[0].default_value = (*colour, 1)
    murk.inputs[1].default_value = rng.uniform(0.2, 0.8)
    links.new(mirror.outputs[0], add.inputs[0])
    links.new(murk.outputs[0], add.inputs[1])
    out = next(node for node in nodes if node.type == "OUTPUT_MATERIAL")
    links.new(add.outputs[0], out.inputs[0])
    material.cycles.emission_sampling = "NONE"
    return material


def _spread(stage: Stage, shape: shapes.Shape, at: tuple) -> None:
    thing = stage.solid(shape, skin(stage), GROUND, at)
    stage.wet.add(thing.instance * 16 + GROUND)


def canal(stage: Stage, half: float, far: float) -> None:
    """Water along y, ``half`` metres to either side of x = 0, between walls that end at the
    street's height (z = 0)."""
    rng = stage.rng
    drop = rng.uniform(0.5, 1.8)
    rough = (
        textures.grid(rng, "brick")
        if rng.random() < 0.5
        else textures.speckle(rng, tone(rng, "stone"), 0.4, start=16)
    )
    stones = stage.textured(rough, rng.uniform(1, 2.5), vary=0.4)
    edge = stage.textured(textures.speckle(rng, tone(rng, "stone"), 0.3, start=16), 1.5)
    for side in (-1, 1):
        stage.solid(shapes.box(0.3, 3000, 3.0, -3.0), stones, WALL, (side * (half + 0.14), 0, 0))
        rim = shapes.box(0.45, 3000, 0.12, -0.02)
        stage.solid(rim, edge, GROUND, (side * (half + 0.2), 0, 0))
    _spread(stage, shapes.box(2 * half + 0.1, 3000, 0.1, -0.1), (0, 0, -drop))


def flood(stage: Stage, ground: shapes.Shape) -> float:
    """Water in the low parts of a terrain, out to 250 m; returns its level."""
    near = ground[0][np.hypot(ground[0][:, 0], ground[0][:, 1]) < 60]
    level = float(np.quantile(near[:, 2], stage.rng.uniform(0.08, 0.35)))
    _spread(stage, shapes.cylinder(250, 0.02, segments=64), (0, 0, level - 0.02))
    return level


def puddles(stage: Stage, spots: list[tuple]) -> None:
    """Ragged pools a few millimetres over flat ground."""
    rng = stage.rng
    pools = []
    for x, y, z in spots:
        a = np.arange(28) / 28 * 2 * np.pi
        r = np.exp(rng.uniform(np.log(0.25), np.log(2.0)))
        wobble = sum(np.sin(a * k + rng.uniform(0, 6.3)) * 0.5 / k for k in (2, 3, 5, 8))
        r = r * (1 + 0.5 * wobble)
        rim = np.column_stack([r * np.cos(a) * rng.uniform(0.5, 1), r * np.sin(a), a * 0])
        pools.append((np.vstack([rim, [[0, 0, 0]]]) + np.array((x, y, z + 0.007)),
                      [[28, i, (i + 1) % 28] for i in range(28)]))  # fmt: skip
    _spread(stage, shapes.joined(*pools), (0, 0, 0))
