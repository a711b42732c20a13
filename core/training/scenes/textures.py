# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures for surfaces, made with numpy from a random generator: H x W x 3 float32, sRGB 0..1.

All tile without a seam.
"""

import colorsys

import cv2
import numpy as np

SIZE = 256


def colour(
    rng: np.random.Generator, saturation: float = 0.5, value: tuple = (0.15, 0.95)
) -> np.ndarray:
    """A random colour, sRGB 0..1."""
    s = saturation * rng.random() ** 1.3
    return np.array(colorsys.hsv_to_rgb(rng.random(), s, rng.uniform(*value)), np.float32)


def noise(
    rng: np.random.Generator, octaves: int = 5, start: int = 4, stretch: int = 1
) -> np.ndarray:
    """Tiling value noise, 0..1 (SIZE x SIZE); ``stretch`` > 1 draws it out along x."""
    total = np.zeros((SIZE, SIZE), np.float32)
    for octave in range(octaves):
        n = start * 2**octave
        grid = rng.random((n, max(1, n // stretch)), dtype=np.float32)
        grid = np.pad(grid, 2, mode="wrap")
        fine = cv2.resize(
            grid,
            (int(SIZE * grid.shape[1] / max(1, n // stretch)), int(SIZE * grid.shape[0] / n)),
            interpolation=cv2.INTER_CUBIC,
        )
        x, y = (2 * SIZE) // max(1, n // stretch), (2 * SIZE) // n
        total += fine[y : y + SIZE, x : x + SIZE] * 0.55**octave
    total -= total.min()
    return total / max(total.max(), 1e-6)


def _mix(a: np.ndarray, b: np.ndarray, t: np.ndarray) -> np.ndarray:
    return a + (b - a) * t[..., None]


def speckle(
    rng: np.random.Generator, base: np.ndarray, contrast: float, **shape: int
) -> np.ndarray:
    """One colour with noise: plaster, carpet, asphalt, earth, grass, leaves, by its grain."""
    n = noise(rng, **shape)
    other = np.clip(base * rng.uniform(0.4, 0.8) + rng.normal(0, 0.05, 3), 0, 1)
    return _mix(base, other.astype(np.float32), np.clip(0.5 + (n - 0.5) * contrast * 2, 0, 1))


def grid(rng: np.random.Generator, kind: str) -> np.ndarray:
    """'brick', 'tile', 'plank' or 'checker'."""
    v, u = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) / SIZE
    rows = int(rng.integers(2, 5)) * 2
    columns = {"brick": rows // 2, "plank": 1, "tile": rows, "checker": rows}[kind]
    if kind == "plank":
        rows *= 2
    shift = {"brick": 0.5, "plank": 0.37}.get(kind, 0.0)
    row = np.floor(v * rows).astype(int)
    column = np.floor(u * columns + shift * (row % 2)).astype(int) % columns
    base = colour(rng, 0.7)
    per = rng.normal(0, 0.06, (rows, columns, 1)).astype(np.float32)
    per = per + rng.normal(0, 0.02, (rows, columns, 3)).astype(np.float32)
    picture = base + per[row % rows, column]
    if kind == "checker":
        picture = np.where(
            ((row + column) % 2)[..., None] > 0, picture, colour(rng, 0.4) + per[0, 0]
        )
    else:
        fv, fu = v * rows % 1, (u * columns + shift * (row % 2)) % 1
        gap = rng.uniform(0.02, 0.07)
        wide = gap * columns / rows
        joint = (fv < gap) | (fu < (gap * 0.15 if kind == "plank" else wide))
        picture = np.where(joint[..., None], colour(rng, 0.2) * 0.8, picture)
    grain = noise(rng, 5, 8, 4 if kind == "plank" else 1)
    return np.clip(picture * (0.8 + 0.4 * grain[..., None]), 0, 1).astype(np.float32)


def wood(rng: np.random.Generator) -> np.ndarray:
    """Grain along x in browns, greys or whites."""
    base = np.array(
        colorsys.hsv_to_rgb(rng.uniform(0.05, 0.11), rng.uniform(0.1, 0.65), rng.uniform(0.3, 0.9)),
        np.float32,
    )
    rings = np.sin(noise(rng, 4, 4, 4) * rng.uniform(15, 50)) * 0.5 + 0.5
    fine = noise(rng, 4, 32, 16)
    return np.clip(base * (0.75 + 0.25 * rings + 0.25 * (fine - 0.5))[..., None], 0, 1)


def stripes(rng: np.random.Generator) -> np.ndarray:
    """Wallpaper or cloth: stripes, dots or a plaid."""
    v, u = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) / SIZE * 2 * np.pi
    n = int(rng.integers(3, 14))
    kind = rng.integers(3)
    wave = np.sin(u * n)
    if kind == 1:
        wave = np.sin(u * n) * np.sin(v * n) - 0.4
    elif kind == 2:
        wave = np.sign(np.sin(u * n)) + np.sign(np.sin(v * n))
    t = np.clip(wave * 4 + 0.5, 0, 1)
    return _mix(colour(rng), colour(rng), t * rng.uniform(0.3, 1)) * (
        0.9 + 0.1 * noise(rng)[..., None]
    )


def any_surface(rng: np.random.Generator) -> np.ndarray:
    """A texture of any kind above."""
    kind = rng.choice(
        ["speckle", "speckle", "brick", "tile", "plank", "checker", "wood", "stripes"]
    )
    if kind == "speckle":
        return speckle(
            rng, colour(rng), rng.uniform(0.1, 1), start=int(rng.integers(2, 32)), octaves=3
        )
    if kind == "wood":
        return wood(rng)
    if kind == "stripes":
        return stripes(rng)
    return grid(rng, str(kind))


def photo_crop(rng: np.random.Generator, photo: np.ndarray) -> np.ndarray:
    """A random square of a photo (H x W x 3 uint8, RGB), SIZE x SIZE float."""
    h, w = photo.shape[:2]
    side = int(min(h, w) * rng.uniform(0.35, 1.0))
    y, x = int(rng.integers(h - side + 1)), int(rng.integers(w - side + 1))
    crop = cv2.resize(photo[y : y + side, x : x + side], (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    return crop.astype(np.float32) / 255
