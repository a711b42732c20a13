# SPDX-License-Identifier: GPL-3.0-or-later
"""What the background plate wears: its colour, projected through the footage camera."""

from __future__ import annotations

import math
from typing import Any

import bpy

from ..steps import Steps
from .behind_group import CARRIED
from .front import OPENS_AT
from .images import Sequence
from .material import attribute, empty_material, finish, outside, project, viewer_in_camera
from .nodes import Socket, Tree
from .relief_group import LENS, MATTE

_OVERLAP = 0.004
"""Of the picture: so far inside its edges the border begins, behind the relief, so that no slit
opens between the two."""
_FAN, _SPREAD = 8, 1.6
"""Samples to each side of what a point beside the picture shows, and how far the outermost lie, in
distances to the picture's edge. Fewer draw rays."""


def behind_material_steps(
    name: str, colour: Sequence, picture: Sequence
) -> Steps[bpy.types.Material]:
    """Emission of ``colour`` where it has a plate (alpha 1), of what the plate carries on where the
    grid leads from its edge to the foreground, and of ``picture``'s border on the apron; for
    viewers so far off the axis that the relief's steps are cut. Else nothing, so that through the
    footage camera the picture stays the plate of the clip wherever the background's depth was
    guessed too near, and that no second picture stands behind a relief that an artist edited.
    """
    material, t = empty_material(name)
    try:
        yield from _nodes(t, colour, picture)
    except BaseException:
        bpy.data.materials.remove(material)
        raise
    return material


def _nodes(t: Tree, colour: Sequence, picture: Sequence) -> Steps[None]:
    position = t.node("ShaderNodeTexCoord").outputs["Object"]
    viewer, _ = viewer_in_camera(t)
    matte, angle, near = t.separate(attribute(t, MATTE))
    aside = t.math("DIVIDE", t.vector("LENGTH", viewer).outputs["Value"], near)
    uv = project(t, position, attribute(t, LENS))
    shown, alpha = colour.texture_with_alpha(t, uv, "Linear")
    carried = t.node("ShaderNodeAttribute", CARRIED, attribute_name=CARRIED).outputs
    # A picture that can't be read is magenta here, and nothing in the nodes that carry it.
    some = t.math("GREATER_THAN", carried["Alpha"], 0.02)
    plate = t.math("MULTIPLY", t.math("GREATER_THAN", alpha, 0.5), some)
    share = t.math("DIVIDE", 1.0, t.math("MAXIMUM", carried["Alpha"], 0.02))
    led = t.vector("SCALE", carried["Color"])
    t.link(share, led.inputs["Scale"])
    nothing = t.node("ShaderNodeBsdfTransparent").outputs[0]
    yield
    border = t.emission((yield from _beside(t, picture, uv)))
    yield
    seen = t.mix_shader(some, nothing, t.emission(led.outputs["Vector"]))
    seen = t.mix_shader(plate, seen, t.emission(shown))
    seen = t.mix_shader(outside(t, uv, _OVERLAP), seen, border)
    angle = t.math("MULTIPLY", angle, OPENS_AT)
    opened = t.math("GREATER_THAN", t.math("ARCTANGENT", aside), angle)
    opened = t.math("MULTIPLY", opened, t.math("GREATER_THAN", matte, 0.0))
    finish(t, t.mix_shader(opened, nothing, seen))


def _beside(t: Tree, picture: Sequence, uv: Socket) -> Steps[Socket]:
    """What may stand outside the picture: the mean of a piece of its border, the longer the farther
    out, since streaks of single pixels would look like something."""
    centred = t.vector("SUBTRACT", uv, (0.5, 0.5, 0.0)).outputs["Vector"]
    u, v, _ = t.separate(t.vector("ABSOLUTE", centred).outputs["Vector"])
    out = t.math("SUBTRACT", t.math("MAXIMUM", u, v), 0.5)
    total: Any = (0.0, 0.0, 0.0)
    places = [step / _FAN for step in range(-_FAN, _FAN + 1)]
    weights = [math.exp(-2.0 * place * place) for place in places]
    for place, weight in zip(places, weights, strict=True):
        aside = t.math("MULTIPLY", out, _SPREAD * place)
        there = t.vector("ADD", uv, t.combine(aside, aside, 0.0)).outputs["Vector"]
        sampled = t.vector("SCALE", picture.texture(t, there, "Linear"))
        sampled.inputs["Scale"].default_value = weight / sum(weights)
        total = t.vector("ADD", total, sampled.outputs["Vector"]).outputs["Vector"]
        yield
    return total
