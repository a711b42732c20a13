# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers that play without the add-on: simple expressions of other properties, no scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy

Source = tuple[bpy.types.ID, str]
"""A data-block and the data path of one of its properties; "LOC_Z" and its like name a local
transform."""


def drive(
    owner: bpy.types.ID, path: str, index: int, expression: str, sources: Mapping[str, Source]
) -> None:
    """Let ``expression`` of the named ``sources`` set a property (``index`` -1: no vector)."""
    owner.driver_remove(path, index)
    driver: Any = owner.driver_add(path, index).driver
    for name, (thing, source) in sources.items():
        variable = driver.variables.new()
        variable.name = name
        if source.isupper():
            variable.type = "TRANSFORMS"
            target = variable.targets[0]
            target.id = thing
            target.transform_type, target.transform_space = source, "LOCAL_SPACE"
        else:
            target = variable.targets[0]
            target.id_type = thing.id_type
            target.id, target.data_path = thing, source
    driver.expression = expression


def find_driver(owner: bpy.types.ID, path: str) -> Any | None:
    """The driver's curve of a property; None without one."""
    data = owner.animation_data
    return None if data is None else data.drivers.find(path)
