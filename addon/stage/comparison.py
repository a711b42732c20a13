# SPDX-License-Identifier: GPL-3.0-or-later
"""What the materials show of Repair, Split and Depth View."""

from __future__ import annotations

from .nodes import Socket, Tree
from .relief_group import COMPARE, NORMALISED

FAR_TO_NEAR = ("160b39", "6b1d81", "b63679", "f7705c", "fcfdbf")
"""sRGB, at equal distances of normalised inverse depth: lightness rises towards the viewer."""
LINE = 0.001  # half the width of the line at Split, in picture widths


class Comparison:
    """The attributes of the relief's inputs in one material; 0 where the relief stores none."""

    def __init__(self, t: Tree) -> None:
        self._t = t
        attribute = t.node("ShaderNodeAttribute", COMPARE, attribute_name=COMPARE)
        self._missing, self._split, self._view = t.separate(attribute.outputs["Vector"])

    def raw_part(self, uv: Socket) -> Socket:
        """0..1: how much of the depth at ``uv`` is the raw one (as the relief's nodes have it)."""
        u = self._t.clamp(self._t.separate(uv)[0], 0.0, 0.99999)
        left = self._t.math("LESS_THAN", u, self._split)
        return self._t.math("MAXIMUM", self._missing, left, label="Part of the raw")

    def with_depth_view(self, picture: Socket) -> Socket:
        """The shader ``picture``, or by Depth View the depth in colours."""
        attribute = self._t.node("ShaderNodeAttribute", NORMALISED, attribute_name=NORMALISED)
        ramp = self._t.node("ShaderNodeValToRGB")
        self._t.link(attribute.outputs["Fac"], ramp.inputs[0])
        elements = ramp.color_ramp.elements
        last = len(FAR_TO_NEAR) - 1
        for number, colour in enumerate(FAR_TO_NEAR):
            inner = 0 < number < last
            element = elements.new(number / last) if inner else elements[-1 if number else 0]
            element.color = (*_linear(colour), 1.0)
        shown = self._t.emission(ramp.outputs["Color"])
        return self._t.mix_shader(self._view, picture, shown)

    def with_line(self, picture: Socket, uv: Socket) -> Socket:
        """The shader ``picture`` with a thin line at Split, so that nobody renders it unawares."""
        t = self._t
        beside = t.math("ABSOLUTE", t.math("SUBTRACT", t.separate(uv)[0], self._split))
        on = t.math("GREATER_THAN", self._split, 0.0)
        line = t.math("MULTIPLY", t.math("LESS_THAN", beside, LINE), on)
        return t.mix_shader(line, picture, t.emission((1.0, 1.0, 1.0, 1.0)))


def _linear(srgb: str) -> list[float]:
    parts = [int(srgb[i : i + 2], 16) / 255.0 for i in (0, 2, 4)]
    return [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
