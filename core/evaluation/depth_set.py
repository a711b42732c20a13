# SPDX-License-Identifier: GPL-3.0-or-later
"""A depth model on a folder of pictures with measured depth, the vertical ramp beside it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..depth import DepthModel
from ..errors import SecondEyeError, UsageError
from . import rgbd
from .layouts import LAYOUTS, find_pairs, spread

Step = Callable[[int, int], None]  # (done, total), called before each picture


def evaluate_depth(
    folder: Path,
    layout_name: str,
    model: DepthModel,
    *,
    depth_scale: float | None = None,
    metric: bool = False,
    limit: int | None = None,
    step: Step,
) -> dict[str, Any]:
    """The report: settings, a row a picture, and the means of the model and of the ramp.

    ``depth_scale``: depth values a metre (None: the layout's own). ``metric``: the model answers
    1/metre and is not aligned; the ramp, which has no unit, always is. A picture whose depth
    has no value is left out and named. Raises SecondEyeError, UsageError.
    """
    layout = LAYOUTS[layout_name]
    scale = layout.depth_scale if depth_scale is None else depth_scale
    if not scale > 0.0:
        raise UsageError(f"A depth scale of {scale:g} is not usable: give values a metre, above 0.")
    pairs, unpaired = find_pairs(folder)
    chosen = spread(pairs, limit)
    rows: list[dict[str, Any]] = []
    skipped: list[str] = []
    for done, pair in enumerate(chosen):
        step(done, len(chosen))
        depth, counts = pair.read_depth(layout, scale)
        if (rgbd.valid_pixels(depth, layout.farthest) & counts).sum() < 2:
            skipped.append(pair.name)
            continue
        rgb = pair.read_rgb()
        started = time.perf_counter()
        estimate = model.infer(rgb).inverse_depth
        seconds = time.perf_counter() - started
        ramp = rgbd.vertical_ramp(*depth.shape)
        farthest = layout.farthest
        rows.append(
            {
                "name": pair.name,
                "model": rgbd.score(
                    estimate, depth, metric=metric, counts=counts, farthest=farthest
                ),
                "ramp": rgbd.score(ramp, depth, counts=counts, farthest=farthest),
                "seconds": seconds,
            }
        )
    step(len(chosen), len(chosen))
    if not rows:
        raise SecondEyeError(f"{folder}: no depth map holds a value; check --depth-scale.")
    return {
        "layout": layout_name,
        "folder": str(folder),
        "model": {"name": model.name, "sha256": model.sha256},
        "settings": {
            "alignment": "metric" if metric else "scale and shift in inverse depth, a picture",
            "depth_scale": scale,
            "nearest": rgbd.NEAREST,
            "farthest": layout.farthest,
            "crop": layout.crop.__name__,
            "limit": limit,
        },
        "count": len(rows),
        "unpaired": unpaired,
        "skipped": skipped,
        "mean": rgbd.mean_scores(row["model"] for row in rows),
        "ramp": rgbd.mean_scores(row["ramp"] for row in rows),
        "images": rows,
    }
