# SPDX-License-Identifier: GPL-3.0-or-later
"""A kill at any point of throwing parts away leaves a folder that the next export goes on with."""

import os
from pathlib import Path

import pytest

from core.jobs import export_folder


class Killed(BaseException):
    """Nothing after this runs, as after a kill."""


def stale(folder):
    folder.mkdir()
    for name in ("stamp.json", "0_000001.mp4", "0_000006.mp4", "zzz.mp4"):
        (folder / name).write_text("{}")
    return folder


@pytest.mark.parametrize("order", [sorted, lambda names: sorted(names, reverse=True)])
@pytest.mark.parametrize("steps", range(6))
def test_a_kill_while_stale_parts_go_away(tmp_path, monkeypatch, steps, order):
    folder, new = stale(tmp_path / "a.mp4.parts"), {"settings": "new"}
    left = steps

    def counted(real):
        def step(*arguments, **named):
            nonlocal left
            if not left:
                raise Killed
            left -= 1
            return real(*arguments, **named)

        return step

    listed = Path.iterdir
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Path, "iterdir", lambda self: iter(order(listed(self))))
        patch.setattr(Path, "unlink", counted(Path.unlink))
        patch.setattr(os, "replace", counted(os.replace))
        export_folder.begin(folder, new)
        raise Killed
    export_folder.begin(folder, new)
    assert [path.name for path in folder.iterdir()] == ["stamp.json"]
    (folder / "0_000001.mp4").write_text("a part")
    export_folder.begin(folder, new)
    assert (folder / "0_000001.mp4").exists(), "the same export keeps its parts"


def test_a_kill_while_a_finished_exports_folder_goes_away(tmp_path, monkeypatch):
    output, stamp = tmp_path / "a.mp4", {"settings": "one"}
    unlink = Path.unlink

    def killed(self, missing_ok=False):
        if self.name == "zzz.mp4":
            raise Killed
        unlink(self, missing_ok)

    def finished():
        with export_folder.kept_parts(output, stamp) as folder:
            for name in ("0_000001.mp4", "zzz.mp4"):
                (folder / name).write_text("a part")
            monkeypatch.setattr(Path, "unlink", killed)

    with pytest.raises(Killed):
        finished()
    monkeypatch.undo()
    with export_folder.kept_parts(output, {"settings": "another"}) as folder:
        assert not list(folder.glob("*.mp4"))
    assert not list(tmp_path.iterdir())
