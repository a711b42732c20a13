# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder OUT.parts, where the finished parts of an export wait, and what they were made of."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import SecondEyeError, UsageError
from ..media.container import error_words
from ..media.writer import Unwritable
from ..project import Project, ProjectLocked
from ..project.atomic import TEMPORARY, write_bytes
from ..project.lock import LOCK_NAME, hold

STAMP = "stamp.json"
_NO_PARTS = (STAMP, LOCK_NAME)
# Folders of a project that a conversion doesn't look at, or by the frame.
_NOT_SEEN = {"plate", "depth", "base", "uncertainty", "labels", "confidence", "sampling"}
_CORE = Path(__file__).parents[1]
# Rooms whose code no picture of an export depends on.
_NO_PICTURES = ("commands", "evaluation", "training")


@contextmanager
def kept_parts(output: Path, stamp: dict[str, Any]) -> Iterator[Path]:
    """The folder for the parts of ``output``, held while the body runs: what another export (of
    another ``stamp``) left there is gone, what this one left is there.

    Without an exception it is removed afterwards; with one, finished parts stay. Raises
    UsageError for a folder that no export left there, ProjectLocked, and SecondEyeError for the
    body's OSErrors and its writer's: they are the disk's.
    """
    folder = output.with_name(f"{output.name}.parts")
    try:
        folder.mkdir(exist_ok=True)
        with hold(folder):
            try:
                begin(folder, stamp)
                yield folder
                with suppress(OSError):
                    _empty(folder)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                if folder.is_dir() and all(p.name in _NO_PARTS for p in folder.iterdir()):
                    shutil.rmtree(folder, ignore_errors=True)
    except ProjectLocked as error:
        raise ProjectLocked(
            f"{output} is being written by another run: wait until that ends, cancel it, or give"
            " this movie another name."
        ) from error
    except (OSError, Unwritable) as error:
        reason = error.__cause__ if isinstance(error, Unwritable) else error
        raise SecondEyeError(
            f"{output} can't be written ({error_words(reason or error)}): free some space or choose"
            " another folder, and convert again; finished parts are kept."
        ) from error
    finally:
        with suppress(OSError):  # Windows keeps the lock's file, and so the folder, till here
            folder.rmdir()


def begin(folder: Path, stamp: dict[str, Any]) -> None:
    """Keep the parts of the same export, throw away others. Raises UsageError.

    Killed at any point, the next call goes on: no part is ever there without a stamp.
    """
    file = folder / STAMP
    for left in folder.glob(f".{STAMP}.*{TEMPORARY}"):
        left.unlink(missing_ok=True)
    if not file.exists() and any(path.name != LOCK_NAME for path in folder.iterdir()):
        raise UsageError(
            f"{folder} holds files that no conversion left there: move it away, or give the movie"
            " another name."
        )
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = None
    if known != stamp:
        _empty(folder)
        write_bytes(file, json.dumps(stamp).encode())


def _empty(folder: Path) -> None:
    """Remove all but the lock, and the stamp last: parts without one are taken for a stranger's."""
    for path in folder.iterdir():
        if path.name not in _NO_PARTS:
            path.unlink()
    (folder / STAMP).unlink(missing_ok=True)


def stamp_of(project: Project, settings: Sequence[object], frames: Sequence[int]) -> dict[str, Any]:
    """What parts depend on: the request, the manifest, the files of the frames, the weights that
    made these, and the code and libraries that make pictures of them."""
    manifest = project.manifest
    digest = hashlib.sha256(repr(manifest).encode())
    for n in frames:
        for path in (project.plate_path(n), project.depth_path(n)):
            about = path.stat()
            digest.update(f"{about.st_size} {about.st_mtime_ns}".encode())
    for folder in sorted(p for p in project.folder.iterdir() if p.is_dir()):
        if folder.name in _NOT_SEEN:
            continue
        for path in sorted(folder.rglob("*")):  # layers, masks
            about = path.stat()
            digest.update(f"{path.name} {about.st_size} {about.st_mtime_ns}".encode())
    return {
        "settings": repr(settings),
        "frames": [frames[0], frames[-1]],
        "project": digest.hexdigest(),
        "weights": [[made.name, made.sha256] for made in (manifest.model, manifest.repair)],
        **made_by(),
    }


@cache
def made_by() -> dict[str, str]:
    """Who makes the pictures: a digest of this program's code, and the libraries' versions.

    The code itself, since two states of it may bear one version number.
    """
    import av
    import cv2
    import numpy as np

    digest = hashlib.sha256()
    for path in sorted(_CORE.rglob("*.py")):
        place = path.relative_to(_CORE)
        if place.parts[0] not in _NO_PICTURES:
            digest.update(place.as_posix().encode() + b"\0" + path.read_bytes())
    libraries = {"av": av.__version__, "cv2": cv2.__version__, "numpy": np.__version__}
    return {"code": digest.hexdigest(), **libraries}
