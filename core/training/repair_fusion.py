# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks that correct variances learn by what fusion makes of them.

Both the fusion and the semantic network answer changes of candidates' log variances. They see
candidates as the real branches make them on rendered moves, at the networks' working size, made
once; the loss is that of the fused depth, by the same softmax as in `repair.fusion`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from ..repair import Candidate, Frame
from ..repair.fusion_network import (
    CHANNELS,
    KINDS,
    WEIGHT,
    FusionNetwork,
    fusion_input,
    small_candidates,
)
from ..repair.repair import Repair
from ..repair.semantic import Told
from ..repair.semantic_network import SemanticNetwork, semantic_input
from .repair_estimates import Estimated
from .repair_spatial import frame_of

NEARER = 0.15
"""Added to the normalised true inverse depth that an error is divided by: as AbsRel does, but for
the farthest."""
LEAST_SCALE = 0.05
MOST_LOG = 60.0
STEP = 0.05  # of the range: a difference of neighbours that is an edge
ALONE = 0.25
"""Share of the batches without past and future, as a shot's first frame and stills are."""
BASE_HEARD = 0.2
"""Share of the samples in which the base counts beside the spatial branch, as at a low strength."""


@dataclass(frozen=True)
class FusionSample:
    """One frame at the working size, in shares of its range.

    Attributes:
        told: float16 (k, C, h, w), the fusion network's input, or (C, h, w), the semantic one's.
        depths, logs: float32 (k, h, w), inverse depth and log variance of each candidate.
        truth: float32 (h, w), the true inverse depth by the one scale and shift that bring the base
            nearest to it.
        weight: float32 (h, w), of a pixel's error; its mean is 1.
        steady: float32 (2, h, w): the past's inverse depth, and how far it is trusted.
    """

    told: np.ndarray
    depths: np.ndarray
    logs: np.ndarray
    truth: np.ndarray
    weight: np.ndarray
    steady: np.ndarray


