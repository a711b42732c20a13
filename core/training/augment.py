# SPDX-License-Identifier: GPL-3.0-or-later
"""Making rendered frames look like footage: crop, roll, flip, colour, exposure, blur, noise, JPEG.

Everything is drawn from the generator that is passed in, so that a sample is a function of its
seed alone and a resumed run sees what an undisturbed one would have seen.
"""

import cv2
import numpy as np

from .dataset import Sample, normalise


def random_view(
    sample: Sample, height: int, width: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray | None]:
    """A random part of the sample at (height, width): rgb uint8, inverse depth float32 or None."""
    rgb, depth = sample.rgb, sample.depth
    if rng.random() < 0.35:
        rgb, depth = _roll(rgb, depth, float(rng.normal(0, 3)))
    h, w = rgb.shape[:2]
    fit = min(h / height, w / width)
    # Whole frames most often: the network is asked for whole frames.
    zoom = 1.0 if rng.random() < 0.35 else float(rng.uniform(0.5, 1.0))
    if sample.depth is None:
        zoom = float(rng.uniform(0.3, 1.0))
    stretch = float(np.exp(rng.uniform(-0.12, 0.12)))
    ch = int(np.clip(round(height * fit * zoom * stretch), 8, h))
    cw = int(np.clip(round(width * fit * zoom / stretch), 8, w))
    y, x = int(rng.integers(h - ch + 1)), int(rng.integers(w - cw + 1))
    rgb = rgb[y : y + ch, x : x + cw]
    how = cv2.INTER_AREA if ch > height else cv2.INTER_LINEAR
    rgb = cv2.resize(rgb, (width, height), interpolation=how)
    if depth is not None:
        cut = depth[y : y + ch, x : x + cw]
        cut = cv2.resize(cut, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        depth = cut.astype(np.float32) * sample.unit
    if rng.random() < 0.5:
        rgb = np.ascontiguousarray(rgb[:, ::-1])
        depth = None if depth is None else np.ascontiguousarray(depth[:, ::-1])
    return rgb, depth


def _roll(
    rgb: np.ndarray, depth: np.ndarray | None, degrees: float
) -> tuple[np.ndarray, np.ndarray | None]:
    """Turn about the centre, zoomed in so that no corner shows the outside."""
    h, w = rgb.shape[:2]
    angle = abs(np.radians(degrees))
    zoom = float(np.cos(angle) + max(h / w, w / h) * np.sin(angle))
    matrix = cv2.getRotationMatrix2D((w / 2 - 0.5, h / 2 - 0.5), degrees, zoom)
    rgb = cv2.warpAffine(rgb, matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    if depth is not None:
        depth = cv2.warpAffine(
            depth, matrix, (w, h), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
        )
    return rgb, depth


def degrade(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Colour, exposure, tone, blur, noise and compression of a camera; uint8 in and out."""
    x: np.ndarray = rgb.astype(np.float32) / 255
    gain = np.exp(rng.normal(0, 0.1, 3)) * np.exp(rng.normal(0, 0.25))
    gamma = float(np.exp(rng.normal(0, 0.25)))
    x = np.power(np.clip(x * gain.astype(np.float32), 0, 1), gamma)
    if rng.random() < 0.6:
        mean = x.mean()
        x = mean + (x - mean) * float(np.exp(rng.normal(0, 0.25)))
    grey = x.mean(-1, keepdims=True)
    saturation = 0.0 if rng.random() < 0.06 else float(np.exp(rng.normal(0, 0.35)))
    x = grey + (x - grey) * saturation
    if rng.random() < 0.15:
        x = x[..., rng.permutation(3)]
    if rng.random() < 0.2:
        x = _vignette(x, float(rng.uniform(0.1, 0.5)))
    if rng.random() < 0.3:
        x = cv2.GaussianBlur(x, (0, 0), float(rng.uniform(0.3, 1.3)))
    elif rng.random() < 0.15:
        x = _motion_blur(x, int(rng.integers(2, 7)), rng)
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


def _motion_blur(x: np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
    kernel = np.zeros((length, length), np.float32)
    angle = float(rng.uniform(0, np.pi))
    c = (length - 1) / 2
    for t in np.linspace(-c, c, 4 * length):
        kernel[round(c + t * np.sin(angle)), round(c + t * np.cos(angle))] = 1
    return cv2.filter2D(x, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)


def training_pair(
    sample: Sample, height: int, width: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray | None]:
    """One augmented picture (uint8) and its normalised target (float32), or None for a photo."""
    rgb, inverse = random_view(sample, height, width, rng)
    return degrade(rgb, rng), None if inverse is None else normalise(inverse)
