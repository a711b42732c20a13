# SPDX-License-Identifier: GPL-3.0-or-later
"""Repair, branch by branch, on clips, sequences with poses, single pictures and rendered moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import SecondEyeError
from core.evaluation.consistency import mean_of
from core.evaluation.poses import has_poses
from core.evaluation.rows import BASE, Contest
from core.evaluation.sequences import evaluate_moves, evaluate_recording
from core.evaluation.video import clip_at, evaluate_video
from core.media.clip import Clip

from .measure import find_sets

Say = Callable[[str], None]
FRAMES = 60  # of each clip, its first
ANIMATED = "ANIMATED"  # in a clip's name: shown, and not in the mean
TEMPORAL = ("opw_static", "opw", "away", "detail")


@dataclass
class Column:
    """The middle column of one clip over time, by row of the table: arrays (h, frames)."""

    name: str
    rows: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def watch(self, number: int, rgb: np.ndarray, depths: dict[str, np.ndarray]) -> None:
        """Takes one frame; see `evaluate_video`."""
        del number, rgb
        for name, depth in depths.items():
            self.rows.setdefault(name, []).append(depth[:, depth.shape[1] // 2].copy())


def find_clips(folder: Path) -> list[Path]:
    """Movies and folders of frames right below ``folder``, by name. Raises SecondEyeError."""
    if not folder.is_dir():
        raise SecondEyeError(f"{folder} is no folder: give the one with the clips.")
    return sorted(p for p in folder.iterdir() if not p.name.startswith(".") and _is_clip(p))


def _is_clip(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() in (".mp4", ".mov", ".mkv", ".webm", ".avi")


def measure_clips(
    folder: Path, contest: Contest, frames: int, say: Say
) -> tuple[dict[str, Any], list[Column]]:
    """``clips``: the report of each by name; ``mean``: of each row over those that aren't animated
    and have static pixels; the columns of all."""
    reports: dict[str, Any] = {}
    columns = []
    for path in find_clips(folder):
        clip: Clip = clip_at(path)
        column = Column(path.name)
        report = evaluate_video(clip, contest, limit=frames, step=_quiet, watch=column.watch)
        shares = [row["static"] for row in report["images"]]
        reports[path.name] = {
            "rows": report["rows"],
            "frames": report["count"],
            "static": float(np.mean(shares)),
            "shots": len(report["cuts"]) + 1,
            "untrusted": report["untrusted"],
            "animated": ANIMATED in path.name,
        }
        columns.append(column)
        say(f"repair: {path.name}, {report['count']} frames")
    real = [r["rows"] for r in reports.values() if not r["animated"]]
    if not real:
        raise SecondEyeError(f"{folder} holds no clip that isn't animated: give real ones.")
    mean = {
        row: {name: mean_of([rows[row] for rows in real], name) for name in TEMPORAL}
        for row in contest.names
    }
    return {"clips": reports, "mean": mean, "count": len(real)}, columns


def measure_recordings(
    root: Path, contest: Contest, limit: int | None, say: Say
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reports by name: of the sequences with poses below ``root``, and of the other sets, whose
    pictures stand each by itself."""
    sequences, singles = {}, {}
    for name, folder in find_sets(root).items():
        report = evaluate_recording(folder, contest, limit=limit, step=_quiet)
        (sequences if has_poses(folder) else singles)[name] = report
        say(f"repair: {name}, {report['count']} frames")
    return sequences, singles


def measure_moves(
    folders: list[Path], contest: Contest, limit: int | None, say: Say
) -> dict[str, Any]:
    """The report on held-out renders."""
    report = evaluate_moves(folders, contest, limit=limit, step=_quiet)
    say(f"repair: held-out renders, {report['count']} frames, {report['pairs']} pairs in moves")
    return report


def whole(contest: Contest) -> str:
    """The name of the row with all branches."""
    return list(contest.repairs)[-1] if contest.repairs else BASE


def _quiet(done: int, total: int) -> None:
    del done, total
