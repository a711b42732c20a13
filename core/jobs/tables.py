# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of a project's frames (`core.project.statistics`), made where they are missing."""

from __future__ import annotations

import contextlib

import numpy as np

from ..errors import SecondEyeError
from ..project import Project, statistics
from .eye_settings import EyeSettings
from .pipeline import mapped
from .progress import IsCancelled, Progress, Report, stop_if
from .shaped import Shaped

STAGE = "statistics"
_KEPT_EVERY = 500  # frames: a run that was stopped goes on from there


def current_tables(project: Project, report: Report, cancelled: IsCancelled) -> statistics.Tables:
    """Of every analysed frame; new ones are kept in the project, where it can be written.

    Raises SecondEyeError where a depth file is missing or damaged, and Cancelled.
    """
    frames = list(project.manifest.frames)
    found = statistics.read(project.folder)
    tables = {n: t for n in frames if (t := statistics.current(project, found, n)) is not None}
    lacking = [n for n in frames if n not in tables]
    if not lacking:
        return tables
    shaped = Shaped(project, EyeSettings())

    def make(frame: int) -> statistics.FrameTable:
        stamp = statistics.stamp_of(project, frame)
        edited = statistics.is_edited(project.manifest, frame)
        values: np.ndarray = shaped.normalised(frame) if edited else project.read_depth(frame)
        return statistics.tabulate(values, stamp)

    try:
        with mapped(make, lacking, workers=2, ahead=4) as made:
            for done, (frame, table) in enumerate(zip(lacking, made, strict=True), 1):
                stop_if(cancelled)
                tables[frame] = table
                report(Progress(STAGE, done, len(lacking)))
                if done % _KEPT_EVERY == 0:
                    _keep(project, tables)
    finally:
        _keep(project, tables)
    return tables


def _keep(project: Project, tables: statistics.Tables) -> None:
    with contextlib.suppress(SecondEyeError):  # a folder to read only: they are made again
        statistics.write(project.folder, tables)
