# SPDX-License-Identifier: GPL-3.0-or-later
"""Which blocks of a network do similar work, and which of them shall share a sliced MLP.

Similarity is linear centred kernel alignment, CKA (Kornblith et al. 2019, "Similarity of Neural
Network Representations Revisited"), with the unbiased estimator of HSIC by Song et al. 2012
("Feature Selection via Dependence Maximization"), since the plain one tends to 1 for layers with
more channels than there are samples. Both are computed from the features, without Gram matrices.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..depth.network import Block, DepthNetwork
from ..errors import SecondEyeError
from .dataset import Sample

GRID = (6, 8)
"""Each layer's map is averaged over this many rows and columns of cells: one sample a cell."""

Tying = tuple[tuple[int, ...], ...]


def hsic(x: np.ndarray, y: np.ndarray) -> float:
    """Unbiased Hilbert-Schmidt independence criterion of features (n, p) and (n, q), n > 3, under
    linear kernels: HSIC_1 of Song et al. 2012, equation 5."""
    n = len(x)
    x, y = x - x.mean(0), y - y.mean(0)  # changes nothing but the rounding
    own_x, own_y = (x * x).sum(1), (y * y).sum(1)
    # Row sums of the Gram matrices without their diagonals.
    rows_x, rows_y = x @ x.sum(0) - own_x, y @ y.sum(0) - own_y
    trace = float(((x.T @ y) ** 2).sum() - own_x @ own_y)
    both = float(rows_x.sum() * rows_y.sum()) / ((n - 1) * (n - 2))
    return (trace + both - 2 / (n - 2) * float(rows_x @ rows_y)) / (n * (n - 3))


def linear_cka(x: np.ndarray, y: np.ndarray) -> float:
    """Similarity of two layers' features (n, p), (n, q) of the same n samples: 1 for the same up to
    rotation and gain, about 0 for unrelated ones (a little below is chance)."""
    both = hsic(x, x) * hsic(y, y)
    return hsic(x, y) / float(np.sqrt(both)) if both > 0 else 0.0


@torch.no_grad()
def block_features(
    network: DepthNetwork,
    samples: Sequence[Sample],
    size: tuple[int, int] = (192, 256),
    grid: tuple[int, int] = GRID,
) -> list[list[np.ndarray]]:
    """Per stage and block the sliced MLP's output on ``samples``: (frames x cells, channels)."""
    network.eval()
    device = next(network.parameters()).device
    kept: dict[int, list[np.ndarray]] = {}
    blocks = [
        [b for b in stage.children() if isinstance(b, Block)] for stage in network.encoder.stages
    ]
    hooks = []
    for block in (b for stage in blocks for b in stage):

        def keep(_: object, __: object, out: Tensor, key: int = id(block)) -> None:
            # After the block's own norm: what the MLP adds to the block's input.
            cells = F.adaptive_avg_pool2d(out.float(), grid)
            flat = cells.permute(0, 2, 3, 1).reshape(-1, out.shape[1])
            kept.setdefault(key, []).append(flat.cpu().numpy())

        hooks.append(block.norm_out.register_forward_hook(keep))
    try:
        for sample in samples:
            rgb = cv2.resize(sample.rgb, size[::-1], interpolation=cv2.INTER_AREA)
            picture = torch.from_numpy(rgb).to(device).permute(2, 0, 1)[None].float() / 255
            network(picture)
    finally:
        for hook in hooks:
            hook.remove()
    return [[np.concatenate(kept[id(b)]).astype(np.float64) for b in stage] for stage in blocks]


