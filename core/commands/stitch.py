# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye stitch LEFT RIGHT -o OUT``: two HEVC movies to one MV-HEVC movie."""

import argparse
from typing import Any

from ..console import Console
from . import spatial


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("left", metavar="LEFT", help="the left eye: 8-bit HEVC, fixed GOP")
    parser.add_argument("right", metavar="RIGHT", help="the right eye, encoded with the same")
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help=".mp4 or .mov")
    spatial.configure(parser)


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the job; see StitchJob for the answer."""
    from ..jobs.stitch import StitchJob

    job = StitchJob(
        left=arguments.left,
        right=arguments.right,
        output=arguments.output,
        **spatial.numbers(arguments),
    )
    return job.run(console.report, console.cancelled)
