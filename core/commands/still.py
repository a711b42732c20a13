# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye still PROJECT -o FILE.png``: both eyes of one frame in a picture."""

import argparse
from typing import Any

from ..console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    from ..delivery.packing import PACKINGS

    parser.add_argument("project", metavar="PROJECT", help="an analysed depth project")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE.png", help="what stands there is replaced"
    )
    parser.add_argument(
        "--frame", type=int, metavar="N", help="timeline frame; default: the project's first"
    )
    parser.add_argument("--format", choices=tuple(PACKINGS), default="sbs", help="default: sbs")
    parser.add_argument(
        "--budget",
        type=float,
        default=0.02,
        metavar="X",
        help="total parallax in picture widths where no camera is baked; default 0.02",
    )


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the job; see StillJob for the answer."""
    from ..jobs.still import StillJob

    job = StillJob(
        project=arguments.project,
        output=arguments.output,
        frame=arguments.frame,
        format=arguments.format,
        budget=arguments.budget,
    )
    return job.run(console.report, console.cancelled)
