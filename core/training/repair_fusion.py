# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks that correct variances learn by what fusion makes of them.

Both the fusion and the semantic network answer changes of candidates' log variances; the loss is
that of the fused depth, by the same weights as in `repair.fusion`.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..repair.fusion import BRANCH_OF, HUSHED
from ..repair.fusion_network import KINDS, FusionNetwork
from ..repair.semantic_network import SemanticNetwork
from .repair_estimates import Estimated
from .repair_samples import MOST_LOG, FusionSample, alone, semantic_sample, without_base
from .repair_spatial import frame_of

STEP = 0.05  # of the range: a difference of neighbours that is an edge
REACHES = (4, 16)  # pixels over which depth must rise and fall as it truly does
SPANS = (8, 24)
LEVEL = 0.005
"""Of the range: true second differences over `SPANS` pixels below it are those of a plane."""
ALONE = 0.25
"""Share of the batches without past and future, as a shot's first frame and stills are."""
BASE_HEARD = 0.2
"""Share of the samples in which the base counts beside the spatial branch, as at a low strength."""
REGRET = 6.0
"""How much more a term counts where it is above that of the plain fusion: nothing is to be paid
for with anything else."""
WINDOW = 0.5
"""Of a frame's height and width, of the part of it that a step is judged by."""
ARRAYS = ("told", "depths", "logs", "truth", "weight", "trust")


def shares_of(offsets: Tensor, logs: Tensor, names: Sequence[str]) -> Tensor:
    """The weights of fusion, (N, k, h, w), for ``logs`` (N, k, h, w) and ``offsets`` of any size:
    see `repair.fusion`."""
    weights = torch.exp(logs.amin(1, keepdim=True) - logs) * _enlarged(offsets, logs.shape[2:])
    time = [i for i, name in enumerate(names) if BRANCH_OF.get(name) == "temporal"]
    if "semantic" in names and time:
        own = weights[:, [i for i, n in enumerate(names) if n in ("base", "spatial")]].sum(1) + 1e-9
        quiet = own / (own + float(HUSHED) * weights[:, time].sum(1))
        each = [quiet if name == "semantic" else torch.ones_like(quiet) for name in names]
        weights = weights * torch.stack(each, 1)
    return weights / weights.sum(1, keepdim=True).clamp(min=1e-12)


def _enlarged(offsets: Tensor, size: Sequence[int]) -> Tensor:
    """What they multiply the weights by, as `repair.fusion` enlarges it."""
    factors = torch.exp(-offsets)
    if factors.shape[2:] == torch.Size(size):
        return factors
    return functional.interpolate(factors, size=list(size), mode="bilinear")


def fusion_loss(
    offsets: Tensor,
    names: Sequence[str],
    depths: Tensor,
    logs: Tensor,
    truth: Tensor,
    weight: Tensor,
    trust: Tensor,
) -> dict[str, Tensor]:
    """The terms of the loss of fused depths (N, k, h, w by N, h, w).

    error: weighted absolute error. edges: that of the differences to the right and lower neighbour,
    true steps counting for more. blunt: by how much true steps are flatter than in the sharpest
    candidate. rise: the error of differences over `REACHES`. bumps: what is bent over `SPANS` where
    the truth is a plane. steady: the distance from trusted past and future, so that accuracy isn't
    bought with flicker.
    """
    fused = (shares_of(offsets, logs, names) * depths).sum(1)
    error = fused - truth
    terms = {"error": 10.0 * (weight * error.abs()).mean()}
    speaks = logs < 0.5 * MOST_LOG
    edges, blunt = [], []
    for axis in (1, 2):
        count = error.shape[axis] - 1
        step = truth.diff(dim=axis)
        near = weight.narrow(axis, 1, count)
        strong = (step.abs() / STEP).clamp(max=1.0)
        share = near * (1.0 + 8.0 * strong)
        edges.append((share * error.diff(dim=axis).abs()).sum() / share.sum())
        heard = speaks.narrow(axis + 1, 1, count) & speaks.narrow(axis + 1, 0, count)
        rises = depths.diff(dim=axis + 1) * step.sign()[:, None] * heard
        sharpest = torch.minimum(rises.amax(1), step.abs())
        lost = functional.relu(sharpest - fused.diff(dim=axis) * step.sign())
        share = near * (strong >= 1.0)
        blunt.append((share * lost).sum() / share.sum().clamp(min=1.0))
    terms["edges"] = 20.0 * (edges[0] + edges[1])
    terms["blunt"] = 10.0 * (blunt[0] + blunt[1])
    far = []
    for reach in REACHES:
        if reach < min(error.shape[1:]):
            for axis in (1, 2):
                count = error.shape[axis] - reach
                apart = error.narrow(axis, reach, count) - error.narrow(axis, 0, count)
                far.append((weight.narrow(axis, 0, count) * apart.abs()).mean())
    terms["rise"] = 5.0 * torch.stack(far).mean()
    bumps = []
    for reach in SPANS:
        if 2 * reach < min(error.shape[1:]):
            for axis in (1, 2):
                bent, own = _second(truth, axis, reach), _second(fused, axis, reach)
                share = weight.narrow(axis, reach, own.shape[axis]) * (bent.abs() < LEVEL)
                bumps.append((share * own.abs()).sum() / share.sum().clamp(min=1.0))
    if bumps:
        terms["bumps"] = 20.0 * torch.stack(bumps).mean()
    moved = (trust * (fused[:, None] - depths).abs()).sum(1)
    terms["steady"] = 30.0 * (moved / trust.sum(1).clamp(min=1.0)).mean()
    return terms


