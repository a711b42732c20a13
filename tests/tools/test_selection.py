# SPDX-License-Identifier: GPL-3.0-or-later
"""Which suite a path given to ``scripts/dev.py test`` belongs to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
sys.path.insert(0, str(ROOT / "scripts"))

from devtools import selection, testing  # noqa: E402
from devtools.shell import SetupError  # noqa: E402


def test_without_a_path_every_suite_is_run():
    chosen, rest = selection.select(["-k", "tests/core", "-x"])
    assert chosen == {name: [str(TESTS / name)] for name in ("tools", "core", "addon")}
    assert rest == ["-k", "tests/core", "-x"]


@pytest.mark.parametrize("suite", ["tools", "core", "addon"])
def test_a_folder_of_tests_is_its_suite(suite, tmp_path):
    chosen, rest = selection.select([f"tests/{suite}", "-q"], tmp_path)
    assert (chosen, rest) == ({suite: [str(TESTS / suite)]}, ["-q"])


def test_one_test_of_a_file_from_its_own_folder():
    name = "test_models.py::test_names"
    chosen, _ = selection.select([name], TESTS / "core")
    assert chosen == {"core": [str(TESTS / "core" / name)]}
    chosen, _ = selection.select([name], TESTS / "addon")
    assert chosen == {"addon": [str(TESTS / "addon" / name)]}


def test_what_is_no_test_is_named(tmp_path):
    with pytest.raises(SetupError, match=r"There is no test tests/core/test_nothing\.py"):
        selection.select(["tests/core/test_nothing.py"])
    with pytest.raises(SetupError, match="belongs to no suite"):
        selection.select(["docs/models.md"])


def test_another_blender_runs_the_add_ons_tests_alone():
    with pytest.raises(SetupError, match="leave --blender away"):
        testing.test("5.0", ["tests/core/test_models.py"])


def test_only_the_suite_of_the_path_is_run():
    command = [sys.executable, ROOT / "scripts" / "dev.py", "test", "tests/tools/test_selection.py"]
    done = subprocess.run(
        [*command, "--collect-only", "-q"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_selection.py::test_only_the_suite_of_the_path_is_run" in done.stdout
    assert "test_documents.py" not in done.stdout and "add-on" not in done.stdout
