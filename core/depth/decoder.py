# SPDX-License-Identifier: GPL-3.0-or-later
"""The decoder: from the encoder's five maps back to the picture's size."""

from collections.abc import Sequence
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

LABEL_STRIDE = 4
"""The semantic head answers at this part of the picture's sides."""
LABEL_WIDTH = 32


class Prediction(NamedTuple):
    """What the network says about N pictures of (H, W).

    Attributes:
        inverse_depth: (N, 1, H, W), >= 0, larger = nearer, 0 about the far end of the picture and
            1 about its near end.
        log_scale: (N, 1, H, W), natural logarithm of the scale b of a Laplace distribution around
            it: log of the expected absolute error, in the same unit.
        labels: logits (N, classes, ceil(H / 4), ceil(W / 4)) in the order of `labels.CLASSES`, to
            be enlarged bilinearly by 4; None from a network without a semantic head.
    """

    inverse_depth: Tensor
    log_scale: Tensor
    labels: Tensor | None


def conv(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """Convolution, batch norm, ReLU, at unchanged size."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class Fuse(nn.Module):
    """Doubles a coarse map, adds the encoder's map of that size, and mixes."""

    def __init__(self, coarse: int, skip: int, width: int, mixes: int = 1) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(coarse, width, 1, bias=False)
        self.skip = nn.Conv2d(skip, width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.mix = nn.Sequential(*(conv(width, width, 3) for _ in range(mixes)))

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        up = F.interpolate(self.coarse(coarse), scale_factor=2.0, mode="bilinear")
        return self.mix(self.norm(up + self.skip(skip)).relu_())


class Decoder(nn.Module):
    """Five maps at 1/2 .. 1/32 to inverse depth and log uncertainty at full size, labels at 1/4.

    Args:
        stem: channels of the map at 1/2.
        widths: channels of the maps at 1/4, 1/8, 1/16, 1/32.
        channels: the decoder's own at 1/32, 1/16, 1/8, 1/4, 1/2.
        labels: classes of the semantic head, 0 for none.
    """

    def __init__(
        self, stem: int, widths: Sequence[int], channels: Sequence[int], labels: int
    ) -> None:
        super().__init__()
        c32, c16, c8, c4, c2 = channels
        self.reduce = conv(widths[3], c32, 1)
        self.scene = nn.Conv2d(widths[3], c32, 1)
        self.mix = conv(c32, c32, 3)
        self.fuse16 = Fuse(c32, widths[2], c16, mixes=2)
        self.fuse8 = Fuse(c16, widths[1], c8)
        self.fuse4 = Fuse(c8, widths[0], c4)
        self.fuse2 = Fuse(c4, stem, c2)
        # Four sub-pixels for each of the two outputs: depth edges at full size for half-size cost.
        self.head = nn.Conv2d(c2, 8, 3, padding=1)
        self.labels = None
        if labels:
            self.labels = nn.Sequential(conv(c4, LABEL_WIDTH, 3), nn.Conv2d(LABEL_WIDTH, labels, 1))

    def forward(self, maps: list[Tensor]) -> Prediction:
        half, quarter, eighth, sixteenth, deepest = maps
        # The mean over the picture tells every pixel what kind of scene this is.
        x = self.reduce(deepest) + self.scene(deepest.mean(dim=(2, 3), keepdim=True))
        x = self.mix(x)
        x = self.fuse16(x, sixteenth)
        x = self.fuse8(x, eighth)
        x = self.fuse4(x, quarter)
        labels = None if self.labels is None else self.labels(x)
        x = self.fuse2(x, half)
        out = F.pixel_shuffle(self.head(x), 2)
        return Prediction(F.softplus(out[:, :1]), out[:, 1:], labels)