class Recorder:
    """In the fusion network's place: keeps what it is asked, and answers 0."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[Candidate], np.ndarray]] = []

    def offsets(self, candidates: Sequence[Candidate], rgb: np.ndarray | None) -> np.ndarray:
        """See `repair.fusion.Corrects`."""
        assert rgb is not None
        self.asked.append((list(candidates), rgb))
        return np.zeros((len(candidates), *candidates[0].variance.shape), np.float32)


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
    depths, logs = small_candidates(candidates)
    names = [c.name for c in candidates]
    told = fusion_input(candidates, rgb)
    steady = np.zeros((2, *depths.shape[1:]), np.float32)
    if "past" in names:
        index = names.index("past")
        steady[0] = depths[index]
        steady[1] = (told[index, 4] * told[index, 5]) * (logs[index] < MOST_LOG)
    return _sample(told, depths, logs, truth, steady)


def without_base(sample: FusionSample) -> FusionSample:
    """The base silent where the spatial branch speaks, as `repair.fusion` has it."""
    if not sample.told[:, CHANNELS - len(KINDS) + KINDS.index("spatial")].any():
        return sample
    logs = sample.logs.copy()
    logs[0] = MOST_LOG
    return replace(sample, logs=logs)


def alone(sample: FusionSample) -> FusionSample:
    """The sample without what other frames say."""
    kinds = sample.told[:, CHANNELS - len(KINDS) :, 0, 0]
    kept = ~kinds[:, [KINDS.index("past"), KINDS.index("future")]].any(axis=1)
    told = sample.told[kept].copy()
    told[:, WEIGHT] /= np.maximum(told[:, WEIGHT].sum(axis=0), 1e-3)
    silent = np.zeros_like(sample.steady)
    return replace(
        sample, told=told, depths=sample.depths[kept], logs=sample.logs[kept], steady=silent
    )


def semantic_sample(frame: Frame, truth: np.ndarray) -> FusionSample | None:
    """The base and the semantic candidate alone; None where no class speaks, as above."""
    assert frame.labels is not None
    told = Told(frame, frame.labels)
    if len(told.pieces.variance) == 1:
        return None
    logs = np.log(np.minimum(np.stack([told.variance, told.prior_variance]), 1e30))
    depths = np.stack([told.inverse_depth, told.prior])
    return _sample(semantic_input(told), depths, logs, truth, np.zeros_like(depths))


def _sample(
    told: np.ndarray, depths: np.ndarray, logs: np.ndarray, truth: np.ndarray, steady: np.ndarray
) -> FusionSample | None:
    size = depths.shape[:0:-1]
    small = cv2.resize(truth.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    near = max(float(np.percentile(small, 98)), 1e-6)
    weight = 1.0 / (NEARER + np.clip(small / near, 0.0, 1.0))
    weight = (weight / weight.mean()).astype(np.float32)
    base = depths[0]
    low, high = np.percentile(base, (2, 98))
    span = float(max(high - low, 0.05 * abs(high), 1e-6))
    total = weight.sum()
    mean, true_mean = (weight * base).sum() / total, (weight * small).sum() / total
    spread = (weight * np.square(base - mean)).sum()
    scale = (weight * (base - mean) * (small - true_mean)).sum() / max(float(spread), 1e-12)
    if scale * span < LEAST_SCALE * near:
        return None
    seen = (small - true_mean) / scale + mean
    steady = np.stack([(steady[0] - low) / span, steady[1]])
    return FusionSample(
        told.astype(np.float16),
        ((depths - low) / span).astype(np.float32),
        np.minimum(logs - 2.0 * np.log(span), MOST_LOG).astype(np.float32),
        ((seen - low) / span).astype(np.float32),
        weight,
        steady.astype(np.float32),
    )


def fusion_loss(
    offsets: Tensor, depths: Tensor, logs: Tensor, truth: Tensor, weight: Tensor, steady: Tensor
) -> tuple[Tensor, dict[str, float]]:
    """The loss of fused depths (N, k, h, w by N, h, w), and its terms.

    Weighted absolute error; that of the differences to the right and lower neighbour, above all
    where the truth has a step (edges);
    the negative log likelihood of each candidate under a Laplace distribution of its corrected
    variance; the distance from a trusted past, so that accuracy isn't bought with flicker; and the
    square of the answer.
    """
    corrected = logs + offsets
    shares = torch.softmax(-corrected, 1)
    fused = (shares * depths).sum(1)
    error = fused - truth
    terms = {
        "error": 10.0 * (weight * error.abs()).mean(),
        "edges": 20.0
        * (_edge_error(error, truth, weight, 1) + _edge_error(error, truth, weight, 2)),
    }
    speaks = (logs < 0.5 * MOST_LOG).float()
    half = 0.5 * (corrected.clamp(max=0.5 * MOST_LOG) - float(np.log(2.0)))
    apart = (depths - truth[:, None]).abs()
    told = speaks * (apart * torch.exp(-half) + half)
    terms["likelihood"] = 0.05 * told.sum() / speaks.sum().clamp(min=1.0)
    terms["steady"] = 5.0 * (steady[:, 1] * (fused - steady[:, 0]).abs()).mean()
    terms["small"] = 0.01 * (offsets.square() * speaks).mean()
    total = torch.stack(list(terms.values())).sum()
    return total, {name: float(value.detach()) for name, value in terms.items()}


def _edge_error(error: Tensor, truth: Tensor, weight: Tensor, axis: int) -> Tensor:
    """The mean change of ``error`` (N, h, w) along ``axis``, true steps counting for more."""
    count = error.shape[axis] - 1
    step = truth.diff(dim=axis).abs()
    share = weight.narrow(axis, 1, count) * (1.0 + 8.0 * (step / STEP).clamp(max=1.0))
    return (share * error.diff(dim=axis).abs()).sum() / share.sum()


class _VarianceTask:
    """See `repair_task.Task`; samples are grouped by shape and by who speaks."""

    def __init__(
        self,
        part: str,
        network: nn.Module,
        samples: Sequence[FusionSample],
        held: Sequence[FusionSample],
    ) -> None:
        self.part, self.network, self.held = part, network, held
        groups: dict[tuple, list[FusionSample]] = {}
        for sample in samples:
            kinds = sample.told[:, CHANNELS - len(KINDS) :, 0, 0].tobytes()
            key = (sample.told.shape, kinds if part == "fusion" else b"")
            groups.setdefault(key, []).append(sample)
        self._groups = list(groups.values())
        self._shares = np.array([len(g) for g in self._groups], float)
        self._shares /= max(self._shares.sum(), 1.0)

    def loss(self, rngs: list[np.random.Generator]) -> tuple[Tensor, dict[str, float]]:
        """See `Task`."""
        group = self._groups[int(rngs[0].choice(len(self._groups), p=self._shares))]
        chosen = [group[int(rng.integers(len(group)))] for rng in rngs]
        if self.part == "fusion" and rngs[0].random() < ALONE:
            chosen = [alone(sample) for sample in chosen]
        return self._judge(chosen, rngs)

    def _judge(
        self, chosen: list[FusionSample], rngs: list[np.random.Generator] | None = None
    ) -> tuple[Tensor, dict[str, float]]:
        flips = [1] * len(chosen) if rngs is None else [rng.choice([1, -1]) for rng in rngs]
        if self.part == "fusion":
            quiet = [rngs is None or rngs[i].random() > BASE_HEARD for i in range(len(chosen))]
            chosen = [without_base(s) if q else s for s, q in zip(chosen, quiet, strict=True)]
        names = ("told", "depths", "logs", "truth", "weight", "steady")
        arrays = [
            torch.from_numpy(
                np.stack(
                    [getattr(s, name)[..., ::flip] for s, flip in zip(chosen, flips, strict=True)]
                ).astype(np.float32)
            )
            for name in names
        ]
        offsets = self.network(arrays[0])
        if self.part == "semantic":  # of the prior alone
            offsets = torch.cat([torch.zeros_like(offsets), offsets], 1)
        return fusion_loss(offsets, *arrays[1:])

    def validate(self) -> dict[str, float]:
        """Terms on held-out frames, and with ``plain_`` before them, without a network."""
        scores: dict[str, list[float]] = {}
        with torch.inference_mode():
            for kept in self.held:
                sample = without_base(kept) if self.part == "fusion" else kept
                found = self._judge([kept])[1]
                arrays = [
                    torch.from_numpy(getattr(sample, name))[None]
                    for name in ("depths", "logs", "truth", "weight", "steady")
                ]
                plain = fusion_loss(torch.zeros_like(arrays[1]), *arrays)[1]
                for name in ("error", "edges", "likelihood", "steady"):
                    scores.setdefault(name, []).append(found[name])
                    scores.setdefault(f"plain_{name}", []).append(plain[name])
        return {name: float(np.mean(values)) for name, values in scores.items()}


class FusionTask(_VarianceTask):
    """Trains `FusionNetwork` on what `gather` made."""

    def __init__(self, samples: Sequence[FusionSample], held: Sequence[FusionSample]) -> None:
        super().__init__("fusion", FusionNetwork(), samples, held)


class SemanticTask(_VarianceTask):
    """Trains `SemanticNetwork` on the base estimates that the spatial network learns from."""

    def __init__(
        self, scenes: Sequence[Estimated], held: Sequence[Estimated], most: int = 1400
    ) -> None:
        samples, judged = (list(_semantic_samples(s, n)) for s, n in ((scenes, most), (held, 60)))
        super().__init__("semantic", SemanticNetwork(), samples, judged)


def _semantic_samples(scenes: Sequence[Estimated], most: int) -> Iterator[FusionSample]:
    records = [record for scene in scenes for record in scene.records]
    for record in records[:: max(1, len(records) // max(most, 1))][:most]:
        names = ("rgb", "base", "scale", "labels")
        frame = frame_of(*(np.ascontiguousarray(record[name]) for name in names))
        sample = semantic_sample(frame, record["truth"])
        if sample is not None:
            yield sample
