# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the network runs, and on how many threads."""

import os

import torch

from ..errors import SecondEyeError, UsageError
from ..models import memory

DEVICES = ("cpu", "cuda", "mps")

# What Second Eye's network holds for a pixel of its input while it runs: 130 to 150 measured at
# 384 to 1536 pixels.
BYTES_A_PIXEL = 200


def pick_device() -> torch.device:
    """The first of CUDA, Metal and CPU that this build of torch finds."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def choose_device(name: str | None, model: str) -> torch.device:
    """The device ``name`` of DEVICES for the model ``model``; None: `pick_device`.

    Raises UsageError for an unknown one, and SecondEyeError where this torch can't use it.
    """
    if name is None:
        return pick_device()
    if name not in DEVICES:
        raise UsageError(f'There is no device "{name}": the devices are {", ".join(DEVICES)}.')
    if name == "cuda" and not torch.cuda.is_available():
        why = (
            f"finds no CUDA card: check the driver, or leave --device away to run {model} on the "
            "processor"
            if torch.version.cuda
            else f"is a CPU-only build: install the CUDA build of the engine to run {model} "
            "there, or leave --device away"
        )
        raise SecondEyeError(f"The model {model} can't run on cuda, since torch {_torch()} {why}.")
    if name == "mps" and not torch.backends.mps.is_available():
        raise SecondEyeError(
            f"The model {model} can't run on mps: this torch {_torch()} finds no Metal; leave "
            "--device away."
        )
    return torch.device(name)


def _torch() -> str:
    return str(torch.__version__)


def thread_count() -> int:
    """OMP_NUM_THREADS where it is set, else one for each core, 8 at most: more gain nothing."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    return max(1, min(os.cpu_count() or 1, 8))


def stream_count(size: int) -> int:
    """Pictures of ``size`` pixels a side for Second Eye's network to run at once on the processor.

    One for each of `thread_count`, as far as a quarter of the free memory holds them.
    """
    free = memory.available()
    fitting = thread_count() if free is None else free // 4 // (BYTES_A_PIXEL * size * size)
    return max(1, min(thread_count(), fitting))
