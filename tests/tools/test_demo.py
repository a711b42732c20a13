# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo does with a depth project that an earlier version left in its folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import demo  # noqa: E402

from core.project import SCHEMA  # noqa: E402


def left(folder: Path, text: str) -> Path:
    project = folder / "bikes.secondeye"
    (project / "depth").mkdir(parents=True)
    (project / "project.json").write_text(text)
    return project


def test_an_older_project_is_made_anew(tmp_path, capsys):
    project = left(tmp_path, json.dumps({"schema": SCHEMA - 1}))
    assert demo.start_anew(project)
    said = capsys.readouterr().out
    assert f"schema {SCHEMA - 1}, now {SCHEMA}" in said and said.count("\n") == 1
    assert not project.exists() and tmp_path.exists()


@pytest.mark.parametrize(
    "text", [json.dumps({"schema": SCHEMA}), json.dumps({"schema": SCHEMA + 1}), "[]", "{", "{}"]
)
def test_every_other_project_stays(tmp_path, text, capsys):
    project = left(tmp_path, text)
    assert not demo.start_anew(project) and not demo.start_anew(tmp_path / "none.secondeye")
    assert (project / "depth").is_dir() and capsys.readouterr().out == ""


@pytest.mark.parametrize("own", [True, False])
def test_only_in_the_demos_own_folder(tmp_path, monkeypatch, own):
    """An artist's project in a folder of his own is refused by the analysis, not taken away."""
    project = left(tmp_path, json.dumps({"schema": SCHEMA - 1}))
    clip = tmp_path / "bikes.mp4"
    clip.write_bytes(b"no movie")
    if own:
        monkeypatch.setattr(demo, "OWN", tmp_path)
    with pytest.raises(demo.SetupError, match="depth did not finish"):
        demo.main(["--clip", str(clip), "--out", str(tmp_path)])
    assert project.exists() is not own
