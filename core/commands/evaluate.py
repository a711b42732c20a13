# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye evaluate FOLDER --layout LAYOUT --json REPORT``: figures with their settings."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..console import Console
from ..errors import SecondEyeError, UsageError
from ..jobs.progress import Progress, stop_if

LAYOUTS = ("rgbd", "nyu", "kitti", "stereo", "video")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("folder", metavar="FOLDER", help="the set; for video a clip")
    parser.add_argument(
        "--layout",
        required=True,
        choices=LAYOUTS,
        help="rgbd: rgb/ID.jpg or .png with depth/ID.png (16-bit mm); nyu: the same, Eigen crop; "
        "kitti: the same, 16-bit 1/256 m, Garg crop; stereo: left.png, right.png, disp_x64.png; "
        "video: a clip",
    )
    parser.add_argument("--model", metavar="NAME|FILE|FOLDER", help="default: the bundled network")
    parser.add_argument("--size", type=int, metavar="N", help="inference size of the model")
    parser.add_argument(
        "--depth-scale", type=float, metavar="X", help="depth values a metre, of other sets"
    )
    parser.add_argument(
        "--metric", action="store_true", help="the model answers 1/metre: don't align"
    )
    parser.add_argument(
        "--limit", type=int, metavar="N", help="N pictures spread over the set; N first frames"
    )
    parser.add_argument("--json", metavar="REPORT", help="write the whole report there")


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """The report, with a message that sums it up; see docs/evaluation.md."""
    if arguments.limit is not None and arguments.limit < 1:
        raise UsageError(f"A limit of {arguments.limit} leaves nothing: give 1 or more.")
    target = _checked_report(arguments.json)

    def step(done: int, total: int) -> None:
        stop_if(console.cancelled)
        console.report(Progress("evaluate", done, total))

    report = _evaluated(arguments, step)
    if target is not None:
        from ..project import atomic

        data = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
        atomic.write_bytes(target, data.encode())
    return report | {"message": summary(report)}


def _evaluated(arguments: argparse.Namespace, step: Callable[[int, int], None]) -> dict[str, Any]:
    folder = Path(arguments.folder).expanduser()
    if arguments.layout == "stereo":
        from ..evaluation.stereo import evaluate_stereo

        return evaluate_stereo(folder, step=step)
    from ..depth import load_model

    model = load_model(arguments.model, arguments.size)
    if arguments.layout == "video":
        from ..evaluation.video import clip_at, evaluate_video

        return evaluate_video(clip_at(folder), model, limit=arguments.limit, step=step)
    from ..evaluation.depth_set import evaluate_depth

    return evaluate_depth(
        folder,
        arguments.layout,
        model,
        depth_scale=arguments.depth_scale,
        metric=arguments.metric,
        limit=arguments.limit,
        step=step,
    )


def summary(report: dict[str, Any]) -> str:
    """The means as a table for a person."""
    if report["layout"] == "stereo":
        rows = report["mean"]
    else:
        rows = {report["model"]["name"]: report["mean"], "vertical ramp": report["ramp"]}
    names = list(next(iter(rows.values())))
    first = max(len(name) for name in rows) + 2
    lines = [" " * first + "".join(f"{name:>16}" for name in names)]
    for label, scores in rows.items():
        lines.append(f"{label:<{first}}" + "".join(f"{scores[name]:16.4f}" for name in names))
    counted = "frames" if report["layout"] == "video" else "pictures"
    return "\n".join([f"{report['folder']} ({report['count']} {counted})", *lines])


def _checked_report(name: str | None) -> Path | None:
    if name is None:
        return None
    target = Path(name).expanduser()
    if target.is_dir() or not target.parent.is_dir():
        raise SecondEyeError(f"{target} can't be the report: name a file in an existing folder.")
    return target
