# SPDX-License-Identifier: GPL-3.0-or-later
"""Perspective views (`geometry.views`) put together to one equirectangular picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..geometry.views import CAP_FADE, COVERAGES, OVERLAP, TALL, View, views

_UNSEEN = 1e-4


@dataclass(frozen=True)
class _Part:
    """Where one view shows: its rows and columns of the sphere, places in the view's picture, and
    its share there (h, w, 1)."""

    rows: slice
    columns: slice
    x: np.ndarray
    y: np.ndarray
    share: np.ndarray


class Stitcher:
    """Makes pictures of ``width`` x ``height`` of a "vr180" or "vr360" from views of ``sizes``
    (width, height) pixels, in the order of `views`."""

    def __init__(
        self, coverage: str, width: int, height: int, sizes: Sequence[tuple[int, int]]
    ) -> None:
        self.shape = height, width
        turn = COVERAGES[coverage]
        longitude = ((np.arange(width) + 0.5) / width - 0.5) * turn
        latitude = (0.5 - (np.arange(height) + 0.5) / height) * math.pi
        seen = [v.fitted(s) for v, s in zip(views(coverage), sizes, strict=True)]
        columns = [view for view in seen if view.stereo]
        half = 0.5 * turn / len(columns)
        shares = [_share(view, longitude, latitude, half, turn) for view in seen]
        total = np.sum(shares, axis=0)
        self._parts = [
            _part(view, size, longitude, latitude, share / total)
            for view, size, share in zip(seen, sizes, shares, strict=True)
        ]

    def __call__(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """(height, width, 3) of the views' pictures, all uint8, uint16 or float32."""
        kind = pictures[0].dtype
        whole = np.zeros((*self.shape, 3), np.float32)
        for part, picture in zip(self._parts, pictures, strict=True):
            drawn = cv2.remap(
                picture, part.x, part.y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            )
            whole[part.rows, part.columns] += part.share * drawn
        if kind == np.float32:
            return whole
        rounded: np.ndarray = np.rint(whole).clip(0, np.iinfo(kind).max).astype(kind)
        return rounded


def _share(
    view: View, longitude: np.ndarray, latitude: np.ndarray, half: float, turn: float
) -> np.ndarray:
    """(height, width), before all shares are made to sum to 1."""
    to_cap = _smooth((np.abs(latitude) - (TALL - CAP_FADE)) / CAP_FADE)
    if not view.stereo:
        right = latitude > 0.0 if view.pitch > 0.0 else latitude < 0.0
        return np.repeat((to_cap * right)[:, None], len(longitude), axis=1)
    off = np.abs((longitude - view.yaw + math.pi) % (2.0 * math.pi) - math.pi)
    near = _smooth((half + OVERLAP - off) / (2.0 * OVERLAP))
    return (1.0 - to_cap)[:, None] * near[None, :]


def _part(
    view: View,
    size: tuple[int, int],
    longitude: np.ndarray,
    latitude: np.ndarray,
    share: np.ndarray,
) -> _Part:
    used = share > _UNSEEN
    rows, columns = (np.flatnonzero(used.any(axis)) for axis in (1, 0))
    window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    b, a = latitude[window[0], None], longitude[None, window[1]]
    sphere = np.stack(np.broadcast_arrays(np.sin(a) * np.cos(b), np.sin(b), -np.cos(a) * np.cos(b)))
    x, y, z = np.tensordot(view.rotation().T, sphere, axes=1)
    ahead = np.maximum(-z, 1e-3)
    across = (x / ahead / view.tan_x + 1.0) / 2.0 * size[0] - 0.5
    down = (1.0 - y / ahead / view.tan_y) / 2.0 * size[1] - 0.5
    share = share[window][..., None].astype(np.float32)
    return _Part(*window, across.astype(np.float32), down.astype(np.float32), share)


def _smooth(share: np.ndarray) -> np.ndarray:
    share = share.clip(0.0, 1.0)
    smooth: np.ndarray = share * share * (3.0 - 2.0 * share)
    return smooth
