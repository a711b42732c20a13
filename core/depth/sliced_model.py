# SPDX-License-Identifier: GPL-3.0-or-later
"""Second Eye's own network as a depth model."""

import hashlib
from pathlib import Path

import numpy as np
import torch

from .device import pick_device, stream_count
from .fold import fold
from .frames import PictureModel
from .labels import likeliest_classes
from .model import DepthEstimate, network_size, resize_picture
from .trouble import checked, told
from .weights import read_weights


class SlicedModel(PictureModel):
    """The sliced-MLP network of a .safetensors file; implements `DepthModel`.

    Args:
        path: the weights.
        size: longer side of the picture that the network sees; None for the one that the file
            names, which its training ended with.
        device: where it runs; None for the quickest that this torch finds.
    """

    def __init__(
        self, path: Path, size: int | None = None, device: torch.device | None = None
    ) -> None:
        network, metadata = read_weights(path)
        self.name = metadata.get("name", path.stem)
        self._size = size or int(metadata.get("size", 448))
        self.size: int | None = self._size
        digest = hashlib.sha256(path.read_bytes())
        digest.update(f"size {self.size}".encode())
        self.sha256 = digest.hexdigest()
        self._device = pick_device() if device is None else device
        with told(self.name, "choose another device"):
            self._network = fold(network).to(self._device)
        # Its layers are so small that two threads on one picture wait for each other half the
        # time; a picture for each core is quicker, and its bits don't depend on their number.
        self.streams = stream_count(self._size) if self._device.type == "cpu" else 1

    def infer(self, rgb: np.ndarray) -> DepthEstimate:
        """See `DepthModel.infer`; ``uncertainty`` is the scale of a Laplace distribution."""
        if torch.get_num_threads() != 1:  # a number of the calling thread's own
            torch.set_num_threads(1)
        with told(self.name, "choose another --device"):
            return self._infer(rgb)

    def _infer(self, rgb: np.ndarray) -> DepthEstimate:
        height, width = network_size(rgb.shape[0], rgb.shape[1], self._size)
        picture = torch.from_numpy(resize_picture(rgb, height, width)).to(self._device)
        with torch.inference_mode():
            # Channels last in memory is how numpy holds the picture: no copy is made.
            inverse_depth, log_scale, logits = self._network(picture.permute(2, 0, 1)[None])
            scale = log_scale.clamp(-7, 3).exp()
        labels = None
        if logits is not None:
            labels = likeliest_classes(logits[0].float().cpu().numpy(), height, width)
        return DepthEstimate(
            np.ascontiguousarray(checked(self.name, inverse_depth[0, 0].cpu().numpy())),
            np.ascontiguousarray(scale[0, 0].cpu().numpy()),
            labels,
        )
