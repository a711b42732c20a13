# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up scenes and a network small enough to train in a test."""

from pathlib import Path

import numpy as np

from core.depth.network import NetworkConfig
from core.training.dataset import Sample
from core.training.frames import FrameWriter

SMALL = NetworkConfig(
    stem=8,
    widths=(8, 12, 16, 24),
    depths=(1, 1, 2, 2),
    mlps=(1, 1, 1, 1),
    groups=(2, 2, 2, 2),
    decoder=(16, 12, 8, 8, 8),
)


def scene(seed: int) -> Sample:
    """A shaded floor and a bright box that stands on it; nearer is lower and larger."""
    rng = np.random.default_rng(seed)
    depth = np.repeat(np.linspace(0.1, 1, 60)[:, None], 80, 1)
    bottom, left = int(rng.integers(25, 59)), int(rng.integers(0, 55))
    top = max(bottom - 20, 0)
    depth[top:bottom, left : left + 22] = depth[bottom, 0]
    rgb = np.stack([80 + 150 * depth, 200 - 150 * depth, np.full_like(depth, 90)], -1)
    rgb[top:bottom, left : left + 22] += 40
    labels = np.ones(depth.shape, np.uint8)
    labels[top:bottom, left : left + 22] = 4
    unit = depth.max() / 65535
    return Sample(
        f"s{seed}",
        np.clip(rgb, 0, 255).astype(np.uint8),
        (depth / unit).astype(np.uint16),
        unit,
        "",
        labels,
    )


def write_scene(root: Path, seed: int) -> None:
    sample = scene(seed)
    assert sample.depth is not None
    inverse = (sample.depth * sample.unit).astype(np.float32)
    flat = np.zeros((60, 80, 3), np.float32)
    pose = np.eye(4)
    with FrameWriter(root, seed, "room") as writer:
        assert sample.labels is not None
        labels = sample.labels + 1
        labels[0] = 0
        writer.add_view(sample.rgb, inverse, flat, flat[..., :2], labels, 70.0, pose, pose)
        writer.finish()