def _second(values: Tensor, axis: int, reach: int) -> Tensor:
    """Second differences of (N, h, w) along ``axis`` over ``reach`` pixels to each side."""
    count = values.shape[axis] - 2 * reach
    middle = values.narrow(axis, reach, count)
    return values.narrow(axis, 0, count) + values.narrow(axis, 2 * reach, count) - 2.0 * middle


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
            groups.setdefault((sample.names, sample.depths.shape), []).append(sample)
        self._groups = list(groups.values())
        self._shares = np.array([len(g) for g in self._groups], float)
        self._shares /= max(self._shares.sum(), 1.0)

    def loss(self, rngs: list[np.random.Generator]) -> tuple[Tensor, dict[str, float]]:
        """See `Task`."""
        group = self._groups[int(rngs[0].choice(len(self._groups), p=self._shares))]
        chosen = [group[int(rng.integers(len(group)))] for rng in rngs]
        if self.part == "fusion":
            if rngs[0].random() < ALONE:
                chosen = [alone(sample) for sample in chosen]
            if rngs[0].random() > BASE_HEARD:
                chosen = [without_base(sample) for sample in chosen]
        flips = [int(rng.choice([1, -1])) for rng in rngs]
        if self.part == "semantic":
            return self._judge(chosen, flips)
        size = chosen[0].truth.shape
        parts = [max(round(WINDOW * side), 1) for side in size]
        corner = [int(rngs[0].integers(a - b + 1)) for a, b in zip(size, parts, strict=True)]
        window = [slice(c, c + part) for c, part in zip(corner, parts, strict=True)]
        return self._judge(chosen, flips, (window[0], window[1]))

    def _judge(
        self,
        chosen: Sequence[FusionSample],
        flips: Sequence[int],
        window: tuple[slice, slice] | None = None,
    ) -> tuple[Tensor, dict[str, float]]:
        arrays = _stacked(chosen, flips, window)
        offsets = self._offsets(arrays[0], chosen[0].names)
        if window is not None:
            factors = _enlarged(offsets, chosen[0].truth.shape)
            offsets = -torch.log(factors[(..., *window)])
        terms = fusion_loss(offsets, chosen[0].names, *arrays[1:])
        with torch.no_grad():
            plain = fusion_loss(torch.zeros_like(offsets), chosen[0].names, *arrays[1:])
        total = 0.01 * offsets.square().mean()
        for name, term in terms.items():
            total = total + term + REGRET * functional.relu(term - plain[name])
        told = {name: float(term.detach()) for name, term in terms.items()}
        return total, told | {f"plain_{name}": float(term) for name, term in plain.items()}

    def _offsets(self, told: Tensor, names: Sequence[str]) -> Tensor:
        answer: Tensor = self.network(told)
        if self.part == "semantic":  # of the prior alone
            return torch.cat([torch.zeros_like(answer), answer], 1)
        return answer[:, [KINDS.index(name) for name in names]]

    def validate(self) -> dict[str, float]:
        """Terms on held-out frames, and with ``plain_`` before them, without a network."""
        scores: dict[str, list[float]] = {}
        with torch.inference_mode():
            for kept in self.held:
                sample = without_base(kept) if self.part == "fusion" else kept
                arrays = _stacked([sample], [1])
                offsets = self._offsets(arrays[0], sample.names)
                for prefix, one in (("", offsets), ("plain_", torch.zeros_like(offsets))):
                    for name, term in fusion_loss(one, sample.names, *arrays[1:]).items():
                        scores.setdefault(prefix + name, []).append(float(term))
        return {name: float(np.mean(values)) for name, values in scores.items()}


def _stacked(
    samples: Sequence[FusionSample],
    flips: Sequence[int],
    window: tuple[slice, slice] | None = None,
) -> list[Tensor]:
    """`ARRAYS` of the samples in float32, each mirrored where its flip is -1; all but ``told``
    of the ``window`` alone."""
    made = []
    for name in ARRAYS:
        part = (...,) if window is None or name == "told" else (..., *window)
        turned = [getattr(s, name)[..., ::f][part] for s, f in zip(samples, flips, strict=True)]
        made.append(torch.from_numpy(np.stack(turned).astype(np.float32)))
    return made


class FusionTask(_VarianceTask):
    """Trains `FusionNetwork` on what `repair_samples.gather` made."""

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
