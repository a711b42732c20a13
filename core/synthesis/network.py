# SPDX-License-Identifier: GPL-3.0-or-later
"""The synthesis network: what stands behind the foreground, from what stands around it.

A U-shaped net of sliced-MLP blocks. It is given a first guess (see `guess.first_guess`) and learns
what to add to it.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..depth.network import Block
from ..depth.sliced_mlp import SlicedMLP

STRIDE = 32
_WIDTHS = (32, 64, 128, 224, 320)  # channels at 1/2, 1/4, 1/8, 1/16, 1/32
_DOWN_BLOCKS = (1, 2, 3, 6, 3)
_UP_BLOCKS = (2, 2, 2, 3)
_GROUPS = (1, 1, 2, 2, 2)
_KERNELS = (3, 3, 5, 5, 5)
_EXPANSION = 2
_INPUTS = 6  # colour, inverse depth, known, wanted
_OUTPUTS = 5  # colour, inverse depth, log of the expected error
_UNSURE = -2.5  # log of the colour's expected error at the start of training


class Filled(NamedTuple):
    """(N, 3, H, W) colour; (N, 1, H, W) inverse depth; (N, 1, H, W) log of the colour's expected
    absolute error. All of the whole picture; only what was unknown has a meaning."""

    colour: Tensor
    depth: Tensor
    log_error: Tensor


class SynthesisNetwork(nn.Module):
    """Colour and inverse depth where they are unknown; any size.

    ``forward`` takes colour (N, 3, H, W) in 0..1 and inverse depth (N, 1, H, W) about 0..1, both
    with a first guess where they are unknown, and two masks (N, 1, H, W) of 0 and 1: ``known``,
    what is no guess, and ``wanted``, what is needed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(_INPUTS * 4, _WIDTHS[0], 3, padding=1, bias=False),
            nn.BatchNorm2d(_WIDTHS[0]),
            nn.ReLU(),
        )
        self.downs = nn.ModuleList()
        self.stages = nn.ModuleList()
        for i, width in enumerate(_WIDTHS):
            if i:
                kernel, padding = (3, 1) if i == 1 else (2, 0)
                self.downs.append(
                    nn.Sequential(
                        nn.Conv2d(_WIDTHS[i - 1], width, kernel, 2, padding, bias=False),
                        nn.BatchNorm2d(width),
                    )
                )
            self.stages.append(_stage(i, _DOWN_BLOCKS[i]))
        self.narrow = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(_WIDTHS[i + 1], _WIDTHS[i], 1, bias=False), nn.BatchNorm2d(_WIDTHS[i])
            )
            for i in range(len(_UP_BLOCKS))
        )
        self.ups = nn.ModuleList(_stage(i, count) for i, count in enumerate(_UP_BLOCKS))
        self.head = nn.Conv2d(_WIDTHS[0], _OUTPUTS * 4, 3, padding=1)
        with torch.no_grad():
            self.head.weight.mul_(0.1)
            assert self.head.bias is not None
            self.head.bias.zero_()
            self.head.bias[-4:] = _UNSURE

    def forward(self, colour: Tensor, depth: Tensor, known: Tensor, wanted: Tensor) -> Filled:
        height, width = colour.shape[-2:]
        pad = (0, -width % STRIDE, 0, -height % STRIDE)
        guess = F.pad(torch.cat([colour, depth], 1), pad, mode="replicate")
        # What was added for the stride is unknown: a repeated border isn't what stands there.
        known, wanted = F.pad(known, pad), F.pad(wanted, pad)
        x = self.stem(
            F.pixel_unshuffle(torch.cat([guess * 2 - 1, known, wanted], 1), 2).contiguous(
                memory_format=torch.channels_last
            )
        )
        maps = [self.stages[0](x)]
        for down, stage in zip(self.downs, self.stages[1:], strict=True):
            maps.append(stage(down(maps[-1])))
        x = maps.pop()
        for narrow, up in zip(reversed(self.narrow), reversed(self.ups), strict=True):
            x = F.interpolate(narrow(x), scale_factor=2.0, mode="nearest") + maps.pop()
            x = up(x)
        out = F.pixel_shuffle(self.head(x), 2)
        filled = guess + out[:, :4]
        filled, log_error = filled[..., :height, :width], out[:, 4:, :height, :width]
        return Filled(filled[:, :3], filled[:, 3:], log_error)


def _stage(level: int, blocks: int) -> nn.Sequential:
    width, groups = _WIDTHS[level], _GROUPS[level]
    return nn.Sequential(
        *(
            Block(width, _KERNELS[level], groups, SlicedMLP(width, groups, _EXPANSION))
            for _ in range(blocks)
        )
    )
