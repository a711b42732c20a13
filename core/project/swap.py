# SPDX-License-Identifier: GPL-3.0-or-later
"""A finished project's depth made anew: beside the old one, which stays until the new one is whole.

repairing/settings.json     what the frames below are made for
repairing/depth, confidence the frames made so far
repairing/flicker.json      what was measured of them
repairing/project.json      the manifest to be; where it stands, the frames are moved into place
"""

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from ..errors import SecondEyeError
from . import atomic
from .files import FrameFiles
from .manifest import Manifest

FOLDER = "repairing"
MOVED = ("depth", "confidence")
_SETTINGS, _MANIFEST, _FLICKER = "settings.json", "project.json", "flicker.json"


def begin(folder: Path, target: Manifest) -> FrameFiles:
    """A place for new depth and confidence of the project in ``folder``, as ``target`` describes
    them. What an interrupted run for the same settings made is found there; other is removed."""
    beside = FrameFiles(folder / FOLDER, target)
    settings = json.dumps(_settings(target)).encode()
    path = beside.folder / _SETTINGS
    if not path.is_file() or path.read_bytes() != settings:
        clear(folder)
        if any(p.is_file() for p in beside.folder.rglob("*")):
            # They would pass for frames of the settings that are written next.
            raise SecondEyeError(
                f"{beside.folder} holds frames of an older run that can't be removed: close what "
                "has them open, or delete the folder."
            )
        beside.make_folders(*MOVED)
        atomic.write_bytes(path, settings)
    beside.make_folders(*MOVED)
    for name in ("", *MOVED):
        atomic.remove_temporaries(beside.folder / name)
    return beside


def clear(folder: Path) -> None:
    """Remove what a run left that will not be resumed."""
    if (folder / FOLDER).exists():
        shutil.rmtree(folder / FOLDER, ignore_errors=True)


def commit(folder: Path, manifest: bytes) -> None:
    """All new frames are whole: put them, and ``manifest``, in the place of the old ones.

    From the first line on it can't be lost: whoever takes the lock of the project after a crash
    finishes it.
    """
    atomic.write_bytes(folder / FOLDER / _MANIFEST, manifest)
    finish(folder)


def finish(folder: Path) -> bool:
    """Finish what `commit` began; whether there was anything to finish.

    Raises SecondEyeError where a file can't be moved.
    """
    beside = folder / FOLDER
    if not (beside / _MANIFEST).is_file():
        return False
    for name in MOVED:
        with contextlib.suppress(FileNotFoundError):
            for entry in sorted(os.scandir(beside / name), key=lambda entry: entry.name):
                if not entry.name.startswith("."):
                    _move(Path(entry.path), folder / name / entry.name)
    if (beside / _FLICKER).is_file():
        _move(beside / _FLICKER, folder / _FLICKER)
    # The manifest last: until it stands in its place, this begins anew.
    _move(beside / _MANIFEST, folder / _MANIFEST)
    clear(folder)
    return True


def _move(source: Path, target: Path) -> None:
    try:
        os.replace(source, target)
    except OSError as error:
        raise atomic.cannot_write(target, error) from error


def _settings(manifest: Manifest) -> dict[str, Any]:
    """All that the frames depend on, but for the stored estimates."""
    shots = [[s.first, s.last, s.spatial, s.temporal, s.semantic] for s in manifest.shots]
    return {
        "sha256": manifest.repair.sha256,
        "look_ahead": manifest.repair.look_ahead,
        "shots": shots,
    }
