# SPDX-License-Identifier: GPL-3.0-or-later
"""A shot as its relief shows it: with what the artist set there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bpy

from ...core.project import Shot
from ..stage import compat
from ..stage.group_inputs import RANGE
from ..stage.shot import relief_modifier
from .values import curve_values


def as_shown(relief: bpy.types.Object, shot: Shot, frame: int) -> Shot:
    """``shot`` with the relief's own near, far and strength at scene frame ``frame``."""
    modifier = relief_modifier(relief)
    found: dict[str, Any] = {}
    for name in (n for n in RANGE if compat.has_input(modifier, n)):
        path, plain = compat.input_path(modifier, name), compat.get_input(modifier, name)
        found[name.lower()] = curve_values(relief, path, 0, plain, [frame])[0]
    return replace(shot, **found)
