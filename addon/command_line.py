# SPDX-License-Identifier: GPL-3.0-or-later
"""``blender --command second_eye depth|scene|render|tag``: the operators, from a shell."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import bpy

from . import stage
from .engine import models

NAME = "second_eye"
KINDS = {"stereo": "STEREO", "2d": "2D", "vr180": "VR180", "360": "VR360"}

_handles: list[Any] = []


def main(arguments: list[str]) -> int:
    """Run one subcommand: 0 when done, 1 when it failed, with the operator's own sentence."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except RuntimeError as error:  # what an operator reports as an error
        print(str(error).strip(), file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"blender --command {NAME}", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    depth = commands.add_parser("depth", help="analyse a clip into a depth project")
    depth.add_argument("clip", type=Path)
    depth.add_argument("--project", type=Path, help="default: CLIP.secondeye beside the clip")
    depth.add_argument(
        "--frames", type=_frames, default=(1, 0), metavar="A:B", help="both included"
    )
    depth.add_argument("--model", help="a model that was added; default: the one that ships")
    depth.add_argument(
        "--repair",
        type=_strengths,
        default={},
        metavar="spatial=S,temporal=T,semantic=M|off",
        help="strength of each branch in a new project, 0 to 1; default: 1",
    )
    depth.add_argument("--look-ahead", type=int, metavar="N", help="0 to 12 frames; default: 4")
    depth.add_argument("--no-shots", action="store_true", help="don't look for cuts")
    depth.set_defaults(run=_depth)
    scene = commands.add_parser("scene", help="build a depth project's scene and save it")
    scene.add_argument("project", type=Path)
    scene.add_argument("blend", type=Path)
    scene.add_argument("--points", action="store_true", help="points instead of a relief")
    scene.add_argument(
        "--grid", action="store_true", help="a regular grid instead of each shot's own pattern"
    )
    scene.set_defaults(run=_scene)
    render = commands.add_parser("render", help="render a built scene into a movie")
    render.add_argument("blend", type=Path)
    render.add_argument("--output", type=Path, help="default: as the scene says")
    render.add_argument("--kind", choices=KINDS, help="default: as the scene says")
    render.set_defaults(run=_render)
    tag = commands.add_parser("tag", help="tell players that a rendered movie is stereo")
    tag.add_argument("blend", type=Path, help="the scene that rendered it")
    tag.add_argument("--movie", type=Path, help="default: the scene's stereo movie")
    tag.add_argument("--output", type=Path, help="default: in the movie's place")
    tag.set_defaults(run=_tag)
    return parser


def _frames(text: str) -> tuple[int, int]:
    first, colon, last = text.partition(":")
    if not (colon and first.isdigit() and last.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no range of frames: write 1:100")
    return int(first), int(last)


def _strengths(text: str) -> dict[str, float]:
    if text == "off":
        return dict.fromkeys(stage.BRANCHES, 0.0)
    try:
        given = {name: float(value) for name, value in (p.split("=") for p in text.split(","))}
    except ValueError:
        given = {"": 0.0}
    if not all(name in stage.BRANCHES and 0.0 <= s <= 1.0 for name, s in given.items()):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no strength of repair: write spatial=1,temporal=1,semantic=1 or off"
        )
    return given


def _depth(options: argparse.Namespace) -> None:
    settings = bpy.context.scene.second_eye
    bpy.ops.second_eye.import_clip(filepath=str(options.clip.resolve()))
    if options.project:
        settings.project_folder = str(options.project.resolve())
    settings.first, settings.last = options.frames
    settings.model_name = models.stored_name(options.model or "")
    for branch, strength in options.repair.items():
        setattr(settings, branch, strength)
    if options.look_ahead is not None:
        settings.look_ahead = options.look_ahead
    settings.find_cuts = not options.no_shots
    bpy.ops.second_eye.analyse()


def _scene(options: argparse.Namespace) -> None:
    settings = bpy.context.scene.second_eye
    settings.project_folder = str(options.project.resolve())
    settings.kind = "POINTS" if options.points else "RELIEF"
    settings.sampling = stage.GRID if options.grid else stage.ADAPTIVE
    bpy.ops.second_eye.build_scene()
    bpy.ops.wm.save_as_mainfile(filepath=str(options.blend.resolve()))


def _render(options: argparse.Namespace) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(options.blend.resolve()))
    if options.output:
        bpy.context.scene.second_eye.output_path = str(options.output.resolve())
    if options.kind:
        bpy.context.scene.second_eye_render.kind = KINDS[options.kind]
    bpy.ops.second_eye.render_stereo()


def _tag(options: argparse.Namespace) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(options.blend.resolve()))
    bpy.ops.second_eye.tag_movie(
        filepath=str(options.movie.resolve()) if options.movie else "",
        output=str(options.output.resolve()) if options.output else "",
    )


def register() -> None:
    _handles.append(bpy.utils.register_cli_command(NAME, main))


def unregister() -> None:
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())
