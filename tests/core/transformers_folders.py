# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiny Transformers folders with random weights, saved by the package itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def _dinov2(**more: Any) -> Any:
    from transformers import Dinov2Config

    return Dinov2Config(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, mlp_ratio=2, image_size=56,
        patch_size=14, out_features=["stage1", "stage2", "stage3", "stage4"],
        reshape_hidden_states=False, apply_layernorm=True, **more,
    )  # fmt: skip


def depth_anything(kind: str = "relative", max_depth: int = 1) -> Any:
    from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation

    config = DepthAnythingConfig(
        backbone_config=_dinov2(), reassemble_hidden_size=16, neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=8, head_hidden_size=4, depth_estimation_type=kind, max_depth=max_depth,
    )  # fmt: skip
    return DepthAnythingForDepthEstimation(config)


def dpt() -> Any:
    from transformers import DPTConfig, DPTForDepthEstimation

    config = DPTConfig(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=32,
        image_size=64, patch_size=16, backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 16, 16], fusion_hidden_size=8, is_hybrid=False,
    )  # fmt: skip
    return DPTForDepthEstimation(config)


def glpn() -> Any:
    from transformers import GLPNConfig, GLPNForDepthEstimation

    config = GLPNConfig(
        depths=[1, 1, 1, 1], hidden_sizes=[8, 8, 16, 16], num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=8, max_depth=10,
    )  # fmt: skip
    return GLPNForDepthEstimation(config)


def zoedepth() -> Any:
    from transformers import BeitConfig, ZoeDepthConfig, ZoeDepthForDepthEstimation

    backbone = BeitConfig(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=32,
        image_size=64, patch_size=16, use_relative_position_bias=True, reshape_hidden_states=False,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = ZoeDepthConfig(
        backbone_config=backbone, neck_hidden_sizes=[8, 8, 16, 16], fusion_hidden_size=8,
        bottleneck_features=8, num_relative_features=8, bin_embedding_dim=8,
        num_attractors=[4, 2, 2, 1],
    )  # fmt: skip
    return ZoeDepthForDepthEstimation(config)


def depth_pro(field_of_view: bool = True) -> Any:
    from transformers import DepthProConfig, DepthProForDepthEstimation

    config = DepthProConfig(
        fusion_hidden_size=8, patch_size=16, intermediate_hook_ids=[1, 0],
        intermediate_feature_dims=[8, 8], scaled_images_ratios=[0.5, 1.0],
        scaled_images_overlap_ratios=[0.0, 0.2], scaled_images_feature_dims=[8, 8],
        use_fov_model=field_of_view,
        **{
            name: {"model_type": "dinov2", "num_hidden_layers": 2, "hidden_size": 16,
                   "num_attention_heads": 2, "patch_size": 4, "image_size": 16, "mlp_ratio": 2}
            for name in ("image_model_config", "patch_model_config", "fov_model_config")
        },
    )  # fmt: skip
    return DepthProForDepthEstimation(config)


def save(
    folder: Path, network: Any, preprocessor: dict[str, Any] | None = None, seed: int = 1
) -> Path:
    """``network`` with weights of ``seed`` as a folder; ``preprocessor`` as its description."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2)
    network.save_pretrained(folder)
    if preprocessor is not None:
        (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    return folder
