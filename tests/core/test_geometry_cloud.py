# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloud closes the picture with radii that are no larger than it takes."""

import numpy as np
import pytest

from core.geometry.cloud import ACROSS, cloud

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)


def spread(count: int, seed: int = 0) -> np.ndarray:
    """Corners, and points that crowd in one part of the picture."""
    rng = np.random.default_rng(seed)
    return np.concatenate([CORNERS, rng.beta(0.6, 2.0, (count, 2)).astype(np.float32)])


def distances(places: np.ndarray, points: np.ndarray, aspect: float) -> np.ndarray:
    """From every place to every point, in picture widths."""
    apart = places[:, None] - points[None]
    return np.hypot(apart[..., 0], apart[..., 1] * aspect)


@pytest.mark.parametrize(
    ("count", "width", "height"),
    [(0, 64, 36), (0, 1, 1), (5, 3, 500), (900, 160, 90), (400, 61, 83), (300, 2560, 1440)],
)
def test_discs_cover_the_picture_and_hardly_more_than_their_own_part(count, width, height):
    points = spread(count)
    added, radius = cloud(points, width, height)
    every = np.concatenate([points, added])
    assert radius.shape == (len(every),) and added.dtype == radius.dtype == np.float32
    assert ((added >= 0.0) & (added <= 1.0)).all()
    places = np.random.default_rng(1).random((4000, 2))
    apart = distances(places, every, height / width)
    assert (apart <= radius).any(axis=1).all()
    # No disc reaches farther than the widest empty place of the picture, and a pixel of the raster.
    pixel = np.hypot(1, height / width) / min(width, 640) * 1.5
    assert radius.max() <= apart.min(axis=1).max() * 1.3 + 2 * pixel


def test_plains_are_filled_and_crowds_are_left():
    added, radius = cloud(CORNERS, 640, 360)
    assert 0.9 * ACROSS * 36 < len(added) + 4 <= ACROSS * 37
    assert radius.max() * 640 < 12.0
    x, y = np.meshgrid(np.arange(160), np.arange(90))
    pixels = np.stack([(x.ravel() + 0.5) / 160, (y.ravel() + 0.5) / 90], 1).astype(np.float32)
    added, radius = cloud(pixels, 160, 90)
    assert len(added) == 0
    assert radius * 160 == pytest.approx(np.sqrt(0.5), rel=1e-3)
