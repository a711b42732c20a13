# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""Skies, suns and lamps. Brightness is relative: the renderer exposes each view by itself."""

import bpy
import numpy as np
from mathutils import Vector

from .stage import Stage


def room_world(stage: Stage) -> None:
    """A plain ambient colour; rays that leave through a window see it too."""
    tint = np.clip(stage.rng.normal((0.78, 0.8, 0.84), 0.05), 0.3, 1)
    nodes = _world(stage, stage.rng.uniform(0.5, 1.8))
    nodes["Background"].inputs[0].default_value = (*tint, 1)
    ambient = stage.rng.uniform(0.35, 1.1)
    # By day what is outside is brighter than the room: the camera sees it so, the room is lit as
    # before (lamps stand in the windows).
    day = float(np.exp(stage.rng.uniform(np.log(0.6), np.log(8))))
    stage.memo["daylight"] = day
    links = stage.scene.world.node_tree.links
    seen, mix = nodes.new("ShaderNodeLightPath"), nodes.new("ShaderNodeMix")
    mix.inputs[2].default_value, mix.inputs[3].default_value = ambient, max(ambient, day)
    links.new(seen.outputs["Is Camera Ray"], mix.inputs[0])
    links.new(mix.outputs[0], nodes["Background"].inputs[1])


def sky_world(stage: Stage) -> None:
    """A sky from horizon to zenith with clouds, from clear blue to grey to dusk."""
    rng = stage.rng
    nodes = _world(stage, 3.0)
    links = stage.scene.world.node_tree.links
    mood = rng.choice(["clear", "clear", "grey", "dusk"])
    zenith, horizon = {
        "clear": ((0.12, 0.3, 0.75), (0.65, 0.8, 0.95)),
        "grey": ((0.5, 0.55, 0.62), (0.75, 0.77, 0.8)),
        "dusk": ((0.15, 0.2, 0.45), (0.95, 0.6, 0.35)),
    }[str(mood)]
    where = nodes.new("ShaderNodeTexCoord")
    split = nodes.new("ShaderNodeSeparateXYZ")
    links.new(where.outputs["Generated"], split.inputs[0])
    ramp = nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.elements[0].color = (*np.clip(rng.normal(horizon, 0.06), 0.02, 1), 1)
    ramp.color_ramp.elements[1].color = (*np.clip(rng.normal(zenith, 0.06), 0.02, 1), 1)
    ramp.color_ramp.elements[1].position = rng.uniform(0.3, 0.9)
    links.new(split.outputs[2], ramp.inputs[0])
    cloud = nodes.new("ShaderNodeTexNoise")
    cloud.inputs["Scale"].default_value = rng.uniform(2, 7)
    cloud.inputs["Detail"].default_value = 5
    shift = nodes.new("ShaderNodeMapping")
    shift.inputs["Location"].default_value = tuple(rng.uniform(0, 50, 3))
    shift.inputs["Scale"].default_value = (1, 1, rng.uniform(2, 5))
    links.new(where.outputs["Generated"], shift.inputs[0])
    links.new(shift.outputs[0], cloud.inputs["Vector"])
    limits = nodes.new("ShaderNodeMapRange")
    low = rng.uniform(0.4, 0.62)
    limits.inputs["From Min"].default_value = low
    limits.inputs["From Max"].default_value = low + rng.uniform(0.08, 0.3)
    links.new(cloud.outputs[0], limits.inputs[0])
    mix = nodes.new("ShaderNodeMix")
    mix.data_type = "RGBA"
    links.new(limits.outputs[0], mix.inputs["Factor"])
    links.new(ramp.outputs[0], mix.inputs[6])
    grey = rng.uniform(0.55, 1.0)
    mix.inputs[7].default_value = (grey, grey, grey, 1)
    links.new(mix.outputs[2], nodes["Background"].inputs[0])
    nodes["Background"].inputs[1].default_value = rng.uniform(0.6, 1.1)
    sun(stage, 0.0 if mood == "grey" and rng.random() < 0.7 else rng.uniform(1.2, 4.5))


def sun(stage: Stage, strength: float, toward: np.ndarray | None = None) -> None:
    """A sun 8-70 degrees up, somewhere around; ``toward`` (a window's way out): where it can
    shine in."""
    rng = stage.rng
    if strength <= 0:
        return
    up, around = np.radians(rng.uniform(8, 70)), rng.uniform(0, 2 * np.pi)
    if toward is not None:
        around = np.arctan2(toward[1], toward[0]) + rng.normal(0, 0.6)
        up = np.radians(rng.uniform(12, 50))
    lamp = _lamp(stage, "SUN", strength, (0, 0, 50))
    lamp.data.angle = np.radians(rng.uniform(0.5, 4))
    aim = Vector((np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)))
    lamp.rotation_euler = aim.to_track_quat("Z", "Y").to_euler()


def area(stage: Stage, at: tuple, aim: tuple, power: float, size: float) -> None:
    """A square lamp at ``at`` shining along ``aim``, power in watts."""
    lamp = _lamp(stage, "AREA", power, at)
    lamp.data.size = size
    lamp.rotation_euler = Vector(aim).to_track_quat("-Z", "Y").to_euler()


def bulb(stage: Stage, at: tuple, power: float) -> None:
    """A round lamp, power in watts."""
    _lamp(stage, "POINT", power, at).data.shadow_soft_size = 0.1


def _lamp(stage: Stage, kind: str, energy: float, at: tuple) -> bpy.types.Object:
    data = bpy.data.lights.new("lamp", kind)
    data.energy = energy
    data.color = tuple(np.clip(stage.rng.normal((1, 0.92, 0.82), 0.08), 0.3, 1))
    data.cycles.max_bounces = 1
    lamp = bpy.data.objects.new("lamp", data)
    lamp.location = at
    # Lamps are light only: their own surface would show as depth.
    lamp.visible_camera = False
    stage.scene.collection.objects.link(lamp)
    return lamp


def _world(stage: Stage, reach: float) -> bpy.types.bpy_prop_collection:
    world = bpy.data.worlds.new("world")
    world.use_nodes = True
    world.cycles.sampling_method = "NONE"
    world.light_settings.ao_factor = stage.rng.uniform(0.6, 1.0)
    # Ambient light comes from where nothing is nearer than this: more than a metre or two would
    # leave a small room with lamps only, and black where they don't shine.
    world.light_settings.distance = reach
    stage.scene.world = world
    return world.node_tree.nodes
