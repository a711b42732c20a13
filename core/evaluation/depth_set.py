# SPDX-License-Identifier: GPL-3.0-or-later
"""A depth model on pictures with measured depth, the vertical ramp beside it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..depth import DepthModel
from ..errors import SecondEyeError
from . import rgbd
from .layouts import spread
from .sets import DepthSet

Step = Callable[[int, int], None]  # (done, total), called before each picture


def evaluate_depth(
    path: Path,
    layout_name: str,
    data: DepthSet,
    model: DepthModel,
    *,
    metric: bool = False,
    limit: int | None = None,
    step: Step,
) -> dict[str, Any]:
    """The report: settings, a row a picture, and the means of the model and of the ramp.

    ``metric``: the model answers 1/metre and is not aligned; the ramp, which has no unit, always
    is. A picture whose depth has no value is left out and named. ``path`` and ``layout_name`` say
    where ``data`` comes from. Raises SecondEyeError.
    """
    chosen = spread(data.frames, limit)
    farthest = data.layout.farthest
    rows: list[dict[str, Any]] = []
    skipped: list[str] = []
    for done, frame in enumerate(chosen):
        step(done, len(chosen))
        depth = frame.read_depth()
        counts = data.counted(depth.shape)
        if (rgbd.valid_pixels(depth, farthest) & counts).sum() < 2:
            skipped.append(frame.name)
            continue
        rgb = frame.read_rgb()
        started = time.perf_counter()
        estimate = model.infer(rgb).inverse_depth
        seconds = time.perf_counter() - started
        ramp = rgbd.vertical_ramp(*depth.shape)
        rows.append(
            {
                "name": frame.name,
                "model": rgbd.score(
                    estimate, depth, metric=metric, counts=counts, farthest=farthest
                ),
                "ramp": rgbd.score(ramp, depth, counts=counts, farthest=farthest),
                "seconds": seconds,
            }
        )
    step(len(chosen), len(chosen))
    if not rows:
        raise SecondEyeError(f"{path}: no depth map holds a value; check --depth-scale.")
    return {
        "layout": layout_name,
        "folder": str(path),
        "model": {"name": model.name, "sha256": model.sha256},
        "settings": {
            "alignment": "metric" if metric else "scale and shift in inverse depth, a picture",
            "nearest": rgbd.NEAREST,
            "limit": limit,
            **data.settings,
        },
        "count": len(rows),
        "unpaired": data.unpaired,
        "skipped": skipped,
        "mean": rgbd.mean_scores(row["model"] for row in rows),
        "ramp": rgbd.mean_scores(row["ramp"] for row in rows),
        # The first picture pays for memory and warm-up.
        "milliseconds": 1e3 * float(np.median([row["seconds"] for row in rows[1:] or rows])),
        "images": rows,
    }
