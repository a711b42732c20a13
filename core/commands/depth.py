# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye depth CLIP --project DIR``: footage to a depth project; again to resume."""

import argparse
import math
from fractions import Fraction
from typing import Any

from ..console import Console
from ..errors import UsageError

BRANCHES = ("spatial", "temporal", "semantic")


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
    parser.add_argument(
        "--repair",
        type=parse_repair,
        metavar="spatial=S,temporal=T,semantic=M|off",
        help="strength of each branch of repair in every shot, 0 to 1; default: as the project "
        "has it, 1 in a new one",
    )
    parser.add_argument(
        "--look-ahead",
        type=int,
        metavar="N",
        help="frames that the temporal branch sees ahead, 0 (streaming) to 12; default: 2",
    )
    parser.add_argument(
        "--no-shots",
        action="store_false",
        dest="shots",
        help="don't look for cuts: one shot, or what the project has",
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
        look_ahead=arguments.look_ahead,
        shots=arguments.shots,
        **(arguments.repair or {}),
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


def parse_repair(text: str) -> dict[str, float]:
    """ "spatial=1,temporal=0.5" or "off" as strengths by branch.

    Raises ArgumentTypeError, in one sentence, otherwise.
    """
    if text == "off":
        return dict.fromkeys(BRANCHES, 0.0)
    strengths = {}
    for part in text.split(","):
        name, _, number = part.partition("=")
        try:
            strengths[name.strip()] = float(number)
        except ValueError as error:
            raise argparse.ArgumentTypeError(
                f'"{text}" is no strength of repair: write spatial=1,temporal=1,semantic=1, or off'
            ) from error
    unknown = next((name for name in strengths if name not in BRANCHES), None)
    if unknown is not None:
        raise argparse.ArgumentTypeError(
            f'"{unknown}" is no branch of repair: they are {", ".join(BRANCHES)}'
        )
    return strengths


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
