# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures for surfaces, made with numpy from a random generator: H x W x 3 float32, sRGB 0..1.

All tile without a seam.
"""

import colorsys

import cv2
import numpy as np

from .palette import tone

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
    other = np.clip(base * rng.uniform(0.5, 0.85) + rng.normal(0, 0.02, 3), 0, 1)
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
    base = tone(rng, {"brick": "brick", "plank": "wood"}.get(kind, "tile"))
    per = rng.normal(0, 0.04, (rows, columns, 1)).astype(np.float32)
    per = per + rng.normal(0, 0.01, (rows, columns, 3)).astype(np.float32)
    picture = base + per[row % rows, column]
    if kind == "checker":
        picture = np.where(
            ((row + column) % 2)[..., None] > 0, picture, tone(rng, "tile") + per[0, 0]
        )
    else:
        fv, fu = v * rows % 1, (u * columns + shift * (row % 2)) % 1
        gap = rng.uniform(0.02, 0.07)
        wide = gap * columns / rows
        joint = (fv < gap) | (fu < (gap * 0.15 if kind == "plank" else wide))
        mortar = base * rng.uniform(0.4, 0.75)
        if kind != "plank":
            mortar = _mix(mortar, tone(rng, "stone"), np.full((), rng.uniform(0, 0.8), np.float32))
        picture = np.where(joint[..., None], mortar, picture)
    grain = noise(rng, 5, 8, 4 if kind == "plank" else 1)
    return np.clip(picture * (0.8 + 0.4 * grain[..., None]), 0, 1).astype(np.float32)


def wood(rng: np.random.Generator) -> np.ndarray:
    """Grain along x in browns, greys or whites."""
    base = tone(rng, "wood")
    rings = np.sin(noise(rng, 4, 8, 8) * rng.uniform(10, 40)) * 0.5 + 0.5
    fine = noise(rng, 3, 32, 16)
    depth = rng.uniform(0.03, 0.18)
    return np.clip(base * (1 - depth + depth * rings + 0.2 * (fine - 0.5))[..., None], 0, 1)


def stripes(rng: np.random.Generator, of: str = "carpet") -> np.ndarray:
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
    return _mix(tone(rng, of), tone(rng, of), t * rng.uniform(0.15, 0.8)) * (
        0.9 + 0.1 * noise(rng)[..., None]
    )


def any_surface(rng: np.random.Generator) -> np.ndarray:
    """What furniture and things are made of: wood, cloth, paint, now and then tiles."""
    kind = rng.choice(
        ["wood", "cloth", "paint", "stripes", "tile", "stone"], p=[0.38, 0.22, 0.2, 0.06, 0.04, 0.1]
    )
    if kind == "wood":
        return wood(rng)
    if kind == "stripes":
        return stripes(rng)
    if kind == "tile":
        return grid(rng, "tile")
    base = tone(rng, str(kind))
    contrast = rng.uniform(0.02, 0.15) if kind == "paint" else rng.uniform(0.1, 0.5)
    return speckle(rng, base, contrast, start=int(rng.integers(2, 32)), octaves=3)


def windows(rng: np.random.Generator) -> np.ndarray:
    """A distant house front: rows of windows in plaster or brick."""
    picture = np.tile(tone(rng, "facade"), (SIZE, SIZE, 1))
    picture = picture * (0.9 + 0.2 * noise(rng, 4, 4)[..., None] - 0.1)
    rows, columns = int(rng.integers(2, 4)), int(rng.integers(2, 5))
    trim = tone(rng, "wall")
    tall, wide = SIZE / rows * rng.uniform(0.4, 0.65), SIZE / columns * rng.uniform(0.35, 0.65)
    for i in range(rows):
        for k in range(columns):
            y, x = (
                int(SIZE * (i + 0.5) / rows - tall / 2),
                int(SIZE * (k + 0.5) / columns - wide / 2),
            )
            picture[y - 4 : y + int(tall) + 4, x - 4 : x + int(wide) + 4] = trim
            glass = tone(rng, "asphalt") * rng.uniform(0.3, 1.4)
            picture[y : y + int(tall), x : x + int(wide)] = glass
            picture[y : y + int(tall), x + int(wide / 2) - 1 : x + int(wide / 2) + 1] = trim
    return np.clip(picture, 0, 1).astype(np.float32)


def signboard(rng: np.random.Generator) -> np.ndarray:
    """Rows of dark or light strokes on one colour: writing from afar, a poster, a label."""
    picture = np.tile(tone(rng, "goods"), (SIZE, SIZE, 1))
    ink = tone(rng, "goods") if rng.random() < 0.4 else np.full(3, rng.choice([0.05, 0.95]))
    y = int(rng.integers(10, 60))
    while y < SIZE - 20:
        tall = int(rng.integers(8, 60))
        x = int(rng.integers(8, 50))
        while x < SIZE - 20 and tall < SIZE - y - 8:
            wide = int(tall * rng.uniform(0.2, 0.7)) + 2
            picture[y : y + tall, x : min(x + wide, SIZE - 8)] = ink
            if rng.random() < 0.6:
                inner = picture[y + tall // 4 : y + tall // 2, x + wide // 3 : x + wide]
                inner[:] = picture[0, 0]
            x += wide + int(tall * rng.uniform(0.1, 0.5)) + 1
        y += int(tall * rng.uniform(1.3, 2.5))
    return picture.astype(np.float32)


def photo_crop(rng: np.random.Generator, photo: np.ndarray) -> np.ndarray:
    """A random square of a photo (H x W x 3 uint8, RGB), SIZE x SIZE float."""
    h, w = photo.shape[:2]
    side = int(min(h, w) * rng.uniform(0.35, 1.0))
    y, x = int(rng.integers(h - side + 1)), int(rng.integers(w - side + 1))
    crop = cv2.resize(photo[y : y + side, x : x + side], (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    return crop.astype(np.float32) / 255
