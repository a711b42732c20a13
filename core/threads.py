# SPDX-License-Identifier: GPL-3.0-or-later
"""How a long job shares the machine with the programs beside it."""

import contextlib
import os
from pathlib import Path

BACKGROUND_NICE = 10
"""Against a program of normal priority a job of this one gets a tenth of a contested core."""


def wait_politely() -> None:
    """Let OpenMP's threads sleep between two layers of a network and not spin; one for OpenCV, and
    one for numpy's BLAS.

    To be said before torch, OpenCV and numpy are imported. Blender and other programs use the same
    cores: with twice as many runnable threads as cores, spinning made analysis 3 times slower here.
    Where cores are to be filled, several frames are under way at once; threads of OpenCV and
    OpenBLAS on top of those spin while they wait for work (14 ms of a processor a frame of repair).
    What the user set in the environment stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def step_back() -> None:
    """Let this process take only what the programs in front of the user leave over.

    A network on all cores makes Blender's window stutter, though Blender itself waits for nothing.
    On Windows the parent says it when it starts the child. A system that refuses is no failure:
    the job then runs as any other.
    """
    if not hasattr(os, "nice"):
        return
    with contextlib.suppress(OSError):
        os.nice(BACKGROUND_NICE)
    # Where Linux groups processes by session, niceness counts within the session only, and the
    # session has one of its own; a parent's session is not ours to change.
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(BACKGROUND_NICE), encoding="ascii")
