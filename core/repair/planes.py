# SPDX-License-Identifier: GPL-3.0-or-later
"""Planes in a depth picture: robust fits to many regions at once, and how flat regions are.

The inverse depth 1/Z of a plane is linear in image coordinates, since n . (Z K^-1 p) = c gives
1/Z = (n . K^-1 p) / c; a scale and a shift of inverse depth keep it so. Fits are iteratively
reweighted least squares (P. Holland, R. Welsch, "Robust regression using iteratively reweighted
least-squares", 1977) with Geman and McClure's weights: a deterministic
stand-in for random sampling.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

ROUNDS = 4
DEVIATION = 1.6634
"""Standard deviation over weighted mean deviation, of a normal distribution under the weights."""
ENDS = [0, 1, 2, -3, -2, -1]  # where a second difference sees the border
GROWN = 3  # pixels by which regions grow into the creases around them
LEAST_PIXELS = 40
"""Of a region in `regions_of`, so that three coefficients and a residual mean something."""


@dataclass(frozen=True)
class Planes:
    """One plane for each of n regions.

    Attributes:
        coefficients: float32 (n, 3): inverse depth = a u + b v + c with u, v of `coordinates`.
        residual: float32 (n,): robust standard deviation of the pixels around their plane.
        support: float32 (n,): share of the region's weight within three of those.
    """

    coefficients: np.ndarray
    residual: np.ndarray
    support: np.ndarray

    def at(self, regions: np.ndarray) -> np.ndarray:
        """Float32 (h, w): each pixel's plane; ``regions`` int (h, w) are indices, < 0 gives 0."""
        u, v = coordinates(*regions.shape)
        table = np.vstack([self.coefficients, np.zeros(3, np.float32)])  # the last is -1's
        a, b, c = table.T
        plane: np.ndarray = a[regions] * u + b[regions] * v + c[regions]
        return plane


@lru_cache(maxsize=8)
def coordinates(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """(u (1, w), v (h, 1)) float32: pixel centres, -1..1 from edge to edge of the picture, so that
    coefficients hold at any size of it."""
    u = ((np.arange(width, dtype=np.float32) + 0.5) * (2.0 / width) - 1.0)[None]
    v = ((np.arange(height, dtype=np.float32) + 0.5) * (2.0 / height) - 1.0)[:, None]
    u.flags.writeable = v.flags.writeable = False  # others are given the same
    return u, v


def fit_planes(
    inverse_depth: np.ndarray,
    regions: np.ndarray,
    count: int,
    weights: np.ndarray | None = None,
    every: int = 1,
) -> Planes:
    """The planes of regions 0..count-1 in one go.

    ``inverse_depth`` float32 (h, w); ``regions`` int (h, w), < 0 = none; ``weights`` float32
    (h, w) >= 0, inverse variances by their ratio; only each ``every``th row and column is looked
    at. A region of too few pixels, or on one line, gets an infinite residual.
    """
    skip = slice(every // 2, None, every)
    u, v = coordinates(*regions.shape)
    u, v = u[0, skip], v[skip, 0]
    regions, inverse_depth = regions[skip, skip], inverse_depth[skip, skip]
    found = np.flatnonzero(regions >= 0)
    ids = regions.ravel()[found]
    if count > 1:  # by region, so that the sums of each are those of one run
        order = np.argsort(ids, kind="stable")
        found, ids = found[order], ids[order]
    pixels = np.bincount(ids, minlength=count)
    there = np.flatnonzero(pixels)
    starts = (np.cumsum(pixels) - pixels)[there]

    def summed(values: np.ndarray) -> np.ndarray:
        """(..., n) to (..., count), by region."""
        result = np.zeros((*values.shape[:-1], count))
        if there.size:
            result[..., there] = np.add.reduceat(values, starts, axis=-1)
        return result

    row, column = np.divmod(found, regions.shape[1])
    d = inverse_depth.ravel()[found].astype(np.float64)
    given = np.ones_like(d)
    if weights is not None:
        given = weights[skip, skip].ravel()[found].astype(np.float64)
    basis = np.ones((4, found.size))
    basis[0], basis[1], basis[3] = u[column], v[row], d
    products = np.stack([basis[i] * basis[j] for i, j in _PAIRS])
    size = summed(given)
    least = 1e-5 * float(np.abs(d).mean()) + 1e-12 if d.size else 1.0
    w = given
    for turn in range(ROUNDS):
        totals = summed(products * w)
        matrix = totals[_SQUARE].transpose(2, 0, 1)
        ridge = 1e-6 * np.maximum(totals[_TRACE].sum(axis=0), 1e-12)
        matrix = matrix + ridge[:, None, None] * _RIDGE
        coefficients = np.linalg.solve(matrix, totals[_RIGHT].T[..., None])[..., 0]
        a, b, c = np.repeat(coefficients.T, pixels, axis=1)
        a *= basis[0]
        b *= basis[1]
        c += a
        c += b
        c -= d
        apart = np.abs(c, out=c)
        # The mean deviation of what still counts: a median by region would cost a sort a round.
        spread = DEVIATION * summed(w * apart)
        spread = spread / np.maximum(totals[_TOTAL], 1e-12) + least
        if turn < ROUNDS - 1:
            # Narrow at first: least squares begin with a spread that the outliers made.
            scale = spread * (1.0 if turn < ROUNDS // 2 else 2.0)
            apart /= np.repeat(scale, pixels)
            apart *= apart
            apart += 1.0
            apart *= apart
            w = given / apart
    near = summed(given * (apart < np.repeat(3.0 * spread, pixels)))
    return Planes(
        coefficients.astype(np.float32),
        np.where(pixels < 6, np.inf, spread).astype(np.float32),
        (near / np.maximum(size, 1e-12)).astype(np.float32),
    )


# Of the products of u, v, 1 and inverse depth: which two each is of, and where those lie that make
# the normal equations' matrix, its trace, the sum of weights, and the right side.
_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2), (0, 3), (1, 3), (2, 3))
_SQUARE = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])
_TRACE, _TOTAL, _RIGHT = [0, 3, 5], 5, slice(6, 9)
_RIDGE = np.diag([1.0, 1.0, 1e-3])


