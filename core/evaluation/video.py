# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a model's depth flickers along a clip.

Following the idea of W.-S. Lai et al., "Learning blind video temporal consistency" (ECCV 2018):
the estimate of one frame is carried to the next along optical flow and compared with the next
frame's own, where the flow is trusted. The flow is DIS (T. Kroeger et al., "Fast optical flow
using dense inverse search", ECCV 2016), trusted where going there and back ends within a pixel.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..depth import DepthModel
from ..errors import SecondEyeError
from ..media import Clip, to_bits
from .depth_set import Step
from .rgbd import vertical_ramp

LONGEST_SIDE = 448  # pixels at which flow and depth are compared
CLOSED = 1.0  # pixels: flow there and back
_SAMPLES = 64  # samples across and down a frame for the range of the whole clip


def evaluate_video(
    clip: Clip, model: DepthModel, *, limit: int | None = None, step: Step
) -> dict[str, Any]:
    """The report: temporal error of the model and of the vertical ramp, a row a frame from 2.

    Error: the mean of |V(t) - V(t-1) carried along the flow| over trusted pixels, divided by the
    range of V (1st to 99th percentile) over the *whole clip*: one scale and shift a sequence, so
    a wandering scale counts. Motion in depth counts as well, in every model alike: compare models
    on one clip only, and beside their accuracy, for a constant picture does not flicker.
    ``limit``: the first so many frames. Raises SecondEyeError for fewer than 2 frames.
    """
    total = len(clip.timeline) if limit is None else min(limit, len(clip.timeline))
    if total < 2:
        raise SecondEyeError(f"{clip.path} has {total} frame to compare: it takes 2 at least.")
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    size = _size(clip.info.width, clip.info.height)
    ramp = vertical_ramp(size[1], size[0])
    ramp_range = float(np.ptp(np.percentile(ramp, [1, 99])))
    rows: list[dict[str, Any]] = []
    samples: list[np.ndarray] = []
    before: tuple[np.ndarray, np.ndarray] | None = None
    for done, (number, rgb) in enumerate(clip.frames(1, total)):
        step(done, total)
        picture = to_bits(rgb, 8)
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        estimate = model.infer(rgb).inverse_depth.astype(np.float32)
        inverse = cv2.resize(estimate, size, interpolation=cv2.INTER_LINEAR)
        samples.append(_sampled(inverse))
        if before is not None:
            source, trusted = carried(flow, before[0], grey)
            rows.append(
                {
                    "frame": number,
                    "model": _error(before[1], inverse, source, trusted),
                    "ramp": _error(ramp, ramp, source, trusted) / ramp_range,
                    "trusted": float(trusted.mean()),
                }
            )
        before = grey, inverse
    step(total, total)
    low, high = np.percentile(np.concatenate(samples), [1, 99])
    for row in rows:
        row["model"] = row["model"] / float(high - low) if high > low else 0.0
    return {
        "layout": "video",
        "folder": str(clip.path),
        "model": {"name": model.name, "sha256": model.sha256},
        "settings": {"width": size[0], "height": size[1], "closed": CLOSED, "limit": limit},
        "count": len(rows),
        "mean": {"temporal_error": float(np.mean([row["model"] for row in rows]))},
        "ramp": {"temporal_error": float(np.mean([row["ramp"] for row in rows]))},
        "images": rows,
    }


def carried(
    flow: cv2.DISOpticalFlow, before: np.ndarray, now: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For uint8 (H, W) twice: where each pixel of ``now`` was in ``before``, float32 (H, W, 2) in
    pixels, and where that is trusted, bool (H, W)."""
    height, width = now.shape
    back = flow.calc(now, before, np.zeros((height, width, 2), np.float32))
    forth = flow.calc(before, now, np.zeros((height, width, 2), np.float32))
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    source = np.stack([columns, rows], axis=-1) + back
    returned = back + _looked_up(forth, source)
    inside = (source >= 0).all(axis=-1) & (source <= [width - 1, height - 1]).all(axis=-1)
    return source, inside & (np.linalg.norm(returned, axis=-1) < CLOSED)


def _error(before: np.ndarray, now: np.ndarray, source: np.ndarray, trusted: np.ndarray) -> float:
    if not trusted.any():
        return 0.0
    moved = _looked_up(before, source)
    return float(np.abs(moved - now)[trusted].mean())


def _looked_up(values: np.ndarray, source: np.ndarray) -> np.ndarray:
    columns, rows = (np.ascontiguousarray(source[..., k]) for k in (0, 1))
    return cv2.remap(values, columns, rows, cv2.INTER_LINEAR)


def _sampled(values: np.ndarray) -> np.ndarray:
    rows = np.linspace(0, values.shape[0] - 1, _SAMPLES).round().astype(int)
    columns = np.linspace(0, values.shape[1] - 1, _SAMPLES).round().astype(int)
    return values[np.ix_(rows, columns)].ravel()


def _size(width: int, height: int) -> tuple[int, int]:
    """(width, height) for the comparison; DIS takes no side below 12."""
    factor = min(1.0, LONGEST_SIDE / max(width, height))
    if min(width, height) * factor < 12:
        raise SecondEyeError(f"A clip of {width}x{height} is too small for optical flow.")
    return round(width * factor), round(height * factor)


def clip_at(path: Path) -> Clip:
    """The clip to measure. Raises SecondEyeError."""
    from ..media import open_clip

    return open_clip(path)
