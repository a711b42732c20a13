# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye grade PROJECT``: convergence and interocular for every frame, without Blender."""

import argparse
from typing import Any

from ..console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("project", metavar="PROJECT", help="an analysed depth project")
    parser.add_argument(
        "--screen",
        metavar="phone|headset|tv|cinema",
        help="where it is to be comfortable; default: tv",
    )
    parser.add_argument("--screen-width", type=float, metavar="METRES", help="of another screen")
    parser.add_argument(
        "--screen-distance", type=float, metavar="METRES", help="from the viewer to the screen"
    )
    parser.add_argument(
        "--subject",
        default="scene",
        metavar="scene|region|mask:NAME",
        help="what is followed: the whole depth of each shot (default), a region of the picture, "
        "or a mask that Blender rasterised into the project",
    )
    parser.add_argument(
        "--region",
        type=float,
        nargs=3,
        default=(50.0, 50.0, 15.0),
        metavar=("ACROSS", "DOWN", "SIZE"),
        help="its middle from the left and from the top, and its side, in %% of the picture's "
        "width (down: of its height); default: 50 50 15, a face in the middle",
    )
    parser.add_argument(
        "--shot", action="append", default=[], metavar="NAME", help="this shot alone; repeatable"
    )
    percents = (
        ("--budget", 2.0, "parallax between the nearest and the farthest, in %% of the width"),
        ("--in-front", 25.0, "part of the depth before the screen, in %%, without a subject"),
        ("--subject-at", 0.0, "where the subject stands, in %% of the width before the screen"),
        ("--pace", 1.0, "how much the rig may move anything in a second, in %% of the width"),
        ("--softness", 0.4, "of the floating window's edges, in %% of the width"),
        ("--widest", 3.0, "strip of the floating window, in %% of the width"),
    )
    for name, usual, told in percents:
        parser.add_argument(
            name, type=float, default=usual, metavar="PERCENT", help=f"{told}; default: {usual:g}"
        )
    parser.add_argument(
        "--look",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="how far every frame looks ahead and back, to be smooth; default: 1",
    )
    parser.add_argument(
        "--ease",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="for how long a cut is blended over, 0: not at all; default: 1",
    )
    parser.add_argument(
        "--cut-borders",
        action="store_false",
        dest="clear",
        help="let what stands before the screen be cut by the picture's left and right edge, as "
        "--in-front has it; a floating window hides that",
    )
    parser.add_argument(
        "--window", action="store_true", help="also make a floating window for the new camera"
    )


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the job; see GradeJob for the answer."""
    from ..jobs.grade import GradeJob

    job = GradeJob(
        project=arguments.project,
        screen=arguments.screen,
        screen_width=arguments.screen_width,
        screen_distance=arguments.screen_distance,
        subject=arguments.subject,
        region=[value / 100.0 for value in arguments.region],
        shots=arguments.shot,
        budget=arguments.budget / 100.0,
        in_front=arguments.in_front / 100.0,
        subject_at=arguments.subject_at / 100.0,
        look=arguments.look,
        pace=arguments.pace / 100.0,
        ease=arguments.ease,
        clear=arguments.clear,
        window=arguments.window,
        softness=arguments.softness / 100.0,
        widest=arguments.widest / 100.0,
    )
    return job.run(console.report, console.cancelled)
