# SPDX-License-Identifier: GPL-3.0-or-later
"""What a class says of depth: sky is farthest, ground, walls and ceilings are planes, and what is
upright stands on the ground. All at a reduced size, on one frame.

A `Prior` is a list of pieces: regions with one linear function of image coordinates each, which
is either the inverse depth itself (planes, sky) or is added to the estimate (things that stand),
and the variance of it. An infinite variance is silence.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ..depth.labels import CLASSES
from .planes import LEAST_PIXELS, Planes, creases, fit_planes, parts_of

SKY, GROUND = CLASSES.index("sky"), CLASSES.index("ground")
FLAT = (CLASSES.index("wall or building"), CLASSES.index("ceiling"))
UPRIGHT = tuple(
    CLASSES.index(name) for name in ("furniture or object", "vehicle", "vegetation", "person")
)

EVERY = 2  # rows and columns that planes are fitted to
LARGEST_RESIDUAL = 0.05  # of the frame's range: above it, a region is no plane
LEAST_SUPPORT = 0.7  # share of a region's pixels near its plane
SURE_SUPPORT = 0.85  # from here on it is a plane
SHARED = 0.5
"""Share of the estimate's variance that a plane through it keeps: what it errs by as a whole."""
LEAST_DEVIATION = 0.004  # of the frame's range
LARGEST_MOVE = 0.25  # of the frame's range: a foot farther off its ground stands on something else
LEAST_FOOT = 3  # pixels
LEAST_STANCE = 0.15  # of a thing's width that has ground below it
LEAST_GROUND = 0.03  # of the picture, for things to stand on


@dataclass(frozen=True)
class Prior:
    """Pieces of a frame.

    Attributes:
        regions: int32 (h, w), index of a piece; the last piece is silence.
        coefficients: float32 (n, 3) over `planes.coordinates`.
        added: float32 (n,): 1 where the function is added to the estimate, 0 where it replaces it.
        variance: float32 (n,), infinite = silent.
        residual: float32 (n,): how badly the region fits, in the estimate's unit.
    """

    regions: np.ndarray
    coefficients: np.ndarray
    added: np.ndarray
    variance: np.ndarray
    residual: np.ndarray


def frame_prior(
    inverse_depth: np.ndarray, variance: np.ndarray, labels: np.ndarray, span: float
) -> Prior:
    """The pieces of one frame.

    ``inverse_depth``, ``variance`` float32 (h, w) and ``labels`` uint8 (h, w) as in `Frame`, at a
    reduced size; ``span`` > 0, the frame's range.
    """
    pieces = _Pieces(labels.shape)
    weights = (1.0 / variance).astype(np.float32)
    _add_sky(pieces, inverse_depth, labels, span)
    flat = np.full(labels.shape, -1, np.int32)
    count = 0
    rest: tuple[int, ...] = FLAT
    there = np.bincount(labels.ravel(), minlength=len(CLASSES) + 1)
    ground: Planes | None = None
    # The ground is one plane however many things stand on it; where it isn't, its parts may be.
    if there[GROUND]:
        where = np.where(labels == GROUND, np.int32(0), np.int32(-1))
        whole = fit_planes(inverse_depth, where, 1, weights, EVERY)
        good = _good(whole, span)
        if good[0] > 0.0:
            ground = whole
            pieces.add_planes(where, whole, good, variance, span)
        else:
            rest = *FLAT, GROUND
    bent = None
    for value in rest:
        if there[value] < LEAST_PIXELS:
            continue
        bent = creases(inverse_depth, span) if bent is None else bent
        parts, found = parts_of(labels == value, bent)
        count = _join(flat, parts, found, count)
    if count:
        walls = fit_planes(inverse_depth, flat, count, weights, EVERY)
        pieces.add_planes(flat, walls, _good(walls, span), variance, span)
    if ground is not None and there[GROUND] > LEAST_GROUND * labels.size:
        _add_standing(pieces, inverse_depth, variance, labels, ground, span)
    return pieces.prior()


class _Pieces:
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.regions = np.full(shape, -1, np.int32)
        self.rows: list[tuple[np.ndarray, float, float, float]] = []

    def add(
        self, mask: np.ndarray, function: np.ndarray, added: float, variance: float, residual: float
    ) -> None:
        self.regions[mask] = len(self.rows)
        self.rows.append((function, added, variance, residual))

    def add_planes(
        self,
        regions: np.ndarray,
        planes: Planes,
        good: np.ndarray,
        variance: np.ndarray,
        span: float,
    ) -> None:
        """Those that are planes, each as sure as it is flat and as its pixels are together; its
        variance is divided by the square of ``good`` float32 (n,), see `_good`.
        """
        inside = regions >= 0
        ids = regions[inside]
        count = len(good)
        # Of the harmonic kind, so that a few unsure pixels don't speak for the rest.
        precision = np.bincount(ids, 1.0 / variance[inside], count)
        mean = np.bincount(ids, minlength=count) / np.maximum(precision, 1e-30)
        expected = SHARED * mean + np.square(planes.residual) + (LEAST_DEVIATION * span) ** 2
        for index in np.flatnonzero(good > 0.0):
            self.add(
                regions == index,
                planes.coefficients[index],
                0.0,
                float(expected[index] / good[index] ** 2),
                float(planes.residual[index]),
            )

    def prior(self) -> Prior:
        rows = [*self.rows, (np.zeros(3, np.float32), 1.0, np.inf, 0.0)]
        functions, added, variance, residual = zip(*rows, strict=True)
        return Prior(
            np.where(self.regions < 0, len(self.rows), self.regions),
            np.stack(functions).astype(np.float32),
            np.array(added, np.float32),
            np.array(variance, np.float32),
            np.array(residual, np.float32),
        )


