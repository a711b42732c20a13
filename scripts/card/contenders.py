# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is in the table: the network, its peer, its teacher, the vertical ramp."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from core.depth import DepthEstimate, DepthModel, load_model
from core.depth.model import network_size, resize_picture
from core.evaluation.rgbd import vertical_ramp

RAMP = "vertical ramp"


class Ramp:
    """The vertical ramp as a model, so that it goes through the same code as the others."""

    name, sha256, unit = RAMP, "", "relative"

    def infer(self, rgb: np.ndarray) -> DepthEstimate:
        """Inverse depth rising to the bottom, at the picture's size."""
        ramp = vertical_ramp(*rgb.shape[:2])
        return DepthEstimate(ramp, np.zeros_like(ramp))


class TeacherModel:
    """A teacher, the one kept in the repository or a run's checkpoint, run as the student is."""

    unit = "relative"

    def __init__(self, path: Path, size: int) -> None:
        from core.training.teacher_file import read_teacher

        self.network, steps = read_teacher(path)
        self.size = size
        self.name = f"teacher, {steps:,} image steps"
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()

    def infer(self, rgb: np.ndarray) -> DepthEstimate:
        """See `DepthModel.infer`."""
        import torch

        from core.depth.labels import likeliest_classes

        height, width = network_size(rgb.shape[0], rgb.shape[1], self.size)
        picture = torch.from_numpy(resize_picture(rgb, height, width))
        with torch.inference_mode():
            answer = self.network(picture.permute(2, 0, 1)[None])
        labels = None
        if answer.labels is not None:
            labels = likeliest_classes(answer.labels[0].numpy(), height, width)
        scale = answer.log_scale[0, 0].clamp(-7, 3).exp().numpy()
        return DepthEstimate(answer.inverse_depth[0, 0].numpy(), scale, labels)


def contenders(
    model: str | None, size: int | None, peers: list[Path], teacher: Path | None
) -> tuple[dict[str, DepthModel | TeacherModel | Ramp], str, str | None]:
    """All of them by name, in the table's order; the name of ours; that of the first peer."""
    ours = load_model(model, size)
    found: dict[str, DepthModel | TeacherModel | Ramp] = {ours.name: ours}
    names = []
    for path in peers:
        peer = load_model(str(path))
        found[peer.name] = peer
        names.append(peer.name)
    if teacher is not None:
        entry = TeacherModel(teacher, size or 256)
        found[entry.name] = entry
    found[RAMP] = Ramp()
    return found, ours.name, names[0] if names else None
