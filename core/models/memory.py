# SPDX-License-Identifier: GPL-3.0-or-later
"""How much memory is free, asked of the system; and whether a model fits in."""

import contextlib
import ctypes
import os
import sys
from pathlib import Path

from ..errors import SecondEyeError

GIB = float(1 << 30)


def available() -> int | None:
    """Bytes that a program may still take without swapping; None where nobody tells."""
    if sys.platform == "win32":
        return _windows()
    found = [n for n in (_linux(), _control_group()) if n is not None]
    if found:
        return min(found)
    with contextlib.suppress(ValueError, OSError, AttributeError):  # macOS: all there is
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def check(name: str, path: Path, needed: int) -> None:
    """Raise SecondEyeError where ``needed`` bytes for the model at ``path`` are not free."""
    free = available()
    if free is not None and needed > free:
        raise SecondEyeError(
            f"The model {name} ({path}) needs about {needed / GIB:.1f} GB of memory and "
            f"{free / GIB:.1f} GB are free: close other programs, or choose a smaller model."
        )


def _linux() -> int | None:
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _control_group() -> int | None:
    """What a container's limit leaves; file pages count as free, since the kernel drops them."""
    folder = Path("/sys/fs/cgroup")
    with contextlib.suppress(OSError, ValueError):
        most = int((folder / "memory.max").read_text(encoding="ascii"))
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines():
            if line.startswith(("inactive_file ", "active_file ")):
                used -= int(line.split()[1])
        return max(most - used, 0)
    return None


class _Status(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = [
        ("length", ctypes.c_ulong),
        ("load", ctypes.c_ulong),
        *((name, ctypes.c_ulonglong) for name in (
            "total", "free", "page_total", "page_free", "virtual", "virtual_free", "extended"
        )),
    ]  # fmt: skip


def _windows() -> int | None:
    status = _Status()
    status.length = ctypes.sizeof(_Status)
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 (mypy knows it on Windows only)
    if not kernel.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.free)
