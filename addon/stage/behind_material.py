# SPDX-License-Identifier: GPL-3.0-or-later
"""What the background plate wears: its colour, projected through the footage camera."""

from __future__ import annotations

import bpy

from .images import Sequence
from .material import attribute, empty_material, finish, project, viewer_in_camera
from .relief_group import LENS, MATTE


def behind_material(name: str, colour: Sequence) -> bpy.types.Material:
    """Emission of ``colour`` where it has a plate (alpha 1), for viewers so far off the axis that
    the relief's steps are cut; else nothing, so that through the footage camera the picture stays
    the plate of the clip wherever the background's depth was guessed too near."""
    material, t = empty_material(name)
    position = t.node("ShaderNodeTexCoord").outputs["Object"]
    viewer, _ = viewer_in_camera(t)
    matte, angle, near = t.separate(attribute(t, MATTE))
    aside = t.math("DIVIDE", t.vector("LENGTH", viewer).outputs["Value"], near)
    uv = project(t, position, attribute(t, LENS))
    shown, alpha = colour.texture_with_alpha(t, uv, "Linear")
    opened = t.math("GREATER_THAN", t.math("ARCTANGENT", aside), angle)
    opened = t.math("MULTIPLY", opened, t.math("GREATER_THAN", matte, 0.0))
    there = t.math("MULTIPLY", opened, t.math("GREATER_THAN", alpha, 0.5))
    nothing = t.node("ShaderNodeBsdfTransparent").outputs[0]
    finish(t, t.mix_shader(there, nothing, t.emission(shown)))
    return material
