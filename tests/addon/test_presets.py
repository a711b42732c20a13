# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets are Blender's own: added, loaded, removed; those that ship stay."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

KINDS = {
    "analysis": {"settings.temporal": 0.25, "settings.look_ahead": 7, "settings.find_cuts": False},
    "stereo": {"settings.depth_budget": 3.5, "settings.drift": 0.25},
    "output": {"settings.packing": "top-bottom", "convert.codec": "libx265", "convert.quality": 23},
}
GROUPS = {"settings": "second_eye", "convert": "second_eye_convert"}


def now(names) -> dict[str, object]:
    """The scene's values by those names."""
    found = {}
    for name in names:
        group, _, own = name.partition(".")
        found[name] = getattr(getattr(bpy.context.scene, GROUPS[group]), own)
    return found


def put(values: dict[str, object]) -> None:
    for name, value in values.items():
        group, _, own = name.partition(".")
        setattr(getattr(bpy.context.scene, GROUPS[group]), own, value)


def add(kind: str, **asked) -> set[str]:
    return getattr(bpy.ops.second_eye, f"preset_{kind}")(**asked)


def load(kind: str, name: str) -> None:
    file = bpy.utils.preset_find(name, f"second_eye/{kind}", display_name=True)
    menu = f"SECOND_EYE_PT_presets_{kind}"
    assert bpy.ops.second_eye.load_preset(filepath=file, menu_idname=menu) == {"FINISHED"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_preset_comes_back_and_goes(second_eye, kind):
    plain = now(KINDS[kind])
    put(KINDS[kind])
    assert add(kind, name="My Own") == {"FINISHED"}
    user = Path(bpy.utils.user_resource("SCRIPTS"), "presets", "second_eye", kind, "My_Own.py")
    assert user.is_file()
    put(plain)
    load(kind, "My Own")
    assert now(KINDS[kind]) == pytest.approx(KINDS[kind])
    assert add(kind, remove_active=True) == {"FINISHED"} and not user.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_presets_load_and_stay(second_eye, module, kind):
    values = getattr(module("addon.operators.presets"), f"SECOND_EYE_OT_preset_{kind}")
    folder = Path(module("addon").__file__).parent / "presets" / "second_eye" / kind
    files = sorted(folder.glob("*.py"))
    assert len(files) >= 3
    seen = set()
    for file in files:
        load(kind, bpy.path.display_name(file.stem, title_case=False))
        found = tuple(now(values.preset_values).values())
        assert all(v in file.read_text() for v in values.preset_values)
        seen.add(found)
        assert add(kind, name=file.stem, remove_name=True) == {"CANCELLED"} and file.exists()
    assert len(seen) == len(files)  # no two of them are the same
    add(kind, name="Mine")
    assert {p.name for p in folder.iterdir()} == {p.name for p in files}  # never among the shipped
    assert add(kind, name="Mine", remove_name=True) == {"FINISHED"}


def test_presets_that_are_lost_or_broken_are_said(second_eye, tmp_path):
    menu, broken = "SECOND_EYE_PT_presets_stereo", tmp_path / "broken.py"
    with pytest.raises(RuntimeError, match="not there any more: choose another"):
        bpy.ops.second_eye.load_preset(filepath=str(broken), menu_idname=menu)
    broken.write_text("import bpy\nbpy.context.scene.second_eye.drift = 'far'\n")
    with pytest.raises(RuntimeError, match="Failed to execute the preset"):
        bpy.ops.second_eye.load_preset(filepath=str(broken), menu_idname=menu)


def test_the_folder_goes_with_the_extension(second_eye, extension):
    assert bpy.utils.preset_paths("second_eye/output")
    bpy.ops.preferences.addon_disable(module=extension)
    try:
        assert bpy.utils.preset_paths("second_eye/output") == [
            p for p in bpy.utils.preset_paths("second_eye/output") if "addon" not in p
        ]
    finally:
        bpy.ops.preferences.addon_enable(module=extension)
