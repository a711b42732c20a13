#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What slicing, each term of the loss, and the choice of shared layers are worth.

    ablate.py --renders DIR --out DIR [--images 4000] [--only base --only "G = 2"]

Short runs that differ in one thing, all under the same budget: G = 1, 2, 4, 8 slices; each term of
the loss off; sliced MLPs shared by similarity (linear CKA of the unshared twin), by neighbours (the
base), at random, or not at all. Writes ablation.json, ablation.md and similarity.png into --out. A
terminate signal saves and stops; the same command goes on.
"""

import argparse
import json
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import torch

from core.errors import SecondEyeError, UsageError
from core.training.ablation import Ablation, Budget, Variant, variants
from core.training.averaging import averaged_by_name, read_checkpoint, start_from
from core.training.dataset import Sample, load_renders
from core.training.teacher import Teacher


def read_frames(arguments: argparse.Namespace, held: bool) -> list[Sample]:
    """The frames of the first run: renders that were finished later would spoil the comparison."""
    samples = [
        sample
        for root in arguments.renders
        for sample in load_renders(root, arguments.cache / "decoded", held)
    ]
    path = arguments.out / ("held_out.json" if held else "frames.json")
    if path.exists():
        known = set(json.loads(path.read_text(encoding="utf-8")))
        return [s for s in samples if s.name in known]
    arguments.out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([s.name for s in samples]), encoding="utf-8")
    return samples


def choose(arguments: argparse.Namespace) -> list[Variant]:
    every = variants(arguments.slices, arguments.seeds, arguments.seed)
    names = [v.name for v in every]
    for name in arguments.only or ():
        if name not in names:
            raise UsageError(f"There is no run '{name}': choose from {', '.join(names)}.")
    return [v for v in every if not arguments.only or v.name in arguments.only]


def ablate(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    stop = {"asked": False}
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.update(asked=True))
    chosen = choose(arguments)
    if arguments.list:
        print("\n".join(v.name for v in chosen))
        return
    height, width = (int(n) for n in arguments.size.split("x"))
    budget = Budget(
        arguments.images,
        (height, width),
        arguments.batch,
        arguments.rate,
        arguments.seed,
        arguments.bfloat16,
    )
    teacher = None
    if arguments.teacher:
        state = read_checkpoint(arguments.teacher)
        teacher = Teacher()
        start_from(teacher, averaged_by_name(teacher, state))
    ablation = Ablation(
        arguments.out,
        budget,
        read_frames(arguments, held=False),
        read_frames(arguments, held=True),
        teacher,
        arguments.device,
        lambda text: print(text, flush=True),
    )
    done = ablation.run(chosen, lambda: stop["asked"])
    print((arguments.out / "ablation.md").read_text(encoding="utf-8") if done else "stopped")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--renders", type=Path, action="append", required=True)
    parser.add_argument("--out", type=Path, required=True, help="outside the repository")
    parser.add_argument("--cache", type=Path, default=Path("build/training"))
    parser.add_argument("--images", type=int, default=4000, help="image steps of each run")
    parser.add_argument("--size", default="96x128")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--slices", type=int, nargs="*", default=[1, 2, 4, 8])
    parser.add_argument("--seeds", type=int, default=2, help="runs of the base, to see chance")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", metavar="NAME", help="may repeat; see --list")
    parser.add_argument("--list", action="store_true", help="name the runs and stop")
    parser.add_argument("--teacher", type=Path, help="a teacher's checkpoint to distil in all runs")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bfloat16", action="store_true", help="for a CPU or GPU that has it")
    arguments = parser.parse_args()
    try:
        ablate(arguments)
    except SecondEyeError as error:
        print(f"ablate.py: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
