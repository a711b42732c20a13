# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth that follows the picture without anything learnt: guided filtering and joint enlarging."""

import cv2
import numpy as np

RADIUS = 6
SMOOTHNESS = 1e-3
"""Added to the variances of colour (of 0..1): the higher, the stronger a colour edge must be."""
EXPLAINED = 0.75
"""What a step that colour explains in full takes off the variance."""
CHUNK = 1 << 15
"""Pixels enlarged at once, so that their arrays stay in the processor's cache."""
_NEAR_COLOUR, _NEAR_PLACE = 0.5**0.5 / 0.06, 0.5**0.5 / 0.8
"""Of `enlarge`: 1 / (sqrt 2 sigma) of colour (sigma of 0..1) and of places (of small pixels)."""


def guided_filter(
    rgb: np.ndarray, values: np.ndarray, weights: np.ndarray, radius: int = RADIUS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The map that follows the picture: around each pixel a linear function of its colour.

    After K. He, J. Sun and X. Tang, "Guided Image Filtering" (TPAMI 2013), with a colour guide;
    each pixel counts by ``weights``, so that sure depth fills in for doubtful depth.

    Args:
        rgb: uint8 (h, w, 3).
        values: float32 (h, w).
        weights: float32 (h, w), > 0, at any scale.

    Returns:
        Coefficients float32 (h, w, 4) of red, green, blue (0..1) and one, to be applied by
        `follow`; the mean squared residual (h, w) of the linear function in each pixel's window,
        and the variance of ``values`` in it, both in the unit of ``values`` squared.
    """
    guide = rgb.astype(np.float32) / 255
    w = (weights / max(float(weights.mean()), 1e-30)).astype(np.float32)
    total = np.maximum(_box(w, radius), 1e-6)

    def mean(x: np.ndarray) -> np.ndarray:
        return _box(x * (w if x.ndim == 2 else w[..., None]), radius) / (
            total if x.ndim == 2 else total[..., None]
        )

    m, p = mean(guide), mean(values)
    r, g, b = guide[..., 0], guide[..., 1], guide[..., 2]
    products = mean(np.stack([r * r, r * g, r * b, g * g, g * b, b * b], -1))
    pairs = np.stack([m[..., i] * m[..., j] for i, j in _PAIRS], -1)
    rr, rg, rb, gg, gb, bb = np.moveaxis(products - pairs, -1, 0)
    rr, gg, bb = (c + np.float32(SMOOTHNESS) for c in (rr, gg, bb))
    covariance = mean(guide * values[..., None]) - m * p[..., None]
    a = _solve(rr, gg, bb, rg, rb, gb, covariance)
    variance = np.maximum(mean(values * values) - p * p, 0)
    residual = np.clip(variance - (a * covariance).sum(-1), 0, variance)
    coefficients = np.concatenate([a, (p - (a * m).sum(-1))[..., None]], -1)
    return _box(coefficients, radius), residual, variance


_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


def _box(x: np.ndarray, radius: int) -> np.ndarray:
    side = 2 * radius + 1
    filtered = cv2.boxFilter(x, -1, (side, side), borderType=cv2.BORDER_REFLECT)
    return filtered.reshape(x.shape)


def _solve(
    rr: np.ndarray,
    gg: np.ndarray,
    bb: np.ndarray,
    rg: np.ndarray,
    rb: np.ndarray,
    gb: np.ndarray,
    right: np.ndarray,
) -> np.ndarray:
    """The solutions (h, w, 3) of symmetric 3x3 systems by Cramer's rule, one a pixel."""
    c0, c1, c2 = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    d = 1 / np.maximum(rr * c0 + rg * c1 + rb * c2, 1e-12)
    c3, c4, c5 = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    x, y, z = right[..., 0], right[..., 1], right[..., 2]
    return np.stack(
        [
            (c0 * x + c1 * y + c2 * z) * d,
            (c1 * x + c3 * y + c4 * z) * d,
            (c2 * x + c4 * y + c5 * z) * d,
        ],
        -1,
    )


def follow(rgb: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """The coefficients of `guided_filter`, also of a smaller picture (K. He and J. Sun, "Fast
    Guided Filter", 2015), applied to ``rgb`` uint8 (H, W, 3): float32 (H, W)."""
    height, width = rgb.shape[:2]
    out = np.zeros((height, width), np.float32)
    for i in range(4):
        one = np.ascontiguousarray(coefficients[..., i])
        if one.shape != (height, width):
            one = cv2.resize(one, (width, height), interpolation=cv2.INTER_LINEAR)
        out += one * (rgb[..., i].astype(np.float32) / 255) if i < 3 else one
    return out


def enlarge(values: np.ndarray, rgb: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """A map enlarged so that its steps sit on the large picture's edges.

    Where the 3x3 pixels around differ by more than ``step``, the mean over them, each by how near
    its place and its colour are (J. Kopf et al., "Joint Bilateral Upsampling", SIGGRAPH 2007);
    elsewhere bilinear.

    Args:
        values: float32 (h, w).
        rgb: uint8 (H, W, 3), at least as large.

    Returns:
        float32 (H, W), and bool (H, W): where it follows the colours.
    """
    height, width = rgb.shape[:2]
    h, w = values.shape
    square = np.ones((3, 3), np.uint8)
    steep = (cv2.dilate(values, square) - cv2.erode(values, square)) > step
    edges = cv2.dilate(steep.astype(np.uint8), square)
    # Where each large pixel lies among the small ones, and the nearest of them.
    y = ((np.arange(height) + 0.5) * h / height - 0.5).astype(np.float32)
    x = ((np.arange(width) + 0.5) * w / width - 0.5).astype(np.float32)
    near_y, near_x = np.rint(y).astype(np.int32), np.rint(x).astype(np.int32)
    mask = edges[near_y][:, near_x].astype(bool)
    out = cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)
    # Small pixels with a border, so that all have neighbours; colour and depth side by side.
    small = np.empty((h, w, 4), np.float32)
    small[..., :3] = cv2.resize(rgb, (w, h), interpolation=cv2.INTER_AREA)
    small[..., :3] *= np.float32(_NEAR_COLOUR / 255)
    small[..., 3] = values
    around = cv2.copyMakeBorder(small, 1, 1, 1, 1, cv2.BORDER_REPLICATE).reshape(-1, 4)
    pixels, result = rgb.reshape(-1, 3), out.reshape(-1)
    found = np.flatnonzero(mask)
    for start in range(0, found.size, CHUNK):
        at = found[start : start + CHUNK]
        row, column = np.divmod(at, width)
        colour = pixels[at] * np.float32(_NEAR_COLOUR / 255)
        down, right = near_y[row] - y[row], near_x[column] - x[column]
        middle = (near_y[row] + 1) * (w + 2) + near_x[column] + 1
        total, weight = np.zeros(at.size, np.float32), np.full(at.size, 1e-12, np.float32)
        for dy in (-1, 0, 1):
            far_y = np.square((down + dy) * np.float32(_NEAR_PLACE))
            for dx in (-1, 0, 1):
                there = around[middle + (dy * (w + 2) + dx)]
                colour_apart = there[:, :3] - colour
                apart: np.ndarray = np.einsum("ij,ij->i", colour_apart, colour_apart)
                apart += far_y
                apart += np.square((right + dx) * np.float32(_NEAR_PLACE))
                # No pixel is so strange that it gets no depth at all.
                np.minimum(apart, 20, out=apart)
                here = np.exp(np.negative(apart, out=apart), out=apart)
                total += here * there[:, 3]
                weight += here
        result[at] = total / weight
    return out, mask