def similarity_matrix(features: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """CKA between all blocks, float64 (blocks, blocks), in the order of computation."""
    layers = [x - x.mean(0) for stage in features for x in stage]
    if len(layers[0]) < 4:
        raise SecondEyeError("Similarity needs four samples at least: give more held-out frames.")
    own = [hsic(x, x) for x in layers]
    matrix = np.eye(len(layers))
    for i, j in combinations(range(len(layers)), 2):
        scale = own[i] * own[j]
        value = hsic(layers[i], layers[j]) / np.sqrt(scale) if scale > 0 else 0.0
        matrix[i, j] = matrix[j, i] = value
    return matrix


def choose_tying(matrix: np.ndarray, depths: Sequence[int], mlps: Sequence[int]) -> Tying:
    """Who shares with whom: of all ways to deal each stage's blocks to its ``mlps`` sliced MLPs,
    the one whose tied pairs are the most similar on the mean.

    Only blocks of one stage have equal shapes. Groups are as equal in number as the counts allow,
    as with neighbours, so that a tying differs in its choice of partners alone.
    """
    tying = []
    for start, depth, count in _stages(depths, mlps):
        own = matrix[start : start + depth, start : start + depth]
        tying.append(max(_dealings(depth, count), key=partial(_likeness, own)))
    return tuple(tying)


def random_tying(depths: Sequence[int], mlps: Sequence[int], seed: int) -> Tying:
    """The control: partners drawn by chance, groups in number as `choose_tying`'s."""
    rng = np.random.default_rng(seed)
    tying = []
    for _, depth, count in _stages(depths, mlps):
        ways = list(_dealings(depth, count))
        tying.append(ways[int(rng.integers(len(ways)))])
    return tuple(tying)


def _stages(depths: Sequence[int], mlps: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """First block, number of blocks and number of MLPs of each stage."""
    start = 0
    for depth, count in zip(depths, mlps, strict=True):
        if not 1 <= count <= depth:
            raise SecondEyeError(
                f"{depth} blocks can't share {count} sliced MLPs: name 1 to {depth} for the stage."
            )
        yield start, depth, count
        start += depth


def _dealings(depth: int, count: int) -> Iterator[tuple[int, ...]]:
    """All ways to deal ``depth`` blocks to exactly ``count`` groups of at most
    ceil(depth / count), groups numbered in the order of first use."""
    largest = -(-depth // count)

    def extend(done: tuple[int, ...], used: int) -> Iterator[tuple[int, ...]]:
        if len(done) == depth:
            if used == count:
                yield done
            return
        if count - used > depth - len(done):
            return
        for group in range(min(used + 1, count)):
            if done.count(group) < largest:
                yield from extend((*done, group), max(used, group + 1))

    yield from extend((), 0)


def _likeness(matrix: np.ndarray, dealing: tuple[int, ...]) -> float:
    pairs = [
        matrix[a, b] for a, b in combinations(range(len(dealing)), 2) if dealing[a] == dealing[b]
    ]
    return float(np.mean(pairs)) if pairs else 0.0


def draw_matrix(matrix: np.ndarray, depths: Sequence[int], output: Path, tying: Tying) -> None:
    """Write ``output`` (PNG): the matrix, bright = similar, stages framed, tied pairs marked."""
    cell, margin = 44, 60
    side = margin + cell * len(matrix) + 10
    canvas = np.full((side, side, 3), 255, np.uint8)
    levels = (np.clip(matrix, 0, 1) * 255).astype(np.uint8)
    colours = cv2.applyColorMap(levels, cv2.COLORMAP_VIRIDIS)
    place = [margin + cell * i for i in range(len(matrix) + 1)]

    def text(words: str, x: int, y: int, colour: tuple[int, int, int], scale: float = 0.4) -> None:
        cv2.putText(canvas, words, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv2.LINE_AA)

    names = [f"{s + 1}.{b + 1}" for s, depth in enumerate(depths) for b in range(depth)]
    for i, name in enumerate(names):
        text(name, 12, place[i] + 27, (0, 0, 0))
        text(name, place[i] + 8, margin - 14, (0, 0, 0))
        for j in range(len(matrix)):
            corner, end = (place[j], place[i]), (place[j + 1] - 1, place[i + 1] - 1)
            cv2.rectangle(canvas, corner, end, colours[i, j].tolist(), -1)
            ink = (0, 0, 0) if matrix[i, j] > 0.6 else (255, 255, 255)
            text(f"{matrix[i, j]:.2f}", place[j] + 8, place[i] + 26, ink, 0.36)
    for start, depth, uses in zip(np.cumsum([0, *depths[:-1]]), depths, tying, strict=True):
        last = start + depth
        cv2.rectangle(canvas, (place[start],) * 2, (place[last] - 1,) * 2, (255, 255, 255), 2)
        for a, b in combinations(range(depth), 2):
            if uses[a] == uses[b]:
                corner = place[start + b] + 2, place[start + a] + 2
                end = corner[0] + cell - 5, corner[1] + cell - 5
                cv2.rectangle(canvas, corner, end, (60, 60, 255), 2)
    if not cv2.imwrite(str(output), canvas):
        raise SecondEyeError(f"{output} can't be written: check its folder.")
