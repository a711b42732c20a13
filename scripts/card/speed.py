# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames a second, memory and sameness of bits, each in a process of its own.

Run as a program it measures the model it is told on one picture and prints JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HEIGHT, WIDTH = 256, 448
REPEATS = 40
PATIENCE = 20.0  # seconds, after which fewer repeats must do


def measure_speed(model: str | None, threads: int, size: int | None = None) -> dict[str, Any]:
    """``median`` and ``fastest`` in frames/s of a 256x448 picture, ``processor`` seconds a frame,
    ``peak`` bytes, ``digest`` of the bits, ``repeats``, ``streams``.

    As many pictures are on their way at once as the model takes (``streams``). ``size``: the longer
    side that the network sees, where it is not the model's own. Everything the model answers is
    computed. ``load`` is the machine's load average beside it.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-P", __file__, model or "", str(size or 0)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        "threads": threads,
        "size": size,
        "load": os.getloadavg()[0],
        **json.loads(done.stdout),
    }


def _measure(model_name: str, size: int) -> dict[str, Any]:
    import resource

    from core.threads import wait_politely

    wait_politely()
    import numpy as np
    import torch

    from core.depth import load_model

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    model = load_model(model_name or None, size or None)
    picture = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    digests = set()
    seconds: list[float] = []
    processor: list[float] = []
    began = time.perf_counter()
    with ThreadPoolExecutor(model.streams) as pool:
        for turn in range(REPEATS + 3):
            if len(seconds) >= 5 and time.perf_counter() - began > PATIENCE:
                break
            started, used = time.perf_counter(), time.process_time()
            estimates = list(pool.map(model.infer, [picture] * model.streams))
            if turn >= 3:
                seconds.append((time.perf_counter() - started) / model.streams)
                processor.append((time.process_time() - used) / model.streams)
            for estimate in estimates:
                digest = hashlib.sha256()
                for part in (estimate.inverse_depth, estimate.uncertainty, estimate.labels):
                    if part is not None:
                        digest.update(np.ascontiguousarray(part).tobytes())
                digests.add(digest.hexdigest())
    return {
        "median": 1.0 / float(np.median(seconds)),
        "fastest": 1.0 / min(seconds),
        "processor": float(np.median(processor)),
        "repeats": len(seconds),
        "streams": model.streams,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "digest": digests.pop() if len(digests) == 1 else "differs between runs",
    }


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], int(sys.argv[2]))))
