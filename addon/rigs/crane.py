# SPDX-License-Identifier: GPL-3.0-or-later
"""The rig's arm: a crane's, or an orbit's.

Three properties of the rig object, in Blender's own custom properties, so that they are keyed and
saved like any other. They drive the rig's delta location, which adds to its location: keys of both
live side by side.
"""

from __future__ import annotations

import math

import bpy

from .drivers import drive

ARM, SWING, BOOM = "arm", "swing", "boom"


def add_crane(rig: bpy.types.Object) -> None:
    """Give the rig its arm, of no length yet.

    An arm of length L that is swung by s and boomed by b carries the camera to ``|L| sin s cos b``
    right, ``|L| sin b`` up and ``L (1 - cos s cos b)`` back of where it stood: on a sphere around
    its foot, which is L behind the camera, or before it where L is below 0.
    """
    quarter = 0.5 * math.pi
    _add(
        rig, ARM, 0.0, "DISTANCE", (-1e4, 1e4, -10.0, 10.0),
        "Length of the crane's arm. Its foot stands so far behind the camera; below 0, so far "
        "before it: the camera then swings around what it looks at",
    )  # fmt: skip
    _add(
        rig, SWING, 0.0, "ANGLE", (-math.pi, math.pi, -quarter, quarter),
        "How far the arm is swung to the right",
    )  # fmt: skip
    _add(
        rig, BOOM, 0.0, "ANGLE", (-quarter, quarter, -quarter, quarter),
        "How far the arm is raised",
    )  # fmt: skip
    names = {"l": ARM, "s": SWING, "b": BOOM}
    for index, (expression, used) in enumerate(
        (
            ("fabs(l)*sin(s)*cos(b)", "lsb"),
            ("fabs(l)*sin(b)", "lb"),
            ("l*(1-cos(s)*cos(b))", "lsb"),
        )
    ):
        sources = {name: (rig, f'["{names[name]}"]') for name in used}
        drive(rig, "delta_location", index, expression, sources)


def _add(
    rig: bpy.types.Object,
    name: str,
    value: float,
    subtype: str,
    limits: tuple[float, float, float, float],
    description: str,
) -> None:
    rig[name] = value
    least, most, soft_least, soft_most = limits
    rig.id_properties_ui(name).update(
        default=value,
        min=least,
        max=most,
        soft_min=soft_least,
        soft_max=soft_most,
        subtype=subtype,
        description=description,
    )
