# SPDX-License-Identifier: GPL-3.0-or-later
"""What the artist sees: one module a panel section."""

from . import (
    comfort,
    convert,
    detail,
    edits,
    grade,
    layers,
    moves,
    panels,
    presets,
    preview,
    render,
    repair,
    rig,
    rig_gizmo,
    shadow_catcher,
    shots,
    solve,
)

MODULES = (
    presets,
    panels,
    convert,
    shots,
    rig,
    rig_gizmo,
    grade,
    preview,
    comfort,
    detail,
    edits,
    solve,
    repair,
    layers,
    shadow_catcher,
    moves,
    render,
)
