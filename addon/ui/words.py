# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences in Blender's layouts, which cut what does not fit instead of wrapping it."""

from __future__ import annotations

import textwrap
from typing import Any

import bpy

PIXELS_A_CHARACTER = 7.0


def wrapped(
    layout: bpy.types.UILayout, text: str, icon: Any = "NONE", width: float | None = None
) -> None:
    """``text`` over as many rows as it needs at ``width`` pixels (default: the region's width)."""
    context = bpy.context
    region = context.region
    pixels = width or (region.width if region else 400)
    scale = context.preferences.system.ui_scale
    columns = max(int((pixels / scale - 60) / PIXELS_A_CHARACTER), 16)
    column = layout.column(align=True)
    column.scale_y = 0.8
    indent: Any = "NONE" if icon == "NONE" else "BLANK1"
    for number, row in enumerate(textwrap.wrap(text, columns)):
        column.label(text=row, icon=indent if number else icon)
