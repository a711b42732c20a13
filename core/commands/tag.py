# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye tag FILE -o OUT --layout ...``: stereo metadata without encoding again."""

import argparse
from typing import Any

from ..console import Console
from . import spatial
from .depth import parse_rate


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", help="a movie, or a raw HEVC stream of two views")
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT", help=".mp4, .mov or .mkv; may be FILE"
    )
    parser.add_argument(
        "--layout",
        required=True,
        help="left-right (sbs, half-sbs), right-left, top-bottom (half-top-bottom), vr180 (side by "
        "side), multiview (mv-hevc), or mono, which removes the tags",
    )
    spatial.configure(parser)
    parser.add_argument(
        "--rate", type=parse_rate, metavar="R", help="frames a second of a raw stream"
    )
    parser.add_argument(
        "--sound", metavar="FILE", help="a file whose sound replaces the movie's own"
    )


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the job; see TagJob for the answer."""
    from ..jobs.tag import TagJob

    job = TagJob(
        movie=arguments.file,
        output=arguments.output,
        layout=arguments.layout,
        rate=arguments.rate,
        sound=arguments.sound,
        **spatial.numbers(arguments),
    )
    return job.run(console.report, console.cancelled)
