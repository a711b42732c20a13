# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye evaluate PATH --layout LAYOUT --json REPORT``: figures with their settings."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..console import Console
from ..errors import SecondEyeError, UsageError
from ..jobs.progress import Progress, stop_if

if TYPE_CHECKING:
    from ..depth import DepthModel

LAYOUTS = ("rgbd", "nyu", "kitti", "renders", "camvid", "stereo", "video")
_PUBLISHED = (
    *(("abs_rel", "ARE"), ("rmse", "RMSE"), ("log10", "log10")),
    *(("delta1", "d<1.25"), ("delta2", "d<1.25^2"), ("delta3", "d<1.25^3")),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "folder", metavar="PATH", help="the set; for nyu its .mat, for video a clip"
    )
    parser.add_argument(
        "--layout",
        required=True,
        choices=LAYOUTS,
        help="rgbd: rgb/ID.jpg or .png with depth/ID.png (16-bit mm); nyu: the labelled NYU-Depth "
        "V2 .mat; kitti: KITTI's depth folders; renders: held-out frames of render_scenes.py; "
        "camvid: images/ID with labels/ID.png; stereo: left.png, right.png, disp_x64.png; "
        "video: a clip",
    )
    parser.add_argument("--model", metavar="NAME|FILE|FOLDER", help="default: the bundled network")
    parser.add_argument("--size", type=int, metavar="N", help="inference size of the model")
    parser.add_argument(
        "--split",
        metavar="FILE|all",
        help="nyu: the official splits.mat (default: the one beside the .mat); kitti: a published "
        "list of the Eigen split (default: every pair there is)",
    )
    parser.add_argument(
        "--crop", choices=("eigen", "garg", "none"), help="default: nyu eigen, kitti garg"
    )
    parser.add_argument(
        "--raw-depth", action="store_true", help="nyu: score against depth before holes were filled"
    )
    parser.add_argument(
        "--depth-scale", type=float, metavar="X", help="depth values a metre, of other sets"
    )
    parser.add_argument(
        "--metric",
        action="store_true",
        help="the model answers 1/metre: don't align (the rule for models that say so themselves)",
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

    report = _evaluated(arguments, step, console)
    if target is not None:
        from ..project import atomic

        data = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
        atomic.write_bytes(target, data.encode())
    return report | {"message": summary(report)}


def _evaluated(
    arguments: argparse.Namespace, step: Callable[[int, int], None], console: Console
) -> dict[str, Any]:
    path = Path(arguments.folder).expanduser()
    layout, limit = arguments.layout, arguments.limit
    if layout == "stereo":
        from ..evaluation.stereo import evaluate_stereo

        return evaluate_stereo(path, step=step)
    if layout in ("rgbd", "nyu", "kitti"):
        from ..evaluation.sets import open_set

        data = open_set(
            path,
            layout,
            split=arguments.split,
            crop=arguments.crop,
            depth_scale=arguments.depth_scale,
            raw=arguments.raw_depth,
        )
    from ..depth import load_model

    model = load_model(arguments.model, arguments.size)
    for note in getattr(model, "notes", ()):
        console.report(Progress("open", 0, 1, note))
    if layout == "video":
        from ..evaluation.video import clip_at, evaluate_video

        return evaluate_video(clip_at(path), model, limit=limit, step=step)
    if layout == "camvid":
        from ..evaluation.semantic import evaluate_camvid

        return evaluate_camvid(path, model, limit=limit, step=step)
    metric = arguments.metric or getattr(model, "unit", "relative") == "metres"
    if layout == "renders":
        from ..evaluation.held_out import evaluate_renders

        return evaluate_renders([path], model, metric=metric, limit=limit, step=step)
    from ..evaluation.depth_set import evaluate_depth

    report = evaluate_depth(path, layout, data, model, metric=metric, limit=limit, step=step)
    rgb = data.frames[0].read_rgb()
    return report | {"cost": _cost(model, rgb, arguments.model)}


def _cost(model: "DepthModel", rgb: Any, given: str | None) -> dict[str, int | None]:
    from ..depth.load import DEFAULT, WEIGHTS
    from ..evaluation.cost import cost_of

    path = Path(given).expanduser() if given else WEIGHTS / f"{DEFAULT}.safetensors"
    if given and not path.is_file():
        path = WEIGHTS / f"{given}.safetensors"
    cost = cost_of(model, rgb, path if path.is_file() else None)
    return {"parameters": cost.parameters, "flops": cost.flops}


def summary(report: dict[str, Any]) -> str:
    """The means as a table for a person."""
    counted = "frames" if report["layout"] == "video" else "pictures"
    head = f"{report['folder']} ({report['count']} {counted})"
    if report["layout"] == "camvid":
        return "\n".join([head, *_labels(report)])
    if report["layout"] in ("rgbd", "nyu", "kitti", "renders"):
        return "\n".join([head, *_published(report), *_extras(report)])
    if report["layout"] == "stereo":
        rows = report["mean"]
    else:
        rows = {report["model"]["name"]: report["mean"], "vertical ramp": report["ramp"]}
    names = list(next(iter(rows.values())))
    return "\n".join([head, *_table(rows, [(name, name) for name in names])])


def _table(rows: dict[str, dict[str, float]], columns: list[tuple[str, str]]) -> list[str]:
    first = max(len(name) for name in rows) + 2
    lines = [" " * first + "".join(f"{title:>16}" for _, title in columns)]
    for label, scores in rows.items():
        lines.append(f"{label:<{first}}" + "".join(f"{scores[name]:16.4f}" for name, _ in columns))
    return lines


def _published(report: dict[str, Any]) -> list[str]:
    """The form in which papers print it: errors, accuracies, then what the model costs."""
    rows = {report["model"]["name"]: report["mean"], "vertical ramp": report["ramp"]}
    lines = _table(rows, list(_PUBLISHED))
    cost = report.get("cost")
    if cost is None:
        return lines
    parameters = f"{cost['parameters'] / 1e6:.2f} M" if cost["parameters"] else "-"
    flops = f"{cost['flops'] / 1e9:.2f} G" if cost["flops"] else "-"
    lines[0] += f"{'parameters':>14}{'FLOPs':>10}{'ms':>9}"
    lines[1] += f"{parameters:>14}{flops:>10}{report['milliseconds']:9.1f}"
    return lines


def _extras(report: dict[str, Any]) -> list[str]:
    lines = []
    edges, known = report.get("edges"), report.get("uncertainty")
    if edges:
        lines.append(
            f"edges within 2 px: F1 {edges['f1_2']:.3f}, {edges['recall_2']:.3f} found, "
            f"{edges['precision_2']:.3f} of those claimed true; "
            f"boundary error {edges['accuracy']:.2f} / {edges['completeness']:.2f} px"
        )
    if known:
        lines.append(
            f"uncertainty: AUSE {known['ause']:.3f} (random {known['ause_random']:.3f}), "
            f"error / scale {known['error_over_scale']:.2f}"
        )
    return lines + (_labels(report["labels"]) if report.get("labels") else [])


def _labels(scores: dict[str, Any]) -> list[str]:
    lines = [
        f"{name:<20}" + (f"{iou:8.4f}" if iou is not None else "       -")
        for name, iou in scores["iou"].items()
    ]
    return [f"{'class':<20}     IoU", *lines, f"{'mean':<20}{scores['miou']:8.4f}"]


def _checked_report(name: str | None) -> Path | None:
    if name is None:
        return None
    target = Path(name).expanduser()
    if target.is_dir() or not target.parent.is_dir():
        raise SecondEyeError(f"{target} can't be the report: name a file in an existing folder.")
    return target
