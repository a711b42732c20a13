# SPDX-License-Identifier: GPL-3.0-or-later
"""Adding models, for the tests of what is added."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.cli import main
from core.jobs.models import AddModelJob


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict]:
    code = main(["models", *map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def add(path: Path, **more: object) -> dict:
    return AddModelJob(str(path), **more).run(lambda progress: None, lambda: False)
