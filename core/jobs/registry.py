# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs by name, imported only when asked for: `check` must run where torch is missing."""

import dataclasses
import importlib
from typing import Any

from ..errors import UsageError
from .failures import explain
from .progress import Job

JOBS = {
    "analyse": (".analyse", "AnalyseJob"),
    "repair": (".repair", "RepairJob"),
    "shots": (".shots", "ShotsJob"),
    "sample": (".sample", "SampleJob"),
    "comfort": (".comfort", "ComfortJob"),
    "export": (".export", "ExportJob"),
    "lens": (".lens", "LensJob"),
    "solve": (".solve", "SolveJob"),
    "forget_solve": (".solve", "ForgetSolveJob"),
    "grade": (".grade", "GradeJob"),
    "grade_scene": (".grade_scene", "GradeSceneJob"),
    "uncovered": (".uncovered", "UncoveredJob"),
    "layers": (".layers", "LayersJob"),
    "surround": (".surround", "SurroundJob"),
    "sphere": (".sphere", "SphereJob"),
    "convert": (".convert", "ConvertJob"),
    "still": (".still", "StillJob"),
    "wiggle": (".wiggle", "WiggleJob"),
    "assemble": (".assemble", "AssembleJob"),
    "stitch": (".stitch", "StitchJob"),
    "tag": (".tag", "TagJob"),
    "check": (".check", "CheckJob"),
    "add_model": (".models", "AddModelJob"),
    "remove_model": (".models", "RemoveModelJob"),
}


def make_job(name: str, arguments: dict[str, Any]) -> Job:
    """The job ``name`` with ``arguments``.

    Raises UsageError for an unknown job, an unknown argument or a missing one, and
    SecondEyeError where this Python lacks a package that the job needs.
    """
    if name not in JOBS:
        raise UsageError(f'There is no job "{name}": the jobs are {", ".join(JOBS)}.')
    module, class_name = JOBS[name]
    try:
        cls = getattr(importlib.import_module(module, __package__), class_name)
    except ModuleNotFoundError as error:
        raise explain(error) from error
    fields = {field.name: field for field in dataclasses.fields(cls)}
    for key in arguments:
        if key not in fields:
            raise UsageError(f'The job "{name}" knows no argument "{key}".')
    for key, field in fields.items():
        required = field.default is dataclasses.MISSING
        if required and field.default_factory is dataclasses.MISSING and key not in arguments:
            raise UsageError(f'The job "{name}" needs the argument "{key}".')
    job: Job = cls(**arguments)
    return job
