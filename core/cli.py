# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye COMMAND``: exit code 0 done, 2 bad use, 1 failed with one clear line."""

import argparse
import importlib
import json
import sys
import traceback
from typing import Any

from .console import Console, answer
from .errors import Cancelled, SecondEyeError, UsageError
from .jobs.failures import explain
from .threads import wait_politely

# Module under core/commands -> what `second-eye --help` says. Only the one asked for is imported.
COMMANDS = {
    "depth": "footage to a depth project (running it again resumes)",
    "repair": "make a project's depth again from its stored estimates, as strongly as wanted",
    "shots": "list or change the cuts of a depth project",
    "sample": "choose the points of each shot's relief, where its depth bends or breaks",
    "layers": "what stands behind the foreground of each frame, for convert and for relief",
    "grade": "convergence and interocular of every frame, comfortable on a screen; floating window",
    "comfort": "how comfortable a depth project is to watch, on which screen, and where not",
    "export": "a frame as a point cloud or as 3D Gaussians, in a .ply file",
    "convert": "footage to a stereo movie, without a Blender render",
    "still": "both eyes of one frame in a picture: side by side, anaglyph, ...",
    "wiggle": "one frame or a few, seen from one eye to the other and back: a GIF or MP4",
    "stitch": "two HEVC movies, one an eye, to one MV-HEVC movie (experimental)",
    "tag": "stereo and projection metadata for a movie, without encoding it again",
    "inspect": "what a movie says of itself: views, tags, colour, sound, boxes",
    "evaluate": "measure a depth model on a folder of ground truth",
    "models": "list, add, describe or remove depth models",
}


def main(argv: list[str] | None = None) -> int:
    """Run one subcommand and return its exit code."""
    wait_politely()
    argv = sys.argv[1:] if argv is None else argv
    # Known before parsing, so that a usage error too can answer as JSON.
    as_json, debug = _wants_json(argv), "--debug" in argv
    try:
        arguments = _parse(argv)
        as_json = arguments.json is True
        console = Console(quiet=as_json)
        try:
            with console.catching_interrupts():
                result = _execute(arguments, console)
        finally:
            console.close()
    except KeyboardInterrupt:
        return _fail(Cancelled("Cancelled: run it again to resume."), as_json, debug)
    except Exception as error:  # the boundary: a person gets one line, --debug the traceback
        return _fail(explain(error), as_json, debug)
    if as_json:
        answer(json.dumps(result, ensure_ascii=False))
    elif result.get("message"):
        answer(result["message"])
    return 0


def _execute(arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    module = importlib.import_module(f".commands.{arguments.command}", __package__)
    result: dict[str, Any] = module.execute(arguments, console)
    return result


class _Parser(argparse.ArgumentParser):
    """A parser that raises, so that the one place above speaks to the user."""

    def error(self, message: str) -> Any:
        raise UsageError(f"{self.prog}: {message} (see {self.prog} --help)")


def _parse(argv: list[str]) -> argparse.Namespace:
    common = _Parser(add_help=False)
    common.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show tracebacks"
    )
    as_json = _Parser(add_help=False)
    as_json.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="print one JSON object on stdout, errors too",
    )
    parser = _Parser(
        prog="second-eye",
        description="Flat footage gets a second eye: depth, stereo, spatial video.",
        parents=[common, as_json],
    )
    subparsers = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=_Parser
    )
    wanted = next((word for word in argv if word in COMMANDS), None)
    for name, help_text in COMMANDS.items():
        sub = subparsers.add_parser(name, help=help_text, description=help_text, parents=[common])
        if name != wanted:
            continue
        importlib.import_module(f".commands.{name}", __package__).configure(sub)
        # A command may have a `--json FILE` of its own (evaluate writes a report).
        if "--json" not in sub.format_usage():
            sub.add_argument(
                "--json",
                action="store_true",
                default=argparse.SUPPRESS,
                help="print one JSON object on stdout, errors too",
            )
    arguments = parser.parse_args(argv)
    arguments.json = getattr(arguments, "json", False)
    arguments.debug = getattr(arguments, "debug", False)
    return arguments


def _wants_json(argv: list[str]) -> bool:
    return "--json" in argv and not {"evaluate", "comfort"} & set(argv)


def _fail(error: SecondEyeError, as_json: bool, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    if as_json:
        answer(json.dumps({"error": str(error), "exit_code": error.exit_code}, ensure_ascii=False))
    else:
        print(f"second-eye: {error}", file=sys.stderr)
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
