# SPDX-License-Identifier: GPL-3.0-or-later
"""A small world with a camera that walks through it: pictures and true depth by ray casting.

`tests/solved.blend` holds Blender's own camera solve of these pictures (`dev.py make-solved`).
Numpy only, so that Blender and the engine both make the same frames. Units are metres, axes are
Blender's: z up in the world; the camera looks along its own -z.
"""

from __future__ import annotations

import math

import numpy as np

FRAMES, WIDTH, HEIGHT = 24, 480, 270
FOCAL_MM, SENSOR_MM = 32.0, 36.0
FOCAL = FOCAL_MM / SENSOR_MM  # over the sensor's width
# (least corner, greatest corner) of solid boxes; the last one is the room, seen from inside.
BOXES = np.array(
    [
        [(-2.6, 5.0, 0.0), (-1.5, 6.2, 1.9)],
        [(0.9, 4.2, 0.0), (1.9, 5.0, 1.2)],
        [(-0.6, 7.4, 0.0), (0.7, 8.3, 2.4)],
        [(2.6, 7.0, 0.0), (3.8, 8.4, 1.6)],
        [(-0.9, 3.4, 0.0), (-0.2, 3.9, 0.5)],
        [(-7.0, -3.0, 0.0), (7.0, 12.0, 5.0)],
    ]
)
SEED = 5


def pose(frame: int) -> np.ndarray:
    """World from camera, float64 (4, 4), of ``frame`` (from 1): a walk to the right and ahead."""
    t = (frame - 1) / (FRAMES - 1)
    place = np.array([-0.8 + 1.6 * t, -0.6 + 1.1 * t, 1.5 + 0.25 * math.sin(2.0 * t)])
    yaw, pitch, roll = 0.06 - 0.14 * t, -0.07 + 0.03 * t, 0.02 * math.sin(4.0 * t)
    turn = _about_z(yaw) @ _about_x(math.pi / 2 + pitch) @ _about_z(roll)
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn, place
    return matrix


def depth(frame: int, width: int, height: int) -> np.ndarray:
    """Distance along the camera's axis, float32 (height, width), top row first."""
    return _cast(frame, width, height)[0].astype(np.float32)


def picture(frame: int) -> np.ndarray:
    """uint8 (HEIGHT, WIDTH, 3), two by two rays a pixel."""
    _, colour = _cast(frame, 2 * WIDTH, 2 * HEIGHT)
    even = colour.reshape(HEIGHT, 2, WIDTH, 2, 3).mean(axis=(1, 3))
    return (255.0 * even + 0.5).astype(np.uint8)


def _cast(frame: int, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Depth (h, w) and colour (h, w, 3) in 0..1."""
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    rays = np.stack(
        [(x - 0.5) / FOCAL, (0.5 - y) * HEIGHT / WIDTH / FOCAL, np.full_like(x, -1.0)], axis=-1
    )
    matrix = pose(frame)
    rays, origin = rays @ matrix[:3, :3].T, matrix[:3, 3]
    with np.errstate(divide="ignore"):
        inverse = 1.0 / rays
    best = np.full(x.shape, np.inf)
    face = np.zeros(x.shape, int)
    for number, (least, greatest) in enumerate(BOXES):
        one, two = (least - origin) * inverse, (greatest - origin) * inverse
        enters, leaves = np.minimum(one, two), np.maximum(one, two)
        inside = number == len(BOXES) - 1
        axis = leaves.argmin(axis=-1) if inside else enters.argmax(axis=-1)
        t = leaves.min(axis=-1) if inside else enters.max(axis=-1)
        hit = (t > 0) & (t < best) & (inside | (t <= leaves.min(axis=-1)))
        best, face = np.where(hit, t, best), np.where(hit, 3 * number + axis, face)
    return best, _paint(origin + best[..., None] * rays, face)


def _paint(points: np.ndarray, face: np.ndarray) -> np.ndarray:
    """Blotches of three sizes, other ones on every face: something to track everywhere."""
    axis = face % 3
    # The two coordinates along the face, whichever its axis is.
    a = np.where(axis == 0, points[..., 1], points[..., 0])
    b = np.where(axis == 2, points[..., 1], points[..., 2])
    table = np.random.default_rng(SEED).random((512, 512, 3))
    colour = np.full((*face.shape, 3), 0.0)
    for size, weight in ((0.8, 0.3), (0.23, 0.4), (0.09, 0.3)):
        colour += weight * _noise(a / size + 37 * face, b / size + 11 * face, table)
    return np.clip(1.6 * colour - 0.3, 0.0, 1.0)


def _noise(a: np.ndarray, b: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Value noise with rather sharp edges between its cells."""
    i, j = np.floor(a).astype(int), np.floor(b).astype(int)
    s, t = (np.clip(3.0 * (f - 0.5) + 0.5, 0.0, 1.0)[..., None] for f in (a - i, b - j))
    i, j, k, m = i % 512, j % 512, (i + 1) % 512, (j + 1) % 512
    top = table[i, j] * (1 - t) + table[i, m] * t
    return top * (1 - s) + (table[k, j] * (1 - t) + table[k, m] * t) * s


def _about_x(angle: float) -> np.ndarray:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _about_z(angle: float) -> np.ndarray:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
