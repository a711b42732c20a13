# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye wiggle PROJECT -o FILE.gif``: a loop from one eye to the other and back."""

import argparse
from typing import Any

from ..console import Console
from ..errors import UsageError
from .depth import parse_frames


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("project", metavar="PROJECT", help="an analysed depth project")
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE.gif|FILE.mp4",
        help="an endless GIF, or an MP4 of six loops; what stands there is replaced",
    )
    parser.add_argument(
        "--frame", type=int, metavar="N", help="timeline frame; default: the project's first"
    )
    parser.add_argument(
        "--frames", metavar="A:B", help="several, which play forward and back meanwhile"
    )
    parser.add_argument(
        "--positions",
        type=int,
        default=9,
        metavar="N",
        help="places from the left eye to the right one, both included; default 9",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=1.0,
        metavar="S",
        help="how long a way there and back takes; default 1",
    )
    parser.add_argument(
        "--width", type=int, metavar="PX", help="default: the clip's; of a GIF at most 640"
    )
    parser.add_argument(
        "--budget",
        type=float,
        default=0.02,
        metavar="X",
        help="total parallax in picture widths where no camera is baked; default 0.02",
    )


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the job; see WiggleJob for the answer."""
    from ..jobs.wiggle import WiggleJob

    if arguments.frame is not None and arguments.frames:
        raise UsageError("--frame and --frames can't be given together: give one of them.")
    first, last = parse_frames(arguments.frames)
    if arguments.frame is not None:
        first = last = arguments.frame
    job = WiggleJob(
        project=arguments.project,
        output=arguments.output,
        first=first,
        last=last,
        positions=arguments.positions,
        seconds=arguments.seconds,
        width=arguments.width,
        budget=arguments.budget,
    )
    return job.run(console.report, console.cancelled)
