# SPDX-License-Identifier: GPL-3.0-or-later
"""How a network in training does on held-out renders, beside the vertical ramp."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from ..depth.labels import likeliest_classes
from ..evaluation.edges import EdgeTally
from ..evaluation.semantic import Confusion
from .averaging import load_averaged, tensors
from .dataset import Sample


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
    left out. Keys: ``absrel``, ``delta1``; ``ramp``, the AbsRel of the vertical ramp; ``edges``,
    the F1 of occlusion edges within 2 pixels (`evaluation.edges`); ``spread``, the mean error in
    inverse depth that is left after the fit over the mean that the network expected (1 =
    calibrated); ``miou`` of the classes (`evaluation.semantic`) where samples and network have
    labels.
    """
    device = averaged[0].device
    kept = [t.detach().clone() for t in tensors(network)]
    load_averaged(network, averaged)
    network.eval()
    height, width = size
    scores: list[tuple[float, ...]] = []
    ramp = []
    edges, classes = EdgeTally(), Confusion()
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
            classes.add(likeliest_classes(logits, height, width), sample.labels)
        known = inverse > 1 / 80
        if known.sum() < 100:
            continue
        prediction = answer.inverse_depth[0, 0].double().cpu().numpy()
        fitted, scale = _fit(prediction, inverse, known)
        edges.add(fitted, inverse)
        expected = answer.log_scale[0, 0].clamp(-7, 3).exp().double().cpu().numpy() * abs(scale)
        # In parts of the picture's mean, and summed before they are divided: where hardly anything
        # of a picture could be fitted, its own quotient would outweigh all others.
        middle = max(float(inverse[known].mean()), 1e-9)
        told = np.abs(fitted - inverse)[known].mean() / middle, expected[known].mean() / middle
        scores.append((*_errors(fitted, inverse, known), *map(float, told)))
        rows = np.broadcast_to(np.arange(height, dtype=float)[:, None], inverse.shape)
        ramp.append(_errors(_fit(rows, inverse, known)[0], inverse, known)[0])
    load_averaged(network, kept)
    absrel, delta1, left, awaited = np.mean(scores, 0) if scores else np.full(4, np.nan)
    result = {"absrel": absrel, "delta1": delta1, "spread": left / max(awaited, 1e-9)}
    result = {name: float(value) for name, value in result.items()}
    result["ramp"] = float(np.mean(ramp)) if ramp else float("nan")
    found = edges.result()
    if found:
        result["edges"] = found["f1_2"]
    if classes.counts.any():
        result["miou"] = classes.result()["miou"]
    return result


def _fit(
    prediction: np.ndarray, inverse: np.ndarray, known: np.ndarray
) -> tuple[np.ndarray, float]:
    """The prediction brought to the truth's scale and shift, and the scale."""
    p = prediction[known]
    design = np.stack([p, np.ones_like(p)], 1)
    scale, shift = np.linalg.lstsq(design, inverse[known], rcond=None)[0]
    return prediction * scale + shift, float(scale)


def _errors(fitted: np.ndarray, inverse: np.ndarray, known: np.ndarray) -> tuple[float, float]:
    """AbsRel and delta < 1.25 of depth; nothing is farther than 80 m."""
    ratio = inverse[known] / np.maximum(fitted[known], 1 / 80)
    return (
        float(np.abs(ratio - 1).mean()),
        float((np.maximum(ratio, 1 / ratio) < 1.25).mean()),
    )
