# SPDX-License-Identifier: GPL-3.0-or-later
"""Each frame's scale and shift from the true distances of a camera solve's bundles.

Of every frame t, 1/Z = scale[t] * V + shift[t] is fitted to bundles at distance Z that are seen
where the stored inverse depth is V: robustly (Tukey's biweight, from a least-median-of-squares
start, P. J. Rousseeuw, J. Am. Stat. Assoc. 79, 1984), in inverse distance, which is what an eye
sees, and all frames of a shot at once: scale and level walk at random from frame to frame, as far
as the frames with many bundles say they do (the fixed-interval smoother of H. E. Rauch, F. Tung,
C. T. Striebel, AIAA J. 3, 1965, written as one least-squares problem). So a frame with few
bundles, or with all of them at one distance, is carried by its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import SecondEyeError

_TUKEY, _SPREAD = 4.685, 1.4826
_ROUNDS = 10
_TRIES = 200  # pairs of the least-median start
_STEADIEST = 1e-3  # least random walk a frame, in parts of the value: no depth is quite constant
_EDGE = 0.5  # of the depth's span around a marker: how far its own depth may lie from it
_ENOUGH = 6  # sights that a start of a frame of its own needs


@dataclass(frozen=True)
class ShotFit:
    """``scale``, ``shift`` (T,) in 1/scene unit; ``misfit``: the median of |Z fitted / Z - 1| over
    all sights; ``agreeing``: the part of them, 0..1, that the fit did not throw out."""

    scale: np.ndarray
    shift: np.ndarray
    misfit: float
    agreeing: float


def fit_shot(
    frames: int,
    frame: np.ndarray,
    stored: np.ndarray,
    span: np.ndarray,
    distance: np.ndarray,
    metric: bool,
) -> ShotFit:
    """Fit a shot of ``frames`` frames to M sights.

    ``frame`` (M,): 0..frames-1; ``stored`` (M,): V at the markers; ``span`` (M,): largest minus
    smallest V around them, high beside a step, where a marker's depth is anybody's guess;
    ``distance`` (M,): true Z > 0, scene units. ``metric``: V has no shift (it is in 1/metre).
    Raises SecondEyeError where V falls as bundles come nearer: depth and solve are of two worlds.
    """
    y = 1.0 / distance
    ratio = float(np.median(y) / max(float(np.median(np.abs(stored))), 1e-12))
    pivot = 0.0 if metric else float(np.median(stored))
    x = (stored - pivot)[:, None]
    design = x if metric else np.concatenate([x, np.ones_like(x)], axis=1)
    state = _start(frames, frame, design, y)
    level = float(np.median(y))
    typical = max(abs(float(np.median(state[:, 0]))), 1e-3 * ratio)
    sigma = _scatter(_residual(design, y, state, frame), level)
    walk = _STEADIEST * np.array([typical, level][: design.shape[1]])
    weight = np.ones(len(y))
    for turn in range(_ROUNDS):
        blur = 1.0 + np.square(_EDGE * typical * span / sigma)
        weight = _tukey(_residual(design, y, state, frame) / np.sqrt(blur), sigma, turn) / blur
        information, told = _normal(frames, frame, design, y, weight / sigma**2)
        if turn >= 2:
            walk = np.maximum(walk, _wandering(information, told, walk))
        # A depth without any spread tells no scale: then that of a depth without a shift.
        information[:, 0, 0] += 1.0 / (frames * ratio**2)
        told[:, 0] += ratio / (frames * ratio**2)
        state = _smoothed(information, told, 1.0 / np.square(walk))
        typical = max(abs(float(np.median(state[:, 0]))), 1e-3 * ratio)
        residual = _residual(design, y, state, frame)
        sigma = _scatter(residual / np.sqrt(blur), level)
    if not float(np.median(state[:, 0])) > 0.0:
        raise SecondEyeError(
            "its depth grows where the solve's points lie nearer, so that one of them is wrong"
        )
    scale = np.maximum(state[:, 0], 0.05 * typical)
    shift = np.zeros(frames) if metric else state[:, 1] - scale * pivot
    fitted = scale[frame] * stored + shift[frame]
    misfit = np.abs(distance * fitted - 1.0) / np.maximum(np.abs(distance * fitted), 1e-9)
    return ShotFit(scale, shift, float(np.median(misfit)), float(np.mean(weight * blur > 0.1)))


def _residual(
    design: np.ndarray, y: np.ndarray, state: np.ndarray, frame: np.ndarray
) -> np.ndarray:
    result: np.ndarray = y - (design * state[frame]).sum(axis=1)
    return result


def _scatter(residual: np.ndarray, level: float) -> float:
    return max(_SPREAD * float(np.median(np.abs(residual))), 1e-5 * level)


def _tukey(residual: np.ndarray, sigma: float, turn: int) -> np.ndarray:
    limit = _TUKEY * sigma * max(1.0, 2.0 - 0.5 * turn)
    result: np.ndarray = np.square(np.maximum(0.0, 1.0 - np.square(residual / limit)))
    return result


def _start(frames: int, frame: np.ndarray, design: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(T, K): the least-median line of each frame that has enough sights, else of the shot."""
    rng = np.random.default_rng(1)
    whole = rng.permutation(len(y))[:1500]
    state = np.tile(_least_median(design[whole], y[whole], rng), (frames, 1))
    order = np.argsort(frame, kind="stable")
    ends = np.searchsorted(frame[order], np.arange(frames + 1))
    for t in range(frames):
        own = order[ends[t] : ends[t + 1]]
        if len(own) >= _ENOUGH:
            state[t] = _least_median(design[own], y[own], rng, state[t])
    return state


