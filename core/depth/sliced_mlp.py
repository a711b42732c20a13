# SPDX-License-Identifier: GPL-3.0-or-later
"""The sliced MLP: channels cut into groups, each with an MLP of its own, outputs concatenated.

The nearest published relative is SplitMixer (Borji and Lin 2022), which cuts the channels of a
ConvMixer into segments, with or without shared parameters between them.
"""

from torch import Tensor, nn


class SlicedMLP(nn.Module):
    """``groups`` two-layer perceptrons over the channels of each pixel, side by side.

    A grouped 1x1 convolution is exactly one matrix per slice, so slice ``g`` reads only channels
    ``g*C/groups .. (g+1)*C/groups`` and writes the same ones. Against one MLP over all channels
    it holds and computes ``groups`` times less.

    Args:
        channels: C, a multiple of ``groups``.
        groups: number of slices.
        expansion: hidden channels per input channel.
    """

    def __init__(self, channels: int, groups: int, expansion: int) -> None:
        super().__init__()
        if channels % groups:
            raise ValueError(f"{channels} channels can't be cut into {groups} equal slices")
        hidden = channels * expansion
        self.expand = nn.Conv2d(channels, hidden, 1, groups=groups)
        self.project = nn.Conv2d(hidden, channels, 1, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C, H, W)."""
        return self.project(self.expand(x).relu_())


def shuffle_slices(x: Tensor, groups: int) -> Tensor:
    """Deal the channels of (N, C, H, W) out so that each new slice holds some of every old one.

    The channel shuffle of ShuffleNet (Zhang et al. 2018): without it no information would cross
    between the slices of one stage.
    """
    n, c, h, w = x.shape
    # Channels last in memory, here as in the convolutions around: no other layout in between.
    pixels = x.permute(0, 2, 3, 1).reshape(n, h, w, groups, c // groups)
    return pixels.transpose(3, 4).reshape(n, h, w, c).permute(0, 3, 1, 2)
