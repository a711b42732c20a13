# SPDX-License-Identifier: GPL-3.0-or-later
"""For ``poll`` of what changes the rig: whether it can be changed, and why not."""

from __future__ import annotations

import bpy

from .. import rigs
from ..stage import linked
from . import where


def has_camera(operator: type[bpy.types.Operator], scene: bpy.types.Scene) -> bool:
    """Whether there is a stereo camera that can be changed here."""
    if not where.is_built(operator, scene):
        return False
    camera = rigs.find_stereo_camera(scene)
    if camera is None:
        operator.poll_message_set("The stereo camera is gone: press Repair Rig")
        return False
    reason = linked.linked_data(camera)
    if reason:
        operator.poll_message_set(reason)
    return not reason


def _lost(scene: bpy.types.Scene) -> str:
    lost = rigs.faults(scene)
    return f"{lost[0]} Press Repair Rig" if lost else ""


def can_add(
    operator: type[bpy.types.Operator], scene: bpy.types.Scene, *, needs_rig: bool = False
) -> bool:
    """Whether objects can be added to a rig that lacks nothing. ``needs_rig``: not in scenes of
    before there was a rig object."""
    if not where.is_built(operator, scene):
        return False
    reason = linked.overridden(scene) or _lost(scene)
    if not reason and needs_rig and rigs.find_chain(scene).rig is None:
        reason = "This scene was built before there was a rig: press Repair Rig to add one"
    if reason:
        operator.poll_message_set(reason)
    return not reason
