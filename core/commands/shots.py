# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye shots PROJECT``: the cuts of a depth project, listed or changed."""

import argparse
from typing import Any

from ..console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("project", metavar="PROJECT", help="an analysed depth project")
    parser.add_argument("--detect", action="store_true", help="find all cuts anew")
    parser.add_argument(
        "--cut",
        type=int,
        action="append",
        default=[],
        metavar="FRAME",
        help="a new shot begins at this frame; may be given several times",
    )
    parser.add_argument(
        "--merge",
        type=int,
        action="append",
        default=[],
        metavar="FRAME",
        help="the shot that begins at this frame becomes one with the shot before it",
    )
    parser.add_argument(
        "--move",
        type=_pair,
        action="append",
        default=[],
        metavar="OLD:NEW",
        help="the shot that begins at frame OLD shall begin at NEW, and keep its settings",
    )


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the job; see ShotsJob for the answer."""
    from ..jobs.shots import ShotsJob

    job = ShotsJob(
        project=arguments.project,
        detect=arguments.detect,
        cut=tuple(arguments.cut),
        merge=tuple(arguments.merge),
        move=tuple(arguments.move),
    )
    return job.run(console.report, console.cancelled)


def _pair(text: str) -> tuple[int, int]:
    old, _, new = text.partition(":")
    try:
        return int(old), int(new)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no move of a cut, such as 12:15") from error
