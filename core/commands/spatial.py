# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers of a stereo rig, as several subcommands take them."""

import argparse
from typing import Any


def configure(parser: argparse.ArgumentParser) -> None:
    """--projection, --hero, --baseline-mm, --disparity, --field-of-view, --no-faststart."""
    parser.add_argument(
        "--projection",
        metavar="rectangular|vr180|vr360|fisheye",
        help="default: rectangular, or as the layout says",
    )
    parser.add_argument(
        "--hero", choices=("none", "left", "right"), default="left", help="the eye for flat players"
    )
    parser.add_argument(
        "--baseline-mm", type=float, metavar="MM", help="distance of the cameras, in millimetres"
    )
    parser.add_argument(
        "--disparity",
        type=float,
        metavar="PERCENT",
        help="shift of the eyes against each other, in %% of one eye's width, that the player is "
        "to add; positive: away from the viewer",
    )
    parser.add_argument(
        "--field-of-view", type=float, metavar="DEGREES", help="horizontal, of one eye"
    )
    parser.add_argument(
        "--no-faststart",
        action="store_false",
        dest="faststart",
        help="leave the table of contents where it is",
    )


def numbers(arguments: argparse.Namespace) -> dict[str, Any]:
    """The same as arguments of a job, in metres, picture widths, degrees."""
    baseline, disparity = arguments.baseline_mm, arguments.disparity
    return {
        "projection": arguments.projection,
        "hero": arguments.hero,
        "baseline": None if baseline is None else baseline / 1e3,
        "disparity": None if disparity is None else disparity / 1e2,
        "field_of_view": arguments.field_of_view,
        "faststart": arguments.faststart,
    }
