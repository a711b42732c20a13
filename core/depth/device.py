# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the network runs, and on how many threads."""

import os

import torch


def pick_device() -> torch.device:
    """The first of CUDA, Metal and CPU that this build of torch finds."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def thread_count() -> int:
    """OMP_NUM_THREADS where it is set, else one for each core, 8 at most: more gain nothing."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    return max(1, min(os.cpu_count() or 1, 8))
