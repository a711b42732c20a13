# SPDX-License-Identifier: GPL-3.0-or-later
"""The one run: measure everything that is given, draw, and write the card."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.depth.load import DEFAULT, WEIGHTS
from core.errors import SecondEyeError
from core.evaluation.cost import cost_of, parameters_by_part
from core.evaluation.held_out import evaluate_renders
from core.evaluation.semantic import evaluate_camvid
from core.evaluation.sets import open_set
from core.repair.repair import WEIGHTS as REPAIR_WEIGHTS
from core.repair.weights import read_networks
from core.synthesis.learned import bundled_path as bundled_synthesis
from core.synthesis.learned import read_network

from . import pictures
from .ablations import read_ablations
from .choose import RULES, by_rule, quartiles, worst
from .contenders import RAMP, contenders
from .cost_text import COST, cost
from .measure import Say, SetScores, mean_over, score_set, score_sets
from .repair_run import measure_repair
from .replacing import put_section
from .sections import card
from .speed import HEIGHT, WIDTH, measure_speed

Strip = tuple[str, str, Path]  # what it shows, by which rule, the file


class Run:
    """What was asked for, who is compared, and where pictures go."""

    def __init__(self, args: argparse.Namespace, say: Say) -> None:
        self.args, self.say = args, say
        self.models, self.ours, self.peer = contenders(
            args.model, args.size, args.peer, args.teacher
        )
        self.public = args.pictures or args.out.parent / "pictures" / "model-card"
        shown = {name: self.models[name] for name in (self.peer, self.ours) if name}
        self.shown = shown  # input | peer | ours | truth

    @property
    def weights(self) -> Path | None:
        """The file of our network, where it is one."""
        given = self.args.model or DEFAULT
        for path in (Path(given), WEIGHTS / f"{given}.safetensors"):
            if path.is_file():
                return path
        return None

    def strips(self, scores: SetScores, folder: Path, stem: str) -> list[Strip]:
        """Quartiles of AbsRel, each rule's frames, and the worst frames of one set."""
        errors = scores.errors(self.ours)
        chosen = [("quartiles", "AbsRel at the lower quartile, the median, the upper quartile")]
        frames = {"quartiles": quartiles(scores.frames, errors)}
        for rule, words in RULES.items():
            chosen.append((rule, words))
            frames[rule] = by_rule(rule, scores.frames, scores.traits, 3)
        chosen.append(("failures", "largest AbsRel"))
        frames["failures"] = worst(scores.frames, errors, 3)
        made = []
        for name, words in chosen:
            if frames[name]:
                picture = pictures.strip(frames[name], scores.data, self.shown)
                path = folder / f"{stem}{name.replace(' ', '-')}.jpg"
                made.append((name, words, pictures.save(path, picture)))
        return made


