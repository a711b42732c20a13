# SPDX-License-Identifier: GPL-3.0-or-later
"""A project, its stage and rig for the rig's tests, and what the panels draw of them."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest
from stage_case import Case, texture


@pytest.fixture(scope="module")
def case(extension, engine_python, tmp_path_factory) -> Case:
    rng = np.random.default_rng(3)
    return Case(
        lambda name: importlib.import_module(f"{extension}.{name}"),
        engine_python,
        tmp_path_factory.mktemp("faults"),
        np.stack([texture(n, 24, 40) for n in range(4)]),
        rng.uniform(0.2, 0.9, (4, 12, 20)).astype(np.float32),
        focal=1.2,
    )


@pytest.fixture
def scene(module, second_eye, case) -> bpy.types.Scene:
    scene = bpy.context.scene
    case.project = module("core.project").Project.open(case.project.folder)
    module("addon.stage").build_scene(case.project, scene)
    module("addon.rigs").make_stereo_camera(scene, case.project)
    scene.second_eye.project_folder = str(case.project.folder)
    return scene


def chain(module):
    return module("addon.rigs").find_chain(bpy.context.scene)


def delete(*things: bpy.types.Object) -> None:
    """As pressing X does."""
    bpy.context.view_layer.update()  # new objects can't be selected before
    for thing in bpy.context.view_layer.objects:
        thing.select_set(thing in things)
    bpy.context.view_layer.objects.active = things[0]
    assert bpy.ops.object.delete() == {"FINISHED"}


class Layout:
    """Records what a panel draws, and refuses a property that isn't there."""

    def __init__(self, said: list[str]) -> None:
        self.said = said

    def prop(self, owner: Any, name: str, **options: Any) -> None:
        known = name in owner.bl_rna.properties or (name[:2] == '["' and name[2:-2] in owner)
        assert known, f"{owner} has no {name}"
        self.said.append(options.get("text", name))

    def label(self, text: str = "", **options: Any) -> None:
        self.said.append(text)

    def operator(self, name: str, **options: Any) -> Any:
        kind, _, verb = name.partition(".")
        assert hasattr(bpy.types, f"{kind.upper()}_OT_{verb}"), name
        self.said.append(options.get("text", name))
        return SimpleNamespace()

    def operator_menu_enum(self, name: str, prop: str, **options: Any) -> Any:
        return self.operator(name, **options)

    def panel(self, name: str, default_closed: bool = False) -> tuple[Layout, Layout]:
        return self, self

    def row(self, **options: Any) -> Layout:
        return Layout(self.said)

    column = row


def drawn(module, monkeypatch) -> str:
    monkeypatch.setattr(
        module("addon.ui.words"), "wrapped", lambda layout, text, icon="": layout.label(text)
    )
    context = bpy.context
    said: list[str] = []
    for name, panel in (("panels", "SECOND_EYE_PT_stereo"), ("rig", "SECOND_EYE_PT_rig")):
        cls = getattr(module(f"addon.ui.{name}"), panel)
        cls.draw(SimpleNamespace(layout=Layout(said)), context)
    return " | ".join(said)
