# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert: a stereo movie without a render, with the scene's camera baked first."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import pytest


def test_a_built_scene_is_baked_and_converted(second_eye, analysed: Path, tmp_path: Path) -> None:
    scene = bpy.context.scene
    settings = scene.second_eye
    settings.project_folder = str(analysed)
    bpy.ops.second_eye.build_scene()
    scene.camera.data.animation_data_clear()  # Build Scene keys its rig
    scene.camera.data.stereo.interocular_distance = 0.125
    settings.convert_path = str(tmp_path / "movie.mp4")
    settings.convert_format = "interlaced"
    assert bpy.ops.second_eye.convert() == {"FINISHED"}
    assert (tmp_path / "movie.mp4").is_file()
    manifest = json.loads((analysed / "project.json").read_text(encoding="utf-8"))
    assert manifest["camera"]["interocular"][0] == pytest.approx(0.125)
    assert [p.name for p in tmp_path.glob("movie*")] == ["movie.mp4"]


def test_two_views_are_named_and_coded_as_they_must(
    second_eye, analysed: Path, tmp_path: Path
) -> None:
    settings = bpy.context.scene.second_eye
    settings.project_folder = str(analysed)
    settings.convert_format = "mv-hevc"
    settings.convert_codec = "libx264"
    assert bpy.ops.second_eye.convert() == {"FINISHED"}
    name = analysed.name.removesuffix(".secondeye")
    assert (analysed.parent / f"{name}_mv-hevc.mov").is_file()


def test_what_can_not_be_encoded_here_is_a_sentence(
    second_eye, analysed: Path, tmp_path: Path
) -> None:
    settings = bpy.context.scene.second_eye
    settings.project_folder = str(analysed)
    settings.convert_codec = "hevc_videotoolbox"
    settings.convert_path = str(tmp_path / "movie.mov")
    with pytest.raises(RuntimeError, match="can't be encoded with hevc_videotoolbox"):
        bpy.ops.second_eye.convert()
    assert not list(tmp_path.glob("movie*"))
