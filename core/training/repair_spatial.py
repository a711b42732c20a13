# SPDX-License-Identifier: GPL-3.0-or-later
"""The spatial network learns to bring a depth estimate nearer to the truth, above all at edges."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..depth.labels import IGNORE
from ..evaluation import rgbd
from ..evaluation.edges import EdgeTally
from ..repair.confidence import UNTOLD, nearest
from ..repair.frame import Frame
from ..repair.spatial import SpatialBranch, frame_range, network_input
from ..repair.spatial_network import SpatialNetwork
from .dataset import normalise
from .losses import edge_loss, fit_scale_shift, gradient_loss, laplace_loss, pixel_weights
from .repair_estimates import Estimated

CROPS = ((128, 192), (160, 192), (192, 256), (240, 320))
UNTOLD_SHARE = 0.1
"""Part of the samples without labels, and of those without an uncertainty."""
LEAST_SCALE = 0.05
"""An estimate that has so little to do with the truth teaches nothing."""


@dataclass(frozen=True)
class SpatialWeights:
    """Weights of the terms: absolute error, gradients at four scales (`losses.gradient_loss`),
    steps across and beside true edges (`losses.edge_loss`), likelihood of the uncertainty."""

    error: float = 1.0
    gradient: float = 2.0
    edges: float = 1.0
    uncertainty: float = 0.1
    far: float = 0.35


class SpatialTask:
    """See `Task`.

    Args:
        scenes: to learn from.
        held: held-out scenes' clean frames, for validation.
    """

    part = "spatial"

    def __init__(
        self,
        scenes: Sequence[Estimated],
        held: Sequence[Estimated],
        weights: SpatialWeights | None = None,
        bfloat16: bool = False,
    ) -> None:
        self.network = SpatialNetwork()
        self.scenes, self.held, self.bfloat16 = scenes, held, bfloat16
        self.weights = weights or SpatialWeights()
        sizes = [scene.records["truth"].shape[1:] for scene in scenes]
        self._least = np.min(sizes, 0).tolist() if sizes else list(CROPS[0])
        self._frames = [(s, i) for s, scene in enumerate(scenes) for i in range(len(scene.records))]

    def loss(self, rngs: list[np.random.Generator]) -> tuple[Tensor, dict[str, float]]:
        """See `Task`."""
        crop = CROPS[int(rngs[0].integers(len(CROPS)))]
        height, width = (min(side, least) for side, least in zip(crop, self._least, strict=True))
        samples = [self._sample(rng, height, width) for rng in rngs]
        told, labels, target = (torch.from_numpy(np.stack(x)) for x in zip(*samples, strict=True))
        told = told.permute(0, 3, 1, 2)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            answer = self.network(told, labels)
        return spatial_loss(
            answer.inverse_depth.float(),
            answer.log_scale.float(),
            told[:, 3:4],
            target[:, None],
            self.weights,
        )

    def _sample(
        self, rng: np.random.Generator, height: int, width: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Network input, labels and normalised truth of a random part of a random frame."""
        scene, number = self._frames[int(rng.integers(len(self._frames)))]
        record = self.scenes[scene].records[number]
        h, w = record["truth"].shape
        y, x = int(rng.integers(h - height + 1)), int(rng.integers(w - width + 1))
        flip = -1 if rng.random() < 0.5 else 1

        def cut(name: str) -> np.ndarray:
            return np.ascontiguousarray(record[name][y : y + height, x : x + width][:, ::flip])

        frame = frame_of(cut("rgb"), cut("base"), cut("scale"), cut("labels"))
        told = network_input(frame, *frame_range(frame.inverse_depth))
        if rng.random() < UNTOLD_SHARE:
            flat = np.full_like(frame.variance, 2 * (UNTOLD * nearest(frame.inverse_depth)) ** 2)
            plain = Frame(frame.rgb, frame.inverse_depth, flat)
            told = network_input(plain, *frame_range(frame.inverse_depth))
        labels = cut("labels")
        if rng.random() < UNTOLD_SHARE:
            labels = np.full_like(labels, IGNORE)
        return told, labels, normalise(cut("truth").astype(np.float32))

    def validate(self) -> dict[str, float]:
        """See `score_branch`, on up to 60 held-out frames."""
        kept = torch.get_num_threads()
        scores = score_branch(SpatialBranch(self.network), self.held, 60)
        torch.set_num_threads(kept)
        return scores


