#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/model-card.md and its pictures: every figure of a depth network from one run.

    model_card.py                                          # cost and licences: no data needed
    model_card.py --sets RGBD --renders FRAMES --camvid CAMVID --peer TCSMALLNET.onnx
                  [--model FILE] [--teacher FILE] [--log LOG] [--ablations FOLDER]
                  [--clips CLIPS] [--nyu MAT] [--kitti FOLDER --kitti-split LIST]
    model_card.py --only repair --clips CLIPS --sets RGBD --renders FRAMES --peer TCSMALLNET.onnx
                                                           # that section of a card that is there
    model_card.py --only cost --peer TCSMALLNET.onnx       # likewise, when the machine is idle

Measured always: parameters by part, FLOPs of a 256x448 picture, and in processes of their own
frames/s on one and two threads, processor time, peak memory and the sameness of bits, of the
network at its own size (pictures at once: "streams"), of it with the whole 256x448, and of the
first --peer. --sets: AbsRel, RMSE, log10 and deltas of every set by every model and the ramp;
--renders: edges, uncertainty, classes and pictures; --camvid: classes; --clips: repair. Beside
other work speed is not judged: use an idle machine.

What isn't given is left out, and the card says so. Pictures of the measured sets, which may be for
research only, go to out/model-card/, which git ignores; only renders are shown in docs/.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEACHER = ROOT / "core/training/weights/second_eye_teacher.safetensors"
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from core.errors import SecondEyeError  # noqa: E402
from core.threads import wait_politely  # noqa: E402


def main(argv: list[str]) -> int:
    """Parse, measure, draw, write; returns the exit code."""
    args = _parser().parse_args(argv)
    wait_politely()
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    from card.repair_run import repair_alone
    from card.run import cost_alone, make_card

    make = {"repair": repair_alone, "cost": cost_alone, None: make_card}[args.only]
    try:
        report = make(args, lambda text: print(text, flush=True))
    except SecondEyeError as error:
        if args.debug:
            raise
        print(f"model_card: {error}", file=sys.stderr)
        return error.exit_code
    args.private.mkdir(parents=True, exist_ok=True)
    target = args.private / (f"{args.only or 'report'}.json")
    target.write_text(json.dumps(report, indent=1, default=str) + "\n", encoding="utf-8")
    print(f"{args.out} and {target} written")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", metavar="NAME|FILE", help="default: the bundled network")
    parser.add_argument("--size", type=int, metavar="N", help="inference size of the network")
    parser.add_argument("--peer", type=Path, action="append", default=[], metavar="FILE.onnx")
    parser.add_argument(
        "--teacher", type=Path, metavar="FILE", default=TEACHER if TEACHER.is_file() else None,
        help="default: the one in core/training/weights",
    )  # fmt: skip
    parser.add_argument("--sets", type=Path, metavar="DIR", help="sub-folders with rgb/ and depth/")
    parser.add_argument(
        "--renders", type=Path, action="append", default=[], metavar="DIR",
        help="frames of render_scenes.py; may be said again",
    )  # fmt: skip
    parser.add_argument("--clips", type=Path, metavar="DIR", help="movies and folders of frames")
    parser.add_argument(
        "--repair-frames", type=int, default=60, metavar="N", help="first N frames of each clip"
    )
    parser.add_argument(
        "--only", choices=("cost", "repair"), help="measure and replace one section"
    )
    parser.add_argument("--camvid", type=Path, metavar="DIR", help="images/ and labels/ of CamVid")
    parser.add_argument("--nyu", type=Path, metavar="MAT", help="splits.mat lies beside it")
    parser.add_argument("--kitti", type=Path, metavar="DIR")
    parser.add_argument("--kitti-split", metavar="LIST")
    parser.add_argument("--log", type=Path, metavar="FILE", help="log.jsonl of the training")
    parser.add_argument("--ablations", type=Path, metavar="DIR", help="--out of scripts/ablate.py")
    parser.add_argument("--limit", type=int, metavar="N", help="N frames a set, spread evenly")
    parser.add_argument(
        "--sample",
        type=int,
        default=400,
        metavar="N",
        help="frames whose depth and labels the statistics read",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "model-card.md")
    parser.add_argument("--pictures", type=Path, help="default: pictures/model-card beside --out")
    parser.add_argument("--private", type=Path, default=ROOT / "out" / "model-card")
    parser.add_argument("--debug", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
