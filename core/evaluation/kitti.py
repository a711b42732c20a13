# SPDX-License-Identifier: GPL-3.0-or-later
"""KITTI's depth folders and the published lists of the Eigen split.

A. Geiger et al., "Vision meets robotics" (IJRR 2013); depth of several lidar sweeps by J. Uhrig et
al., "Sparsity invariant CNNs" (3DV 2017): 16-bit PNG, value / 256 = metres, 0 = none. Pictures
lie in DATE/DRIVE/image_02/data/NUMBER.png (raw data, .jpg in some copies), depth in
[data_depth_annotated/](train|val)/DRIVE/proj_depth/groundtruth/image_02/NUMBER.png, and the
selected frames of the depth benchmark in image/ and groundtruth_depth/. The split of D. Eigen et
al. (NIPS 2014) has 697 test pictures, 652 of which have such depth.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from ..errors import SecondEyeError
from .layouts import PICTURES, Pair, find_pairs, is_plain

_PICTURE_BASES = ("", "raw", "raw_data", "kitti_raw_data")
_DEPTH_BASES = (
    *("", "train", "val", "depth", "gts"),
    *("data_depth_annotated", "data_depth_annotated/train", "data_depth_annotated/val"),
)
_CAMERAS = {"l": "image_02", "r": "image_03", "2": "image_02", "3": "image_03"}
_FORMS = (
    "'PICTURE DEPTH FOCAL', 'DATE/DRIVE NUMBER l', or 'DATE/DRIVE/image_02/data/NUMBER.png' a line"
)


def open_kitti(root: Path, split: str | None, depth_scale: float = 256.0) -> tuple[list[Pair], int]:
    """Pictures with their depth, and how many pictures have none.

    ``split``: a published list; without one, every pair that the folder holds. Raises
    SecondEyeError.
    """
    if not root.is_dir():
        raise SecondEyeError(f"{root} is no folder: give the one that holds KITTI's depth.")
    if split is not None:
        found, unpaired = _listed(root, Path(split).expanduser(), depth_scale)
    elif is_plain(root):
        found, unpaired = find_pairs(root, depth_scale)
    else:
        found, unpaired = _selected(root, depth_scale)
        if not found:
            found, unpaired = _annotated(root, depth_scale)
    if not found:
        raise SecondEyeError(
            f"{root} holds no KITTI picture with its depth: it needs DATE/DRIVE/image_02/data with "
            "DRIVE/proj_depth/groundtruth/image_02, or image/ with groundtruth_depth/."
        )
    _check(found[0].depth)
    return found, unpaired


def _listed(root: Path, path: Path, depth_scale: float) -> tuple[list[Pair], int]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SecondEyeError(f"{path} can't be read: give the list of the Eigen split.") from error
    pairs, unpaired, missing = [], 0, None
    for line in filter(None, map(str.strip, lines)):
        picture_name, depth_name = _entry(line, path)
        picture = _find(root, picture_name, _PICTURE_BASES)
        depth = _find_depth(root, picture_name, depth_name)
        if picture is None or depth is None:
            unpaired += 1
            missing = missing or (picture_name if picture is None else depth_name)
            continue
        pairs.append(Pair(picture_name, picture, depth, depth_scale))
    if not pairs and missing:
        raise SecondEyeError(
            f"{root} holds nothing of what {path.name} names, {missing} to begin with: give the "
            "folder above KITTI's dates and drives."
        )
    return pairs, unpaired


def _entry(line: str, path: Path) -> tuple[str, str | None]:
    """Picture and depth, both relative; no depth where the list says None or leaves it away."""
    words = line.split()
    if len(words) == 3 and words[2] in _CAMERAS:
        number = f"{int(words[1]):010d}" if words[1].isdigit() else words[1]
        picture = f"{words[0]}/{_CAMERAS[words[2]]}/data/{number}.png"
        return picture, _depth_of(picture, path)
    if Path(words[0]).suffix.lower() not in PICTURES:
        raise SecondEyeError(f"{path}: '{line}' is no line of a KITTI list; known are {_FORMS}.")
    if len(words) >= 2 and "proj_depth" in words[1]:
        return words[0], words[1]
    if len(words) >= 2 and words[1] == "None":
        return words[0], None
    return words[0], _depth_of(words[0], path)


def _depth_of(picture: str, path: Path) -> str:
    parts = picture.split("/")
    if len(parts) < 4:
        raise SecondEyeError(f"{path}: '{picture}' names no drive; known are {_FORMS}.")
    drive, camera, _, name = parts[-4:]
    return f"{drive}/proj_depth/groundtruth/{camera}/{Path(name).stem}.png"


def _find_depth(root: Path, picture: str, depth: str | None) -> Path | None:
    if depth is None:
        return None
    date = picture.split("/")[0]
    return _find(root, depth, (*_DEPTH_BASES, date, f"raw/{date}"))


def _find(root: Path, name: str, bases: tuple[str, ...]) -> Path | None:
    for base in bases:
        for suffix in (Path(name).suffix, ".png", ".jpg"):
            candidate = (root / base / name).with_suffix(suffix)
            if candidate.is_file():
                return candidate
    return None


def _selected(root: Path, depth_scale: float) -> tuple[list[Pair], int]:
    """image/..._sync_image_NUMBER_image_02.png with groundtruth_depth/..._groundtruth_depth_..."""
    pictures, depths = root / "image", root / "groundtruth_depth"
    if not (pictures.is_dir() and depths.is_dir()):
        return [], 0
    names = sorted(p.name for p in pictures.glob("*.png"))
    pairs = [
        Pair(Path(name).stem, pictures / name, depths / other, depth_scale)
        for name in names
        if (depths / (other := name.replace("_sync_image_", "_sync_groundtruth_depth_"))).is_file()
    ]
    return pairs, len(names) - len(pairs)


def _annotated(root: Path, depth_scale: float) -> tuple[list[Pair], int]:
    """Every depth map under DRIVE/proj_depth/groundtruth whose picture is there."""
    pairs = []
    for depth, picture_name in _depth_maps(root):
        picture = _find(root, picture_name, _PICTURE_BASES)
        if picture is not None:
            pairs.append(Pair(picture_name, picture, depth, depth_scale))
    return pairs, 0


def _depth_maps(root: Path) -> Iterator[tuple[Path, str]]:
    for folder in sorted(root.glob("**/proj_depth/groundtruth/image_0[23]")):
        drive = folder.parents[2].name
        for depth in sorted(folder.glob("*.png")):
            yield depth, f"{drive[:10]}/{drive}/{folder.name}/data/{depth.name}"


def _check(depth: Path) -> None:
    values = cv2.imread(str(depth), cv2.IMREAD_UNCHANGED)
    if values is not None and values.dtype != np.uint16:
        raise SecondEyeError(
            f"{depth} has 8 bits a pixel: KITTI's depth is 16-bit PNG, value / 256 = metres."
        )
