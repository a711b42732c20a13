# SPDX-License-Identifier: GPL-3.0-or-later
"""Animated values at any frame, without evaluating the scene."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ..stage import compat


def curve_values(
    owner: bpy.types.ID, path: str, index: int, plain: float, frames: Iterable[float]
) -> list[float]:
    """What the property's F-curve gives at each scene frame; ``plain`` where nothing is keyed."""
    curve = compat.find_fcurve(owner, path, index)
    if curve is None or curve.mute:
        return [float(plain) for _ in frames]
    return [float(curve.evaluate(frame)) for frame in frames]
