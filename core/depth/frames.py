# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ways a model takes frames: one by one, or in windows of consecutive ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .model import DepthEstimate


class PictureModel:
    """A model that knows no time: each frame by itself. A subclass gives ``infer``."""

    unit = "relative"
    window = 1
    context: tuple[int, ...] = ()
    streams = 1

    def infer(self, rgb: np.ndarray) -> DepthEstimate:
        """See `DepthModel.infer`."""
        raise NotImplementedError

    def infer_frames(self, frames: Sequence[np.ndarray]) -> list[DepthEstimate]:
        """See `DepthModel.infer_frames`."""
        return [self.infer(rgb) for rgb in frames]


class VideoModel:
    """A model that looks at consecutive frames together. A subclass gives ``infer_frames``."""

    unit = "relative"
    window = 1
    context: tuple[int, ...] = ()
    streams = 1

    def infer(self, rgb: np.ndarray) -> DepthEstimate:
        """See `DepthModel.infer`: a clip of this one frame."""
        return self.infer_frames([rgb])[0]

    def infer_frames(self, frames: Sequence[np.ndarray]) -> list[DepthEstimate]:
        """See `DepthModel.infer_frames`."""
        raise NotImplementedError
