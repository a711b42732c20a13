# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's *Online Manual* (F1, or the menu of the right mouse button) for what is ours.

The pages come with the extension, so they fit its version and need no network.
"""

from __future__ import annotations

from pathlib import Path

import bpy

DOCS = Path(__file__).parents[1] / "docs"
_OPERATORS = {
    "project.md": ("import_clip", "analyse"),
    "repair.md": ("repair_shot", "split_preview", "show_flicker"),
    "scene.md": ("build_scene", "bake_camera", "*shadow_catcher"),
    "moves.md": (
        *("add_move", "remove_move", "fit_move", "measure_move", "predict_move", "rewrite_move"),
    ),
    "rigs.md": ("set_rig_mode",),
    "grading.md": ("grade_depth", "remove_grade", "make_window", "remove_window"),
    "comfort.md": ("show_comfort",),
    "shots.md": (
        *("cut_here", "merge_shots", "cuts_from_markers", "copy_shot_settings", "switch_form"),
        *("live_stereo", "still_pair", "wiggle", "start_vr", "preset_*", "load_preset"),
    ),
    "relief.md": ("sample_shot", "make_layers"),
    "edits.md": ("*_edit", "rasterise_mask"),
    "lens.md": ("set_lens", "estimate_lens", "*_solve"),
    "rendering.md": ("render_stereo", "*surround"),
    "delivery.md": ("convert", "*_movie"),
    "export.md": ("export_relief",),
    "models.md": ("*_model",),
}
_PROPERTIES = {
    "comfort.md": ("comfort.*",),
    "shots.md": ("row.*", "shots.*", "preview.*"),
    "moves.md": ("move.*", "moves.*"),
    "edits.md": ("edits.*",),
    "grading.md": ("grade.*",),
    "models.md": ("scene.model*",),
    "repair.md": ("shot.*", "scene.spatial", "scene.temporal", "scene.semantic", "scene.look*"),
    "project.md": (
        *("scene.source", "scene.clip*", "scene.movie_clip", "scene.first", "scene.last"),
        *("scene.project*", "scene.find_cuts"),
    ),
    "lens.md": ("scene.focal*", "scene.sensor*"),
    "relief.md": ("scene.triangles", "scene.columns", "scene.sampling", "scene.layers*"),
    "delivery.md": ("convert.*", "scene.packing", "scene.output*"),
    "rendering.md": ("render.*",),
    "scene.md": ("scene.*",),
}
OTHERS = "extension.md"
"""Of what no page is named for."""


def manual_map() -> tuple[str, tuple[tuple[str, str], ...]]:
    """As `bpy.utils.register_manual_map` wants it: the first pattern that fits counts."""
    rows = [
        (f"bpy.ops.second_eye.{name}", page) for page, names in _OPERATORS.items() for name in names
    ]
    rows += [
        (f"bpy.types.second_eye_{name}", page)
        for page, names in _PROPERTIES.items()
        for name in names
    ]
    rows += [("bpy.ops.second_eye.*", OTHERS), ("bpy.types.second_eye_*", OTHERS)]
    return f"{DOCS.as_uri()}/", tuple(rows)


def register() -> None:
    bpy.utils.register_manual_map(manual_map)


def unregister() -> None:
    bpy.utils.unregister_manual_map(manual_map)
