# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye layers PROJECT``: what stands behind the foreground, for eyes that see past it."""

import argparse
from typing import Any

from ..console import Console
from ..jobs.layers import PARALLAX


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("project", metavar="PROJECT", help="an analysed depth project")
    parser.add_argument("--shot", metavar="NAME", help="this shot alone; default: all of them")
    parser.add_argument(
        "--parallax",
        type=float,
        default=PARALLAX,
        metavar="X",
        help="how far the nearest may move against the farthest, in picture widths; default "
        f"{PARALLAX:g}",
    )


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the job; see LayersJob for the answer."""
    from ..jobs.layers import LayersJob

    job = LayersJob(project=arguments.project, shot=arguments.shot, parallax=arguments.parallax)
    return job.run(console.report, console.cancelled)
