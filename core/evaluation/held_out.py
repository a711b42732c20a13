# SPDX-License-Identifier: GPL-3.0-or-later
"""A model on held-out renders: depth, edges, uncertainty and classes in one pass."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..depth import DepthEstimate, DepthModel
from . import rgbd
from .depth_set import Step
from .edges import EdgeTally
from .layouts import spread
from .renders import RenderedFrame, calibrates, open_renders
from .semantic import Confusion
from .uncertainty import mean_uncertainty, score_uncertainty


def evaluate_renders(
    folders: Sequence[Path],
    model: DepthModel,
    *,
    metric: bool = False,
    limit: int | None = None,
    step: Step,
) -> dict[str, Any]:
    """The report on the held-out frames of all ``folders``.

    Depth of model and ramp (means and a row a frame), ``edges`` and ``ramp_edges`` (see `edges`),
    ``uncertainty`` (see `uncertainty`, None from a model that doesn't tell) and ``labels`` (see
    `semantic`, None likewise). Uncertainty is scored only on scenes that its calibration leaves
    out (see `renders.calibrates`), ``uncertainty_scenes`` of them. Raises SecondEyeError.
    """
    frames = [frame for folder in folders for frame in open_renders(folder)]
    chosen = spread(frames, limit)
    edges, ramp_edges, confusion = EdgeTally(), EdgeTally(), Confusion()
    rows: list[dict[str, Any]] = []
    skipped: list[str] = []
    told = []
    judged: set[Path] = set()
    for done, frame in enumerate(chosen):
        step(done, len(chosen))
        depth = frame.read_depth()
        if rgbd.valid_pixels(depth).sum() < 2:
            skipped.append(frame.name)
            continue
        estimate = model.infer(frame.read_rgb())
        aligned = rgbd.fit(estimate.inverse_depth, depth, metric=metric)
        ramp = rgbd.fit(rgbd.vertical_ramp(*depth.shape), depth)
        inverse = frame.read_inverse()
        edges.add(aligned.inverse, inverse)
        ramp_edges.add(ramp.inverse, inverse)
        if not calibrates(frame.seed):
            judged.add(frame.folder)
            told.append(_uncertainty(estimate, aligned, depth))
        if estimate.labels is not None:
            confusion.add(estimate.labels, frame.read_classes())
        rows.append(_row(frame, aligned, ramp, depth))
    step(len(chosen), len(chosen))
    return {
        "layout": "renders",
        "folder": ", ".join(map(str, folders)),
        "model": {"name": model.name, "sha256": model.sha256},
        "settings": {
            "alignment": "metric" if metric else "scale and shift in inverse depth, a picture",
            "farthest": rgbd.FARTHEST,
            "limit": limit,
        },
        "count": len(rows),
        "scenes": len({frame.folder for frame in chosen}),
        "sizes": sorted({f"{frame.width}x{frame.height}" for frame in chosen}),
        "skipped": skipped,
        "mean": rgbd.mean_scores(row["model"] for row in rows),
        "ramp": rgbd.mean_scores(row["ramp"] for row in rows),
        "edges": edges.result(),
        "ramp_edges": ramp_edges.result(),
        "uncertainty": mean_uncertainty(told),
        "uncertainty_scenes": len(judged),
        "labels": confusion.result() if confusion.counts.any() else None,
        "images": rows,
    }


def _uncertainty(
    estimate: DepthEstimate, aligned: rgbd.Aligned, depth: np.ndarray
) -> dict[str, Any] | None:
    if estimate.uncertainty is None:
        return None
    size = depth.shape[1], depth.shape[0]
    resized = cv2.resize(estimate.uncertainty, size, interpolation=cv2.INTER_LINEAR)
    return score_uncertainty(resized, aligned, depth)


def _row(
    frame: RenderedFrame, aligned: rgbd.Aligned, ramp: rgbd.Aligned, depth: np.ndarray
) -> dict[str, Any]:
    valid = aligned.valid
    return {
        "name": frame.name,
        "kind": frame.kind,
        "model": rgbd.compare(aligned.depth()[valid], depth[valid]),
        "ramp": rgbd.compare(ramp.depth()[valid], depth[valid]),
    }