def frame_of(rgb: np.ndarray, base: np.ndarray, scale: np.ndarray, labels: np.ndarray) -> Frame:
    """The frame that repair sees when the depth network told ``base`` and its ``scale``."""
    inverse_depth, told = base.astype(np.float32), scale.astype(np.float32)
    floor = (1e-3 * nearest(inverse_depth)) ** 2
    return Frame(rgb, inverse_depth, np.maximum(2 * np.square(told), floor), labels)


def spatial_loss(
    inverse_depth: Tensor,
    log_scale: Tensor,
    base: Tensor,
    target: Tensor,
    weights: SpatialWeights,
) -> tuple[Tensor, dict[str, float]]:
    """The weighted sum of the terms, and each term's value; maps are (N, 1, H, W).

    The base estimate is brought to the target by one scale and one shift a picture, and the
    repaired one by the same: what repair changes is judged, not what a fit would make of it.
    """
    pixel = pixel_weights(target, torch.ones_like(target), weights.far)
    scale, shift = fit_scale_shift(base, target, pixel)
    mask = (scale > LEAST_SCALE).to(target.dtype).expand_as(target)
    known = mask / mask[0].numel()
    error = (scale * inverse_depth + shift - target) * mask
    terms = {
        "error": (pixel * error.abs()).sum(dim=(2, 3)).mean(),
        "gradient": gradient_loss(error, mask),
        "edges": edge_loss(error, target, mask),
        "uncertainty": laplace_loss(log_scale, error / scale.clamp(min=LEAST_SCALE), known),
    }
    total = torch.stack([getattr(weights, k) * v for k, v in terms.items()]).sum()
    return total, {name: float(value.detach()) for name, value in terms.items()}


def score_branch(
    branch: SpatialBranch, held: Sequence[Estimated], count: int = 60
) -> dict[str, float]:
    """The branch beside what it was given, on up to ``count`` frames spread over ``held``.

    Keys: ``absrel`` and ``base_absrel`` (`evaluation.rgbd`); ``edges``, ``base_edges``, the F1
    within 2 pixels, ``accuracy`` and ``completeness`` in pixels likewise (`evaluation.edges`);
    ``spread``, mean absolute error over the mean expected one, 1 = calibrated.
    """
    frames = [record for scene in held for record in scene.records]
    tallies = EdgeTally(), EdgeTally()
    rows = []
    for record in frames[:: max(1, len(frames) // count)][:count]:
        truth = record["truth"].astype(np.float64)
        depth = np.divide(1.0, truth, out=np.zeros_like(truth), where=truth > 0)
        if rgbd.valid_pixels(depth).sum() < 100:
            continue
        frame = frame_of(record["rgb"], record["base"], record["scale"], record["labels"])
        candidate = branch(frame)
        row = []
        for tally, values in zip(
            tallies, (frame.inverse_depth, candidate.inverse_depth), strict=True
        ):
            fitted = rgbd.fit(values, depth)
            tally.add(fitted.inverse, truth)
            valid = fitted.valid
            row.append(rgbd.compare(fitted.depth()[valid], depth[valid])["abs_rel"])
        left = np.abs(fitted.inverse - truth)[valid].mean()
        expected = np.sqrt(candidate.variance[valid] / 2).mean() * abs(fitted.scale)
        rows.append((*row, left / max(expected, 1e-9)))
    names = ("base_absrel", "absrel", "spread")
    scores = dict(zip(names, np.mean(rows, 0).tolist() if rows else (np.nan,) * 3, strict=True))
    for prefix, tally in zip(("base_", ""), tallies, strict=True):
        found = tally.result() or {}
        for name, key in (("edges", "f1_2"), ("accuracy", "accuracy"), ("completeness",) * 2):
            if key in found:
                scores[prefix + name] = found[key]
    return scores
