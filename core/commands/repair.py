# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye repair PROJECT``: depth made again from the stored estimates, without the model."""

import argparse
from typing import Any

from ..console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("project", metavar="PROJECT", help="an analysed depth project")
    parser.add_argument("--shot", metavar="NAME", help="this shot alone; default: all of them")
    for name, text in (
        ("spatial", "edges of depth brought to the picture's, noise taken out"),
        ("temporal", "steadied by the frames before and after"),
        ("semantic", "sky, ground and walls as they must be"),
    ):
        parser.add_argument(
            f"--{name}", type=float, metavar="S", help=f"{text}: 0 (off) to 1; default: as it is"
        )
    parser.add_argument(
        "--look-ahead",
        type=int,
        metavar="N",
        help="frames that the temporal branch sees ahead; default: as it is",
    )


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the repair; see RepairJob for the answer."""
    from ..jobs.repair import RepairJob

    job = RepairJob(
        project=arguments.project,
        shot=arguments.shot,
        spatial=arguments.spatial,
        temporal=arguments.temporal,
        semantic=arguments.semantic,
        look_ahead=arguments.look_ahead,
    )
    return job.run(console.report, console.cancelled)
