# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""Things of clear glass: a bus shelter, a glazed screen, a table with a glass top.

One sees through a pane and sees it mirror, but its depth, normal and label are its own: it counts
as a solid, as what would stop a hand. (`render` has the exact passes record it.)
"""

import numpy as np

from . import shapes, textures
from .materials import new_material
from .palette import tone
from .stage import OBJECT, Stage, Thing


def pane(stage: Stage):
    """Clear glass: mostly what is behind it, and a mirror image over it."""
    rng = stage.rng
    material, shader, nodes = new_material(0.0)
    links = material.node_tree.links
    nodes.remove(shader)
    clear, mirror = nodes.new("ShaderNodeBsdfTransparent"), nodes.new("ShaderNodeBsdfGlossy")
    tint = np.clip(rng.normal((0.9, 0.94, 0.93), 0.04), 0.5, 1)
    clear.inputs[0].default_value = (*tint, 1)
    mirror.inputs["Roughness"].default_value = 0.01
    mix, facing = nodes.new("ShaderNodeMixShader"), nodes.new("ShaderNodeLayerWeight")
    facing.inputs["Blend"].default_value = rng.uniform(0.15, 0.4)
    limits = nodes.new("ShaderNodeMapRange")
    limits.inputs["To Min"].default_value = rng.uniform(0.06, 0.2)
    limits.inputs["To Max"].default_value = 0.9
    links.new(facing.outputs["Facing"], limits.inputs[0])
    links.new(limits.outputs[0], mix.inputs[0])
    links.new(clear.outputs[0], mix.inputs[1])
    links.new(mirror.outputs[0], mix.inputs[2])
    out = next(node for node in nodes if node.type == "OUTPUT_MATERIAL")
    links.new(mix.outputs[0], out.inputs[0])
    return material


def window(stage: Stage, inside: np.ndarray):
    """A window by day: the dim inside of a house as a light of its own, and a mirror image of the
    street over it, faint or (where the scene has ``mirrors``) strong. No mix of the two by chance:
    three samples of one would be salt and pepper."""
    rng = stage.rng
    material, shader, nodes = new_material(0.0)
    links = material.node_tree.links
    nodes.remove(shader)
    mirror, add = nodes.new("ShaderNodeBsdfGlossy"), nodes.new("ShaderNodeAddShader")
    facing, ramp = nodes.new("ShaderNodeLayerWeight"), nodes.new("ShaderNodeValToRGB")
    least = rng.uniform(0.3, 0.6) if "mirrors" in stage.memo else rng.uniform(0.03, 0.2)
    facing.inputs["Blend"].default_value = 0.35
    ramp.color_ramp.elements[0].color = (least, least, least, 1)
    most = min(0.9, least + 0.4)
    ramp.color_ramp.elements[1].color = (most, most, most, 1)
    links.new(facing.outputs["Facing"], ramp.inputs[0])
    links.new(ramp.outputs[0], mirror.inputs[0])
    mirror.inputs["Roughness"].default_value = rng.uniform(0.0, 0.05)
    dim, where = nodes.new("ShaderNodeTexImage"), nodes.new("ShaderNodeTexCoord")
    dim.image = stage.image(textures.speckle(rng, inside.astype(np.float32), 0.5, start=2))
    dim.projection = "BOX"
    scale = nodes.new("ShaderNodeMapping")
    scale.inputs["Scale"].default_value = (0.25,) * 3
    links.new(where.outputs["Object"], scale.inputs["Vector"])
    links.new(scale.outputs[0], dim.inputs["Vector"])
    light = nodes.new("ShaderNodeEmission")
    light.inputs[1].default_value = rng.uniform(0.3, 0.8)
    links.new(dim.outputs[0], light.inputs[0])
    links.new(mirror.outputs[0], add.inputs[0])
    links.new(light.outputs[0], add.inputs[1])
    out = next(node for node in nodes if node.type == "OUTPUT_MATERIAL")
    links.new(add.outputs[0], out.inputs[0])
    material.cycles.emission_sampling = "NONE"
    return material


def _sheet(w: float, h: float, z: float, x: float = 0, y: float = 0, turn: float = 0):
    """One face: a pane of two would mirror twice."""
    points = np.array([[-w / 2, 0, z], [w / 2, 0, z], [w / 2, 0, z + h], [-w / 2, 0, z + h]])
    return shapes.moved((points, [[0, 1, 2, 3]]), x, y, 0, turn)


def shelter(stage: Stage, at: tuple, turn: float) -> Thing:
    """A bus shelter: three glazed sides, a roof, a bench, a poster; open to -y."""
    rng = stage.rng
    w, d, h = rng.uniform(2.4, 4.2), rng.uniform(1.1, 1.5), rng.uniform(2.2, 2.5)
    thing = stage.thing(OBJECT, free=True)
    ends = [(x, y) for x in np.linspace(-w / 2, w / 2, 4) for y in (d / 2,)]
    ends += [(-w / 2, -d / 2), (w / 2, -d / 2)]
    frame = [shapes.moved(shapes.box(0.07, 0.07, h), x, y) for x, y in ends]
    frame.append(shapes.box(w + 0.3, d + 0.4, 0.1, h))
    frame.append(shapes.moved(shapes.box(w * 0.7, 0.35, 0.05, 0.45), 0, d / 2 - 0.3))
    frame += [shapes.moved(shapes.box(0.05, 0.3, 0.45), s * w * 0.3, d / 2 - 0.3) for s in (-1, 1)]
    frame.append(shapes.moved(shapes.box(w, 0.05, 0.06, 0.25), 0, d / 2))
    stage.part(thing, shapes.joined(*frame), stage.flat(tone(rng, "metal"), 0.08), at, turn)
    sheets = [_sheet(w, h - 0.3, 0.28, 0, d / 2)]
    sheets += [_sheet(d, h - 0.3, 0.28, s * w / 2, 0, np.pi / 2) for s in (-1, 1)]
    stage.part(thing, shapes.joined(*sheets), pane(stage), at, turn)
    poster = shapes.moved(shapes.box(0.05, d * 0.8, h * 0.6, 0.5), -w / 2)
    stage.part(thing, poster, stage.textured(textures.signboard(rng), fit=True), at, turn)
    return thing


def screen(stage: Stage, at: tuple, turn: float) -> Thing:
    """A glazed screen or door standing in a room: a frame, one or two panes, a handle."""
    rng = stage.rng
    w, h = rng.uniform(0.8, 1.8), rng.uniform(1.7, 2.1)
    bar = rng.uniform(0.025, 0.08)
    frame = [shapes.moved(shapes.box(bar, bar, h), x) for x in np.linspace(-w / 2, w / 2, 2)]
    frame += [shapes.box(w + bar, bar, bar, z) for z in (0.0, h)]
    frame += [shapes.moved(shapes.box(0.06, 0.5, 0.03), s * w / 2) for s in (-1, 1)]
    if rng.random() < 0.5:
        frame.append(shapes.box(w, bar, bar, h * 0.45))
    frame.append(shapes.moved(shapes.box(0.03, 0.12, 0.2, 0.95), w * 0.42))
    thing = stage.thing(OBJECT, free=True)
    stage.part(thing, shapes.joined(*frame), stage.furniture_skin(), at, turn)
    stage.part(thing, _sheet(w, h, 0.02), pane(stage), at, turn)
    return thing


def table(stage: Stage, at: tuple, turn: float) -> Thing:
    """A low table with a glass top on four legs."""
    rng = stage.rng
    w, d, h = rng.uniform(0.6, 1.4), rng.uniform(0.5, 0.9), rng.uniform(0.35, 0.75)
    legs = [
        shapes.moved(shapes.box(0.04, 0.04, h), x * (w / 2 - 0.04), y * (d / 2 - 0.04))
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    legs += [
        shapes.moved(shapes.box(w, 0.03, 0.03, h - 0.05), 0, s * (d / 2 - 0.04)) for s in (-1, 1)
    ]
    thing = stage.thing(OBJECT, free=True)
    stage.part(thing, shapes.joined(*legs), stage.furniture_skin(), at, turn)
    top = np.array([[-w / 2, -d / 2, h], [w / 2, -d / 2, h], [w / 2, d / 2, h], [-w / 2, d / 2, h]])
    stage.part(thing, (top, [[0, 1, 2, 3]]), pane(stage), at, turn)
    rim = [shapes.moved(shapes.box(w, 0.008, 0.012, h - 0.012), 0, s * d / 2) for s in (-1, 1)]
    rim += [shapes.moved(shapes.box(0.008, d, 0.012, h - 0.012), s * w / 2) for s in (-1, 1)]
    stage.part(thing, shapes.joined(*rim), stage.flat(np.array([0.25, 0.4, 0.36])), at, turn)
    return thing
