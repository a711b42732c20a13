# SPDX-License-Identifier: GPL-3.0-or-later
"""Comfort of the default set-up on clips, screen by screen, and what it costs a frame."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.jobs.eye_settings import EyeSettings
from core.jobs.eyes import Eyes
from core.jobs.tables import current_tables
from core.plot import comfort as graph
from core.project import Project, statistics
from core.stereo import SETUPS, StereoRig, Viewing, frame_depths, measure, share_inside
from core.stereo.report import as_report
from core.stereo.shot_rig import suggest_shot_rig

_COLUMNS = (
    "clip",
    "frames, shots",
    "5 to 95 % span, mean (least; frames below 1 %)",
    "frames that the window cuts",
    f"inside: {', '.join(SETUPS)}",
    "a TV's rig on the others",
)


def comfort_figures(projects: list[Path], table: list[str]) -> dict[str, float]:
    """Figures of all ``projects`` together; appends a row a project to ``table``."""
    table += [f"| {' | '.join(_COLUMNS)} |", "|---" * len(_COLUMNS) + "|"]
    costs, inside, spans, cut = [], {name: [] for name in SETUPS}, [], []
    for folder in projects:
        project = Project.open(folder)
        made, judged = _cost(project)
        costs.append((made, judged))
        tables = current_tables(project, lambda told: None, lambda: False)
        manifest = project.manifest
        depths = frame_depths(manifest, tables)
        eyes = Eyes(project, EyeSettings(), tables=tables)
        usual = {n: eyes.rig(n) for n in manifest.frames}
        shares, others = [], []
        for name, viewing in SETUPS.items():
            # As Build Scene fits it where that screen is chosen first.
            rigs = _fitted(project, depths, viewing)
            told = measure(manifest, depths, rigs, viewing)
            inside[name].append(share_inside(told))
            shares.append(f"{100 * inside[name][-1]:.0f} %")
            others.append(f"{100 * share_inside(measure(manifest, depths, usual, viewing)):.0f} %")
        told = measure(manifest, depths, usual, SETUPS["tv"])
        span = np.array([100 * frame.span for frame in told])
        spans.append(span)
        cut.append(np.array([frame.left.cut or frame.right.cut for frame in told]))
        table.append(
            f"| {folder.name.removesuffix('.secondeye')} | {len(told)}, {len(manifest.shots)} | "
            f"{span.mean():.2f} % ({span.min():.2f} %; {100 * (span < 1).mean():.0f} %) | "
            f"{100 * cut[-1].mean():.0f} % | {', '.join(shares)} | {', '.join(others)} |"
        )
    figures = {
        f"frames inside, {name}, %, least of all clips": 100 * min(v) for name, v in inside.items()
    }
    every = np.concatenate(spans)
    figures |= {
        "5 to 95 % span, %, least mean of a clip": float(min(s.mean() for s in spans)),
        "5 to 95 % span, %, flattest frame": float(every.min()),
        "frames of a span below 1 %, %": 100 * float((every < 1.0).mean()),
        "frames that the window cuts, %": 100 * float(np.concatenate(cut).mean()),
        "table of a frame, processor ms, most of all clips": max(c[0] for c in costs),
        "judging a frame, report and graph, processor ms, most": max(c[1] for c in costs),
    }
    return figures


def _fitted(project: Project, depths: dict, viewing: Viewing) -> dict[int, StereoRig]:
    rigs: dict[int, StereoRig] = {}
    focal = project.manifest.lens.focal_over_width
    for shot in project.manifest.shots:
        frames = range(shot.first, shot.last + 1)
        rig = suggest_shot_rig([depths[n] for n in frames], focal, 0.02, viewing.limits)
        rigs |= dict.fromkeys(frames, rig)
    return rigs


def _cost(project: Project) -> tuple[float, float]:
    """Processor ms a frame: of a table from the file on; of rigs, verdicts, report and graph."""
    manifest, tables = project.manifest, {}
    frames = list(manifest.frames)
    few = frames[:: max(1, len(frames) // 20)]

    def make() -> None:
        for n in few:
            tables[n] = statistics.tabulate(project.read_depth(n))

    made = _spent(make) / len(few)
    tables = current_tables(project, lambda told: None, lambda: False)
    viewing = SETUPS["tv"]

    def judge() -> None:
        depths = frame_depths(manifest, tables)
        rigs = _fitted(project, depths, viewing)
        told = measure(manifest, depths, rigs, viewing)
        as_report(told, rigs, viewing, manifest, "suggested")
        graph.draw(told, viewing, [(s.name, s.first) for s in manifest.shots]).png()

    return made, _spent(judge) / len(frames)


def _spent(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return 1e3 * (time.process_time() - started)


def analysed(clips: list[Path], folder: Path, frames: int, command: Callable) -> list[Path]:
    """A depth project of each clip in ``folder``, of its first ``frames``."""
    from core.errors import SecondEyeError
    from core.media import open_clip

    projects = []
    for clip in clips:
        project = folder / f"{clip.stem}.secondeye"
        try:
            last = min(frames, len(open_clip(clip).timeline))
        except SecondEyeError as error:
            print(f"comfort: {error}", file=sys.stderr)
            continue
        command("depth", clip, "--project", project, "--frames", f"1:{last}")
        projects.append(project)
    return projects
