# SPDX-License-Identifier: GPL-3.0-or-later
"""The spatial branch's network: depth corrected by what the whole picture says, then moved so that
its steps sit on the picture's edges.

Two paths share one encoder. Self-attention at 1/16 and 1/32 (after X. Wang et al., "Non-local
Neural Networks", CVPR 2018, and A. Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021)
lets what is far apart agree; keys and values at 1/16 are means of 2x2 (W. Wang et al., "Pyramid
Vision Transformer", ICCV 2021), so that it costs a quarter. The decoder ends in a displacement for
each pixel: its depth is taken from where that points, which is away from the edge on the side the
pixel belongs to (M. Ramamonjisoa et al., "Predicting Sharp and Accurate Occlusion Boundaries in
Monocular Depth Estimation Using Displacement Fields", CVPR 2020). Fresh from the constructor all
corrections are 0 and the network gives back what it was given.
"""

from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..depth.decoder import Fuse, conv
from ..depth.labels import CLASSES, IGNORE
from ..depth.network import position_map

STRIDE = 32
REACH = 8.0
"""The longest displacement along each axis, in pixels."""
_CLASS_STRIDE = 4


class Refined(NamedTuple):
    """``inverse_depth`` (N, 1, H, W) in the input's unit and ``log_scale`` (N, 1, H, W), natural
    logarithm of the scale of a Laplace distribution around it, in that unit."""

    inverse_depth: Tensor
    log_scale: Tensor


