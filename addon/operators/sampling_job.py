# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's job that samples the shots of a project, as operators begin it."""

from __future__ import annotations

import bpy

from .. import preferences
from ..engine import interpreter, session
from ..engine.client import EngineJob
from ..engine.sampled import SampledJob


def sampling_job(context: bpy.types.Context, folder: str) -> EngineJob:
    """Sample the shots that lack a pattern of their depth, each with the budget that it had, and
    new ones with the scene's. Raises SecondEyeError without an engine."""
    chosen = preferences.get(context)
    python = interpreter.find(chosen.engine_mode, chosen.engine_python)
    return _job(python, folder, context.scene.second_eye.triangles)


def with_sampling(context: bpy.types.Context, job: EngineJob, folder: str) -> session.Task:
    """``job``, and the sampling of its project after it."""
    chosen = preferences.get(context)
    python = interpreter.find(chosen.engine_mode, chosen.engine_python)
    triangles = context.scene.second_eye.triangles
    return SampledJob(job, lambda: _job(python, folder, triangles))


def unsampled(value: dict[str, str]) -> str:
    """What is to be said where the second half of `with_sampling` failed; begins with a space."""
    said = value.get("unsampled", "")
    return f" It is not sampled: {said[:1].lower()}{said[1:]}" if said else ""


def _job(python: interpreter.Interpreter, folder: str, triangles: int) -> EngineJob:
    return EngineJob(python, "sample", {"project": folder, "at_first": triangles})
