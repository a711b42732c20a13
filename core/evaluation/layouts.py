# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of pictures with measured depth: what a frame is, which of its pixels count, plain folders.

The files of the official benchmarks are read by `nyu` and `kitti`, `sets` opens any of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import cv2
import numpy as np

from ..errors import SecondEyeError
from .rgbd import FARTHEST

PICTURES = (".jpg", ".jpeg", ".png")

Crop = Callable[[int, int], tuple[slice, slice]]
Item = TypeVar("Item")


class Frame(Protocol):
    """One picture with measured depth, read when it is asked for; `name` tells it apart."""

    @property
    def name(self) -> str: ...

    def read_rgb(self) -> np.ndarray:
        """uint8 (H, W, 3). Raises SecondEyeError."""
        ...

    def read_depth(self) -> np.ndarray:
        """Metres, float64 (H, W), 0 = no value. Raises SecondEyeError."""
        ...


@dataclass(frozen=True)
class Layout:
    """``depth_scale``: depth values a metre in a picture file; ``farthest``: metres, beyond it
    nothing counts; ``crops``: by name, the rows and columns that count of a depth map of that
    height and width, the usual one first."""

    depth_scale: float
    farthest: float
    crops: Mapping[str, Crop]


@dataclass(frozen=True)
class Pair:
    """A frame of two files; the depth file holds ``depth_scale`` values a metre."""

    name: str
    picture: Path
    depth: Path
    depth_scale: float

    def read_rgb(self) -> np.ndarray:
        """See `Frame`."""
        return read_rgb(self.picture)

    def read_depth(self) -> np.ndarray:
        """See `Frame`."""
        return read_grey(self.depth) / self.depth_scale


def whole(height: int, width: int) -> tuple[slice, slice]:
    """No crop."""
    return slice(0, height), slice(0, width)


def nyu_crop(height: int, width: int) -> tuple[slice, slice]:
    """Rows 45 to 471 and columns 41 to 601 of NYU-v2's 480x640 (D. Eigen et al., NIPS 2014),
    in proportion at other sizes: without the white frame of its pictures."""
    rows = slice(round(height * 45 / 480), round(height * 471 / 480))
    return rows, slice(round(width * 41 / 640), round(width * 601 / 640))


def eigen_crop(height: int, width: int) -> tuple[slice, slice]:
    """KITTI as D. Eigen et al. (NIPS 2014) cut it, in the figures that reproduce their results
    in the evaluation code of C. Godard et al. (CVPR 2017)."""
    rows = slice(int(0.3324324 * height), int(0.91351351 * height))
    return rows, slice(int(0.0359477 * width), int(0.96405229 * width))


def garg_crop(height: int, width: int) -> tuple[slice, slice]:
    """The part of a KITTI picture that lidar reaches (R. Garg et al., "Unsupervised CNN for
    single view depth estimation", ECCV 2016)."""
    rows = slice(int(0.40810811 * height), int(0.99189189 * height))
    return rows, slice(int(0.03594771 * width), int(0.96405229 * width))


LAYOUTS = {
    "rgbd": Layout(1000.0, FARTHEST, {"none": whole}),
    "nyu": Layout(1000.0, 10.0, {"eigen": nyu_crop, "none": whole}),
    "kitti": Layout(256.0, 80.0, {"garg": garg_crop, "eigen": eigen_crop, "none": whole}),
    "renders": Layout(1.0, FARTHEST, {"none": whole}),
}


def is_plain(folder: Path) -> bool:
    """Whether a folder has the plain form: rgb/ID.jpg or .png with depth/ID.png."""
    return (folder / "rgb").is_dir() and (folder / "depth").is_dir()


def find_pairs(
    folder: Path, depth_scale: float = 1000.0, names: tuple[str, str] = ("rgb", "depth")
) -> tuple[list[Pair], int]:
    """The pairs rgb/ID.jpg or .png with depth/ID.png, by name, and how many pictures have none.

    ``names``: of the two folders, of pictures and of what is known of them. Raises
    SecondEyeError where there is no pair.
    """
    first, second = names
    pictures, depths = folder / first, folder / second
    for needed in (folder, pictures, depths):
        if not needed.is_dir():
            raise SecondEyeError(
                f"{needed} is no folder: a set is FOLDER/{first}/ID.jpg with "
                f"FOLDER/{second}/ID.png."
            )
    found = {p.stem: p for p in sorted(pictures.iterdir()) if p.suffix.lower() in PICTURES}
    pairs = [
        Pair(name, picture, depths / f"{name}.png", depth_scale)
        for name, picture in found.items()
        if (depths / f"{name}.png").is_file()
    ]
    if not pairs:
        raise SecondEyeError(
            f"{folder} has no picture with a file of the same name in {second} ({first}/ID.jpg, "
            f"{second}/ID.png)."
        )
    return pairs, len(found) - len(pairs)


def spread(items: Sequence[Item], limit: int | None) -> list[Item]:
    """At most ``limit`` of them, evenly spread over the set."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, limit).round().astype(int)]


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
