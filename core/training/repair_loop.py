# SPDX-License-Identifier: GPL-3.0-or-later
"""One of repair's networks in training: seeded, checkpointed, and resumed as if undisturbed."""

import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..depth.fold import channels_last
from ..errors import SecondEyeError
from .averaging import load_averaged, names, tensors
from .repair_task import RepairSchedule, Task


class RepairTrainer:
    """Steps of one task; every step is a function of seed and step number alone."""

    def __init__(self, task: Task, schedule: RepairSchedule) -> None:
        self.task, self.schedule = task, schedule
        self.network = channels_last(task.network)
        self._live = [t.detach() for t in tensors(self.network)]
        self.averaged = [t.clone() for t in self._live]
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=1e-3, weight_decay=schedule.decay, fused=True
        )
        self.step = 0

    @property
    def images(self) -> int:
        """Samples seen."""
        return self.step * self.schedule.batch

    @property
    def done(self) -> bool:
        return self.images >= self.schedule.images

    def train_step(self) -> dict[str, float]:
        """One optimiser step; returns the loss and its terms."""
        schedule = self.schedule
        part = self.images / schedule.images
        rate = schedule.end + (schedule.start - schedule.end) * 0.5 * (1 + math.cos(math.pi * part))
        for group in self.optimiser.param_groups:
            group["lr"] = rate * min(1.0, (self.step + 1) / schedule.warm_up)
        rngs = [np.random.default_rng([schedule.seed, self.step, i]) for i in range(schedule.batch)]
        self.network.train()
        loss, terms = self.task.loss(rngs)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        if not bool(torch.isfinite(norm)):
            raise SecondEyeError(
                f"The training left the numbers at step {self.step}: lower the learning rate and "
                "resume from the last checkpoint."
            )
        self.optimiser.step()
        self.step += 1
        decay = min(schedule.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(self.averaged, self._live, 1 - decay)
        return {"loss": float(loss.detach()), **terms}

    def validate(self) -> dict[str, float]:
        """The task's scores of the averaged weights."""
        kept = [t.clone() for t in self._live]
        load_averaged(self.network, self.averaged)
        self.network.eval()
        scores = self.task.validate()
        load_averaged(self.network, kept)
        return scores

    def averaged_state(self) -> dict[str, Tensor]:
        """The moving average under the network's names."""
        return dict(zip(names(self.network), self.averaged, strict=True))

    def state(self) -> dict[str, Any]:
        return {
            "part": self.task.part,
            "network": self.network.state_dict(),
            "averaged": self.averaged,
            "names": names(self.network),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "schedule": asdict(self.schedule),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`. Raises `SecondEyeError` where it is another network's."""
        try:
            if state["part"] != self.task.part:
                raise ValueError(state["part"])
            self.network.load_state_dict(state["network"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step = state["step"]
        except (KeyError, RuntimeError, ValueError) as error:
            raise SecondEyeError(
                "The checkpoint is no one of this repair network: choose another --out."
            ) from error
        self.averaged = [t.clone() for t in state["averaged"]]


def run_repair(
    trainer: RepairTrainer,
    folder: Path,
    stopped: Callable[[], bool] = lambda: False,
    say: Callable[[str], None] = print,
    every_seconds: float = 180.0,
    say_seconds: float = 60.0,
    validate_images: int = 6000,
) -> None:
    """Train to the end, or until ``stopped``.

    Writes ``folder/checkpoint.pt`` every few minutes and when it ends, and a JSON line per 50
    steps and per validation to ``folder/log.jsonl``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    saved = said = time.monotonic()
    began, first = time.process_time(), trainer.images
    sums: dict[str, float] = {}
    count = 0
    loss = ""
    with open(folder / "log.jsonl", "a", encoding="utf-8") as log:

        def write(line: dict[str, Any]) -> None:
            rounded = {k: round(v, 5) if isinstance(v, float) else v for k, v in line.items()}
            log.write(json.dumps({"step": trainer.step, "images": trainer.images} | rounded) + "\n")
            log.flush()

        while not trainer.done and not stopped():
            before = trainer.images
            for name, value in trainer.train_step().items():
                sums[name] = sums.get(name, 0.0) + value
            count += 1
            if count == 50:
                line = {name: value / count for name, value in sums.items()}
                write(line)
                loss, sums, count = f"  loss {line['loss']:.4f}", {}, 0
            now = time.monotonic()
            if now - said > say_seconds:
                rate, said = (trainer.images - first) / (time.process_time() - began), now
                say(
                    f"{time.strftime('%H:%M:%S')}  {trainer.images} of {trainer.schedule.images} "
                    f"samples  {rate:.1f} a second of the processor{loss}"
                )
            if trainer.images // validate_images != before // validate_images or trainer.done:
                scores = trainer.validate()
                write(scores)
                say("held-out scenes: " + "  ".join(f"{k} {v:.4f}" for k, v in scores.items()))
            if now - saved > every_seconds:
                save_repair(folder / "checkpoint.pt", trainer)
                saved = now
    save_repair(folder / "checkpoint.pt", trainer)


def save_repair(path: Path, trainer: RepairTrainer) -> None:
    """Write the trainer's state beside ``path``, then rename: a kill leaves old or new, whole."""
    temporary = path.with_name(path.name + ".part")
    torch.save(trainer.state(), temporary)
    os.replace(temporary, path)
