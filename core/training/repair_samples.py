# SPDX-License-Identifier: GPL-3.0-or-later
"""What the networks that correct variances learn from: candidates as the real branches make them on
rendered moves, made once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..repair import Candidate, Frame
from ..repair.fusion import BRANCH_OF
from ..repair.fusion_network import FEATURES, KINDS, WEIGHT, fusion_input
from ..repair.repair import Repair
from ..repair.semantic import Told
from ..repair.semantic_network import semantic_input

NEARER = 0.15
"""Added to the normalised true inverse depth that an error is divided by: as AbsRel does, but for
the farthest."""
LEAST_SCALE = 0.05
MOST_LOG = 60.0
MOST_PIXELS = 80_000
"""Of a sample of fusion, whose edges are to be seen at the size of the renders."""


@dataclass(frozen=True)
class FusionSample:
    """One frame, in shares of its range; float16.

    Attributes:
        names: of the k candidates.
        told: (C, h', w'), what the network sees.
        depths, logs: (k, h, w), inverse depth and log variance of each candidate.
        truth: (h, w), the true inverse depth by the one scale and shift that bring the base nearest
            to it.
        weight: (h, w), of a pixel's error; its mean is 1.
        trust: (k, h, w), how far candidates of other frames are what they seem; 0 for the others.
    """

    names: tuple[str, ...]
    told: np.ndarray
    depths: np.ndarray
    logs: np.ndarray
    truth: np.ndarray
    weight: np.ndarray
    trust: np.ndarray


class Recorder:
    """In the fusion network's place: keeps what it is asked, and answers 0."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[Candidate], np.ndarray]] = []

    def offsets(self, candidates: Sequence[Candidate], rgb: np.ndarray | None) -> np.ndarray:
        """See `repair.fusion.Corrects`."""
        assert rgb is not None
        self.asked.append((list(candidates), rgb))
        return np.zeros((len(candidates), 1, 1), np.float32)


def gather(
    repair: Repair, moves: Iterable[Sequence[tuple[Frame, np.ndarray]]]
) -> Iterator[FusionSample]:
    """A `FusionSample` for each frame of each move that has a past; ``moves`` hold frames and
    their true inverse depth in 1/m."""
    for move in moves:
        recorder = Recorder()
        sequence = repair.sequence()
        sequence._network = recorder
        for frame, _ in move:
            sequence.push(repair.prepare(frame))
        sequence.finish()
        for (candidates, rgb), (_, truth) in zip(recorder.asked, move, strict=True):
            if any(c.name == "past" for c in candidates):
                made = fusion_sample(candidates, rgb, truth)
                if made is not None:
                    yield made


def fusion_sample(
    candidates: Sequence[Candidate], rgb: np.ndarray, truth: np.ndarray
) -> FusionSample | None:
    """None where the base has too little to do with the truth to be judged by it."""
    height, width = truth.shape
    factor = min(1.0, (MOST_PIXELS / (height * width)) ** 0.5)
    size = (round(width * factor), round(height * factor))

    def small(values: np.ndarray) -> np.ndarray:
        return cv2.resize(values, size, interpolation=cv2.INTER_AREA) if factor < 1.0 else values

    depths = np.stack([small(c.inverse_depth) for c in candidates])
    # Precision is averaged, as infinite variances can't be.
    certain = [small(1.0 / np.maximum(c.variance, np.float32(1e-30))) for c in candidates]
    logs = -np.log(np.maximum(np.stack(certain), 1e-30))
    trust = np.zeros_like(depths)
    for index, candidate in enumerate(candidates):
        if BRANCH_OF.get(candidate.name) == "temporal":
            trust[index] = logs[index] < MOST_LOG
            for told in candidate.evidence.values():
                trust[index] *= small(told)
    names = tuple(c.name for c in candidates)
    return _sample(names, fusion_input(candidates, rgb), depths, logs, small(truth), trust)


def without_base(sample: FusionSample) -> FusionSample:
    """The base silent where the spatial branch speaks, as `repair.fusion` has it."""
    if "spatial" not in sample.names:
        return sample
    logs = sample.logs.copy()
    logs[0] = MOST_LOG
    return replace(sample, logs=logs)


def alone(sample: FusionSample) -> FusionSample:
    """The sample without what other frames say."""
    kept = [i for i, name in enumerate(sample.names) if BRANCH_OF.get(name) != "temporal"]
    told = sample.told.copy()
    for kind, name in enumerate(KINDS):
        if BRANCH_OF.get(name) == "temporal":
            told[kind * FEATURES : (kind + 1) * FEATURES] = 0.0
    told[FEATURES * len(KINDS) + 2] = 0.0
    shares = told[WEIGHT : FEATURES * len(KINDS) : FEATURES]
    shares /= np.maximum(shares.sum(axis=0), 1e-3)
    names = tuple(sample.names[i] for i in kept)
    left = {name: getattr(sample, name)[kept] for name in ("depths", "logs", "trust")}
    return replace(sample, names=names, told=told, **left)


def semantic_sample(frame: Frame, truth: np.ndarray) -> FusionSample | None:
    """The base and the semantic candidate alone, at the priors' working size; None where no class
    speaks, as above."""
    assert frame.labels is not None
    told = Told(frame, frame.labels)
    if len(told.pieces.variance) == 1:
        return None
    logs = np.log(np.minimum(np.stack([told.variance, told.prior_variance]), 1e30))
    depths = np.stack([told.inverse_depth, told.prior])
    small = cv2.resize(truth.astype(np.float32), depths.shape[:0:-1], interpolation=cv2.INTER_AREA)
    names = ("base", "semantic")
    return _sample(names, semantic_input(told), depths, logs, small, np.zeros_like(depths))


def _sample(
    names: tuple[str, ...],
    told: np.ndarray,
    depths: np.ndarray,
    logs: np.ndarray,
    truth: np.ndarray,
    trust: np.ndarray,
) -> FusionSample | None:
    near = max(float(np.percentile(truth, 98)), 1e-6)
    weight = 1.0 / (NEARER + np.clip(truth / near, 0.0, 1.0))
    weight = (weight / weight.mean()).astype(np.float32)
    base = depths[0]
    low, high = np.percentile(base, (2, 98))
    span = float(max(high - low, 0.05 * abs(high), 1e-6))
    total = weight.sum()
    mean, true_mean = (weight * base).sum() / total, (weight * truth).sum() / total
    spread = (weight * np.square(base - mean)).sum()
    scale = (weight * (base - mean) * (truth - true_mean)).sum() / max(float(spread), 1e-12)
    if scale * span < LEAST_SCALE * near:
        return None
    seen = (truth - true_mean) / scale + mean
    kept = (
        told,
        (depths - low) / span,
        np.minimum(logs - 2.0 * np.log(span), MOST_LOG),
        np.clip((seen - low) / span, -1e3, 1e3),
        weight,
        trust,
    )
    return FusionSample(names, *(array.astype(np.float16) for array in kept))
