#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How good the layers behind the foreground are, measured.

    .venv/bin/python scripts/benchmark_synthesis.py [--renders DIR ...] [--cache DIR]
        [--stereo FOLDER ...] [--project DIR ...] [--weights FILE] [--sheet FILE.png] [--json FILE]

--renders  hidden pixels of held-out scenes: PSNR and depth error of the network and of Telea
--stereo   pairs with true disparity: the right view from the left one, without and with layers
--project  analysed clips: how much the plate changes along the background's motion from frame to
           frame, carried along and made afresh each time, in grey levels
--sheet    pictures of held-out fills: the frame, its mask, Telea, the network, the truth, depths
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np

from core.depth import load_model, upsample_to
from core.evaluation.hidden import score_fill
from core.evaluation.stereo import fill_from_background, forward_warp, read_pair, similarity
from core.project import Project
from core.synthesis import Behind, render_eye
from core.synthesis.band import find_band
from core.synthesis.carry import Memory, Shown, carried
from core.synthesis.guess import Fill, telea_fill
from core.synthesis.layers import make_layers
from core.synthesis.learned import LearnedFill
from core.synthesis.plate import make_plate
from core.training.synthesis_command import HELD_PARALLAX, held_holes
from core.training.synthesis_data import Hole, load_hidden

PARALLAX = 0.05  # of the clips' plates, as `second-eye layers` makes them
FRAMES = 12  # of each clip


def held_out(roots: Sequence[Path], cache: Path) -> dict[str, list[Hole]]:
    """Samples of held-out scenes, with true depth and with the shipped network's."""
    hidden = load_hidden(roots, cache / "hidden", True)
    model = load_model()
    bases = {}
    for frame in hidden:
        told = model.infer(np.ascontiguousarray(frame.rgb))
        bases[frame.name] = upsample_to(told, *frame.truth.shape).inverse_depth
    return {
        "true depth": held_holes(hidden, None, HELD_PARALLAX),
        "estimated depth": held_holes(hidden, bases, HELD_PARALLAX),
    }


def hidden_figures(samples: dict[str, list[Hole]], fill: Fill) -> dict[str, float]:
    figures: dict[str, float] = {}
    for kind, holes in samples.items():
        for name, method in (("Telea", telea_fill), ("network", fill)):
            began = time.process_time()
            scores = score_fill(method, holes)
            seconds = (time.process_time() - began) / max(len(holes), 1)
            for key in ("psnr", "frame_psnr", "depth"):
                figures[f"{kind}, {name}: {key}"] = scores[key]
            figures[f"{kind}, {name}: processor s a frame"] = seconds
        figures[f"{kind}: hidden pixels"] = scores["pixels"]
        figures[f"{kind}: frames"] = scores["frames"]
    return figures


def stereo_figures(folder: Path, fill: Fill) -> dict[str, float]:
    """The right view of one pair; every fill gets what the left picture shows, nothing else."""
    left, right, disparity = read_pair(folder)
    pixels = fill_from_background(disparity).astype(np.float32)
    low, span = float(pixels.min()), max(float(np.ptp(pixels)), 1e-6)
    depth = (pixels - low) / np.float32(span)
    frame = Shown(left, depth, find_band(depth, span))
    width = left.shape[1]
    figures = {}
    views = {"fast warp": forward_warp(left, pixels)}
    for name, method in (("Telea", telea_fill), ("network", fill)):
        layers = make_layers(frame, make_plate(frame, method))
        far = layers.depth * np.float32(span) + np.float32(low)
        behind = Behind(layers.plate, -far / width, far, layers.front, layers.seen)
        views[f"layers, {name}"] = render_eye(left, -pixels / width, pixels, behind)
    for name, view in views.items():
        for key, value in similarity(view, right).items():
            figures[f"{folder.name}, {name}: {key}"] = value
    return figures


