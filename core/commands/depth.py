# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye depth CLIP --project DIR``: footage to a depth project; again to resume."""

import argparse
import math
from fractions import Fraction
from typing import Any

from ..console import Console
from ..errors import UsageError


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("clip", help="a movie, a folder of frames, or one file of a sequence")
    parser.add_argument(
        "--project", required=True, metavar="DIR", help="the depth project, usually NAME.secondeye"
    )
    parser.add_argument(
        "--model",
        metavar="NAME|FILE|FOLDER",
        help="a name of `second-eye models list`, or a path; default: the bundled network",
    )
    parser.add_argument(
        "--frames",
        metavar="A:B",
        help="timeline frames from 1, both included; default: all. A later, wider range extends",
    )
    parser.add_argument(
        "--rate",
        type=parse_rate,
        metavar="R",
        help="frames a second of an image sequence, such as 25 or 24000/1001; default: 24",
    )
    parser.add_argument(
        "--size", type=int, metavar="N", help="longer side of the picture that the model sees"
    )
    parser.add_argument(
        "--device", metavar="cpu|cuda|mps", help="where the model runs; default: the quickest"
    )
    parser.add_argument(
        "--depth-size",
        type=int,
        metavar="N",
        help="longest side of the stored depth; default: the clip's own up to 1280",
    )


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the analysis; see AnalyseJob for the answer."""
    from ..jobs.analyse import AnalyseJob

    first, last = parse_frames(arguments.frames)
    job = AnalyseJob(
        clip=arguments.clip,
        project=arguments.project,
        model=arguments.model,
        first=first,
        last=last,
        size=arguments.size,
        depth_size=arguments.depth_size,
        rate=arguments.rate,
        device=arguments.device,
    )
    return job.run(console.report, console.cancelled)


def parse_rate(text: str) -> tuple[int, int]:
    """ "24000/1001", "23.976" or "25" as (numerator, denominator).

    Raises ArgumentTypeError, in one sentence, otherwise.

    23.976, 29.97 and 59.94 are what people write for NTSC's 1000/1001 of the next whole rate.
    """
    refusal = argparse.ArgumentTypeError(
        f'"{text}" is no frame rate: give frames a second, such as 25 or 24000/1001'
    )
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise refusal from error
    ntsc = Fraction(math.ceil(rate) * 1000, 1001)
    rate = ntsc if abs(rate - ntsc) < Fraction(1, 200) else rate.limit_denominator(1001)
    if rate <= 0:
        raise refusal
    return rate.numerator, rate.denominator


def parse_frames(text: str | None) -> tuple[int | None, int | None]:
    """ "A:B", "A:", ":B" or "A" (one frame) as (first, last). Raises UsageError."""
    if text is None:
        return None, None
    first, colon, last = text.partition(":")
    try:
        numbers = (int(first) if first or not colon else None, int(last) if last else None)
    except ValueError as error:
        raise UsageError(f'"{text}" is no range of frames: write --frames A:B.') from error
    if not colon:
        return numbers[0], numbers[0]
    return numbers