def regions_of(
    mask: np.ndarray, inverse_depth: np.ndarray, span: float, least: int = LEAST_PIXELS
) -> tuple[np.ndarray, int]:
    """(regions int32 (h, w), count): connected parts of ``mask`` bool (h, w) without a step or a
    crease of depth in their middle; -1 elsewhere and in parts smaller than ``least`` pixels.

    ``span`` is the frame's range: see `creases`.
    """
    return parts_of(mask, creases(inverse_depth, span), least)


def parts_of(
    mask: np.ndarray, bent: np.ndarray, least: int = LEAST_PIXELS
) -> tuple[np.ndarray, int]:
    """`regions_of`, where the `creases` are known: ``bent`` bool (h, w)."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(
        (mask & ~bent).view(np.uint8), connectivity=4, ltype=cv2.CV_32S
    )
    kept = stats[:, cv2.CC_STAT_AREA] >= least
    kept[0] = False
    # 0 is nobody's, for growing; creases themselves fall to one of their neighbours.
    number = np.where(kept, np.cumsum(kept), 0).astype(np.float32)[parts]
    square = np.ones((3, 3), np.uint8)
    for _ in range(GROWN):
        np.copyto(number, cv2.dilate(number, square), where=(number == 0) & mask)
    return number.astype(np.int32) - 1, int(kept.sum())


def creases(inverse_depth: np.ndarray, span: float) -> np.ndarray:
    """Bool (h, w): where depth isn't locally a plane: its second differences over four pixels are
    more than 2 % of the frame's range ``span``."""
    smooth = cv2.blur(inverse_depth, (3, 3))
    bent = np.zeros_like(smooth)
    line = np.array([[1, 0, -2, 0, 1]], np.float32)
    for kernel, ends in ((line, np.s_[:, ENDS]), (line.T, np.s_[ENDS])):
        second = np.abs(cv2.filter2D(smooth, -1, kernel, borderType=cv2.BORDER_REPLICATE))
        second[ends] = 0  # a repeated border looks like a crease on any slope
        np.maximum(bent, second, out=bent)
    # A step's second difference changes its sign half-way.
    return cv2.dilate(bent, np.ones((3, 3), np.uint8)) > 0.02 * span


def plane_residual(
    inverse_depth: np.ndarray, true_inverse_depth: np.ndarray, planar: np.ndarray
) -> float | None:
    """How flat an estimate is where the truth is: the root mean square distance of its pixels from
    their region's least-squares plane, as a share of the estimate's 5th..95th percentile range.

    ``planar`` bool (h, w): where things are flat by their class (ground, wall, ceiling). Regions
    are cut out by the *true* inverse depth, at steps, creases and where its own plane doesn't fit
    (hills), so that no estimate can choose its own. None where nothing is flat.
    """
    low, high = np.percentile(true_inverse_depth, (5, 95))
    true_span = max(float(high - low), 1e-6)
    regions, count = regions_of(planar, true_inverse_depth, 0.25 * true_span, 200)
    if not count:
        return None
    flat = fit_planes(true_inverse_depth, regions, count)
    regions = np.where((flat.residual < 0.01 * true_span)[regions] & (regions >= 0), regions, -1)
    if not (regions >= 0).any():
        return None
    own = fit_planes(inverse_depth, regions, count)
    inside = regions >= 0
    apart = np.square(inverse_depth - own.at(regions))[inside]
    low, high = np.percentile(inverse_depth, (5, 95))
    return float(np.sqrt(apart.mean()) / max(float(high - low), 1e-6))