def flicker_figures(folder: Path, fill: Fill) -> dict[str, float]:
    """Mean absolute change of the plate's colour along the background's motion, where both frames
    have a plate and foreground hides it."""
    project = Project.open(folder)
    gain = PARALLAX * project.manifest.depth.width
    shot = project.manifest.shots[0]
    changes: dict[str, list[float]] = {"carried": [], "afresh": []}
    seen: list[float] = []
    before: tuple[Shown, dict[str, Memory]] | None = None
    for n in range(shot.first, min(shot.last, shot.first + FRAMES - 1) + 1):
        depth = project.normalised(n)
        frame = Shown(project.read_small_plate(n), depth, find_band(depth, gain))
        past = (before[0], before[1]["carried"]) if before else (None, None)
        plates = {"carried": make_plate(frame, fill, *past), "afresh": make_plate(frame, fill)}
        inner = frame.band.wanted & frame.band.front
        if inner.any():
            seen.append(float(plates["carried"].seen[inner].mean()))
        if before is not None:
            for name, plate in plates.items():
                old = before[1][name]
                told = (before[0].band.wanted & before[0].band.front).astype(np.float32)
                moved = carried(Memory(old.colour, old.depth, told, told), before[0], frame)
                both = inner & (moved.seen > 0.5)
                if both.any():
                    changes[name].append(float(np.abs(plate.colour - moved.colour)[both].mean()))
        before = frame, plates
    name = folder.stem
    figures = {
        f"{name}, plate {k}: change, grey levels": float(np.mean(v)) for k, v in changes.items()
    }
    return figures | {f"{name}: seen in the frames before": float(np.mean(seen))}


def sheet(path: Path, holes: Sequence[Hole], fill: Fill, count: int = 10) -> None:
    """One row a sample: the frame, its mask (cyan: judged), Telea, the network, the truth; then
    depth as given, as filled, as it is."""
    rows = []
    for hole in holes[:: max(1, len(holes) // count)][:count]:
        assert hole.band is not None and hole.rgb is not None and hole.given_depth is not None
        rgb, depth = hole.rgb, hole.given_depth
        mask = rgb.copy()
        mask[~hole.known], mask[hole.judged] = (255, 0, 255), (0, 255, 255)
        guesses = [method(rgb, depth, hole.band) for method in (telea_fill, fill)]
        wanted = hole.wanted[..., None]
        filled = [np.where(wanted, g.colour.clip(0, 255).astype(np.uint8), rgb) for g in guesses]
        inner = np.where(hole.wanted, guesses[1].depth, depth)
        depths = [
            cv2.applyColorMap(np.rint(d.clip(0, 1) * 255).astype(np.uint8), cv2.COLORMAP_TURBO)
            for d in (depth, inner, hole.true_depth)
        ]
        truth = np.rint(hole.true_colour * 255).astype(np.uint8)
        row = [rgb, mask, *filled, truth, *(d[..., ::-1] for d in depths)]
        rows.append(np.hstack([cv2.resize(p, (320, 240)) for p in row]))
    cv2.imwrite(str(path), np.vstack(rows)[..., ::-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--renders", type=Path, nargs="*", default=[])
    parser.add_argument("--cache", type=Path, default=Path("build/training"))
    parser.add_argument("--stereo", type=Path, nargs="*", default=[])
    parser.add_argument("--project", type=Path, nargs="*", default=[])
    parser.add_argument("--weights", type=Path, help="default: what ships")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(2)
    fill = LearnedFill(arguments.weights)
    figures: dict[str, float] = {}
    if arguments.renders:
        samples = held_out(arguments.renders, arguments.cache)
        figures |= hidden_figures(samples, fill)
        if arguments.sheet:
            sheet(arguments.sheet, samples["estimated depth"], fill)
    for folder in arguments.stereo:
        figures |= stereo_figures(folder, fill)
    for folder in arguments.project:
        figures |= flicker_figures(folder, fill)
    for name, value in figures.items():
        print(f"{name:56} {value:10.4f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
