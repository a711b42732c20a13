# SPDX-License-Identifier: GPL-3.0-or-later
"""Stereo pairs with true disparity out of rendered moves, turned so that rows stay rows.

Two places of a camera in a scene where nothing moves are a pair once both pictures are looked at
by cameras with one orientation whose x axis is the line between them (rectification; A. Fusiello,
E. Trucco and A. Verri, "A compact algorithm for rectification of stereo pairs", 2000).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

MOST = 48  # moves that are looked at, about, spread over all there are
_SIDEWAYS = 0.85  # share of the move that goes right or left: others turn the picture too far
_WIDEST = 0.12  # picture widths: no disparity of a pair for two eyes is larger
_SHOWN = 0.5  # least share of the picture that both show
View = dict[str, Any]
Pair = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def rendered_pairs(roots: list[Path]) -> Iterator[Pair]:
    """left, right uint8 (H, W, 3), the left one's disparity in pixels float32 (H, W), and where
    both pictures show the scene, bool (H, W); of moves that suit two eyes."""
    found = [move for root in roots for move in _moves(root)]
    for scene, here, there in found[:: max(1, len(found) // MOST)]:
        pair = _rectified(scene, here, there)
        if pair[2].max() <= _WIDEST * pair[0].shape[1] and pair[3].mean() >= _SHOWN:
            yield pair


def _moves(root: Path) -> Iterator[tuple[Path, View, View]]:
    """(scene, left view, right view) of sideways moves."""
    for path in sorted(root.glob("scene_*/scene.json")):
        views = {v["stem"]: v for v in json.loads(path.read_text(encoding="utf8"))["views"]}
        for view in views.values():
            if not view["next"] or view["moving"] or view["next"] not in views:
                continue
            pair = view, views[view["next"]]
            if _to_right(*pair)[0] < 0:
                pair = pair[1], pair[0]
            step = _to_right(*pair)
            if step[0] > _SIDEWAYS * np.linalg.norm(step):
                yield path.parent, *pair


def _pose(view: View) -> np.ndarray:
    return np.array(view["world_from_camera"], np.float64)


def _to_right(here: View, there: View) -> np.ndarray:
    """The way from one camera to the other, in the first one's axes (OpenCV's)."""
    return (np.linalg.inv(_pose(here)) @ _pose(there))[:3, 3]


def _matrix(view: View) -> np.ndarray:
    focal, width, height = view["focal_px"], view["width"], view["height"]
    return np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1.0]])


def _rectified(scene: Path, here: View, there: View) -> Pair:
    from core.evaluation.layouts import read_rgb
    from core.training.exr import read_exr

    poses = _pose(here), _pose(there)
    way = poses[1][:3, 3] - poses[0][:3, 3]
    right = way / np.linalg.norm(way)
    down = np.cross(poses[0][:3, 2] + poses[1][:3, 2], right)
    down /= np.linalg.norm(down)
    axes = np.stack([right, down, np.cross(right, down)], axis=1)  # world from the new cameras
    matrix = _matrix(here)
    size = here["width"], here["height"]
    turns = [axes.T @ pose[:3, :3] for pose in poses]
    maps = [
        matrix @ turn @ np.linalg.inv(_matrix(view))
        for turn, view in zip(turns, (here, there), strict=True)
    ]
    pictures: list[np.ndarray] = []
    shown = np.ones(size[::-1], np.uint8)
    for view, homography in zip((here, there), maps, strict=True):
        picture = read_rgb(scene / f"{view['stem']}.jpg")
        pictures.append(cv2.warpPerspective(picture, homography, size, flags=cv2.INTER_CUBIC))
        whole = np.ones((view["height"], view["width"]), np.uint8)
        shown = shown & cv2.warpPerspective(whole, homography, size, flags=cv2.INTER_NEAREST)
    # 1/Z along the old line of sight to 1/Z along the new one, pixel by pixel.
    inverse = read_exr(scene / f"{here['stem']}.exr")["V"].astype(np.float64)
    columns, rows = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    rays = np.stack([columns, rows, np.ones_like(rows)], axis=-1) @ np.linalg.inv(matrix).T
    inverse = (inverse / (rays @ turns[0][2])).astype(np.float32)
    inverse = cv2.warpPerspective(
        inverse, maps[0], size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE
    )
    disparity = np.maximum(inverse, 0.0) * np.float32(matrix[0, 0] * np.linalg.norm(way))
    return pictures[0], pictures[1], disparity, shown > 0
