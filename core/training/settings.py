# SPDX-License-Identifier: GPL-3.0-or-later
"""What a training run is made of, besides the data: its phases and weights."""

from dataclasses import dataclass, field

from ..errors import UsageError
from .losses import LossWeights
from .student import DistilWeights


@dataclass(frozen=True)
class Phase:
    """``images`` picture steps at one area, the learning rate going from ``start`` to ``end``.

    ``sizes`` are (height, width); each step draws one of them.
    """

    sizes: tuple[tuple[int, int], ...]
    images: int
    batch: int
    start: float
    end: float

    @property
    def area(self) -> float:
        """Pixels of a picture, on the mean over the sizes."""
        return sum(h * w for h, w in self.sizes) / len(self.sizes)

    @classmethod
    def parse(cls, text: str) -> "Phase":
        """From ``96x128,96x160:60000:32:1e-3:5e-4`` (sizes, images, batch, first and last rate)."""
        try:
            sizes, images, batch, start, end = text.split(":")
            pairs = [tuple(int(n) for n in size.split("x")) for size in sizes.split(",")]
            if any(len(p) != 2 or p[0] % 32 or p[1] % 32 for p in pairs):
                raise ValueError
            return cls(
                tuple((h, w) for h, w in pairs), int(images), int(batch), float(start), float(end)
            )
        except ValueError as error:
            raise UsageError(
                f"'{text}' is no training phase: write SIZES:IMAGES:BATCH:RATE:RATE with sides "
                "in multiples of 32, such as 96x128,96x160:60000:32:1e-3:5e-4."
            ) from error


@dataclass(frozen=True)
class Settings:
    """What a run is made of, besides the data.

    Attributes:
        phases: one after the other; more may be added when a run is resumed.
        seed: of weights and samples.
        photo_share: part of the pictures that are photos without depth (needs a teacher).
        decay: weight decay of AdamW.
        encoder_rate: factor on the learning rate of a pretrained encoder.
        bfloat16: convolutions in bfloat16 (autocast), losses and weights in float32.
        average: decay of the moving average of the weights, per step.
        on_device: the frames lie on the training device and are augmented there.
        warm_up: steps over which the learning rate rises to the first phase's.
    """

    phases: tuple[Phase, ...]
    seed: int = 0
    photo_share: float = 0.0
    decay: float = 0.02
    encoder_rate: float = 1.0
    bfloat16: bool = False
    average: float = 0.998
    warm_up: int = 200
    on_device: bool = False
    loss: LossWeights = field(default_factory=LossWeights)
    distil: DistilWeights = field(default_factory=DistilWeights)
