# SPDX-License-Identifier: GPL-3.0-or-later
"""The network made quicker for inference: batch norms folded into the convolutions before them."""

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .decoder import Fuse
from .network import Block, DepthNetwork

Folded = TypeVar("Folded", bound=nn.Module)


def fold(network: DepthNetwork) -> DepthNetwork:
    """`fold_norms` of the depth network, laid out in memory for the fastest answer."""
    return channels_last(fold_norms(network))


def channels_last(network: Folded) -> Folded:
    """The network with its weights laid out the way convolutions on the CPU are quickest."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def fold_norms(network: Folded) -> Folded:
    """A frozen copy in evaluation mode with the same answers (to rounding) and no batch norms.

    The copy's sliced MLPs are no longer shared, since each block's norm went into its own.
    """
    folded = copy.deepcopy(network).eval()
    for module in list(folded.modules()):
        if isinstance(module, nn.Sequential):
            _fold_sequence(module)
        elif isinstance(module, Block):
            module.mlp = copy.deepcopy(module.mlp)
            module.space = fuse_conv_bn_eval(module.space, module.norm_in)
            module.mlp.project = fuse_conv_bn_eval(module.mlp.project, module.norm_out)
            module.norm_in = module.norm_out = nn.Identity()  # type: ignore[assignment]
        elif isinstance(module, Fuse):
            # The norm follows a sum: doubling in size commutes with a gain per channel, so the
            # gain goes into both summands and the offset into one.
            norm = module.norm
            module.coarse = fuse_conv_bn_eval(module.coarse, _gain_of(norm))
            module.coarse.bias = None
            module.skip = fuse_conv_bn_eval(module.skip, norm)
            module.norm = nn.Identity()  # type: ignore[assignment]
    return folded.requires_grad_(False)


def _fold_sequence(sequence: nn.Sequential) -> None:
    for i in range(len(sequence) - 1):
        first, second = sequence[i], sequence[i + 1]
        if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
            sequence[i] = fuse_conv_bn_eval(first, second)
            sequence[i + 1] = nn.Identity()
    for layer in sequence:
        if isinstance(layer, nn.ReLU):
            layer.inplace = True


def _gain_of(norm: nn.BatchNorm2d) -> nn.BatchNorm2d:
    """The norm without its offset."""
    gain = copy.deepcopy(norm)
    with torch.no_grad():
        zero: Tensor = torch.zeros_like(norm.bias)
        gain.bias.copy_(zero)
        assert gain.running_mean is not None
        gain.running_mean.copy_(zero)
    return gain
