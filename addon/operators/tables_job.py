# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's job that makes the tables of a project's depth, as operators begin it."""

from __future__ import annotations

import bpy

from ...core.errors import SecondEyeError
from ...core.project import Project, statistics
from .. import preferences
from ..engine import interpreter
from ..engine.client import EngineJob
from ..stage.depth_tables import kept_tables


def lacks_tables(project: Project) -> bool:
    """Whether a frame has no table of the depth that stands there now."""
    missing = statistics.missing(project, kept_tables(project.folder), project.manifest.frames)
    return bool(missing)


def tables_job(context: bpy.types.Context, project: Project) -> EngineJob | None:
    """None where nothing is lacking, or there is no engine: Blender then reads the pictures."""
    if not lacks_tables(project):
        return None
    chosen = preferences.get(context)
    try:
        python = interpreter.find(chosen.engine_mode, chosen.engine_python)
    except SecondEyeError:
        return None
    return EngineJob(python, "comfort", {"project": str(project.folder), "tables_only": True})
