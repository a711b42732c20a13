# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye comfort PROJECT``: is it comfortable to watch, on which screen, and where not."""

import argparse
from typing import Any

from ..console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("project", metavar="PROJECT", help="an analysed depth project")
    parser.add_argument("--screen", metavar="NAME", help="phone, headset, tv (default) or cinema")
    parser.add_argument("--width", type=float, metavar="M", help="width of another screen, metres")
    parser.add_argument(
        "--distance", type=float, metavar="M", help="from where it is watched, in metres"
    )
    parser.add_argument("--json", metavar="REPORT", help="write the figures of every frame here")
    parser.add_argument(
        "--png", metavar="GRAPH", help="draw parallax, limits, cuts and window violations here"
    )


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the job; see ComfortJob for the answer."""
    from ..jobs.comfort import ComfortJob

    job = ComfortJob(
        project=arguments.project,
        screen=arguments.screen,
        width=arguments.width,
        distance=arguments.distance,
        report=arguments.json or None,
        graph=arguments.png,
    )
    return job.run(console.report, console.cancelled)