def _join(target: np.ndarray, parts: np.ndarray, found: int, count: int) -> int:
    inside = parts >= 0
    target[inside] = parts[inside] + count
    return count + found


def _good(planes: Planes, span: float) -> np.ndarray:
    """float32 (n,) in 0..1: 0 for what is no plane, 1 for what is one for sure.

    Gradual, for a region that passes in one frame and fails in the next makes depth jump.
    """
    flat = np.clip(2.0 - 2.0 * planes.residual / (LARGEST_RESIDUAL * span), 0.0, 1.0)
    backed = (planes.support - LEAST_SUPPORT) / (SURE_SUPPORT - LEAST_SUPPORT)
    result: np.ndarray = flat * np.clip(backed, 0.0, 1.0)
    return result.astype(np.float32)


def _add_sky(pieces: _Pieces, inverse_depth: np.ndarray, labels: np.ndarray, span: float) -> None:
    """The sky lies at the frame's far limit: as far as its own far tenth, and no nearer than the
    farthest of the rest. In metres that is about 0, without asking for the unit."""
    sky = labels == SKY
    if int(sky.sum()) < LEAST_PIXELS:
        return
    own = inverse_depth[sky]
    far = float(np.percentile(own, 10))
    rest = inverse_depth[~sky]
    if rest.size:
        far = min(far, float(np.percentile(rest, 1)))
    # A sky that lies far from the limit is a wrong label sooner than a wrong depth.
    apart = float(np.median(own)) - far
    if apart < LARGEST_MOVE * span:
        deviation = max(0.5 * apart, LEAST_DEVIATION * span)
        function = np.array([0.0, 0.0, max(far, 0.0)], np.float32)
        pieces.add(sky, function, 0.0, deviation**2, apart)


def _add_standing(
    pieces: _Pieces,
    inverse_depth: np.ndarray,
    variance: np.ndarray,
    labels: np.ndarray,
    planes: Planes,
    span: float,
) -> None:
    """Each upright thing with feet on the ground, region 0 of ``planes``, is moved as a whole to
    the ground's inverse depth there.

    Its feet are its pixels whose lower neighbour but one is ground; the estimate is read two pixels
    above them, beyond the softness of the label edge.
    """
    height, width = labels.shape
    if height < 8:
        return
    table = np.zeros(256, bool)
    table[list(UPRIGHT)] = True
    feet = table[labels]
    feet[-2:] = False
    feet[:-2] &= labels[2:] == GROUND
    feet[:-1] &= ~feet[1:]  # the lowest of each column's run
    rows, columns = np.nonzero(feet[2:])
    if not rows.size:
        return
    rows += 2
    number = np.zeros(labels.shape, np.int32)
    total = 1
    standing = np.bincount(labels[rows, columns])
    for value in UPRIGHT:
        if value >= standing.size or standing[value] < LEAST_FOOT:
            continue
        upright = labels == value
        found, parts = cv2.connectedComponents(upright.view(np.uint8), connectivity=4)
        parts += total - 1
        np.copyto(number, parts, where=upright)
        total += found - 1
    a, b, c = planes.coefficients[0]
    u = (columns + 0.5) * (2.0 / width) - 1.0
    v = (rows + 1.5) * (2.0 / height) - 1.0
    missing = a * u + b * v + c - inverse_depth[rows - 2, columns]
    owner = number[rows, columns]
    sizes = np.bincount(number.ravel(), minlength=total)
    for one in np.flatnonzero(np.bincount(owner)[1:] >= LEAST_FOOT) + 1:
        mine = missing[owner == one]
        if sizes[one] < LEAST_PIXELS:
            continue
        inside = number == one
        if mine.size < LEAST_STANCE * int(inside.any(axis=0).sum()):
            continue
        move = float(np.median(mine))
        spread = 1.4826 * float(np.median(np.abs(mine - move)))
        if abs(move) > LARGEST_MOVE * span or spread > LARGEST_RESIDUAL * span:
            continue
        # A thing's parts need not stand where its feet do: half of the move stays in doubt.
        doubt = (0.5 * move) ** 2 + spread**2 + float(planes.residual[0]) ** 2
        doubt += float(np.mean(variance[inside]))
        pieces.add(inside, np.array([0.0, 0.0, move], np.float32), 1.0, doubt, spread)
