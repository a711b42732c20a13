# SPDX-License-Identifier: GPL-3.0-or-later
"""The decoder: from the encoder's five maps back to the picture's size."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn


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
    """Five maps at 1/2 .. 1/32 to inverse depth and log uncertainty at full size.

    Args:
        stem: channels of the map at 1/2.
        widths: channels of the maps at 1/4, 1/8, 1/16, 1/32.
        channels: the decoder's own at 1/32, 1/16, 1/8, 1/4, 1/2.
    """

    def __init__(self, stem: int, widths: Sequence[int], channels: Sequence[int]) -> None:
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

    def forward(self, maps: list[Tensor]) -> tuple[Tensor, Tensor]:
        half, quarter, eighth, sixteenth, deepest = maps
        # The mean over the picture tells every pixel what kind of scene this is.
        x = self.reduce(deepest) + self.scene(deepest.mean(dim=(2, 3), keepdim=True))
        x = self.mix(x)
        x = self.fuse16(x, sixteenth)
        x = self.fuse8(x, eighth)
        x = self.fuse4(x, quarter)
        x = self.fuse2(x, half)
        out = F.pixel_shuffle(self.head(x), 2)
        return F.softplus(out[:, :1]), out[:, 1:]