def _least_median(
    design: np.ndarray, y: np.ndarray, rng: np.random.Generator, known: np.ndarray | None = None
) -> np.ndarray:
    """The line (K,) through two of the sights, or ``known``, with the least median residual."""
    if design.shape[1] == 1:
        usable = np.abs(design[:, 0]) > 1e-12
        ratios = y[usable] / design[usable, 0]
        return np.array([float(np.median(ratios)) if len(ratios) else 0.0])
    one, two = rng.integers(0, len(y), (2, _TRIES))
    apart = design[one, 0] - design[two, 0]
    usable = np.abs(apart) > 0.05 * float(np.ptp(design[:, 0])) + 1e-12
    slope = (y[one] - y[two])[usable] / apart[usable]
    lines = np.stack([slope, y[one][usable] - slope * design[one, 0][usable]], axis=1)
    flat = np.array([[0.0, float(np.median(y))]])
    lines = np.concatenate([lines, flat if known is None else known[None]])
    left = np.median(np.abs(y[:, None] - design @ lines.T), axis=0)
    best: np.ndarray = lines[int(left.argmin())]
    return best


def _normal(
    frames: int, frame: np.ndarray, design: np.ndarray, y: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Every frame's normal equations: (T, K, K) and (T, K)."""
    count = design.shape[1]
    information, told = np.zeros((frames, count, count)), np.zeros((frames, count))
    np.add.at(information, frame, weight[:, None, None] * design[:, :, None] * design[:, None, :])
    np.add.at(told, frame, (weight * y)[:, None] * design)
    return information, told


def _wandering(information: np.ndarray, told: np.ndarray, walk: np.ndarray) -> np.ndarray:
    """How far (K,) the state really walks from frame to frame, standard deviation: what the
    frames' own fits differ by, beyond their own errors."""
    kept = np.flatnonzero(np.linalg.cond(information) < 1e12)
    if len(kept) < 4:
        return walk
    covariance = np.linalg.inv(information[kept])
    own = np.einsum("tij,tj->ti", covariance, told[kept])
    variance = np.einsum("tii->ti", covariance)
    gap = np.diff(kept)[:, None]
    moved = _SPREAD * np.median(np.abs(np.diff(own, axis=0)) / np.sqrt(gap), axis=0)
    excess = np.square(moved) - np.median(variance[1:] + variance[:-1], axis=0)
    result: np.ndarray = np.sqrt(np.maximum(excess, 0.0))
    return result


def _smoothed(information: np.ndarray, told: np.ndarray, stiffness: np.ndarray) -> np.ndarray:
    """The states (T, K) that fit the frames and, at ``stiffness`` (K,), their neighbours: a block
    tridiagonal system, by elimination."""
    frames = len(told)
    tie = np.diag(stiffness)
    blocks, sides = information.copy(), told.copy()
    blocks[:-1] += tie
    blocks[1:] += tie
    for t in range(1, frames):
        carried = np.linalg.solve(blocks[t - 1], np.column_stack([tie, sides[t - 1]]))
        blocks[t] -= tie @ carried[:, :-1]
        sides[t] += tie @ carried[:, -1]
    state = np.empty_like(told)
    state[-1] = np.linalg.solve(blocks[-1], sides[-1])
    for t in range(frames - 2, -1, -1):
        state[t] = np.linalg.solve(blocks[t], sides[t] + tie @ state[t + 1])
    return state
