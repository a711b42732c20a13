# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye sample PROJECT``: points where depth bends or breaks, in levels of detail."""

import argparse
from typing import Any

from ..console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("project", metavar="PROJECT", help="an analysed depth project")
    parser.add_argument("--shot", metavar="NAME", help="this shot alone; default: all of them")
    goal = parser.add_mutually_exclusive_group()
    goal.add_argument(
        "--triangles",
        type=int,
        metavar="N",
        help="budget of the finest level; default: as before, 96000 at first",
    )
    goal.add_argument("--points", type=int, metavar="N", help="the same, in points")
    goal.add_argument(
        "--error",
        type=float,
        metavar="PX",
        help="as many as keep the root mean square error within PX pixels of disparity, of the "
        "baked camera or of a rig whose disparity spans 2 %% of the picture's width",
    )


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the job; see SampleJob for the answer."""
    from ..jobs.sample import SampleJob

    job = SampleJob(
        project=arguments.project,
        shot=arguments.shot,
        triangles=arguments.triangles,
        points=arguments.points,
        error=arguments.error,
    )
    return job.run(console.report, console.cancelled)
