# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of well-known models, each with where its numbers are published."""

from dataclasses import dataclass
from typing import Any

_IMAGENET = {"scale": 1.0, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
_HALVES = {"scale": 1.0, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
# The frames of a window that the next one begins with: two far ones, eight near ones.
_KEYFRAMES = [0, 12, 24, 25, 26, 27, 28, 29, 30, 31]


@dataclass(frozen=True)
class Preset:
    """``settings`` as a sidecar would hold them; ``title`` for menus, ``source`` of the numbers."""

    title: str
    source: str
    settings: dict[str, Any]


_V2 = {**_IMAGENET, "size": 518, "side": "shorter", "multiple": 14}

PRESETS: dict[str, Preset] = {
    "depth-anything-v2": Preset(
        "Depth Anything V1 or V2",
        "DepthAnything/Depth-Anything-V2, depth_anything_v2/dpt.py (image2tensor)",
        {**_V2, "output": "inverse_depth"},
    ),
    "depth-anything-v2-metric": Preset(
        "Depth Anything V2, metric",
        "DepthAnything/Depth-Anything-V2, metric_depth/README.md (depth in metres)",
        {**_V2, "output": "metric_depth"},
    ),
    # The main and the Mono series answer depth, not its inverse. The Metric series answers
    # depth * 300 / focal length in pixels of the picture it sees: add "factor" and
    # "output": "metric_depth" where the focal length is known.
    "depth-anything-v3": Preset(
        "Depth Anything V3",
        "ByteDance-Seed/Depth-Anything-3, README.md (Model Zoo, FAQ), docs/onnx.md (504, "
        "longest side, multiples of 14, ImageNet mean)",
        {**_IMAGENET, "size": 504, "side": "longer", "multiple": 14, "output": "depth"},
    ),
    "video-depth-anything": Preset(
        "Video Depth Anything",
        "DepthAnything/Video-Depth-Anything, video_depth_anything/video_depth.py (INFER_LEN, "
        "KEYFRAMES, infer_video_depth)",
        {**_V2, "output": "inverse_depth", "window": 32, "context": _KEYFRAMES},
    ),
    "video-depth-anything-metric": Preset(
        "Video Depth Anything, metric",
        "DepthAnything/Video-Depth-Anything, metric_depth/README.md",
        {**_V2, "output": "metric_depth", "window": 32, "context": _KEYFRAMES},
    ),
    # The published ONNX files subtract ImageNet's mean inside the graph.
    "midas": Preset(
        "MiDaS v2.1 (published ONNX)",
        "isl-org/MiDaS, tf/make_onnx_model.py (MidasNet_preprocessing), tf/run_onnx.py",
        {"scale": 1.0, "size": 384, "side": "longer", "multiple": 32, "output": "inverse_depth"},
    ),
    "midas-v2": Preset(
        "MiDaS v2.1 (exported from torch)",
        "isl-org/MiDaS, hubconf.py (default_transform)",
        {**_IMAGENET, "size": 384, "side": "longer", "multiple": 32, "output": "inverse_depth"},
    ),
    "midas-v2-small": Preset(
        "MiDaS v2.1 small (exported from torch)",
        "isl-org/MiDaS, hubconf.py (small_transform)",
        {**_IMAGENET, "size": 256, "side": "longer", "multiple": 32, "output": "inverse_depth"},
    ),
    "midas-dpt": Preset(
        "MiDaS v3 DPT (exported from torch)",
        "isl-org/MiDaS, hubconf.py (dpt_transform)",
        {**_HALVES, "size": 384, "side": "shorter", "multiple": 32, "output": "inverse_depth"},
    ),
    "tcmonodepth": Preset(
        "TCMonoDepth, small",
        "yu-li/TCMonoDepth, demo.py (RGB 0..255, no mean subtracted; resize_size)",
        {"scale": 255.0, "size": 256, "side": "shorter", "multiple": 32, "output": "inverse_depth"},
    ),
    "tcmonodepth-large": Preset(
        "TCMonoDepth, large",
        "yu-li/TCMonoDepth, demo.py (RGB 0..255, no mean subtracted; resize_size)",
        {"scale": 255.0, "size": 384, "side": "shorter", "multiple": 32, "output": "inverse_depth"},
    ),
}
