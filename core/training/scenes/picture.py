# SPDX-License-Identifier: GPL-3.0-or-later
"""From linear light to a picture: haze, a lens that focuses, exposure, the light's noise."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Look:
    """How a view, or all the frames of a move, are photographed."""

    rounds: int
    """Passes of `smooth_light`: 0 leaves all the noise in."""
    target: float
    """Linear grey to which the picture's geometric mean is exposed."""
    white: float
    """Percentile of the picture that stays below white."""
    balance: tuple[float, float, float]
    haze: float
    """Extinction in 1/m."""
    blur: float
    """Circle of confusion in pixels (of a picture 320 wide) per 1/m out of focus; 0: all sharp."""
    focus: float
    """Where the lens focuses: this quantile of the picture's inverse depth."""


def draw_look(rng: np.random.Generator, outdoors: bool, lens: float) -> Look:
    """A random look: mostly plain, at times hazy, dim, blown out or with a shallow focus."""
    mood = rng.random()
    target = 0.2 * float(np.exp(rng.normal(0, 0.3)))
    if mood < 0.08:
        target *= rng.uniform(0.2, 0.5)  # low light
    elif mood < 0.18:
        target *= rng.uniform(1.3, 2.0)  # bright
    haze = rng.uniform(0.0003, 0.006) if outdoors and rng.random() < 0.45 else 0.0
    wide_open = rng.random() < (0.18 if lens > 32 else 0.05)
    blur = float(np.exp(rng.uniform(np.log(1.5), np.log(9)))) if wide_open else 0.0
    return Look(
        rounds=int(rng.choice(6, p=[0.02, 0.05, 0.13, 0.25, 0.3, 0.25])),
        target=target,
        white=float(rng.choice([99, 95, 90, 80, 70], p=[0.12, 0.4, 0.25, 0.14, 0.09])),
        balance=tuple(np.exp(rng.normal(0, 0.05, 3))),
        haze=float(haze),
        blur=blur * (3 if outdoors else 1),
        focus=float(rng.uniform(0.4, 0.97)),
    )


def expose(linear: np.ndarray, look: Look) -> np.ndarray:
    """Linear colour to an sRGB picture (uint8), exposed by its own brightness."""
    grey = linear @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    middle = np.exp(np.log(np.maximum(grey, 1e-4)).mean())
    # Bright windows or lamps may be white, but most of the picture may not.
    bright = max(float(np.percentile(grey, look.white)), 1e-3)
    gain = min(look.target / max(float(middle), 1e-3), 1.1 / bright)
    x = np.maximum(linear * gain * np.array(look.balance, np.float32), 0)
    # Highlights bend towards white from 0.7 upward instead of clipping at once.
    x = np.where(x > 0.7, 0.7 + 0.3 * (1 - np.exp(-(x - 0.7) / 0.3)), x)
    srgb = np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
    return np.clip(srgb * 255 + 0.5, 0, 255).astype(np.uint8)


def through_air(linear: np.ndarray, inverse: np.ndarray, look: Look) -> np.ndarray:
    """Distant things fade to the colour of the sky at the horizon (Koschmieder 1924)."""
    if not look.haze:
        return linear
    sky = inverse == 0
    if sky.mean() > 0.01:
        air = np.median(linear[sky], 0)
    else:
        air = np.full(3, np.percentile(linear, 80), np.float32)
    seen = np.exp(-look.haze / np.maximum(inverse, 1e-6))[..., None]
    clear = np.where(sky[..., None], 1.0, seen)
    return (linear * clear + air * (1 - clear)).astype(np.float32)


def through_lens(linear: np.ndarray, inverse: np.ndarray, look: Look) -> np.ndarray:
    """A shallow focus: the circle of confusion of a thin lens grows with the difference of
    inverse depths. Layers of growing blur are mixed by it, so edges of near things bleed a bit."""
    if not look.blur:
        return linear
    focus = float(np.quantile(inverse, look.focus))
    sigma = look.blur * linear.shape[1] / 320 * np.abs(inverse - focus) / 2
    sigma = cv2.GaussianBlur(sigma.astype(np.float32), (0, 0), 1.0)
    limit = 3.5 * linear.shape[1] / 320
    levels = [0.0, limit / 4, limit / 2, limit]
    layers = [linear] + [cv2.GaussianBlur(linear, (0, 0), s) for s in levels[1:]]
    out = layers[0].copy()
    for low, high, under, over in zip(levels, levels[1:], layers, layers[1:], strict=False):
        t = np.clip((sigma - low) / (high - low), 0, 1)[..., None]
        inside = (sigma >= low)[..., None]
        out = np.where(inside, under + (over - under) * t, out)
    return out.astype(np.float32)


def smooth_light(
    colour: np.ndarray, albedo: np.ndarray, normals: np.ndarray, index: np.ndarray, rounds: int
) -> np.ndarray:
    """Take noise out of the light, not out of the textures: colour / albedo is averaged over
    neighbours of the same thing, orientation and (late) brightness in ``rounds`` passes of
    growing step (a cross bilateral filter with holes, after Dammertz et al. 2010), then
    multiplied by albedo again.
    """
    surface = (index > 0) & (albedo.mean(-1) > 0.01)
    light = np.where(surface[..., None], colour / np.maximum(albedo, 0.01), 0).astype(np.float32)
    light = np.minimum(light, np.percentile(light[surface], 99) if surface.any() else 1)
    if rounds > 1:  # single bright or dark pixels go first: an average would only spread them
        light = cv2.medianBlur(light, 3).astype(np.float32)
    height, width = index.shape
    number = np.where(surface, index, -1)
    for step in [2**i for i in range(rounds)]:
        level = np.log(np.maximum(light.mean(-1), 1e-3))
        total, weight = light.copy(), np.ones((height, width, 1), np.float32)
        for dy in (-step, 0, step):
            for dx in (-step, 0, step):
                if not (dx or dy):
                    continue
                here = (
                    slice(max(0, -dy), height - max(0, dy)),
                    slice(max(0, -dx), width - max(0, dx)),
                )
                there = (
                    slice(max(0, dy), height + min(0, dy)),
                    slice(max(0, dx), width + min(0, dx)),
                )
                same = number[here] == number[there]
                same &= np.einsum("hwc,hwc->hw", normals[here], normals[there]) > 0.9
                if step > 2:  # by now noise is less than the edge of a shadow
                    same &= np.abs(level[here] - level[there]) < 0.5
                near = same.astype(np.float32)[..., None] * (0.6 if dx and dy else 0.8)
                total[here] += light[there] * near
                weight[here] += near
        light = total / weight
    return np.where(surface[..., None], light * albedo, colour)
