# SPDX-License-Identifier: GPL-3.0-or-later
"""The synthesis network's losses and its samples, for `RepairTrainer`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..synthesis.network import Filled, SynthesisNetwork
from .losses import laplace_loss
from .repair_estimates import Estimated
from .synthesis_data import (
    Hidden,
    Hole,
    crop,
    cut_hole,
    draw_parallax,
    hidden_hole,
    in_range,
)

SIDE = 128  # pixels of a sample
HIDDEN_SHARE = 0.55  # of samples that come from hidden layers, the rest is cut out
ESTIMATED_SHARE = 0.6  # of samples whose depth is the network's answer
_TRIES = 4  # draws before a sample without a judged pixel is taken as it is


@dataclass(frozen=True)
class SynthesisWeights:
    """Weights of the terms: absolute error of colour; its gradients at three scales; structural
    dissimilarity; absolute error and gradients of inverse depth; the likelihood of the error."""

    colour: float = 1.0
    gradient: float = 0.5
    structure: float = 0.1
    depth: float = 1.0
    depth_gradient: float = 0.5
    uncertainty: float = 0.02


class SynthesisTask:
    """Draws samples and scores them, see `repair_task.Task`.

    Args:
        hidden: frames with a hidden layer, to learn from.
        others: frames to cut holes into, with the depth network's answers.
        held: held-out samples, whole.
    """

    part = "synthesis"

    def __init__(
        self,
        hidden: Sequence[Hidden],
        others: Sequence[Estimated],
        held: Sequence[Hole],
        weights: SynthesisWeights | None = None,
        bfloat16: bool = False,
    ) -> None:
        self.network = SynthesisNetwork()
        self.hidden, self.held = hidden, held
        self.weights, self.bfloat16 = weights or SynthesisWeights(), bfloat16
        self._records = {n: s.records[i] for s in others for i, n in enumerate(s.names)}
        self._names = sorted(self._records)

    def loss(self, rngs: list[np.random.Generator]) -> tuple[Tensor, dict[str, float]]:
        """See `Task`."""
        batch = tensors_of([self._sample(rng) for rng in rngs])
        colour, depth, known, wanted, judged, true_colour, true_depth = batch
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            filled = self.network(colour, depth, known, wanted)
        filled = Filled(*(x.float() for x in filled))
        return synthesis_loss(filled, true_colour, true_depth, judged, self.weights)

    def _sample(self, rng: np.random.Generator) -> Hole:
        for _ in range(_TRIES):
            hole = self._hole(rng)
            if hole.judged.any():
                break
        return crop(hole, SIDE, rng)

    def _hole(self, rng: np.random.Generator) -> Hole:
        parallax = draw_parallax(rng)
        estimated = rng.random() < ESTIMATED_SHARE
        if not self._names or rng.random() < HIDDEN_SHARE:
            frame = self.hidden[int(rng.integers(len(self.hidden)))]
            record = self._records.get(frame.name) if estimated else None
            return hidden_hole(frame, None if record is None else record["base"], parallax)
        drawn = rng.integers(len(self._names), size=2)
        picture, shape = (self._records[self._names[int(i)]] for i in drawn)
        key = "base" if estimated else "truth"
        silhouette = in_range(shape[key])[:, :: -1 if rng.random() < 0.5 else 1]
        return cut_hole(picture["rgb"], picture[key], np.ascontiguousarray(silhouette), parallax)

    def validate(self) -> dict[str, float]:
        """Scores of the held-out samples, see `score_holes`."""
        return score_holes(self.network, self.held)


def tensors_of(holes: Sequence[Hole]) -> tuple[Tensor, ...]:
    """A batch in the order of `Hole`'s pictures and masks: (N, C, H, W) float32."""
    columns = zip(*(tuple(vars(hole).values())[:7] for hole in holes), strict=True)
    out = []
    for column in columns:
        values = torch.from_numpy(np.stack(column).astype(np.float32))
        out.append(values.permute(0, 3, 1, 2) if values.dim() == 4 else values[:, None])
    return tuple(out)


def synthesis_loss(
    filled: Filled, true_colour: Tensor, true_depth: Tensor, judged: Tensor, w: SynthesisWeights
) -> tuple[Tensor, dict[str, float]]:
    """The weighted sum of the terms, and each term's value; only judged pixels count.

    What isn't judged is taken as true, so that gradients across the border ask for no seam.
    """
    count = judged.sum().clamp(min=1.0)
    error = (filled.colour - true_colour) * judged
    depth_error = (filled.depth - true_depth) * judged
    absolute = error.abs().mean(1, keepdim=True)
    terms = {
        "colour": absolute.sum() / count,
        "gradient": _gradients(error, judged),
        "structure": _dissimilarity(true_colour + error, true_colour, judged),
        "depth": depth_error.abs().sum() / count,
        "depth_gradient": _gradients(depth_error, judged),
        "uncertainty": laplace_loss(
            filled.log_error,
            absolute,
            judged / judged.sum((2, 3), keepdim=True).clamp(min=1.0),
        ),
    }
    total = torch.stack([getattr(w, k) * v for k, v in terms.items()]).sum()
    return total, {name: float(value.detach()) for name, value in terms.items()}


def _gradients(error: Tensor, judged: Tensor, scales: int = 3) -> Tensor:
    """Mean absolute difference of the error between neighbours of which one is judged."""
    total = error.new_zeros(())
    for scale in range(scales):
        if scale:
            error = F.avg_pool2d(error, 2)
            judged = F.max_pool2d(judged, 2)
        for dim in (2, 3):
            n = error.shape[dim] - 1
            step = (error.narrow(dim, 1, n) - error.narrow(dim, 0, n)).abs().mean(1, keepdim=True)
            either = torch.maximum(judged.narrow(dim, 1, n), judged.narrow(dim, 0, n))
            total = total + (step * either).sum() / either.sum().clamp(min=1.0)
    return total / scales


def _dissimilarity(made: Tensor, true: Tensor, judged: Tensor) -> Tensor:
    """Half of 1 - SSIM over 7x7 windows, mean over judged pixels (Wang et al. 2004, "Image quality
    assessment: from error visibility to structural similarity")."""

    def mean(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 7, 1, 3, count_include_pad=False)

    a, b = mean(made), mean(true)
    va, vb = mean(made * made) - a * a, mean(true * true) - b * b
    both = mean(made * true) - a * b
    c1, c2 = 0.01**2, 0.03**2
    ssim = (2 * a * b + c1) * (2 * both + c2) / ((a * a + b * b + c1) * (va + vb + c2))
    lost = (0.5 - 0.5 * ssim).clamp(0, 1).mean(1, keepdim=True)
    return (lost * judged).sum() / judged.sum().clamp(min=1.0)


def score_holes(network: SynthesisNetwork, held: Sequence[Hole]) -> dict[str, float]:
    """``psnr`` in dB over all judged pixels' colours and ``depth``, the mean absolute error of
    normalised inverse depth there."""
    squared = depth = count = 0.0
    with torch.inference_mode():
        for hole in held:
            colour, inverse, known, wanted, judged, true_colour, true_depth = tensors_of([hole])
            filled = network(colour, inverse, known, wanted)
            error = (filled.colour.clamp(0, 1) - true_colour) * judged
            squared += float(error.square().mean(1).sum())
            depth += float(((filled.depth - true_depth) * judged).abs().sum())
            count += float(judged.sum())
    if not count:
        return {}
    return {
        "psnr": float(-10 * np.log10(max(squared / count, 1e-10))),
        "depth": depth / count,
    }
