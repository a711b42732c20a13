# SPDX-License-Identifier: GPL-3.0-or-later
"""The depth network: a sliced-MLP encoder and a light decoder, any picture size in."""

from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .decoder import LABEL_STRIDE, Decoder, Prediction
from .labels import CLASSES
from .sliced_mlp import SlicedMLP, shuffle_slices

STRIDE = 32


@dataclass(frozen=True)
class NetworkConfig:
    """Shape of the network; the default is the one that ships.

    Attributes:
        stem: channels at half size.
        widths: channels of the four stages, at 1/4, 1/8, 1/16 and 1/32 of the picture.
        depths: blocks of each stage.
        mlps: sliced MLPs of each stage when shared: block ``i`` of a stage uses number
            ``i * mlps // depth``, so that neighbours use the same one.
        groups: slices of each stage's MLPs.
        expansions: hidden channels per channel of each stage's MLPs.
        kernels: size of each stage's depthwise convolutions.
        decoder: channels of the decoder at 1/32, 1/16, 1/8, 1/4 and 1/2.
        shared: False gives every block a sliced MLP of its own, the unshared twin.
        tying: another choice of who shares with whom: for each stage the number of the sliced MLP
            that each block uses, ``((0, 0), (0, 1, 0), ...)``; counted from 0 in the order of first
            use. None for neighbours as in ``mlps``; what it says goes before ``mlps`` and
            ``shared``.
        labels: classes of the semantic head, 0 for a network without one.
    """

    stem: int = 16
    widths: tuple[int, ...] = (48, 96, 256, 512)
    depths: tuple[int, ...] = (2, 3, 7, 5)
    mlps: tuple[int, ...] = (1, 2, 5, 3)
    groups: tuple[int, ...] = (3, 3, 4, 4)
    expansions: tuple[int, ...] = (2, 2, 3, 3)
    kernels: tuple[int, ...] = (3, 3, 3, 3)
    decoder: tuple[int, ...] = (192, 128, 96, 48, 16)
    shared: bool = True
    labels: int = len(CLASSES)
    tying: tuple[tuple[int, ...], ...] | None = None

    def __post_init__(self) -> None:
        stages = {len(self.widths), len(self.depths), len(self.mlps), len(self.groups)}
        if len(stages) > 1:
            raise ValueError("widths, depths, mlps and groups must have one value per stage")
        for number, (width, groups) in enumerate(zip(self.widths, self.groups, strict=True), 1):
            if groups < 1 or width % groups:
                raise ValueError(
                    f"the {width} channels of stage {number} can't be cut into {groups} equal "
                    "slices"
                )
        if self.tying is None:
            return
        if [len(stage) for stage in self.tying] != list(self.depths):
            raise ValueError("the tying must name one sliced MLP for each block of each stage")
        for stage in self.tying:
            if list(dict.fromkeys(stage)) != list(range(len(set(stage)))):
                raise ValueError(
                    f"the tying {stage} must count its sliced MLPs from 0 in the order of first use"
                )

    def plan(self) -> tuple[tuple[int, ...], ...]:
        """For each stage, the number of the sliced MLP that each block uses."""
        if self.tying is not None:
            return self.tying
        counts = self.mlps if self.shared else self.depths
        return tuple(
            tuple(block * count // depth for block in range(depth))
            for count, depth in zip(counts, self.depths, strict=True)
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        return {k: _listed(v) for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "NetworkConfig":
        """From `to_dict`, also an older one's, which knew no semantic head.

        Raises ValueError or TypeError for what describes no network.
        """
        return cls(**{"labels": 0} | {k: _tupled(v) for k, v in values.items()})


def _listed(value: Any) -> Any:
    return [_listed(v) for v in value] if isinstance(value, tuple) else value


def _tupled(value: Any) -> Any:
    return tuple(_tupled(v) for v in value) if isinstance(value, list) else value


class Block(nn.Module):
    """Depthwise convolution for space, then a sliced MLP for channels, around one residual.

    Only the sliced MLP is shared between blocks: the depthwise kernel and both norms stay the
    block's own, so that two blocks with the same MLP still do different work.
    """

    def __init__(self, channels: int, kernel: int, groups: int, mlp: SlicedMLP) -> None:
        super().__init__()
        self.groups = groups
        self.space = nn.Conv2d(
            channels, channels, kernel, padding=kernel // 2, groups=channels, bias=False
        )
        self.norm_in = nn.BatchNorm2d(channels)
        self.mlp = mlp
        self.norm_out = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm_out(self.mlp(self.norm_in(self.space(x))))
        return shuffle_slices(x + y, self.groups)


class Encoder(nn.Module):
    """Picture (N, 3, H, W), normalised, to five maps at 1/2, 1/4, 1/8, 1/16 and 1/32."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, config.stem, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(config.stem),
            nn.ReLU(),
        )
        self.downs = nn.ModuleList()
        self.stages = nn.ModuleList()
        previous = config.stem
        for i, (width, uses) in enumerate(zip(config.widths, config.plan(), strict=True)):
            kernel, padding = (3, 1) if i < 2 else (2, 0)
            self.downs.append(
                nn.Sequential(
                    nn.Conv2d(previous, width, kernel, stride=2, padding=padding, bias=False),
                    nn.BatchNorm2d(width),
                )
            )
            mlps = [SlicedMLP(width, config.groups[i], config.expansions[i]) for _ in set(uses)]
            self.stages.append(
                nn.Sequential(
                    *(Block(width, config.kernels[i], config.groups[i], mlps[use]) for use in uses)
                )
            )
            previous = width
        # Where a pixel stands in the picture says much about its depth, and crops in training
        # don't give that away: a learned map of (x, y) in -1..1 is added at 1/16.
        self.position = nn.Conv2d(2, config.widths[2], 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.stem(x)
        maps = [x]
        for i, (down, stage) in enumerate(zip(self.downs, self.stages, strict=True)):
            x = down(x)
            if i == 2:
                x = x + self.position(position_map(x))
            x = stage(x)
            maps.append(x)
        return maps


def position_map(like: Tensor) -> Tensor:
    """(1, 2, H, W) of pixel centres in -1..1, x then y, for a map of size (N, C, H, W)."""
    h, w = like.shape[-2:]
    y = (torch.arange(h, device=like.device, dtype=like.dtype) * 2 + 1) / h - 1
    x = (torch.arange(w, device=like.device, dtype=like.dtype) * 2 + 1) / w - 1
    return torch.stack([x.expand(h, w), y[:, None].expand(h, w)])[None]


class DepthNetwork(nn.Module):
    """Relative inverse depth and its uncertainty from one picture.

    Input: (N, 3, H, W) float RGB in 0..1, any H and W >= 1.
    Output: a `Prediction`.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: NetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config or NetworkConfig()
        self.encoder = Encoder(self.config)
        self.decoder = Decoder(
            self.config.stem, self.config.widths, self.config.decoder, self.config.labels
        )
        mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        self.register_buffer("mean", mean.view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", std.view(1, 3, 1, 1), persistent=False)

    def forward(self, picture: Tensor) -> Prediction:
        return self.forward_with_features(picture)[0]

    def forward_with_features(self, picture: Tensor) -> tuple[Prediction, list[Tensor]]:
        """As ``forward``, with the encoder's five maps (for distillation)."""
        h, w = picture.shape[-2:]
        x = (picture - self.mean) / self.std
        bottom, right = -h % STRIDE, -w % STRIDE
        if bottom or right:
            x = F.pad(x, (0, right, 0, bottom), mode="replicate")
        maps = self.encoder(x)
        depth, scale, labels = self.decoder(maps)
        if labels is not None:
            labels = labels[..., : -(-h // LABEL_STRIDE), : -(-w // LABEL_STRIDE)]
        return Prediction(depth[..., :h, :w], scale[..., :h, :w], labels), maps
