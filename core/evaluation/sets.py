# SPDX-License-Identifier: GPL-3.0-or-later
"""From a path and the name of its layout to frames that can be scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UsageError
from .kitti import open_kitti
from .layouts import LAYOUTS, Crop, Frame, Layout, find_pairs, is_plain
from .nyu import open_nyu
from .renders import open_renders


@dataclass(frozen=True)
class DepthSet:
    """Frames in their order; how many pictures had no depth; which pixels of a frame count;
    ``settings`` is what the report says of all that."""

    frames: Sequence[Frame]
    unpaired: int
    layout: Layout
    crop: Crop
    settings: dict[str, Any]

    def counted(self, shape: tuple[int, ...]) -> np.ndarray:
        """Bool (H, W): the crop."""
        counts = np.zeros(shape, bool)
        counts[self.crop(*shape)] = True
        return counts


def open_set(
    path: Path,
    layout_name: str,
    *,
    split: str | None = None,
    crop: str | None = None,
    depth_scale: float | None = None,
    raw: bool = False,
) -> DepthSet:
    """Open a set of measured depth.

    ``split``: the list of the benchmark (nyu, kitti); ``crop``: a name in the layout's crops;
    ``depth_scale``: values a metre of picture files, None for the layout's own; ``raw``: NYU's
    depth as measured. Raises SecondEyeError, UsageError.
    """
    layout = LAYOUTS[layout_name]
    if crop is not None and crop not in layout.crops:
        known = ", ".join(layout.crops)
        raise UsageError(f"The layout {layout_name} has no crop '{crop}': use {known}.")
    scale = layout.depth_scale if depth_scale is None else depth_scale
    if not scale > 0.0:
        raise UsageError(f"A depth scale of {scale:g} is not usable: give values a metre, above 0.")
    if split is not None and layout_name not in ("nyu", "kitti"):
        raise UsageError(f"The layout {layout_name} has no splits: leave --split away.")
    frames: Sequence[Frame]
    unpaired = 0
    if layout_name == "kitti":
        frames, unpaired = open_kitti(path, split, scale)
    elif layout_name == "renders":
        frames = open_renders(path)
    elif layout_name == "nyu" and not is_plain(path):
        frames = open_nyu(path, split, raw)
    else:
        if split is not None or raw:
            raise UsageError(
                f"{path} is a plain folder of pictures, without splits or raw depth: leave --split "
                "and --raw-depth away, or give the .mat of NYU-Depth V2."
            )
        frames, unpaired = find_pairs(path, scale)
    name = crop or next(iter(layout.crops))
    settings = {
        "depth_scale": scale,
        "farthest": layout.farthest,
        "crop": name,
        "split": split,
        "raw_depth": raw,
    }
    return DepthSet(frames, unpaired, layout, layout.crops[name], settings)
