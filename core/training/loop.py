# SPDX-License-Identifier: GPL-3.0-or-later
"""One step after the other of teacher or student: seeded, and resumable at any step."""

import math
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..depth.decoder import Prediction
from ..depth.fold import channels_last, fold_norms
from ..depth.labels import IGNORE
from ..depth.network import DepthNetwork
from ..errors import SecondEyeError
from .augment import training_view
from .averaging import names, tensors
from .dataset import Sample
from .device_frames import DeviceFrames, of_one_size, photo_windows
from .losses import depth_loss, label_distance, label_loss
from .settings import Phase, Settings
from .student import Hints, as_float, ask_teacher, output_loss
from .teacher import Lite0Encoder, Teacher


@dataclass(frozen=True)
class Batch:
    """Pictures (N, 3, H, W) in 0..1; targets (M, 1, H, W) and class indices (M, H, W) uint8 of the
    first M, the rest being photos; the teacher's prediction for all N and its maps, where there is
    a teacher."""

    picture: Tensor
    target: Tensor
    labels: Tensor
    answer: Prediction | None
    maps: list[Tensor]


class Trainer:
    """Trains one network; `state` and `restore` make a stopped run go on as if undisturbed."""

    def __init__(
        self,
        network: DepthNetwork | Teacher,
        settings: Settings,
        renders: Sequence[Sample],
        photos: Sequence[Sample] = (),
        teacher: Teacher | Lite0Encoder | None = None,
        device: str = "cpu",
        look_ahead: bool = False,
    ) -> None:
        self.settings, self.device = settings, torch.device(device)
        self.network = channels_last(network.to(self.device))
        self._live = [t.detach() for t in tensors(self.network)]
        self.averaged = [t.clone() for t in self._live]
        self.teacher = None
        self.hints: Hints | None = None
        if teacher is not None:
            self.teacher = channels_last(fold_norms(teacher).to(self.device))
            if isinstance(network, DepthNetwork):
                self.hints = Hints(network.config).to(self.device)
        self.renders, self.photos = list(renders), list(photos)
        groups = [{"params": list(network.decoder.parameters()), "factor": 1.0}]
        groups.append(
            {"params": list(network.encoder.parameters()), "factor": settings.encoder_rate}
        )
        if self.hints is not None:
            groups.append({"params": list(self.hints.parameters()), "factor": 1.0})
        self.optimiser = torch.optim.AdamW(groups, lr=1e-3, weight_decay=settings.decay, fused=True)
        self.step, self.images = 0, 0
        self._ahead = ThreadPoolExecutor(1) if look_ahead else None
        self._ready: Future[Batch] | None = None
        self._placed: tuple[list[Sample], DeviceFrames] | None = None
        self._photos_placed: DeviceFrames | None = None

    @property
    def total(self) -> int:
        return sum(p.images for p in self.settings.phases)

    @property
    def done(self) -> bool:
        return self.images >= self.total

    def pixels_left(self) -> float:
        """Pixels still to be seen to the end of the phases."""
        number, phase, part = self.phase()
        later = self.settings.phases[number + 1 :]
        return (1 - part) * phase.images * phase.area + sum(p.images * p.area for p in later)

    def phase(self) -> tuple[int, Phase, float]:
        """Number of the phase at hand, the phase, and the part of it that is done (0..1)."""
        before = 0
        for i, phase in enumerate(self.settings.phases):
            if self.images < before + phase.images:
                return i, phase, (self.images - before) / phase.images
            before += phase.images
        return len(self.settings.phases) - 1, self.settings.phases[-1], 1.0

    def batch(self, step: int, phase: Phase) -> Batch:
        """What is learnt from in this step: a function of seed, step and phase alone."""
        rng = np.random.default_rng([self.settings.seed, step])
        height, width = phase.sizes[int(rng.integers(len(phase.sizes)))]
        photos = 0
        if self.photos and self.teacher is not None:
            photos = int(rng.binomial(phase.batch, self.settings.photo_share))
        if self.settings.on_device:
            return self._asked(*self._device_batch(rng, step, phase.batch, photos, height, width))
        pictures, targets, labels = [], [], []
        for i in range(phase.batch):
            one = np.random.default_rng([self.settings.seed, step, i])
            pool = self.photos if i >= phase.batch - photos else self.renders
            sample = pool[int(one.integers(len(pool)))]
            picture, target, classes = training_view(sample, height, width, one)
            pictures.append(picture)
            if target is not None:
                targets.append(target)
                unknown = np.full((height, width), IGNORE, np.uint8)
                labels.append(unknown if classes is None else classes)
        x = torch.from_numpy(np.stack(pictures)).to(self.device).permute(0, 3, 1, 2).float() / 255
        t, c = x.new_zeros((0, 1, height, width)), x.new_zeros((0, height, width))
        if targets:
            t = torch.from_numpy(np.stack(targets)).to(self.device)[:, None]
            c = torch.from_numpy(np.stack(labels)).to(self.device)
        return self._asked(x, t, c)

    def _device_batch(
        self, rng: np.random.Generator, step: int, count: int, photos: int, height: int, width: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures, targets and labels cut from the frames that lie on the device."""
        if self._placed is None or self._placed[0] is not self.renders:
            # The old ones go before the new ones come.
            self._placed = None
            frames = DeviceFrames(of_one_size(self.renders), self.device)
            self._placed = self.renders, frames
        if photos and self._photos_placed is None:
            self._photos_placed = DeviceFrames(photo_windows(self.photos), self.device)
        seed = self.settings.seed * 1_000_003 + step
        parts = []
        if count > photos:
            parts.append(self._placed[1].batch(count - photos, height, width, rng, seed))
        if photos and self._photos_placed is not None:
            parts.append(self._photos_placed.batch(photos, height, width, rng, seed + 500_000_009))
        x, t, c = (torch.cat(maps) for maps in zip(*parts, strict=True))
        return x, t, c

    def _asked(self, x: Tensor, t: Tensor, c: Tensor) -> Batch:
        """The batch with what the teacher says to its pictures."""
        if self.teacher is None:
            return Batch(x, t, c, None, [])
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bfloat16):
            answer, maps = ask_teacher(self.teacher, x)
        return Batch(x, t, c, answer, maps)

    def train_step(self) -> dict[str, float]:
        """One optimiser step; returns the value of each term of the loss."""
        number, phase, part = self.phase()
        batch = self._ready.result() if self._ready else self.batch(self.step, phase)
        self._ready = None
        if self._ahead and self.images + phase.batch < self._end_of(number):
            # The next step's pictures are made while this one's gradients are.
            self._ready = self._ahead.submit(self.batch, self.step + 1, phase)
        rate = phase.end + (phase.start - phase.end) * 0.5 * (1 + math.cos(math.pi * part))
        rate *= min(1.0, (self.step + 1) / self.settings.warm_up)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["factor"]
        self.network.train()
        loss, terms = self._loss(batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        if not bool(torch.isfinite(norm)):
            raise SecondEyeError(
                f"The training left the numbers at step {self.step}: lower the learning rate and "
                "resume from the last checkpoint."
            )
        self.optimiser.step()
        self.step += 1
        self.images += phase.batch
        decay = min(self.settings.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(self.averaged, self._live, 1 - decay)
        return {"loss": float(loss.detach()), **terms}

    def _end_of(self, number: int) -> int:
        return sum(p.images for p in self.settings.phases[: number + 1])

    def _loss(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        picture, target, known = batch.picture, batch.target, len(batch.target)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bfloat16):
            prediction, maps = self.network.forward_with_features(picture)
            hint = self.hints(maps, batch.maps) if self.hints is not None else None
        depth, log_scale, labels = as_float(prediction)
        loss = depth.new_zeros(())
        terms: dict[str, float] = {}
        if known:
            value, terms = depth_loss(
                depth[:known],
                log_scale[:known],
                target,
                torch.ones_like(target),
                picture[:known],
                self.settings.loss,
            )
            loss = loss + value
            if labels is not None and self.settings.loss.labels:
                value = label_loss(labels[:known], batch.labels)
                loss = loss + self.settings.loss.labels * value
                terms["labels"] = float(value.detach())
        if hint is not None:
            loss = loss + self.settings.distil.features * hint
            terms["features"] = float(hint.detach())
        if batch.answer is not None and self.hints is not None:
            value = output_loss(depth, batch.answer.inverse_depth, self.settings.loss.far)
            loss = loss + self.settings.distil.output * value
            terms["distil"] = float(value.detach())
            if labels is not None and batch.answer.labels is not None:
                value = label_distance(labels, batch.answer.labels)
                loss = loss + self.settings.distil.labels * value
                terms["distil labels"] = float(value.detach())
        return loss, terms

    def state(self) -> dict[str, Any]:
        config = self.network.config if isinstance(self.network, DepthNetwork) else None
        return {
            "network": self.network.state_dict(),
            "averaged": self.averaged,
            "names": names(self.network),
            "config": config.to_dict() if config else None,
            "hints": self.hints.state_dict() if self.hints else None,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "images": self.images,
            "settings": asdict(self.settings),
            "renders": [s.name for s in self.renders],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`; hints that the checkpoint lacks start afresh."""
        try:
            self.network.load_state_dict(state["network"])
        except RuntimeError as error:
            raise SecondEyeError(
                "The checkpoint is another network's, or an older one's without the semantic head: "
                "begin with it by --start, into another --out."
            ) from error
        self.averaged = [t.to(self.device) for t in state["averaged"]]
        if (state["hints"] is None) == (self.hints is None):
            if self.hints is not None:
                self.hints.load_state_dict(state["hints"])
            self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.images = state["step"], state["images"]

    def averaged_state(self) -> dict[str, Tensor]:
        """The moving average under the network's names (each shared tensor once)."""
        return dict(zip(names(self.network), self.averaged, strict=True))
