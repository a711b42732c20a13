# SPDX-License-Identifier: GPL-3.0-or-later
"""A made room seen from a walking camera: its true depth, classes and pictures."""

import cv2
import numpy as np

from core.depth.labels import CLASSES
from core.evaluation.poses import Camera

HEIGHT, WIDTH, FOCAL = 72, 96, 90.0


def no_step(done, total):
    del done, total


def pose(x=0.0, z=0.0, turn=0.0):
    """World from camera."""
    c, s = np.cos(turn), np.sin(turn)
    return np.array([[c, 0, s, x], [0, 1, 0, 0], [-s, 0, c, z], [0, 0, 0, 1]])


def camera(world_from_camera):
    return Camera((FOCAL, FOCAL), (WIDTH / 2, HEIGHT / 2), world_from_camera)


def room(world_from_camera):
    """A floor, a wall that isn't square to the view, and a card before it, seen by ray casting.

    Inverse depth (H, W) in 1/metre, classes, and RGB whose texture sticks to the surfaces.
    """
    rays = camera(world_from_camera).rays(HEIGHT, WIDTH)
    turn, place = world_from_camera[:3, :3], world_from_camera[:3, 3]
    directions = rays @ turn.T
    inverse = np.zeros((HEIGHT, WIDTH))
    classes = np.zeros((HEIGHT, WIDTH), np.uint8)
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rng = np.random.default_rng(5)
    things = (
        ("wall or building", np.array([0.2, 0.0, 1.0]), 4.0, None),
        ("ground", np.array([0.0, 1.0, 0.0]), 1.2, None),
        ("furniture or object", np.array([0.0, 0.0, 1.0]), 2.0, (-0.5, 0.4, -0.6, 0.7)),
    )
    for name, normal, distance, extent in things:
        paint = cv2.resize(rng.integers(0, 255, (24, 24, 3), dtype=np.uint8), (240, 240))
        # 1 / depth: the normal times the ray over what is left of the distance.
        closer = directions @ normal / (distance - normal @ place)
        with np.errstate(divide="ignore", invalid="ignore"):
            point = directions / closer[..., None] + place
        across, up = (point[..., 0], point[..., 2 if name == "ground" else 1])
        seen = closer > np.maximum(inverse, 1e-9)
        if extent is not None:
            left, right, top, bottom = extent
            seen &= (across > left) & (across < right) & (up > top) & (up < bottom)
        inverse = np.where(seen, closer, inverse)
        classes = np.where(seen, CLASSES.index(name), classes).astype(np.uint8)
        column, row = (
            np.nan_to_num(v, nan=0, posinf=0, neginf=0).clip(-90, 90) * 30 + 3000
            for v in (across, up)
        )
        rgb = np.where(seen[..., None], paint[row.astype(int) % 240, column.astype(int) % 240], rgb)
    return inverse, classes, rgb


POSES = [pose(0.03 * k, 0.05 * k, 0.01 * k) for k in range(5)]