def make_card(args: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure, draw, write ``args.out``; returns all figures. Raises SecondEyeError."""
    run = Run(args, say)
    if args.sets is not None and not args.sets.is_dir():
        raise SecondEyeError(f"{args.sets} is no folder: give the one above the sets.")
    say(f"compared: {', '.join(run.models)}")
    report: dict[str, Any] = {"contenders": list(run.models), "ours": run.ours, "peer": run.peer}
    report["sha256"] = run.models[run.ours].sha256
    _cost(run, report)
    _sets(run, report)
    _renders(run, report)
    if args.camvid is not None and report["tells_labels"]:
        say("CamVid")
        report["camvid"] = evaluate_camvid(
            args.camvid, run.models[run.ours], limit=args.limit, step=_quiet
        )
    if args.clips is not None:
        report["repair"] = measure_repair(args, run.public, say)
    if args.log is not None:
        from core.training.curves import draw_curves

        report["curves"] = run.public / "curves.png"
        run.public.mkdir(parents=True, exist_ok=True)
        draw_curves(args.log, report["curves"])
    if args.ablations is not None:
        report["ablations"] = read_ablations(args.ablations, run.public)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(card(report, args.out, run.weights))
    temporary = args.out.with_name(args.out.name + ".part")
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(args.out)
    return report


def cost_alone(args: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    """``model_card.py --only cost``: speed wants an idle machine, the rest doesn't.

    Raises SecondEyeError.
    """
    run = Run(args, say)
    report: dict[str, Any] = {"ours": run.ours, "peer": run.peer}
    _cost(run, report)
    put_section(args.out, COST, cost(report))
    return report


def _quiet(done: int, total: int) -> None:
    del done, total


def _cost(run: Run, report: dict[str, Any]) -> None:
    run.say("cost and speed")
    picture = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    paths = {run.ours: run.weights}
    paths |= dict(zip(list(run.models)[1:], run.args.peer, strict=False))
    report["cost"] = {}
    for name, model in run.models.items():
        if name != RAMP:
            report["cost"][name] = vars(cost_of(model, picture, paths.get(name)))
    if run.weights is not None and run.weights.suffix == ".safetensors":
        report["parts"] = parameters_by_part(run.weights)
        if run.args.model is None:
            report["parts"] |= {"repair": _of_repair(), "synthesis": _of_synthesis()}
    report["tells_labels"] = run.models[run.ours].infer(picture).labels is not None
    report["speed"] = [measure_speed(run.args.model, n) for n in (1, 2, 2)]
    report["full_speed"] = [measure_speed(run.args.model, n, WIDTH) for n in (1, 2)]
    if run.peer is not None:
        report["peer_speed"] = [measure_speed(str(run.args.peer[0]), n) for n in (1, 2)]


def _of_repair() -> int:
    """Parameters of the networks of repair that ship."""
    networks = read_networks(REPAIR_WEIGHTS)
    parts = (networks.spatial, networks.fusion, networks.semantic)
    return sum(p.numel() for part in parts if part is not None for p in part.parameters())


def _of_synthesis() -> int:
    """Parameters of the network that fills behind the foreground."""
    return sum(p.numel() for p in read_network(bundled_synthesis()).parameters())


def _sets(run: Run, report: dict[str, Any]) -> None:
    args = run.args
    benchmarks = []
    if args.nyu is not None:
        benchmarks.append(("NYU-Depth V2, test split", "nyu", args.nyu, None))
    if args.kitti is not None:
        benchmarks.append(("KITTI, Eigen split", "kitti", args.kitti, args.kitti_split))
    scored = score_sets(args.sets, benchmarks, run.models, args.limit, run.say)
    plain = [s for s in scored if s.layout == "rgbd"]
    report["sets"] = {
        s.name: {"count": len(s.frames), **{name: s.mean(name) for name in run.models}}
        for s in plain
    }
    report["benchmarks"] = {
        s.name: {"count": len(s.frames), **{name: s.mean(name) for name in run.models}}
        for s in scored
        if s.layout != "rgbd"
    }
    if plain:
        report["mean"] = {name: mean_over(plain, name) for name in run.models}
    report["private"] = [made for s in scored for made in run.strips(s, args.private, f"{s.name}-")]


def _renders(run: Run, report: dict[str, Any]) -> None:
    args = run.args
    if not args.renders:
        return
    report["renders"] = {}
    for name, model in run.models.items():
        run.say(f"held-out renders: {name}")
        report["renders"][name] = evaluate_renders(
            args.renders, model, limit=args.limit, step=_quiet
        )
    opened = [open_set(folder, "renders") for folder in args.renders]
    data = replace(opened[0], frames=[frame for one in opened for frame in one.frames])
    ours = {name: run.models[name] for name in (run.ours, RAMP)}
    scores = score_set("held-out renders", data, "renders", ours, args.limit, run.say)
    report["public"] = run.strips(scores, run.public, "renders-")
    known = report["renders"][run.ours]["uncertainty"]
    if known:
        path = run.public / "uncertainty.jpg"
        report["uncertainty_picture"] = pictures.save(path, pictures.uncertainty_curves(known))
    run.say("statistics of the renders")
    report["statistics"] = [_statistics(folder, args.sample) for folder in args.renders]


def _statistics(folder: Path, sample: int) -> str:
    from core.training.frame_statistics import statistics
    from core.training.frames import list_frames

    every = max(1, len(list_frames(folder)) // sample)
    return f"### {folder.name}\n\n{statistics(folder, every)}"
