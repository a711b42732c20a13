# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye inspect FILE``: boxes, views and tags of a movie, in words."""

import argparse
from pathlib import Path
from typing import Any

from ..console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", help="a movie; MP4 and MOV tell most")
    parser.add_argument("--boxes", action="store_true", help="list the boxes of MP4 and MOV too")


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Look at the file; the answer is `Inspection.as_dict` with ``message``."""
    from ..delivery.inspection import box_lines, inspect_movie, lines

    found = inspect_movie(Path(arguments.file))
    told = lines(found)
    if arguments.boxes:
        told += ["Boxes:", *box_lines(found)]
    return {**found.as_dict(), "message": "\n".join(told)}
