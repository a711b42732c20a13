# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye convert CLIP -o OUT --format FORMAT``: footage to a stereo movie, no render."""

import argparse
from typing import Any

from ..console import Console
from .depth import parse_frames, parse_rate


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "clip",
        nargs="?",
        help="a movie, a folder of frames, or one file of a sequence; may be left out with "
        "--project",
    )
    parser.add_argument("-o", "--output", required=True, metavar="OUT", help="the movie to write")
    parser.add_argument(
        "--format",
        help="sbs (default), half-sbs, top-bottom, half-top-bottom, interlaced, anaglyph (Dubois), "
        "anaglyph-true, anaglyph-grey, anaglyph-colour, anaglyph-half-colour, anaglyph-optimised, "
        "rgbd, vr180, eyes (OUT_L and OUT_R) or mv-hevc",
    )
    parser.add_argument(
        "--preset", help="a destination: quest, vision-pro, youtube-vr180, 3d-tv or master"
    )
    parser.add_argument(
        "--codec", help="libx264 (default), libx265, libsvtav1, prores_ks, ffv1, hevc_nvenc ..."
    )
    parser.add_argument("--crf", type=int, help="constant quality, smaller is better; default 16")
    parser.add_argument(
        "--bit-rate", type=_bits, metavar="R", help="bits a second, such as 20M, in place of --crf"
    )
    parser.add_argument("--speed", help="the encoder's own preset; default: medium")
    parser.add_argument(
        "--keep", choices=("left", "right"), help="this eye is the clip's own picture"
    )
    parser.add_argument(
        "--timing",
        choices=("source", "constant"),
        default="source",
        help="of a clip of variable rate: its own times, or the rate it is conformed to",
    )
    parser.add_argument(
        "--surround", choices=("black", "blurred"), default="black", help="what surrounds VR180"
    )
    parser.add_argument(
        "--layers",
        action="store_true",
        help="make what stands behind the foreground first (second-eye layers), where it is missing"
        " or stale",
    )
    parser.add_argument(
        "--fov", type=float, metavar="DEG", help="VR180: the clip's horizontal field of view"
    )
    parser.add_argument("--eye-size", type=int, metavar="PX", help="VR180: side of an eye")
    parser.add_argument(
        "--project",
        metavar="DIR",
        help="the depth project; default: NAME.secondeye beside the output. Depth that is missing "
        "is made first",
    )
    parser.add_argument("--model", metavar="NAME|FILE|FOLDER", help="default: the bundled network")
    parser.add_argument(
        "--device", metavar="cpu|cuda|mps", help="where the model runs; default: the quickest"
    )
    parser.add_argument(
        "--frames", metavar="A:B", help="timeline frames from 1, both included; default: all"
    )
    parser.add_argument(
        "--rate",
        type=parse_rate,
        metavar="R",
        help="frames a second of an image sequence, such as 25 or 24000/1001; default: 24",
    )
    units = "in scene units"
    for name, text in (
        ("interocular", f"distance of the eyes, {units}; default: suggested within the budget"),
        ("convergence", f"the distance that lands on the screen, {units}"),
        ("near", f"distance of the nearest point of every shot, {units}"),
        ("far", f"distance of the farthest point of every shot, {units}"),
        ("strength", "of the depth: 0 a flat card, 1 as estimated"),
    ):
        parser.add_argument(f"--{name}", type=float, metavar="X", help=text)
    parser.add_argument(
        "--budget",
        type=float,
        default=0.02,
        metavar="X",
        help="total parallax in picture widths for the suggested rig; default 0.02",
    )
    parser.add_argument(
        "--no-sound", action="store_false", dest="sound", help="leave the clip's sound out"
    )


def execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run the conversion; see ConvertJob for the answer."""
    from ..jobs.convert import ConvertJob

    first, last = parse_frames(arguments.frames)
    job = ConvertJob(
        output=arguments.output,
        format=arguments.format,
        clip=arguments.clip,
        project=arguments.project,
        model=arguments.model,
        first=first,
        last=last,
        near=arguments.near,
        far=arguments.far,
        strength=arguments.strength,
        interocular=arguments.interocular,
        convergence=arguments.convergence,
        budget=arguments.budget,
        rate=arguments.rate,
        sound=arguments.sound,
        device=arguments.device,
        keep=arguments.keep,
        preset=arguments.preset,
        codec=arguments.codec,
        crf=arguments.crf,
        bit_rate=arguments.bit_rate,
        speed=arguments.speed,
        surround=arguments.surround,
        layers=arguments.layers,
        timing=arguments.timing,
        field_of_view=arguments.fov,
        eye_size=arguments.eye_size,
    )
    return job.run(console.report, console.cancelled)


def _bits(text: str) -> int:
    factor = {"k": 1000, "m": 1_000_000}.get(text[-1:].lower(), 1)
    try:
        return round(float(text[:-1] if factor > 1 else text) * factor)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no bit rate, such as 20M") from error
