# SPDX-License-Identifier: GPL-3.0-or-later
"""What a twin wears: the relief's own material, cut as that is cut, with a white ground in place of
the footage.

The ground is turned towards the sun everywhere: the light that arrives then depends on what stands
in its way alone, and not on the bumps of estimated depth. Cycles compares the light with and
without the objects by itself (`Object.is_shadow_catcher`). EEVEE knows no shadow catchers; there a
shader output variable says what part of the sun's light is missing, and the sun's strength comes
by a driver.
"""

from __future__ import annotations

import math
from typing import Any

import bpy

from . import compat
from .nodes import Socket, Tree
from .shot import materials

TO_SUN = "se_sun"
"""Named attribute of the twins: the direction to the sun, in the world's axes."""
MISSING = "Second Eye Shadow"
"""Name of the shader output variable: the part of the sun's light that is missing, in EEVEE."""


def catcher_material(relief: bpy.types.Object, sun: bpy.types.Object) -> bpy.types.Material:
    """The material of the twin of ``relief``."""
    material = materials(relief)[0].copy()
    material.name = f"{relief.name} Catcher"
    material.pop("second_eye_relief", None)
    cycles = compat.cycles_of(material)
    if cycles is not None:
        cycles.use_bump_map_correction = False  # the normal is no bump: nothing is to be corrected
    t = Tree(material.node_tree)  # type: ignore[arg-type]
    ground = _ground(t)
    for emission in [n for n in t.tree.nodes if n.bl_idname == "ShaderNodeEmission"]:
        for link in list(emission.outputs[0].links):
            t.link(ground, link.to_socket)
        t.tree.nodes.remove(emission)
    _tell_missing(t, ground, sun)
    t.arrange()
    return material


def _ground(t: Tree) -> Socket:
    towards = t.node("ShaderNodeAttribute", TO_SUN, attribute_name=TO_SUN)
    ground = t.node("ShaderNodeBsdfDiffuse")
    ground.inputs["Color"].default_value = (1.0, 1.0, 1.0, 1.0)
    t.link(towards.outputs["Vector"], ground.inputs["Normal"])
    return ground.outputs[0]


def _tell_missing(t: Tree, ground: Socket, sun: bpy.types.Object) -> None:
    """1 - light / the sun's light. More light than the sun's own is no shadow, so that a world and
    other lamps can lighten the shadows but never darken the footage."""
    lit = t.node("ShaderNodeShaderToRGB")
    t.link(ground, lit.inputs[0])
    red, green, blue = _parts(t, lit.outputs["Color"])
    light = t.math("MAXIMUM", t.math("MAXIMUM", red, green), blue)
    energy = t.node("ShaderNodeValue", "Strength of the sun").outputs[0]
    _follow(energy, sun)
    # A white surface that faces a sun of strength pi shows 1.
    part = t.math("DIVIDE", t.math("MULTIPLY", light, math.pi), energy)
    missing = t.clamp(t.math("SUBTRACT", 1.0, part))
    # Cycles has no such node: what hangs on it falls back to 0, and so does the whole.
    there = t.node("ShaderNodeMath", "In EEVEE alone", operation="MULTIPLY")
    there.inputs[1].default_value = 0.0
    t.link(missing, there.inputs[0])
    t.link(lit.outputs["Alpha"], there.inputs[1])
    output = t.node("ShaderNodeOutputAOV", MISSING)
    output.aov_name = MISSING
    t.link(there.outputs[0], output.inputs["Value"])


def _parts(t: Tree, colour: Socket) -> tuple[Socket, Socket, Socket]:
    split = t.node("ShaderNodeSeparateColor")
    t.link(colour, split.inputs[0])
    return split.outputs[0], split.outputs[1], split.outputs[2]


def _follow(value: Socket, sun: bpy.types.Object) -> None:
    """A sum of one number: no expression, so that it plays where scripts are not trusted."""
    light: Any = sun.data
    value.default_value = light.energy
    driver: Any = value.driver_add("default_value").driver
    driver.type = "SUM"
    variable = driver.variables.new()
    target = variable.targets[0]
    target.id_type, target.id, target.data_path = "LIGHT", light, "energy"
