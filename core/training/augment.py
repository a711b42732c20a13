# SPDX-License-Identifier: GPL-3.0-or-later
"""Making rendered frames look like footage: crop, roll, flip, colour, exposure, blur, noise, JPEG.

Everything is drawn from the generator that is passed in, so that a sample is a function of its
seed alone and a resumed run sees what an undisturbed one would have seen.
"""

from typing import NamedTuple

import cv2
import numpy as np

from .dataset import Sample, normalise


class View(NamedTuple):
    """rgb uint8 (h, w, 3); inverse depth float32 (h, w) in 1/m and class indices uint8 (h, w),
    None where the sample has none."""

    rgb: np.ndarray
    depth: np.ndarray | None
    labels: np.ndarray | None


def random_view(sample: Sample, height: int, width: int, rng: np.random.Generator) -> View:
    """A random part of the sample at (height, width)."""
    h, w = sample.rgb.shape[:2]
    degrees = float(rng.normal(0, 3)) if rng.random() < 0.35 else 0.0
    fit = min(h / height, w / width)
    # Whole frames most often: the network is asked for whole frames.
    zoom = 1.0 if rng.random() < 0.35 else float(rng.uniform(0.5, 1.0))
    if sample.depth is None:
        zoom = float(rng.uniform(0.3, 1.0))
    stretch = float(np.exp(rng.uniform(-0.12, 0.12)))
    ch = int(np.clip(round(height * fit * zoom * stretch), 8, h))
    cw = int(np.clip(round(width * fit * zoom / stretch), 8, w))
    y, x = int(rng.integers(h - ch + 1)), int(rng.integers(w - cw + 1))
    flip = bool(rng.random() < 0.5)
    how = cv2.INTER_AREA if ch > height else cv2.INTER_LINEAR

    def cut(picture: np.ndarray, whole: int, resize: int) -> np.ndarray:
        if degrees:
            picture = _roll(picture, degrees, whole)
        picture = picture[y : y + ch, x : x + cw]
        picture = cv2.resize(picture, (width, height), interpolation=resize)
        return cv2.flip(picture, 1) if flip else picture

    nearest = cv2.INTER_NEAREST, cv2.INTER_NEAREST_EXACT
    rgb = cut(sample.rgb, cv2.INTER_LINEAR, how)
    if sample.depth is None:
        return View(rgb, None, None)
    depth = cut(sample.depth, *nearest).astype(np.float32) * np.float32(sample.unit)
    labels = None if sample.labels is None else cut(sample.labels, *nearest)
    return View(rgb, depth, labels)


def _roll(picture: np.ndarray, degrees: float, interpolation: int) -> np.ndarray:
    """Turn about the centre, zoomed in so that no corner shows the outside."""
    h, w = picture.shape[:2]
    angle = abs(np.radians(degrees))
    zoom = float(np.cos(angle) + max(h / w, w / h) * np.sin(angle))
    matrix = cv2.getRotationMatrix2D((w / 2 - 0.5, h / 2 - 0.5), degrees, zoom)
    # Only rounding reaches beyond the border, and the nearest pixel is right for every map.
    border = cv2.BORDER_REPLICATE
    return cv2.warpAffine(picture, matrix, (w, h), flags=interpolation, borderMode=border)


def degrade(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Colour, exposure, tone, blur, noise and compression of a camera; uint8 in and out."""
    gain = np.exp(rng.normal(0, 0.1, 3)) * np.exp(rng.normal(0, 0.25))
    gamma = float(np.exp(rng.normal(0, 0.25)))
    # What is done to each value by itself is done to the 256 that there are.
    levels = np.power(np.clip(np.linspace(0, 1, 256)[:, None] * gain, 0, 1), gamma)
    x: np.ndarray = cv2.LUT(rgb, levels.astype(np.float32)[:, None])
    contrast = float(np.exp(rng.normal(0, 0.25))) if rng.random() < 0.6 else 1.0
    saturation = 0.0 if rng.random() < 0.06 else float(np.exp(rng.normal(0, 0.35)))
    order = rng.permutation(3) if rng.random() < 0.15 else np.arange(3)
    # Contrast about the picture's mean, saturation about each pixel's: one matrix.
    mean = float(np.mean(cv2.mean(x)[:3]))
    mixing = np.full((3, 4), (1 - saturation) * contrast / 3)
    mixing[:, :3] += np.eye(3) * saturation * contrast
    mixing[:, 3] = mean * (1 - contrast)
    x = cv2.transform(x, mixing[order])
    if rng.random() < 0.2:
        x = _vignette(x, float(rng.uniform(0.1, 0.5)))
    if rng.random() < 0.3:
        x = cv2.GaussianBlur(x, (0, 0), float(rng.uniform(0.3, 1.3)))
    elif rng.random() < 0.15:
        kernel = motion_kernel(int(rng.integers(2, 7)), float(rng.uniform(0, np.pi)))
        x = cv2.filter2D(x, -1, kernel, borderType=cv2.BORDER_REFLECT)
    if rng.random() < 0.6:
        sigma = float(abs(rng.normal(0, 0.025)))
        noise: np.ndarray = rng.standard_normal(x.shape, dtype=np.float32)
        if rng.random() < 0.3:
            noise = cv2.GaussianBlur(noise, (0, 0), 0.8) * 2
        x = x + sigma * noise
    out: np.ndarray = (np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8)
    if rng.random() < 0.4:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))]
        out = cv2.imdecode(cv2.imencode(".jpg", out, quality)[1], cv2.IMREAD_COLOR)
    return out


def _vignette(x: np.ndarray, strength: float) -> np.ndarray:
    h, w = x.shape[:2]
    r = np.hypot(np.linspace(-1, 1, h)[:, None], np.linspace(-1, 1, w)[None])
    return x * (1 - strength * r**2 / 2).astype(np.float32)[..., None]


def motion_kernel(length: int, angle: float) -> np.ndarray:
    """Float32 (length, length), sum 1: a line through the middle at ``angle`` radians."""
    kernel = np.zeros((length, length), np.float32)
    c = (length - 1) / 2
    for t in np.linspace(-c, c, 4 * length):
        kernel[round(c + t * np.sin(angle)), round(c + t * np.cos(angle))] = 1
    return kernel / kernel.sum()


def training_view(
    sample: Sample, height: int, width: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """One augmented picture (uint8), its normalised target (float32) and its class indices (uint8);
    the last two None for a photo."""
    view = random_view(sample, height, width, rng)
    target = None if view.depth is None else normalise(view.depth)
    return degrade(view.rgb, rng), target, view.labels
