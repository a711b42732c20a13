# SPDX-License-Identifier: GPL-3.0-or-later
"""One writer at a time: a file held by the operating system, free the moment its holder dies."""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from ..errors import SecondEyeError

LOCK_NAME = ".lock"
# Windows refuses to read a locked range, so the locked byte lies far behind the pid.
_LOCKED_BYTE = 1 << 30


class ProjectLocked(SecondEyeError):
    """Another run holds the project."""


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold ``folder/.lock`` while the body runs; the file is removed afterwards.

    The lock is the kernel's (``flock``, or ``msvcrt.locking`` on Windows), the pid inside is
    only for the sentence. A killed holder leaves a file without a lock, which the next run
    takes over.

    Raises ProjectLocked where another run (also one of this process) holds it, and
    SecondEyeError where the file system knows no locks: two writers there could not be told
    apart, so there is no fallback.
    """
    path = folder / LOCK_NAME
    descriptor = _acquire(path)
    try:
        with contextlib.suppress(OSError):  # a full disk: the lock holds without the pid
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        _release(path, descriptor)


def _acquire(path: Path) -> int:
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise SecondEyeError(
                f"{path.parent} can't be written ({error.strerror}): "
                "choose a folder where you may write."
            ) from error
        try:
            _lock(descriptor)
        except OSError as error:
            holder = _holder(descriptor)
            os.close(descriptor)
            if error.errno in (errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK, errno.EDEADLK):
                raise ProjectLocked(
                    f"{path.parent} is in use by another run{holder}: "
                    "wait until it ends, or cancel it."
                ) from error
            raise SecondEyeError(
                f"{path.parent} lies on a file system without file locks ({error.strerror}): "
                "keep the project on a local disk."
            ) from error
        # The former holder may have removed the file between our open and our lock: then we
        # hold a file nobody else can find, and must take the one that stands there now.
        if _is_current(path, descriptor):
            return descriptor
        os.close(descriptor)


def _release(path: Path, descriptor: int) -> None:
    if sys.platform == "win32":
        os.close(descriptor)
        with contextlib.suppress(OSError):  # the next holder may already have it open
            path.unlink()
    else:
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(descriptor)


def _is_current(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _holder(descriptor: int) -> str:
    try:
        text = os.pread(descriptor, 20, 0) if hasattr(os, "pread") else os.read(descriptor, 20)
        return f" (process {int(text)})"
    except (OSError, ValueError):
        return ""


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
