# SPDX-License-Identifier: GPL-3.0-or-later
"""``train.py repair``: repair's networks, from renders to weights that ship."""

import argparse
import signal
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import torch

from ..depth import bundled_path, load_model
from ..errors import SecondEyeError
from .averaging import load_averaged, names, read_checkpoint
from .repair_estimates import Estimated, Estimator, load_estimates
from .repair_export import export_repair
from .repair_fusion import SemanticTask
from .repair_loop import RepairTrainer, run_repair
from .repair_moves import fusion_task
from .repair_spatial import SpatialTask
from .repair_task import RepairSchedule, Task


def add_repair(commands: Any) -> None:
    """The subcommand, for the parser of ``scripts/train.py``."""
    one = commands.add_parser("repair", help="repair's networks")
    one.add_argument("--renders", type=Path, action="append", required=True)
    one.add_argument("--out", type=Path, required=True, help="outside the repository")
    one.add_argument("--part", choices=("spatial", "fusion", "semantic"), default="spatial")
    one.add_argument("--networks", type=Path, help="fusion: weights of the others, else what ships")
    one.add_argument("--base", default="second_eye_v3", help="depth model that ships, or its file")
    one.add_argument("--cache", type=Path, default=Path("build/training"))
    one.add_argument("--images", type=int, default=30000, help="samples seen in all")
    one.add_argument("--batch", type=int, default=16)
    one.add_argument("--rate", type=float, default=1e-3, help="learning rate at first")
    one.add_argument("--variants", type=int, default=1, help="degraded pictures of each frame")
    one.add_argument("--start", type=Path, help="begin with a checkpoint's averaged weights")
    one.add_argument("--seed", type=int, default=0, help="of weights and samples")
    one.add_argument("--picture-seed", type=int, default=0, help="of what is done to pictures")
    one.add_argument("--threads", type=int, default=1)
    one.add_argument("--bfloat16", action="store_true", help="for a processor that has it")
    one.add_argument("--resume", action="store_true")
    one.set_defaults(run=train_repair)
    one = commands.add_parser("export-repair", help="checkpoints of repair to weights that ship")
    one.add_argument("checkpoint", type=Path, nargs="+", help="one a part; others stay as they are")
    one.add_argument("-o", "--output", type=Path, required=True)
    one.add_argument("--renders", type=Path, action="append", required=True, help="to calibrate on")
    one.add_argument("--base", default="second_eye_v3", help="depth model that ships, or its file")
    one.add_argument("--cache", type=Path, default=Path("build/training"))
    one.add_argument("--picture-seed", type=int, default=0)
    one.set_defaults(run=export)


def train_repair(arguments: argparse.Namespace) -> None:
    """Train one part. Raises `SecondEyeError`."""
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    checkpoint = arguments.out / "checkpoint.pt"
    if checkpoint.exists() and not arguments.resume:
        raise SecondEyeError(f"{checkpoint} exists: add --resume, or choose another --out.")
    stop = {"asked": False}
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.update(asked=True))
    schedule = RepairSchedule(
        arguments.images,
        arguments.batch,
        arguments.rate,
        seed=arguments.seed,
        bfloat16=arguments.bfloat16,
    )
    torch.manual_seed(arguments.seed)
    task = build_task(arguments)
    if arguments.start and not checkpoint.exists():
        begin(task, arguments.start)
    trainer = RepairTrainer(task, schedule)
    if checkpoint.exists():
        state = read_checkpoint(checkpoint)
        if state.get("schedule") != asdict(schedule):
            raise SecondEyeError(
                f"{checkpoint} was trained with other settings than are asked for now: give the "
                "same --images, --batch, --rate, --seed and --bfloat16, or choose another --out."
            )
        trainer.restore(state)
    run_repair(trainer, arguments.out, lambda: stop["asked"], lambda s: print(s, flush=True))
    print("done" if trainer.done else "stopped; go on with --resume")


def begin(task: Task, path: Path) -> None:
    """Give the task's network another run's averaged weights. Raises `SecondEyeError`."""
    state = read_checkpoint(path)
    if state.get("names") != names(task.network):
        raise SecondEyeError(
            f"{path} holds another network's weights: name a checkpoint of the same part."
        )
    load_averaged(task.network, state["averaged"])


def build_task(arguments: argparse.Namespace) -> Task:
    """The part's network and its data, the base estimates made where the cache lacks them."""
    if arguments.part == "fusion":
        return fusion_task(
            arguments.renders,
            load_model(arguments.base),
            arguments.networks,
            partial(print, flush=True),
        )
    held, scenes = load(arguments, True), load(arguments, False)
    for name, part in (("to learn from", scenes), ("held out", held)):
        print(f"{sum(len(s.records) for s in part)} frames {name}", flush=True)
    if arguments.part == "semantic":
        return SemanticTask(scenes, held)
    return SpatialTask(scenes, held, bfloat16=arguments.bfloat16)


def load(arguments: argparse.Namespace, clean: bool) -> list[Estimated]:
    """Held-out scenes' clean frames, or degraded ones to learn from."""
    base = Path(arguments.base)
    return load_estimates(
        arguments.renders,
        Estimator(
            base if base.is_file() else bundled_path(arguments.base), arguments.picture_seed, clean
        ),
        arguments.cache,
        1 if clean else arguments.variants,
        lambda line: print(line, flush=True),
    )


def export(arguments: argparse.Namespace) -> None:
    """Write the weights that ship. Raises `SecondEyeError`."""
    cv2.setNumThreads(1)
    metadata = {"name": arguments.output.stem, "license": "GPL-3.0-or-later"}
    held = load(arguments, True)
    factors = export_repair(arguments.checkpoint, arguments.output, held, metadata)
    for name, factor in factors.items():
        print(f"{name}: expected errors x {factor:.3f}")
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.2f} MB")
