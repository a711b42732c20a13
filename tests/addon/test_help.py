# SPDX-License-Identifier: GPL-3.0-or-later
"""Of every operator: a grey button says why, what edits the .blend can be undone, F1 has a page."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlparse

import bpy
import numpy as np
import pytest
from stage_case import Case

UNDONE_OTHERWISE = {
    "bake_camera": "writes into the depth project",
    "cancel": "stops a job",
    "check_engine": "looks at the engine",
    "choose_model": "opens a file browser",
    "choose_movie": "opens a file browser",
    "convert": "writes a movie",
    "export_relief": "writes a file",
    "install_engine": "installs packages",
    "predict_move": "keeps a figure about the move before it, with whose step it goes",
    "start_vr": "starts a headset",
    "tag_movie": "writes a movie",
    "wiggle": "writes a movie",
}
"""Operators that don't edit the .blend, and what they do."""


def names() -> list[str]:
    return sorted(name for name in dir(bpy.ops.second_eye) if not name.startswith("_"))


def rna(name: str):
    return getattr(bpy.ops.second_eye, name).get_rna_type()


def groups() -> dict[str, type]:
    """The registered groups of settings, by their names."""
    found = bpy.types.PropertyGroup.__subclasses__()
    return {
        g.__name__: g for g in found if g.__name__.startswith("SECOND_EYE_") and g.is_registered
    }


def own(key: str) -> bool:
    return key not in ("rna_type", "name")


def check_polls() -> int:
    """How many operators refuse here; each with a reason of ours."""
    refusing = 0
    for name in names():
        operator = getattr(bpy.ops.second_eye, name)
        if operator.poll():
            continue
        refusing += 1
        with pytest.raises(RuntimeError) as raised:
            operator()
        said = str(raised.value).strip()
        assert "context is incorrect" not in said, f"{name} doesn't say why it is grey: {said}"
    return refusing


def test_a_grey_button_says_why(module, second_eye, engine_python, tmp_path):
    """In an empty scene, in a built one, and where its project is gone."""
    assert check_polls() > 15
    plates, depths = np.full((2, 8, 12, 3), 90, np.uint8), np.full((2, 8, 12), 0.5, np.float32)
    depths[:, :, 6:] = 0.1
    case = Case(module, engine_python, tmp_path, plates, depths)
    scene = bpy.context.scene
    scene.second_eye.project_folder = str(case.project.folder)
    scene.second_eye.sampling = "GRID"
    bpy.ops.second_eye.build_scene()
    assert check_polls() > 5
    case.project.folder.rename(tmp_path / "elsewhere")
    assert check_polls() > 8


def test_a_grey_button_says_that_a_job_runs(module, second_eye):
    session, no_task = module("addon.engine.session"), module("addon.engine.no_task")
    session.begin("Analyse", no_task.NoTask())
    try:
        assert check_polls() > 20
        bpy.context.scene.second_eye.clip_path = "/tmp/clip.mp4"
        with pytest.raises(RuntimeError, match="Analyse is running"):
            bpy.ops.second_eye.analyse()
    finally:
        session.unregister()


def test_what_edits_the_blend_can_be_undone(second_eye):
    own = {name for name in names() if not name.startswith("preset_")}  # Blender's own write files
    lacking = {
        name
        for name in own
        if "UNDO" not in getattr(getattr(bpy.types, f"SECOND_EYE_OT_{name}"), "bl_options", set())
    }
    assert lacking <= set(UNDONE_OTHERWISE), lacking - set(UNDONE_OTHERWISE)


def page(identifier: str) -> Path:
    from bl_operators.wm import WM_OT_doc_view_manual

    url = WM_OT_doc_view_manual._lookup_rna_url(identifier, verbose=False)
    assert url is not None and url.startswith("file://"), identifier
    return Path(unquote(urlparse(url).path))


def test_every_operator_and_setting_has_a_page(second_eye):
    wanted = [f"bpy.ops.second_eye.{name}" for name in names()]
    for kind, found in groups().items():
        keys = [setting.identifier for setting in found.bl_rna.properties]
        wanted += [f"bpy.types.{kind}.{key}" for key in keys if own(key)]
    assert len(wanted) > 80
    pages = {identifier: page(identifier) for identifier in wanted}
    assert {p for p in pages.values() if not p.is_file()} == set()
    assert len({p.name for p in pages.values()}) > 8
    assert pages["bpy.ops.second_eye.wiggle"].name == "shots.md"
    assert pages["bpy.types.SECOND_EYE_convert.codec"].name == "delivery.md"


def test_every_setting_has_a_tooltip(second_eye):
    """And so has every argument of an operator that is not hidden."""
    lacking = []
    for name in names():
        if name.startswith("preset_"):
            continue
        if not rna(name).description:
            lacking.append(name)
        for key, found in rna(name).properties.items():
            hidden = found.is_hidden or key in ("rna_type", "filepath", "filter_glob")
            if not hidden and not found.description and "menu" not in key:
                lacking.append(f"{name}.{key}")
    for kind, found in groups().items():
        settings = found.bl_rna.properties.items()
        lacking += [f"{kind}.{key}" for key, s in settings if own(key) and not s.description]
    assert lacking == []
