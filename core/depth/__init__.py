# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth from pictures: the sliced-MLP network, and models that users bring."""

from .load import bundled_models, bundled_path, load_model, load_source
from .model import DepthEstimate, DepthModel, upsample_to

__all__ = [
    "DepthEstimate",
    "DepthModel",
    "bundled_models",
    "bundled_path",
    "load_model",
    "load_source",
    "upsample_to",
]
