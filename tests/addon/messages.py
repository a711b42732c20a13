# SPDX-License-Identifier: GPL-3.0-or-later
"""Every text that the installed add-on shows and that Blender would translate.

Names, tooltips and menu entries come from the registered classes, what panels write themselves
from their source: literal ``text=`` and ``heading=``, and `bl_label`s.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import bpy
from bl_ui.utils import PresetPanel

KINDS = ("Operator", "Panel", "PropertyGroup", "Menu", "AddonPreferences", "UIList", "Header")


def of_classes() -> set[str]:
    """Labels, descriptions, properties and fixed menu entries of the add-on's classes."""
    found: set[str] = set()
    for kind in KINDS:
        pending = list(getattr(bpy.types, kind).__subclasses__())
        while pending:
            cls = pending.pop()
            pending += cls.__subclasses__()
            if ".second_eye." not in cls.__module__ or not getattr(cls, "is_registered", False):
                continue
            found |= _of_class(cls)
            own = {name for base in cls.__mro__ for name in getattr(base, "__annotations__", {})}
            for prop in cls.bl_rna.properties:
                if prop.identifier in own and not prop.is_hidden and prop.name != prop.identifier:
                    found |= _of_property(prop)
    return {text for text in found if _shown(text)}


def _of_class(cls: Any) -> set[str]:
    if issubclass(cls, bpy.types.Operator):
        name = cls.bl_idname.split(".")[1]
        told = getattr(bpy.ops.second_eye, name).get_rna_type()
        return {told.name, told.description}
    if issubclass(cls, PresetPanel):  # loading a preset gives the panel the preset's name
        return set()
    return {getattr(cls, name, "") or "" for name in ("bl_label", "bl_description")}


def _of_property(prop: Any) -> set[str]:
    found = {prop.name, prop.description}
    if prop.type == "ENUM":
        for item in prop.enum_items_static:
            found |= {item.name, item.description}
    return found


def of_source(folder: Path) -> set[str]:
    """Literal texts that panels and poll methods write, and the labels of presets' panels."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.Call):
                found |= _of_call(node)
            elif isinstance(node, ast.ClassDef):
                found |= _label(node)
    return {text for text in found if _shown(text)}


def _of_call(node: ast.Call) -> set[str]:
    found = set()
    for keyword in node.keywords:
        if keyword.arg in ("text", "heading", "placeholder"):
            found |= _literals(keyword.value)
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name == "poll_message_set" and node.args:
        found |= _literals(node.args[0])
    return found


def _label(node: ast.ClassDef) -> set[str]:
    found: set[str] = set()
    if PresetPanel.__name__ not in map(ast.unparse, node.bases):
        return found
    for line in node.body:
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "bl_label":
            found |= _literals(line.value)
    return found


def _literals(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _literals(node.body) | _literals(node.orelse)
    return set()


def _shown(text: str) -> bool:
    return any(letter.isalpha() for letter in text)
