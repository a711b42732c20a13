# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of the card: every set by every contender, aligned alike, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.evaluation import rgbd
from core.evaluation.layouts import Frame, is_plain, spread
from core.evaluation.renders import RenderedFrame
from core.evaluation.sets import DepthSet, open_set

from .choose import Trait, trait

Say = Callable[[str], None]


@dataclass
class SetScores:
    """One set: the frames that could be scored, their traits, each contender's rows and means."""

    name: str
    layout: str
    data: DepthSet
    frames: list[Frame] = field(default_factory=list)
    traits: list[Trait] = field(default_factory=list)
    rows: dict[str, list[dict[str, float]]] = field(default_factory=dict)

    def mean(self, contender: str) -> dict[str, float]:
        return rgbd.mean_scores(self.rows[contender])

    def errors(self, contender: str) -> list[float]:
        return [row["abs_rel"] for row in self.rows[contender]]


def find_sets(root: Path) -> dict[str, Path]:
    """Sub-folders in the plain form, by name."""
    return {p.name: p for p in sorted(root.iterdir()) if p.is_dir() and is_plain(p)}


def score_set(
    name: str, data: DepthSet, layout: str, models: dict[str, Any], limit: int | None, say: Say
) -> SetScores:
    """Every contender on every frame of one set; pictures without depth are left out."""
    result = SetScores(name, layout, data, rows={key: [] for key in models})
    farthest = data.layout.farthest
    for frame in spread(data.frames, limit):
        depth = frame.read_depth()
        counts = data.counted(depth.shape)
        if (rgbd.valid_pixels(depth, farthest) & counts).sum() < 2:
            continue
        rgb = frame.read_rgb()
        for key, model in models.items():
            row = rgbd.score(
                model.infer(rgb).inverse_depth,
                depth,
                metric=getattr(model, "unit", "relative") == "metres",
                counts=counts,
                farthest=farthest,
            )
            result.rows[key].append(row)
        result.frames.append(frame)
        result.traits.append(trait(rgb, true_inverse(frame, depth)))
    say(f"{name}: {len(result.frames)} frames")
    return result


def score_sets(
    root: Path | None,
    benchmarks: Sequence[tuple[str, str, Path, str | None]],
    models: dict[str, Any],
    limit: int | None,
    say: Say,
) -> list[SetScores]:
    """The plain sets under ``root``, then the benchmarks (name, layout, path, split)."""
    opened = []
    if root is not None:
        opened += [(name, "rgbd", open_set(p, "rgbd")) for name, p in find_sets(root).items()]
    for name, layout, path, split in benchmarks:
        opened.append((name, layout, open_set(path, layout, split=split)))
    return [score_set(name, data, layout, models, limit, say) for name, layout, data in opened]


def true_inverse(frame: Frame, depth: np.ndarray) -> np.ndarray:
    """1/metre, float64 (H, W), 0 = none or sky."""
    if isinstance(frame, RenderedFrame):
        return frame.read_inverse()
    return np.divide(1.0, depth, out=np.zeros_like(depth), where=depth > 0)


def mean_over(sets: Sequence[SetScores], contender: str) -> dict[str, float]:
    """The mean of the sets' means: each set weighs alike."""
    return rgbd.mean_scores(s.mean(contender) for s in sets)
