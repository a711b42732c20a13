# SPDX-License-Identifier: GPL-3.0-or-later
"""How a network in training does on held-out renders, beside the vertical ramp."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from ..depth.labels import CLASSES, likeliest_classes
from .averaging import load_averaged, tensors
from .dataset import Sample

TRUE_EDGE, CLAIMED_EDGE = 1.25, 1.08
"""Ratios of neighbours' depths that make an edge in the truth and in an estimate."""


@torch.no_grad()
def validate(
    network: nn.Module,
    averaged: Sequence[Tensor],
    samples: Sequence[Sample],
    size: tuple[int, int],
    count: int = 60,
) -> dict[str, float]:
    """Scores of the averaged weights on up to ``count`` frames resized to ``size`` (h, w).

    Inverse depth is fitted by scale and shift per picture; the sky and everything beyond 80 m are
    left out. Keys: ``absrel``, ``delta1``; ``ramp``, the AbsRel of the vertical ramp; ``edges`` and
    ``true_edges``, see `edge_scores`; ``spread``, the mean error in inverse depth that is left
    after the fit over the mean that the network expected (1 = calibrated); ``miou``, the mean over
    the classes of intersection over union (where samples and network have labels).
    """
    device = averaged[0].device
    kept = [t.detach().clone() for t in tensors(network)]
    load_averaged(network, averaged)
    network.eval()
    height, width = size
    scores, ramp = [], []
    confusion = np.zeros((len(CLASSES), len(CLASSES)))
    picked = samples[:: max(1, len(samples) // count)][:count]
    for sample in picked:
        assert sample.depth is not None
        rgb = cv2.resize(sample.rgb, (width, height), interpolation=cv2.INTER_AREA)
        truth = cv2.resize(sample.depth, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        inverse = truth.astype(np.float64) * sample.unit
        x = torch.from_numpy(rgb).to(device).permute(2, 0, 1)[None].float() / 255
        answer = network(x)
        if answer.labels is not None and sample.labels is not None:
            logits = answer.labels[0].float().cpu().numpy()
            confusion += _confusion(likeliest_classes(logits, height, width), sample.labels)
        known = inverse > 1 / 80
        if known.sum() < 100:
            continue
        expected = answer.log_scale[0, 0].clamp(-7, 3).exp().double().cpu().numpy()
        prediction = answer.inverse_depth[0, 0].double().cpu().numpy()
        scores.append(_score(prediction, inverse, known, expected))
        rows = np.broadcast_to(np.arange(height, dtype=float)[:, None], inverse.shape)
        ramp.append(_score(rows, inverse, known)[0])
    load_averaged(network, kept)
    mean = np.mean(scores, 0) if scores else np.full(5, np.nan)
    names = ("absrel", "delta1", "spread", "edges", "true_edges")
    result = {n: float(v) for n, v in zip(names, mean, strict=True)} | {"ramp": _mean(ramp)}
    if confusion.any():
        result["miou"] = mean_iou(confusion)
    return result


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _score(
    prediction: np.ndarray,
    inverse: np.ndarray,
    known: np.ndarray,
    expected: np.ndarray | None = None,
) -> tuple[float, float, float, float, float]:
    p, t = prediction[known], inverse[known]
    scale, shift = np.linalg.lstsq(np.stack([p, np.ones_like(p)], 1), t, rcond=None)[0]
    fitted = np.maximum(prediction * scale + shift, 1 / 80)
    ratio = t / fitted[known]
    spread = 0.0
    if expected is not None:
        error = np.abs(p * scale + shift - t).mean()
        spread = error / max(float((expected[known] * abs(scale)).mean()), 1e-9)
    found, true = edge_scores(1 / fitted, 1 / np.maximum(inverse, 1 / 80))
    return (
        float(np.abs(ratio - 1).mean()),
        float((np.maximum(ratio, 1 / ratio) < 1.25).mean()),
        spread,
        found,
        true,
    )


def edge_scores(depth: np.ndarray, truth: np.ndarray, reach: int = 2) -> tuple[float, float]:
    """Part of the true depth edges (H, W) that were found, and part of the claimed that are true.

    An edge is a step between neighbours by the factor `TRUE_EDGE` in the truth, `CLAIMED_EDGE` in
    the estimate; it is found where the other has one within ``reach`` pixels.
    """
    there, claimed = _edges(truth, TRUE_EDGE), _edges(depth, CLAIMED_EDGE)
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    near_true, near_claimed = (cv2.dilate(m.astype(np.uint8), kernel) > 0 for m in (there, claimed))
    found = float(near_claimed[there].mean()) if there.any() else 1.0
    return found, float(near_true[claimed].mean()) if claimed.any() else 0.0


def _edges(depth: np.ndarray, factor: float) -> np.ndarray:
    logs = np.log(depth)
    edges = np.zeros(depth.shape, bool)
    edges[:, :-1] |= np.abs(np.diff(logs, axis=1)) > np.log(factor)
    edges[:-1] |= np.abs(np.diff(logs, axis=0)) > np.log(factor)
    return edges


def _confusion(classes: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Counts (C, C), truth by answer, of a picture whose truth has a size of its own."""
    height, width = classes.shape
    resized = cv2.resize(truth, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    known = resized < len(CLASSES)
    pairs = resized[known].astype(int) * len(CLASSES) + classes[known]
    return np.bincount(pairs, minlength=len(CLASSES) ** 2).reshape(len(CLASSES), len(CLASSES))


def mean_iou(confusion: np.ndarray) -> float:
    """Mean over the classes that occur in the truth of intersection over union."""
    hit, there = np.diag(confusion), confusion.sum(1)
    either = there + confusion.sum(0) - hit
    return float((hit[there > 0] / either[there > 0]).mean())
