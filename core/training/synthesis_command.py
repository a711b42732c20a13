# SPDX-License-Identifier: GPL-3.0-or-later
"""``train.py synthesis``: the synthesis network, from renders to weights that ship."""

import argparse
import json
import signal
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn

from ..depth import bundled_path
from ..errors import SecondEyeError
from ..synthesis.learned import bundled_path as bundled_synthesis
from ..synthesis.learned import read_network, save_network
from ..synthesis.network import SynthesisNetwork
from .averaging import load_averaged, names, read_checkpoint
from .repair_estimates import Estimator, load_estimates
from .repair_loop import RepairTrainer, run_repair
from .repair_task import RepairSchedule
from .synthesis_data import Hidden, Hole, hidden_hole, load_hidden
from .synthesis_task import SynthesisTask

HELD_PARALLAX = 0.04
"""Of the picture's width: the move that held-out samples' bands are made for."""


def add_synthesis(commands: Any) -> None:
    """The subcommands, for the parser of ``scripts/train.py``."""
    one = commands.add_parser("synthesis", help="the network that fills behind the foreground")
    one.add_argument("--renders", type=Path, action="append", required=True)
    one.add_argument("--out", type=Path, required=True, help="outside the repository")
    one.add_argument("--base", default="second_eye_v3", help="depth model that ships, or its file")
    one.add_argument("--cache", type=Path, default=Path("build/training"))
    one.add_argument("--images", type=int, default=40000, help="samples seen in all")
    one.add_argument("--batch", type=int, default=8)
    one.add_argument("--rate", type=float, default=1.5e-3, help="learning rate at first")
    one.add_argument("--start", type=Path, help="a checkpoint to begin with, or shipped weights")
    one.add_argument("--seed", type=int, default=0, help="of weights and samples")
    one.add_argument("--picture-seed", type=int, default=0, help="of what is done to pictures")
    one.add_argument("--threads", type=int, default=1)
    one.add_argument("--bfloat16", action="store_true", help="for a processor that has it")
    one.add_argument("--resume", action="store_true")
    one.set_defaults(run=train_synthesis)
    one = commands.add_parser("export-synthesis", help="its checkpoint to the weights that ship")
    one.add_argument("checkpoint", type=Path)
    one.add_argument("-o", "--output", type=Path, default=bundled_synthesis())
    one.set_defaults(run=export)


def train_synthesis(arguments: argparse.Namespace) -> None:
    """Train. Raises `SecondEyeError`."""
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
    trainer = RepairTrainer(build_task(arguments), schedule)
    if arguments.start and not checkpoint.exists():
        begin(trainer.network, arguments.start)
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


def begin(network: nn.Module, path: Path) -> None:
    """Put in the averaged weights of a checkpoint, or those of a .safetensors file.

    Raises `SecondEyeError` where they are another network's.
    """
    if path.suffix == ".safetensors":
        network.load_state_dict(read_network(path).state_dict())
        return
    state = read_checkpoint(path)
    if state.get("names") != names(network):
        raise SecondEyeError(f"{path} holds another network's weights: name one of synthesis.")
    load_averaged(network, state["averaged"])


def export(arguments: argparse.Namespace) -> None:
    """Write the averaged weights of a checkpoint. Raises `SecondEyeError`."""
    state = read_checkpoint(arguments.checkpoint)
    network = SynthesisNetwork()
    if state.get("part") != "synthesis" or state.get("names") != names(network):
        raise SecondEyeError(
            f"{arguments.checkpoint} is no checkpoint of this version's synthesis network: name "
            "one of train.py synthesis."
        )
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "name": arguments.output.stem,
        "license": "GPL-3.0-or-later",
        "samples": str(state["step"] * state["schedule"]["batch"]),
        "schedule": json.dumps(state["schedule"]),
    }
    save_network(arguments.output, dict(zip(state["names"], state["averaged"], strict=True)), told)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.2f} MB")


def build_task(arguments: argparse.Namespace) -> SynthesisTask:
    """The network and its data; estimates and decoded frames are made where the cache lacks
    them."""
    say = partial(print, flush=True)
    base = Path(arguments.base)
    weights = base if base.is_file() else bundled_path(arguments.base)
    hidden = load_hidden(arguments.renders, arguments.cache / "hidden", False, say)
    held = load_hidden(arguments.renders, arguments.cache / "hidden", True, say)
    others = load_estimates(
        arguments.renders, Estimator(weights, arguments.picture_seed), arguments.cache, say=say
    )
    return SynthesisTask(hidden, others, held_holes(held), bfloat16=arguments.bfloat16)


def held_holes(
    held: Sequence[Hidden],
    bases: Mapping[str, np.ndarray] | None = None,
    parallax: float = HELD_PARALLAX,
) -> list[Hole]:
    """Held-out frames as whole samples: with true depth, or with the depth network's answers."""
    told = bases or {}
    holes = [hidden_hole(f, told.get(f.name), parallax) for f in held]
    return [hole for hole in holes if hole.judged.any()]
