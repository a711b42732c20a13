# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts/dev.py says when something it needs is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from devtools import environment  # noqa: E402
from devtools.shell import SetupError  # noqa: E402


def test_every_requirement_is_pinned():
    for blender in environment.BLENDERS.values():
        for requirement in environment.requirements(blender):
            assert "==" in requirement or requirement.startswith("numpy"), requirement


def test_an_unreachable_index_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(SetupError, match="cannot be reached: check the network or the proxy"):
        environment.pip(
            Path(sys.executable), ["install", "--target", str(tmp_path), "no-such-thing-at-all"]
        )


def test_a_missing_interpreter_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SetupError, match=r"Python 3\.99 was not found; install it"):
        environment.find_interpreter("3.99")


def test_a_missing_library_is_named_with_its_package(monkeypatch):
    if not sys.platform.startswith("linux"):
        pytest.skip("system packages are looked for on Linux only")
    monkeypatch.setattr(environment, "SYSTEM_LIBRARIES", {"libnowhere.so.9": "libnowhere9"})
    monkeypatch.setattr(environment.os, "geteuid", lambda: 1000)
    with pytest.raises(SetupError, match=r"missing: libnowhere9; install them \(sudo apt-get"):
        environment.ensure_system_libraries(Path(sys.executable))


def test_a_venv_that_cannot_be_made_leaves_nothing(tmp_path):
    folder = tmp_path / "venv"
    with pytest.raises(SetupError, match="could not make a virtual environment"):
        environment.make_venv(Path("/bin/false"), folder)
    assert not folder.exists()


def test_an_unknown_option_is_refused():
    command = [sys.executable, ROOT / "scripts" / "dev.py", "lint", "--nonsense"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "unrecognized arguments: --nonsense" in done.stderr
