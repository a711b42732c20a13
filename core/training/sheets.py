# SPDX-License-Identifier: GPL-3.0-or-later
"""A contact sheet of training frames, to be looked at."""

from pathlib import Path

import cv2
import numpy as np

from ..errors import SecondEyeError
from .frames import list_frames, read_frame

LABEL_COLOURS = np.array(
    [
        (0, 0, 0),  # unlabelled
        (150, 200, 255),  # sky
        (128, 100, 80),  # ground
        (170, 170, 170),  # wall
        (235, 235, 210),  # ceiling
        (240, 160, 40),  # object
        (220, 50, 60),  # vehicle
        (60, 150, 60),  # vegetation
        (170, 70, 220),  # person
    ],
    np.uint8,
)
"""RGB by label value, see frames.LABELS."""
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 82]


def contact_sheet(root: Path, path: Path, count: int = 64, seed: int = 0, width: int = 160) -> None:
    """Write a PNG or JPEG (by its name) with ``count`` random frames of ``root``: picture, inverse
    depth and labels, one below the other."""
    frames = list_frames(root)
    if not frames:
        raise SecondEyeError(f"There are no finished scenes in {root}: render some first.")
    rng = np.random.default_rng(seed)
    chosen = sorted(rng.choice(len(frames), min(count, len(frames)), replace=False))
    tiles = []
    height = round(width * 0.75)
    for number in chosen:
        frame = read_frame(frames[number], behind=False)
        shown = (
            frame["rgb"],
            colour_map(frame["inverse_depth"]),
            LABEL_COLOURS[np.minimum(frame["labels"], len(LABEL_COLOURS) - 1)],
        )
        tiles.append(np.vstack([_fitted(x, width, height) for x in shown]))
    columns = int(np.ceil(np.sqrt(len(tiles) * 4)))
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    options = _JPEG if path.suffix.lower() in (".jpg", ".jpeg") else []
    if not cv2.imwrite(str(path), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR), options):
        raise SecondEyeError(f"{path} can't be written: check its folder.")


def _fitted(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """As large as it fits, in the middle of a black tile of that size."""
    h, w = picture.shape[:2]
    scale = min(width / w, height / h)
    size = max(1, round(w * scale)), max(1, round(h * scale))
    tile = np.zeros((height, width, 3), np.uint8)
    x, y = (width - size[0]) // 2, (height - size[1]) // 2
    tile[y : y + size[1], x : x + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return tile


def colour_map(inverse_depth: np.ndarray) -> np.ndarray:
    """Inverse depth as colours (H x W x 3, uint8, RGB): bright = near, up to its
    99th percentile."""
    scaled = np.sqrt(
        np.clip(inverse_depth / max(float(np.percentile(inverse_depth, 99)), 1e-6), 0, 1)
    )
    coloured = cv2.applyColorMap((scaled * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    return cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB)
