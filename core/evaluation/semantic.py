# SPDX-License-Identifier: GPL-3.0-or-later
"""The semantic head against true classes: intersection over union.

IoU of a class = pixels that are it and are called it / pixels that are it or are called it, over
all pictures of a set together (M. Everingham et al., "The Pascal visual object classes
challenge", IJCV 2010); mIoU is the mean over the classes that the set's truth holds.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..depth import DepthModel
from ..depth.labels import CLASSES, IGNORE
from ..errors import SecondEyeError
from .depth_set import Step
from .layouts import find_pairs, read_grey, spread

# CamVid's 11 classes and unlabelled (G. Brostow et al., "Semantic object classes in video", 2009)
# as the renders name such things: poles, signs and fences are objects, riders persons with their
# bicycle, road and pavement ground.
CAMVID = {
    0: "sky",
    1: "wall or building",
    2: "furniture or object",  # pole
    3: "ground",  # road
    4: "ground",  # pavement
    5: "vegetation",  # tree
    6: "furniture or object",  # sign
    7: "furniture or object",  # fence
    8: "vehicle",  # car
    9: "person",  # pedestrian
    10: "person",  # bicyclist
}


class Confusion:
    """Pixels by true and called class, over the pictures of a set."""

    def __init__(self) -> None:
        self.counts = np.zeros((len(CLASSES), len(CLASSES)), np.int64)

    def add(self, called: np.ndarray, truth: np.ndarray) -> None:
        """One picture: class indices uint8, called (h, w) resized to the nearest of truth (H, W);
        pixels whose truth is IGNORE don't count."""
        if called.shape != truth.shape:
            size = truth.shape[::-1]
            called = cv2.resize(called, size, interpolation=cv2.INTER_NEAREST_EXACT)
        known = truth != IGNORE
        pairs = truth[known].astype(np.int64) * len(CLASSES) + called[known]
        self.counts += np.bincount(pairs, minlength=self.counts.size).reshape(self.counts.shape)

    def result(self) -> dict[str, Any]:
        """``iou`` by class (None where the truth has none of it), ``miou``, ``accuracy``."""
        hits = np.diag(self.counts)
        true, called = self.counts.sum(axis=1), self.counts.sum(axis=0)
        iou = {
            name: float(hits[i] / (true[i] + called[i] - hits[i])) if true[i] else None
            for i, name in enumerate(CLASSES)
        }
        known = [value for value in iou.values() if value is not None]
        if not known:
            raise SecondEyeError("No pixel has a known class, so there is no IoU.")
        return {
            "iou": iou,
            "miou": float(np.mean(known)),
            "accuracy": float(hits.sum() / true.sum()),
        }


def evaluate_camvid(
    folder: Path, model: DepthModel, *, limit: int | None = None, step: Step
) -> dict[str, Any]:
    """The report on ``images/ID.jpg`` or .png with ``labels/ID.png`` of CamVid's twelve values.

    Raises SecondEyeError, also for a model without a semantic head.
    """
    pairs, unpaired = find_pairs(folder, names=("images", "labels"))
    table = np.full(256, IGNORE, np.uint8)
    for value, name in CAMVID.items():
        table[value] = CLASSES.index(name)
    chosen = spread(pairs, limit)
    confusion = Confusion()
    for done, pair in enumerate(chosen):
        step(done, len(chosen))
        labels = model.infer(pair.read_rgb()).labels
        if labels is None:
            raise SecondEyeError(
                f"The model {model.name} has no semantic head: choose one that tells classes."
            )
        confusion.add(labels, table[read_grey(pair.depth).astype(np.uint8)])
    step(len(chosen), len(chosen))
    return {
        "layout": "camvid",
        "folder": str(folder),
        "model": {"name": model.name, "sha256": model.sha256},
        "settings": {"mapping": {str(k): v for k, v in CAMVID.items()}, "limit": limit},
        "count": len(chosen),
        "unpaired": unpaired,
        **confusion.result(),
    }
