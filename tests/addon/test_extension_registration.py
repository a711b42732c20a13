# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension comes and goes without a trace."""

from __future__ import annotations

import sys

import bpy


def registered() -> set[str]:
    """Every class that Blender knows of and that belongs to the extension."""
    kinds = (bpy.types.Operator, bpy.types.Panel, bpy.types.PropertyGroup, bpy.types.Menu)
    found = set()
    for kind in kinds:
        for cls in kind.__subclasses__():
            if ".second_eye." in cls.__module__ and cls.is_registered:
                found.add(cls.__name__)
    return found


def test_enabled_disabled_enabled(extension: str) -> None:
    before = registered()
    assert {"SECOND_EYE_OT_cancel", "SECOND_EYE_OT_check_engine"} <= before
    assert hasattr(bpy.types.Scene, "second_eye")
    bpy.ops.preferences.addon_disable(module=extension)
    assert registered() == set()
    assert not hasattr(bpy.types.Scene, "second_eye")
    assert not dir(bpy.ops.second_eye)
    bpy.ops.preferences.addon_enable(module=extension)
    assert registered() == before


def test_blender_never_loads_torch(analysed) -> None:
    """Not at registration, and not while the engine analyses a clip."""
    assert (analysed / "project.json").exists()
    assert "torch" not in sys.modules


def test_a_failed_registration_is_taken_back(module) -> None:
    """One factory: what registered before the failing part goes again."""
    from types import ModuleType

    class SECOND_EYE_OT_probe(bpy.types.Operator):
        """Only for this test"""

        bl_idname = "second_eye.probe"
        bl_label = "Probe"

    good, bad = ModuleType("good"), ModuleType("bad")
    good.CLASSES = (SECOND_EYE_OT_probe,)

    def register() -> None:
        raise RuntimeError("on purpose")

    bad.register = register
    come, _go = module("addon.registration").factory([good, bad])
    try:
        come()
    except RuntimeError as error:
        assert str(error) == "on purpose"
    assert not SECOND_EYE_OT_probe.is_registered


def test_tooltips_are_one_line(extension: str) -> None:
    told = {
        name: getattr(bpy.ops.second_eye, name).get_rna_type() for name in dir(bpy.ops.second_eye)
    }
    assert told
    assert not [
        name for name, rna in told.items() if "\n" in rna.description or "  " in rna.description
    ]
    assert not [name for name, rna in told.items() if not rna.description]
