# SPDX-License-Identifier: GPL-3.0-or-later
"""How a network in training does on held-out renders, beside the vertical ramp."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor, nn

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
    """AbsRel and delta1 of the averaged weights and AbsRel of the ramp, on up to ``count`` frames.

    Frames are resized to ``size`` (height, width); inverse depth is fitted by scale and shift per
    picture; the sky and everything beyond 80 m are left out.
    """
    device = averaged[0].device
    kept = [t.detach().clone() for t in tensors(network)]
    load_averaged(network, averaged)
    network.eval()
    height, width = size
    scores, ramp = [], []
    picked = samples[:: max(1, len(samples) // count)][:count]
    for sample in picked:
        assert sample.depth is not None
        rgb = cv2.resize(sample.rgb, (width, height), interpolation=cv2.INTER_AREA)
        truth = cv2.resize(sample.depth, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        inverse = truth.astype(np.float64) * sample.unit
        x = torch.from_numpy(rgb).to(device).permute(2, 0, 1)[None].float() / 255
        prediction = network(x)[0][0, 0].double().cpu().numpy()
        known = inverse > 1 / 80
        if known.sum() < 100:
            continue
        scores.append(_score(prediction, inverse, known))
        rows = np.broadcast_to(np.arange(height, dtype=float)[:, None], inverse.shape)
        ramp.append(_score(rows, inverse, known)[0])
    load_averaged(network, kept)
    mean = np.mean(scores, 0) if scores else (np.nan, np.nan)
    return {"absrel": float(mean[0]), "delta1": float(mean[1]), "ramp": float(np.mean(ramp))}


def _score(prediction: np.ndarray, inverse: np.ndarray, known: np.ndarray) -> tuple[float, float]:
    p, t = prediction[known], inverse[known]
    fit = np.linalg.lstsq(np.stack([p, np.ones_like(p)], 1), t, rcond=None)[0]
    fitted = np.maximum(p * fit[0] + fit[1], 1 / 80)
    ratio = t / fitted
    return float(np.abs(ratio - 1).mean()), float((np.maximum(ratio, 1 / ratio) < 1.25).mean())
