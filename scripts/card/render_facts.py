# SPDX-License-Identifier: GPL-3.0-or-later
"""What the training renders show: kinds, lenses, labels and distances."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.depth.labels import CLASSES, IGNORE, classes_of_render
from core.errors import SecondEyeError
from core.evaluation.layouts import spread
from core.training.dataset import HELD_OUT
from core.training.exr import read_exr
from core.training.frames import SCENE_FILE, list_frames

SENSOR = 36.0  # millimetres, the width that lenses are quoted for
LENSES = (18, 24, 28, 35, 50, 70, 86)  # millimetres
DISTANCES = (0.25, 0.5, 1, 2, 4, 8, 16, 32, 80)  # metres


def render_statistics(roots: Sequence[Path], sample: int) -> dict[str, Any]:
    """Counts over every frame, from scene.json; labels and depth over ``sample`` spread frames.

    ``kinds`` frames by kind, ``generators`` by generator, ``scenes``, ``held`` held-out frames,
    ``moves`` (frames with a next one), ``lenses`` shares by LENSES, ``labels`` share of pixels and
    ``label_frames`` share of frames (1 % of their pixels or more) by class, ``depth`` share of
    pixels by DISTANCES with ``sky`` and ``beyond``, ``median`` percentiles of a frame's median
    distance and ``range`` of its far to near (98th to 2nd percentile).
    """
    frames = [ref for root in roots for ref in list_frames(root)]
    if not frames:
        raise SecondEyeError(f"{roots[0]} holds no finished frames: render some first.")
    folders = {ref.folder for ref in frames}
    scenes = {f: json.loads((f / SCENE_FILE).read_text(encoding="utf-8")) for f in folders}
    views = [(scenes[ref.folder], scenes[ref.folder]["views"][ref.index]) for ref in frames]
    lens = np.array([view["focal_px"] / view["width"] * SENSOR for _, view in views])
    sizes = Counter(f"{view['width']}x{view['height']}" for _, view in views)
    pixels = np.zeros(len(CLASSES))
    shown = np.zeros(len(CLASSES))
    counts = np.zeros(len(DISTANCES) - 1)
    sky = beyond = total = 0
    medians, ranges = [], []
    chosen = spread(frames, sample)
    for ref in chosen:
        inverse = np.maximum(read_exr(ref.folder / f"{ref.stem}.exr")["V"], 0)
        labels = cv2.imread(str(ref.folder / f"{ref.stem}_label.png"), cv2.IMREAD_GRAYSCALE)
        classes = classes_of_render(labels)
        share = np.bincount(classes[classes != IGNORE], minlength=len(CLASSES)) / classes.size
        pixels += share
        shown += share >= 0.01
        solid = inverse > 0
        distance = 1 / inverse[solid]
        counts += np.histogram(distance, DISTANCES)[0]
        sky += int((~solid).sum())
        beyond += int((distance > DISTANCES[-1]).sum())
        total += inverse.size
        if solid.any():
            medians.append(float(np.median(distance)))
            near, far = np.percentile(distance, (2, 98))
            ranges.append(float(far / near))
    return {
        "frames": len(frames),
        "scenes": len(scenes),
        "held": sum(ref.seed % HELD_OUT == 0 for ref in frames),
        "moves": sum(ref.next_stem is not None for ref in frames),
        "kinds": dict(Counter(ref.kind for ref in frames).most_common()),
        "generators": dict(Counter(str(s.get("generator") or 1) for s, _ in views)),
        "sizes": dict(sizes.most_common()),
        "lens": np.percentile(lens, (0, 25, 50, 75, 100)).tolist(),
        "lenses": (np.histogram(lens, LENSES)[0] / len(lens)).tolist(),
        "sampled": len(chosen),
        "labels": dict(zip(CLASSES, (pixels / len(chosen)).tolist(), strict=True)),
        "label_frames": dict(zip(CLASSES, (shown / len(chosen)).tolist(), strict=True)),
        "depth": (counts / total).tolist(),
        "sky": sky / total,
        "beyond": beyond / total,
        "median": np.percentile(medians, (5, 25, 50, 75, 95)).tolist(),
        "range": np.percentile(ranges, (5, 50, 95)).tolist(),
    }
