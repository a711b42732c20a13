# SPDX-License-Identifier: GPL-3.0-or-later
"""A contact sheet of training frames, to be looked at."""

from pathlib import Path

import cv2
import numpy as np

from ..errors import SecondEyeError
from .frames import list_frames, read_frame


def contact_sheet(root: Path, path: Path, count: int = 64, seed: int = 0, width: int = 160) -> None:
    """Write a PNG with ``count`` random frames of ``root``: picture above inverse depth."""
    frames = list_frames(root)
    if not frames:
        raise SecondEyeError(f"There are no finished scenes in {root}: render some first.")
    rng = np.random.default_rng(seed)
    chosen = sorted(rng.choice(len(frames), min(count, len(frames)), replace=False))
    tiles = []
    for number in chosen:
        frame = read_frame(frames[number])
        height = round(width * frame["rgb"].shape[0] / frame["rgb"].shape[1])
        depth = colour_map(frame["inverse_depth"])
        both = [
            cv2.resize(x, (width, height), interpolation=cv2.INTER_AREA)
            for x in (frame["rgb"], depth)
        ]
        tiles.append(np.vstack(both))
    columns = int(np.ceil(np.sqrt(len(tiles) * 1.5)))
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    if not cv2.imwrite(str(path), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)):
        raise SecondEyeError(f"{path} can't be written: check its folder.")


def colour_map(inverse_depth: np.ndarray) -> np.ndarray:
    """Inverse depth as colours (H x W x 3, uint8, RGB): bright = near, up to its
    99th percentile."""
    scaled = np.sqrt(
        np.clip(inverse_depth / max(float(np.percentile(inverse_depth, 99)), 1e-6), 0, 1)
    )
    coloured = cv2.applyColorMap((scaled * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    return cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB)
