# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth from one picture: the sliced-MLP network, and models that users bring."""

from .load import bundled_models, load_model
from .model import DepthEstimate, DepthModel, upsample_to

__all__ = ["DepthEstimate", "DepthModel", "bundled_models", "load_model", "upsample_to"]
