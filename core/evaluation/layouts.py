# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of pictures with measured depth: how each set is laid out and which pixels count."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..errors import SecondEyeError
from .rgbd import FARTHEST

_PICTURES = (".jpg", ".jpeg", ".png")

Crop = Callable[[int, int], tuple[slice, slice]]


@dataclass(frozen=True)
class Layout:
    """``depth_scale``: depth values a metre; ``farthest``: metres, beyond it nothing counts;
    ``crop``: the rows and columns that count, of a depth map of that height and width."""

    depth_scale: float
    farthest: float
    crop: Crop


@dataclass(frozen=True)
class Pair:
    """One picture and its depth file."""

    name: str
    picture: Path
    depth: Path

    def read_rgb(self) -> np.ndarray:
        """uint8 (H, W, 3). Raises SecondEyeError."""
        return read_rgb(self.picture)

    def read_depth(self, layout: Layout, depth_scale: float) -> tuple[np.ndarray, np.ndarray]:
        """Depth in metres, float64 (H, W), 0 = no value; and which pixels count, bool (H, W).

        Raises SecondEyeError.
        """
        values = read_grey(self.depth)
        counts = np.zeros(values.shape, bool)
        counts[layout.crop(*values.shape)] = True
        return values / depth_scale, counts


def whole(height: int, width: int) -> tuple[slice, slice]:
    """No crop."""
    return slice(0, height), slice(0, width)


def eigen_crop(height: int, width: int) -> tuple[slice, slice]:
    """Rows 45 to 471 and columns 41 to 601 of NYU-v2's 480x640 (D. Eigen et al., NIPS 2014),
    in proportion at other sizes: without the white frame of its pictures."""
    rows = slice(round(height * 45 / 480), round(height * 471 / 480))
    return rows, slice(round(width * 41 / 640), round(width * 601 / 640))


def garg_crop(height: int, width: int) -> tuple[slice, slice]:
    """The part of a KITTI picture that lidar reaches (R. Garg et al., "Unsupervised CNN for
    single view depth estimation", ECCV 2016)."""
    rows = slice(int(0.40810811 * height), int(0.99189189 * height))
    return rows, slice(int(0.03594771 * width), int(0.96405229 * width))


LAYOUTS = {
    "rgbd": Layout(1000.0, FARTHEST, whole),
    "nyu": Layout(1000.0, 10.0, eigen_crop),
    "kitti": Layout(256.0, 80.0, garg_crop),
}


def find_pairs(folder: Path) -> tuple[list[Pair], int]:
    """The pairs rgb/ID.jpg or .png with depth/ID.png, by name, and how many pictures have none.

    Raises SecondEyeError where there is no pair.
    """
    pictures, depths = folder / "rgb", folder / "depth"
    for needed in (folder, pictures, depths):
        if not needed.is_dir():
            raise SecondEyeError(
                f"{needed} is no folder: a set is FOLDER/rgb/ID.jpg with FOLDER/depth/ID.png."
            )
    found = {p.stem: p for p in sorted(pictures.iterdir()) if p.suffix.lower() in _PICTURES}
    pairs = [
        Pair(name, picture, depths / f"{name}.png")
        for name, picture in found.items()
        if (depths / f"{name}.png").is_file()
    ]
    if not pairs:
        raise SecondEyeError(
            f"{folder} has no picture with a depth of the same name (rgb/ID.jpg, depth/ID.png)."
        )
    return pairs, len(found) - len(pairs)


def spread(pairs: list[Pair], limit: int | None) -> list[Pair]:
    """At most ``limit`` of them, evenly spread over the set."""
    if limit is None or limit >= len(pairs):
        return pairs
    return [pairs[i] for i in np.linspace(0, len(pairs) - 1, limit).round().astype(int)]


def read_rgb(path: Path) -> np.ndarray:
    """uint8 (H, W, 3). Raises SecondEyeError for a missing or damaged file."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SecondEyeError(f"{path} can't be read as a picture: put a good copy there.")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def read_grey(path: Path) -> np.ndarray:
    """Values of a one-channel picture as they are, float64 (H, W). Raises SecondEyeError."""
    values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise SecondEyeError(f"{path} can't be read as a picture: put a good copy there.")
    if values.ndim != 2:
        raise SecondEyeError(f"{path} has {values.shape[2]} channels: a depth map has one.")
    return values.astype(np.float64)
