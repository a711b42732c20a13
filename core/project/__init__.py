# SPDX-License-Identifier: GPL-3.0-or-later
"""The depth project on disk: manifest, picture files, lock. numpy only; also loaded in Blender."""

from .lock import ProjectLocked
from .manifest import (
    DONE,
    PENDING,
    SCHEMA,
    STAGES,
    BakedCamera,
    BakedRange,
    ClipRecord,
    ColourRecord,
    DepthRecord,
    EditRecord,
    LensRecord,
    Manifest,
    ModelRecord,
    RepairRecord,
    SamplingRecord,
    Shot,
    SolvedShot,
    SolveRecord,
    StageRecord,
    TimelineRecord,
)
from .project import MANIFEST_NAME, Project

__all__ = [
    "DONE",
    "MANIFEST_NAME",
    "PENDING",
    "SCHEMA",
    "STAGES",
    "BakedCamera",
    "BakedRange",
    "ClipRecord",
    "ColourRecord",
    "DepthRecord",
    "EditRecord",
    "LensRecord",
    "Manifest",
    "ModelRecord",
    "Project",
    "ProjectLocked",
    "RepairRecord",
    "SamplingRecord",
    "Shot",
    "SolveRecord",
    "SolvedShot",
    "StageRecord",
    "TimelineRecord",
]
