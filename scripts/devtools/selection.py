# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the test suites the paths on the command line belong to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .environment import ROOT
from .shell import SetupError

TESTS = ROOT / "tests"
SUITES = ("tools", "core", "addon")
# pytest's options whose value stands apart.
_WITH_VALUE = ("-k", "-m", "-p", "-o", "-W", "-n", "-r")


def select(
    arguments: Sequence[str], folder: Path | None = None
) -> tuple[dict[str, list[str]], list[str]]:
    """(what to run of each suite, pytest's other arguments); every suite whole without a path.

    A path (also ``FILE::TEST``) counts from ``folder`` (None: the current one), or else from the
    repository. Raises SetupError for one that isn't there, or is no test of a suite.
    """
    chosen: dict[str, list[str]] = {}
    rest: list[str] = []
    before = ""
    for argument in arguments:
        if before in _WITH_VALUE or argument.startswith("-") or not _is_path(argument):
            rest.append(argument)
        else:
            for suite, path in _placed(argument, folder or Path.cwd()):
                chosen.setdefault(suite, []).append(path)
        before = argument
    if not chosen:
        chosen = {suite: [str(TESTS / suite)] for suite in SUITES}
    return chosen, rest


def _is_path(argument: str) -> bool:
    name = argument.partition("::")[0].replace("\\", "/")
    return name.endswith(".py") or "/" in name or name == "tests"


def _placed(argument: str, folder: Path) -> list[tuple[str, str]]:
    name, mark, test = argument.partition("::")
    path = next((p for p in (folder / name, ROOT / name) if p.exists()), None)
    if path is None:
        raise SetupError(f"There is no test {name}: give a file or folder below {TESTS}.")
    path = path.resolve()
    if path == TESTS.resolve():
        return [(suite, str(TESTS / suite)) for suite in SUITES]
    for suite in SUITES:
        if path.is_relative_to((TESTS / suite).resolve()):
            return [(suite, f"{path}{mark}{test}")]
    raise SetupError(
        f"{path} belongs to no suite of tests: give a file or folder below {TESTS}/ "
        f"({', '.join(SUITES)})."
    )
