# SPDX-License-Identifier: GPL-3.0-or-later
"""A training run on disk: checkpoints, a log, validation; safe to stop at any moment."""

import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from .dataset import Sample
from .loop import Trainer
from .validation import validate


def save_checkpoint(path: Path, trainer: Trainer) -> None:
    """Write the trainer's state beside ``path``, then rename: a kill leaves old or new, whole."""
    temporary = path.with_name(path.name + ".part")
    torch.save(trainer.state(), temporary)
    os.replace(temporary, path)


def run(
    trainer: Trainer,
    folder: Path,
    held_out: Sequence[Sample],
    stopped: Callable[[], bool] = lambda: False,
    say: Callable[[str], None] = print,
    every_seconds: float = 180.0,
    say_seconds: float = 60.0,
    validate_images: int = 6000,
) -> None:
    """Train to the end of the phase at hand, since more renders may be waiting behind it.

    Says a line every ``say_seconds``: images a second since the last line and the time that the
    phases still take at that rate per pixel. Writes ``folder/checkpoint.pt`` every few minutes, at
    phase borders and when stopped, and one JSON line per 50 steps and per validation to
    ``folder/log.jsonl``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    saved = began = said = time.monotonic()
    first, last, count = trainer.images, trainer.images, 0
    sums: dict[str, float] = {}
    loss = ""
    number, phase, _ = trainer.phase()
    with open(folder / "log.jsonl", "a", encoding="utf-8") as log:
        while not trainer.done and not stopped() and trainer.phase()[0] == number:
            terms = trainer.train_step()
            count += 1
            for name, value in terms.items():
                sums[name] = sums.get(name, 0.0) + value
            if count == 50:
                rate = round((trainer.images - first) / (time.monotonic() - began), 2)
                line = {name: round(value / count, 5) for name, value in sums.items()}
                _log(log, {"step": trainer.step, "images": trainer.images, "rate": rate, **line})
                loss, sums, count = f"  loss {line['loss']:.4f}", {}, 0
            now = time.monotonic()
            if now - said > say_seconds:
                rate, said, last = (trainer.images - last) / (now - said), now, trainer.images
                left = trainer.pixels_left() / (rate * phase.area)
                say(
                    f"{time.strftime('%H:%M:%S')}  phase {number + 1}/"
                    f"{len(trainer.settings.phases)}  {trainer.images} of {trainer.total} images  "
                    f"{rate:.1f}/s  {left / 60:.0f} min left{loss}"
                )
            due = (
                trainer.images // validate_images
                != (trainer.images - phase.batch) // validate_images
            )
            if held_out and due:
                scores = validate(trainer.network, trainer.averaged, held_out, phase.sizes[0])
                _log(log, {"step": trainer.step, "images": trainer.images, **scores})
                say("held-out scenes: " + "  ".join(f"{k} {v:.4f}" for k, v in scores.items()))
            if time.monotonic() - saved > every_seconds:
                save_checkpoint(folder / "checkpoint.pt", trainer)
                saved = time.monotonic()
    save_checkpoint(folder / "checkpoint.pt", trainer)


def _log(log: Any, line: dict[str, Any]) -> None:
    log.write(json.dumps(line) + "\n")
    log.flush()
