#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""One door to everything a developer does; each command makes the environment it needs by itself.

python3.11 scripts/dev.py demo        one real clip, all the way to spatial video (out/demo/)
python3.11 scripts/dev.py test        every test that needs no window; a path below tests/, such as
                                      tests/core/test_models.py, runs just that, -k NAME those names
python3.11 scripts/dev.py lint        ruff and mypy
python3.11 scripts/dev.py build       the extension's zip (dist/)
python3.11 scripts/dev.py gui-test    the panel in a real Blender window under Xvfb
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (an older Python is just what this catches)
    sys.exit(
        f"[second-eye] This is Python {sys.version.split()[0]}; Second Eye's tools need 3.11 "
        "(Debian: apt-get install python3.11 python3.11-venv). Run: python3.11 scripts/dev.py ..."
    )

import argparse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from devtools import environment, shell, testing


def parse(argv: list[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="dev.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("setup", help="only make the environment (.venv)")
    demo = commands.add_parser("demo", help="the main job on a real clip", add_help=False)
    demo.set_defaults(passes_on=True)
    test = commands.add_parser(
        "test",
        help="run the tests; what follows is passed to pytest",
        usage="dev.py test [--blender VERSION] [PATH ...] [pytest's options]",
        description="Core's and the tools' tests, then the add-on's against the built and "
        "installed zip. PATH: files or folders below tests/ (FILE::TEST too), such as "
        "tests/core/test_models.py; only the suites that they belong to are run. "
        "Other options are pytest's, such as -k NAME or -x.",
    )
    test.add_argument("--blender", choices=sorted(environment.BLENDERS), default=None)
    test.set_defaults(passes_on=True)
    commands.add_parser("lint", help="ruff and mypy")
    build = commands.add_parser("build", help="the extension's zip")
    build.add_argument("--bundle", metavar="PLATFORM", help="with the engine's wheels inside")
    build.add_argument("--out", type=Path, default=environment.ROOT / "dist")
    gui = commands.add_parser("gui-test", help="the panel in a real window", add_help=False)
    gui.set_defaults(passes_on=True)
    arguments, rest = parser.parse_known_args(argv)
    if rest and not getattr(arguments, "passes_on", False):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return arguments, rest


def main(argv: list[str]) -> int:
    arguments, rest = parse(argv)
    try:
        if arguments.command == "setup":
            environment.ensure()
            return 0
        if arguments.command == "demo":
            script = environment.ROOT / "scripts" / "demo.py"
            return shell.run([environment.ensure(), script, *rest]).returncode
        if arguments.command == "test":
            return testing.test(arguments.blender, rest)
        if arguments.command == "lint":
            return testing.lint()
        if arguments.command == "build":
            from devtools import build

            environment.ensure()
            shell.say(f"built {build.build(environment.ROOT, arguments.out, arguments.bundle)}")
            return 0
        from devtools import gui

        environment.ensure()
        return gui.main(rest)
    except shell.SetupError as error:
        return shell.fail(str(error))
    except KeyboardInterrupt:
        return shell.fail("stopped; what is finished is kept, run it again to go on.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
