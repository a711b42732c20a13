# SPDX-License-Identifier: GPL-3.0-or-later
"""What repair costs beside the network, and its memory on 4K frames; each in its own process.

Run as a program it measures what it is told and prints JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HEIGHT, WIDTH = 256, 448
FRAMES = 30
ROUNDS = 7  # of both stages by turns: what else the machine does meets both alike
LARGE = (2160, 3840)


def measure_cost(model: str | None, threads: int = 2) -> dict[str, Any]:
    """Of a drifting 256x448 picture that the network sees whole, on ``threads`` processors.

    ``network``, ``both``: processor seconds a frame of the network alone, and with all of repair;
    ``added``: what repair adds as a share of the network's; ``network_rate``, ``both_rate``:
    frames/s by the clock. As an analysis has it, one stage after the other, each with as many
    pictures under way as it takes; what it reads and writes is left out. ``load`` beside it.
    Medians of `ROUNDS` rounds, ``added`` that of the rounds' shares.
    """
    return {"load": os.getloadavg()[0], **_child("cost", model, threads)}


def measure_large(
    model: str | None, threads: int = 2, size: tuple[int, int] = LARGE
) -> dict[str, Any]:
    """``peak`` bytes of a process that repairs depth frames of ``size`` (height, width) with the
    default look-ahead, the network and its answer included; ``seconds`` of processor a frame."""
    return _child("large", model, threads, *map(str, size))


def _child(what: str, model: str | None, threads: int, *more: str) -> dict[str, Any]:
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-P", __file__, what, model or "", *more],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"repair's {what} could not be measured:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _cost(model_name: str | None) -> dict[str, float]:
    from core.depth import load_model
    from core.evaluation.looks import frame_of
    from core.jobs.pipeline import mapped
    from core.repair.repair import Repair
    from core.repair.settings import RepairSettings

    model = load_model(model_name, WIDTH)
    repair = Repair(RepairSettings(), unit=model.unit)
    pictures = list(_drifting(HEIGHT, WIDTH, FRAMES))

    def estimated() -> list[Any]:
        with mapped(model.infer, pictures, model.streams, model.streams + 1) as estimates:
            return list(estimates)

    def repaired(estimates: list[Any]) -> None:
        sequence, streams = repair.sequence(), repair.streams
        both = zip(pictures, estimates, strict=True)
        with (
            mapped(lambda pair: frame_of(*pair), both, 1, streams + 1) as frames,
            mapped(repair.prepare, frames, streams, streams + 1) as prepared,
        ):
            for frame in prepared:
                sequence.push(frame)
            sequence.finish()

    found: dict[str, list[float]] = {}
    for turn in range(ROUNDS + 1):
        moments = [(time.process_time(), time.perf_counter())]
        estimates = estimated()
        moments.append((time.process_time(), time.perf_counter()))
        repaired(estimates)
        moments.append((time.process_time(), time.perf_counter()))
        if turn == 0:  # warms up
            continue
        for name, (used, clock) in zip(("network", "both"), moments[1:], strict=True):
            found.setdefault(name, []).append((used - moments[0][0]) / FRAMES)
            found.setdefault(f"{name}_rate", []).append(FRAMES / (clock - moments[0][1]))
    pairs = zip(found["network"], found["both"], strict=True)
    found["added"] = [both / network - 1.0 for network, both in pairs]
    return {name: statistics.median(values) for name, values in found.items()}


def _large(model_name: str | None, height: str, width: str) -> dict[str, float]:
    import resource

    from core.depth import DepthEstimate, load_model, upsample_to
    from core.evaluation.looks import frame_of
    from core.repair.repair import Repair
    from core.repair.settings import LOOK_AHEAD, RepairSettings

    model = load_model(model_name)
    repair = Repair(RepairSettings(), unit=model.unit)
    sequence = repair.sequence()
    count = LOOK_AHEAD + 3
    used = 0.0
    for rgb in _drifting(int(height), int(width), count):
        estimate = model.infer(rgb)
        large: DepthEstimate = upsample_to(estimate, int(height), int(width))
        frame = frame_of(rgb, large)
        started = time.process_time()
        sequence.push(repair.prepare(frame))
        used += time.process_time() - started
    started = time.process_time()
    sequence.finish()
    used += time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"peak": float(peak), "seconds": used / count, "frames": count}


def _drifting(height: int, width: int, frames: int) -> Any:
    """A smooth random texture over another, drifting at different speeds."""
    import cv2
    import numpy as np

    rng = np.random.default_rng(7)
    far, near = (
        cv2.resize(
            rng.integers(0, 256, (size, size * 2, 3), np.uint8), (width + 4 * frames, height)
        )
        for size in (9, 40)
    )
    for k in range(frames):
        picture = far[:, k : k + width].copy()
        picture[height // 2 :] = near[height // 2 :, 3 * k : 3 * k + width]
        yield picture


if __name__ == "__main__":
    from core.threads import wait_politely

    wait_politely()
    measure: Any = {"cost": _cost, "large": _large}[sys.argv[1]]
    print(json.dumps(measure(sys.argv[2] or None, *sys.argv[3:])))
