# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye evaluate PATH --layout LAYOUT --json REPORT``: figures with their settings."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..console import Console
from ..errors import SecondEyeError, UsageError
from ..evaluation.summary import summary
from ..jobs.progress import Progress, stop_if
from .depth import parse_repair

if TYPE_CHECKING:
    from ..depth import DepthModel
    from ..evaluation.rows import Contest
    from ..repair.settings import RepairSettings

LAYOUTS = ("rgbd", "nyu", "kitti", "renders", "camvid", "stereo", "video")


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
        "--device",
        metavar="cpu|cuda|mps",
        help="where the models run, peers too; default: the quickest",
    )
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
        "--repair",
        type=asked_repair,
        metavar="spatial=S,temporal=T,semantic=M|on|off",
        help="measure before and after repair, each branch 0 to 1, else 1; video: on unless "
        "off is said; rgbd and renders: as sequences, where it is said",
    )
    parser.add_argument(
        "--branches", action="store_true", help="a row for each branch of repair as it is added"
    )
    parser.add_argument("--look-ahead", type=int, metavar="N", help="of repair; 0: streaming")
    parser.add_argument(
        "--peer",
        action="append",
        default=[],
        metavar="NAME|FILE",
        help="another model as a row of the table about repair; may be said again",
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
    sequences = arguments.repair is not None and layout in ("rgbd", "renders")
    if layout in ("rgbd", "nyu", "kitti") and not sequences:
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

    model = load_model(arguments.model, arguments.size, arguments.device)
    for note in getattr(model, "notes", ()):
        console.report(Progress("open", 0, 1, note))
    if layout == "video":
        from ..evaluation.video import clip_at, evaluate_video

        clip = clip_at(path)
        return evaluate_video(clip, _contest(arguments, model), limit=limit, step=step)
    if sequences:
        from ..evaluation.sequences import evaluate_moves, evaluate_recording

        contest = _contest(arguments, model)
        if layout == "renders":
            return evaluate_moves([path], contest, limit=limit, step=step)
        scale = arguments.depth_scale
        return evaluate_recording(path, contest, depth_scale=scale, limit=limit, step=step)
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


def _contest(arguments: argparse.Namespace, model: "DepthModel") -> "Contest":
    from ..depth import load_model
    from ..evaluation.contests import make_contest

    settings = repair_settings(arguments.repair, arguments.look_ahead)
    peers = [load_model(peer, device=arguments.device) for peer in arguments.peer]
    return make_contest(model, settings, branches=arguments.branches, peers=peers)


def asked_repair(text: str) -> dict[str, float]:
    """As `depth.parse_repair`, and "on": nothing is said of any branch."""
    return {} if text == "on" else parse_repair(text)


def repair_settings(
    strengths: dict[str, float] | None, look_ahead: int | None
) -> "RepairSettings | None":
    """Settings with the named branches' strengths, the others at 1; None where all are 0. Raises
    UsageError."""
    from ..repair.settings import LOOK_AHEAD, RepairSettings

    ahead = LOOK_AHEAD if look_ahead is None else look_ahead
    settings = RepairSettings(**(strengths or {}), look_ahead=ahead)
    return settings if settings.any else None


def _cost(model: "DepthModel", rgb: Any, given: str | None) -> dict[str, int | None]:
    from ..depth.load import DEFAULT, WEIGHTS
    from ..evaluation.cost import cost_of

    path = Path(given).expanduser() if given else WEIGHTS / f"{DEFAULT}.safetensors"
    if given and not path.is_file():
        path = WEIGHTS / f"{given}.safetensors"
    cost = cost_of(model, rgb, path if path.is_file() else None)
    return {"parameters": cost.parameters, "flops": cost.flops}


def _checked_report(name: str | None) -> Path | None:
    if name is None:
        return None
    target = Path(name).expanduser()
    if target.is_dir() or not target.parent.is_dir():
        raise SecondEyeError(f"{target} can't be the report: name a file in an existing folder.")
    return target
