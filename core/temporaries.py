# SPDX-License-Identifier: GPL-3.0-or-later
"""Unfinished files that a forced end must not leave behind."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from pathlib import Path

_lock = threading.Lock()
_unfinished: set[Path] = set()


def name_for(path: Path) -> Path:
    """The temporary name beside ``path``, ``.STEM.PID.part.SUFFIX``: FFmpeg reads the suffix."""
    return path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")


def register(path: Path) -> None:
    """``path`` is being written, and of no use until `forget`."""
    with _lock:
        _unfinished.add(path)


def forget(path: Path) -> None:
    """``path`` is renamed or removed."""
    with _lock:
        _unfinished.discard(path)


def remove_all() -> None:
    """Remove every registered file: the last act of a process that ends in mid-write.

    Windows keeps a file that is open; `remove_stale` of a later run takes it.
    """
    with _lock:
        for path in _unfinished:
            with contextlib.suppress(OSError):
                path.unlink()
        _unfinished.clear()


def remove_stale(path: Path) -> None:
    """Remove the temporaries for ``path`` (see `name_for`) whose process has ended."""
    ours = re.compile(
        rf"\.{re.escape(path.stem)}\.(\d+)\.part{re.escape(path.suffix)}", re.IGNORECASE
    )
    with contextlib.suppress(OSError):  # a folder that can't be read: writing there will say so
        for entry in os.scandir(path.parent):
            found = ours.fullmatch(entry.name)
            if found and not _runs(int(found[1])):
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)


def _runs(pid: int) -> bool:
    if pid == os.getpid():
        return True
    if os.name != "posix":  # os.kill would end it; but an open file can't be removed there
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
