# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether depth breaks where it should: occlusion edges of an estimate against true ones.

An edge is a pixel from which depth jumps to the right or lower neighbour: ``steps`` are
differences of log depth, thinned to their largest along each row or column, so that a soft edge
counts once. True edges are steps of a ratio of ``TRUE_STEP``; the estimate's are taken at each of
``THRESHOLDS``, and the set's best F1 is reported (the "optimal dataset scale" of P. Arbelaez et
al., "Contour detection and hierarchical image segmentation", TPAMI 2011), since edges of soft
depth are weak but may lie right. An edge found lies within the tolerance of a true one (Euclidean
distance, many to one).

Depth boundary error after T. Koch et al., "Evaluation of CNN-based single-image depth estimation
methods" (ECCV workshops 2018, iBims-1), on these edges in place of Canny's on the estimate:
accuracy is the mean distance of the estimated edges from the nearest true one, those 10 pixels off
or more left out (``far`` is their share); completeness the mean distance of the true edges from the
nearest estimated one, at most 10. Both in pixels, 0 is best.
"""

from typing import Any

import cv2
import numpy as np

from .rgbd import FARTHEST

TRUE_STEP = 1.25
THRESHOLDS = (1.02, 1.03, 1.05, 1.08, 1.12, 1.18, 1.25)
TOLERANCES = (1.0, 2.0)  # pixels; the best threshold is chosen at the last
REACH = 10.0  # pixels, of the boundary error


def steps(inverse: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
    """Float32 (H, W): the larger thinned step of log depth to the right and lower neighbour.

    ``inverse`` float (H, W) in 1/metre, anything beyond 80 m (sky, values below 0) taken for 80 m;
    ``known`` bool (H, W): a step from or to an unknown pixel is 0.
    """
    depth = -np.log(np.maximum(inverse, 1.0 / FARTHEST)).astype(np.float32)
    found = np.zeros(depth.shape, np.float32)
    for axis in (0, 1):
        jump = np.abs(np.diff(depth, axis=axis))
        if known is not None:
            both = np.diff(known.astype(np.int8), axis=axis) == 0
            jump *= both & np.take(known, range(jump.shape[axis]), axis=axis)
        around = np.pad(jump, [(1, 1) if a == axis else (0, 0) for a in (0, 1)])
        before = np.take(around, range(jump.shape[axis]), axis=axis)
        after = np.take(around, range(2, jump.shape[axis] + 2), axis=axis)
        thin = np.where((jump > before) & (jump >= after), jump, 0.0)
        part = found[:-1] if axis == 0 else found[:, :-1]
        np.maximum(part, thin, out=part)
    return found


def true_edges(inverse: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
    """Bool (H, W): where a true inverse depth jumps by a ratio of ``TRUE_STEP``."""
    return steps(inverse, known) > np.log(TRUE_STEP)


class EdgeTally:
    """Counts over the pictures of a set; `result` gives the scores."""

    def __init__(self) -> None:
        self._hits = np.zeros((len(THRESHOLDS), len(TOLERANCES)))  # estimated ones that are true
        self._found = np.zeros_like(self._hits)  # true ones that were found
        self._claimed = np.zeros(len(THRESHOLDS))
        self._true = 0.0
        self._near = np.zeros((len(THRESHOLDS), 2))  # estimated to true: sum of distances, count
        self._far = np.zeros(len(THRESHOLDS))  # true to estimated: sum of distances

    def add(self, estimate: np.ndarray, truth: np.ndarray, known: np.ndarray | None = None) -> None:
        """One picture: both inverse depths in 1/metre, float (H, W), the estimate aligned."""
        edges = true_edges(truth, known)
        strength = steps(estimate, known)
        to_true = _distance(edges)
        self._true += edges.sum()
        for i, threshold in enumerate(THRESHOLDS):
            claimed = strength > np.log(threshold)
            to_claimed = _distance(claimed)
            self._claimed[i] += claimed.sum()
            for j, tolerance in enumerate(TOLERANCES):
                self._hits[i, j] += (to_true[claimed] <= tolerance).sum()
                self._found[i, j] += (to_claimed[edges] <= tolerance).sum()
            near = to_true[claimed]
            near = near[near < REACH]
            self._near[i] += near.sum(), near.size
            self._far[i] += np.minimum(to_claimed[edges], REACH).sum()

    def result(self, threshold: float | None = None) -> dict[str, Any] | None:
        """Scores at ``threshold``, one of `THRESHOLDS`, or at this tally's best one: ``threshold``
        (a ratio of depths), ``precision_T``, ``recall_T`` and ``f1_T`` for T pixels, ``accuracy``
        and ``completeness`` in pixels, ``far``: the share of estimated edges 10 pixels or more from
        any true one.

        None where the set has no true edge.
        """
        if not self._true:
            return None
        precision = self._hits / np.maximum(self._claimed, 1.0)[:, None]
        recall = self._found / self._true
        f1 = 2.0 * precision * recall / np.maximum(precision + recall, 1e-12)
        best = int(np.argmax(f1[:, -1])) if threshold is None else THRESHOLDS.index(threshold)
        total, count = self._near[best]
        scores: dict[str, Any] = {"threshold": THRESHOLDS[best]}
        for j, tolerance in enumerate(TOLERANCES):
            scores[f"precision_{tolerance:g}"] = float(precision[best, j])
            scores[f"recall_{tolerance:g}"] = float(recall[best, j])
            scores[f"f1_{tolerance:g}"] = float(f1[best, j])
        scores["accuracy"] = float(total / count) if count else REACH
        scores["completeness"] = float(self._far[best] / self._true)
        scores["far"] = float(1.0 - count / self._claimed[best]) if self._claimed[best] else 0.0
        return scores


def _distance(edges: np.ndarray) -> np.ndarray:
    """Float32 (H, W): pixels to the nearest edge; infinite where there is none."""
    if not edges.any():
        return np.full(edges.shape, np.inf, np.float32)
    return cv2.distanceTransform((~edges).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
