# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are either whole or not there: written under a temporary name, then renamed."""

import contextlib
import os
from pathlib import Path

from ..errors import SecondEyeError

TEMPORARY = ".part"


def write_bytes(path: Path, data: bytes, durable: bool = True) -> None:
    """Write ``data`` to ``path`` so that a reader, whatever happens, finds the old file or the new.

    ``durable``: waits for the disk, so that this holds after a power cut too. Frames do without:
    there are thousands of them, and a resumed run reads each one before it trusts it.
    The temporary name lies in the same folder (a rename across volumes is a copy) and ends in
    ``TEMPORARY``; when anything fails it is removed and what stood at ``path`` stays.

    Raises SecondEyeError where the folder is missing, read-only or full.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY}")
    try:
        with open(temporary, "wb") as stream:
            stream.write(data)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def cannot_write(path: Path, error: OSError) -> SecondEyeError:
    """The sentence for a file that could not be written."""
    reason = error.strerror or str(error)
    return SecondEyeError(
        f"{path} can't be written ({reason}): free some space or choose another folder."
    )


def remove_temporaries(folder: Path) -> int:
    """Remove what a killed writer left in ``folder``; only the holder of the lock may call it.

    A temporary file is a dot file with the suffix ``TEMPORARY``; core.media names its own so too.
    Returns how many were removed.
    """
    removed = 0
    if not folder.is_dir():
        return removed
    for entry in os.scandir(folder):
        if entry.name.startswith(".") and entry.name.endswith(TEMPORARY):
            with contextlib.suppress(OSError):
                os.unlink(entry.path)
                removed += 1
    return removed
