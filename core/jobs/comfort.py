# SPDX-License-Identifier: GPL-3.0-or-later
"""How comfortable a project is to watch on a screen: no picture is rendered, few are read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import SecondEyeError
from ..plot import comfort as graph
from ..project import Project, atomic
from ..stereo import StereoRig, Viewing, find_viewing, frame_depths, measure
from ..stereo.report import as_report, summary_line
from .again import check_complete
from .eye_settings import EyeSettings
from .eyes import Eyes
from .progress import IsCancelled, Report, stop_if
from .tables import current_tables


@dataclass(frozen=True)
class ComfortJob:
    """Judge every frame of ``project`` on ``screen`` ("phone", "headset", "tv", "cinema"), or one
    ``width`` metres wide watched from ``distance`` metres.

    The rig is the baked camera, else the one that convert suggests. ``report``: a JSON file,
    ``graph``: a PNG to write; what stood there is replaced. ``tables_only``: make the tables of the
    frames' depth and nothing else.
    """

    project: str
    screen: str | None = None
    width: float | None = None
    distance: float | None = None
    report: str | None = None
    graph: str | None = None
    tables_only: bool = False

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers project, screen, limits, rig, summary, report, graph, message.

        Raises SecondEyeError, UsageError, Cancelled.
        """
        stop_if(cancelled)
        viewing = find_viewing(self.screen, self.width, self.distance)
        for path in (self.report, self.graph):
            _check_folder(path)
        project = Project.open(Path(self.project))
        check_complete(project)
        tables = current_tables(project, report, cancelled)
        if self.tables_only:
            return {"project": self.project, "frames": len(tables), "message": ""}
        manifest = project.manifest
        eyes = Eyes(project, EyeSettings(), tables=tables)
        rigs: dict[int, StereoRig] = {n: eyes.rig(n) for n in manifest.frames}
        told = measure(manifest, frame_depths(manifest, tables), rigs, viewing)
        source = "suggested" if manifest.camera is None else "baked"
        found = as_report(told, rigs, viewing, manifest, source)
        if self.report is not None:
            text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
            atomic.write_bytes(Path(self.report), text.encode())
        if self.graph is not None:
            shots = [(shot.name, shot.first) for shot in manifest.shots]
            atomic.write_bytes(Path(self.graph), graph.draw(told, viewing, shots).png())
        return {
            "project": self.project,
            **{key: found[key] for key in ("screen", "limits", "rig", "summary")},
            "report": self.report,
            "graph": self.graph,
            "message": _message(told, viewing, found),
        }


def _message(told: Any, viewing: Viewing, found: dict[str, Any]) -> str:
    limits, span = found["limits"], found["summary"]["span_percent"]
    lines = [
        summary_line(told, viewing),
        f"Limits {limits['near']['percent']:+.1f} % ({limits['near']['degrees']:+.2f} degrees) "
        f"before the screen, {limits['far']['percent']:+.1f} % ({limits['far']['degrees']:+.2f} "
        f"degrees) behind it; {found['rig']} rig.",
        f"5 to 95 % of the picture span {span['least']:.2f} to {span['most']:.2f} % of the width, "
        f"{span['mean']:.2f} % on average.",
    ]
    reasons = found["summary"]["reasons"]
    if reasons:
        counted = ", ".join(f"{name} {count}" for name, count in reasons.items())
        lines.append(f"Frames by reason: {counted}.")
    return "\n".join(lines)


def _check_folder(path: str | None) -> None:
    if path is not None and not Path(path).absolute().parent.is_dir():
        raise SecondEyeError(
            f"{Path(path).absolute().parent} is no folder: {path} can't be written."
        )