class Attention(nn.Module):
    """A transformer block over the pixels of a map: self-attention, then a two-layer perceptron.

    Args:
        channels: of the map, a multiple of ``heads``.
        heads: of the attention.
        pool: keys and values are means over squares of this side, in pixels.
        expansion: hidden channels per channel of the perceptron, 0 for none.
    """

    def __init__(self, channels: int, heads: int, pool: int, expansion: int) -> None:
        super().__init__()
        self.heads, self.pool = heads, pool
        # Where a pixel's neighbours are (X. Chu et al., "Conditional Positional Encodings for
        # Vision Transformers", ICLR 2023); attention itself knows no places.
        self.place = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.query = nn.Linear(channels, channels)
        self.key_value = nn.Linear(channels, 2 * channels)
        self.join = nn.Linear(channels, channels)
        self.mlp = None
        if expansion:
            self.mlp = nn.Sequential(
                nn.LayerNorm(channels),
                nn.Linear(channels, expansion * channels),
                nn.ReLU(),
                nn.Linear(expansion * channels, channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same."""
        x = x + self.place(x)
        n, c, h, w = x.shape
        tokens = x.permute(0, 2, 3, 1).reshape(n, h * w, c)
        y = self.norm(tokens)
        seen = y
        if self.pool > 1:
            square = F.avg_pool2d(y.reshape(n, h, w, c).permute(0, 3, 1, 2), self.pool)
            seen = square.permute(0, 2, 3, 1).reshape(n, -1, c)
        key, value = self.key_value(seen).chunk(2, -1)
        query, key, value = (self._split(t) for t in (self.query(y), key, value))
        y = F.scaled_dot_product_attention(query, key, value)
        tokens = tokens + self.join(y.transpose(1, 2).reshape(n, h * w, c))
        if self.mlp is not None:
            tokens = tokens + self.mlp(tokens)
        return tokens.reshape(n, h, w, c).permute(0, 3, 1, 2)

    def _split(self, tokens: Tensor) -> Tensor:
        n, count, c = tokens.shape
        return tokens.view(n, count, self.heads, c // self.heads).transpose(1, 2)


def _down(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride=2, padding=(kernel - 1) // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class SpatialNetwork(nn.Module):
    """Inverse depth and its log scale from a picture and an estimate of them, any size.

    1,766,721 parameters; 1.31 GFLOP at 256x448. Norms fold away by `depth.fold.fold_norms`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = _down(5, 16, 3)
        self.classes = nn.Conv2d(len(CLASSES), 32, 1, bias=False)
        self.down4 = _down(16, 32, 3)
        self.down8 = _down(32, 64, 3)
        self.down16 = _down(64, 192, 3)
        self.position = nn.Conv2d(2, 192, 1)
        self.attend16 = Attention(192, 6, pool=2, expansion=0)
        self.down32 = _down(192, 288, 2)
        self.attend32 = Attention(288, 9, pool=1, expansion=4)
        self.fuse16 = Fuse(288, 192, 128)
        self.fuse8 = Fuse(128, 64, 48)
        self.fuse4 = Fuse(48, 32, 32)
        self.lift = nn.Sequential(nn.Conv2d(32, 16, 1, bias=False), nn.BatchNorm2d(16))
        self.mix = conv(16, 16, 3)
        # What is wrong over whole regions, and at full size, for each of four sub-pixels:
        # displacement in x and y, what it leaves to be added, and the change of the log scale.
        self.coarse = nn.Conv2d(32, 1, 1)
        self.head = nn.Conv2d(16, 16, 3, padding=1)
        for last in (self.coarse, self.head):
            nn.init.zeros_(last.weight)
            assert last.bias is not None
            nn.init.zeros_(last.bias)

    def forward(self, told: Tensor, labels: Tensor | None) -> Refined:
        """From ``told`` (N, 5, H, W): RGB in 0..1, inverse depth normalised to about 0..1, and the
        log scale of its error; labels (N, H, W) uint8 class indices, or None."""
        h, w = told.shape[-2:]
        inverse_depth, log_scale = told[:, 3:4], told[:, 4:]
        bottom, right = -h % STRIDE, -w % STRIDE
        if bottom or right:
            told = F.pad(told, (0, right, 0, bottom), mode="replicate")
            if labels is not None:
                labels = F.pad(labels, (0, right, 0, bottom), value=IGNORE)
        half = self.stem(told)
        quarter = self.down4(half)
        if labels is not None:
            quarter = quarter + self.classes(_planes(labels, told.dtype))
        eighth = self.down8(quarter)
        sixteenth = self.down16(eighth)
        sixteenth = self.attend16(sixteenth + self.position(position_map(sixteenth)))
        x = self.attend32(self.down32(sixteenth))
        x = self.fuse4(self.fuse8(self.fuse16(x, sixteenth), eighth), quarter)
        whole = F.interpolate(self.coarse(x), scale_factor=4.0, mode="bilinear")
        # (N, H, W, 4): pixels are contiguous in memory all the way.
        x = F.interpolate(self.lift(x), scale_factor=2.0, mode="bilinear") + half
        fine = _deal(self.head(self.mix(x)))[:, :h, :w]
        moved = displace(inverse_depth + whole[..., :h, :w], fine[..., :2].clamp(-REACH, REACH))
        return Refined(moved + fine[..., 2][:, None], log_scale + fine[..., 3][:, None])


def _deal(x: Tensor) -> Tensor:
    """(N, 4 C, H, W) to (N, 2 H, 2 W, C): channels dealt out as the four sub-pixels."""
    n, c, h, w = x.shape
    pixels = x.permute(0, 2, 3, 1).reshape(n, h, w, 2, 2, c // 4)
    return pixels.transpose(2, 3).reshape(n, 2 * h, 2 * w, c // 4)


def _planes(labels: Tensor, dtype: torch.dtype) -> Tensor:
    """Class indices (N, H, W) to one plane a class at 1/4, all 0 where the class is unknown."""
    seen = labels[:, 2::_CLASS_STRIDE, 2::_CLASS_STRIDE, None]
    indices = torch.arange(len(CLASSES), device=labels.device, dtype=labels.dtype)
    return (seen == indices).to(dtype).permute(0, 3, 1, 2)


def displace(values: Tensor, displacement: Tensor) -> Tensor:
    """``values`` (N, 1, H, W) taken bilinearly from (x + dx, y + dy), ``displacement`` (N, H, W, 2)
    in pixels; beyond the border the nearest pixel."""
    h, w = values.shape[-2:]
    places, part = _places(h, w, values.device, values.dtype)
    grid = torch.addcmul(places, displacement, part)
    return F.grid_sample(values, grid, padding_mode="border", align_corners=False)


@lru_cache(maxsize=4)
def _places(
    height: int, width: int, device: torch.device, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """(1, H, W, 2): pixel centres in units of the picture's half sides, as `grid_sample` wants
    them, and (2,): those units."""
    with torch.inference_mode(False):  # training may be given the same
        part = torch.tensor([2.0 / width, 2.0 / height], device=device, dtype=dtype)
        like = torch.empty((1, 1, height, width), device=device, dtype=dtype)
        return position_map(like).permute(0, 2, 3, 1).contiguous(), part
