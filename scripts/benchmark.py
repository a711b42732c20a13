# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed and memory, measured as an artist meets them: whole commands, in child processes.

    .venv/bin/python scripts/benchmark.py [PART ...] [--threads 2] [--json FILE] [--depth PATH ...]

depth    the network alone, and `second-eye depth` end to end (decode, infer, write), on 448x256
         pictures, seen by the network at its own size and whole
memory   peak memory of `second-eye depth` for 1,000 frames over that for 100
fast     `second-eye convert` at 640x272 after depth: warp both eyes, pack, encode
repair   what repair adds to the network's time at 448x256, `second-eye depth` with and without it,
         and the memory of repairing 3840x2160 depth
geometry errors of 24,000 triangles on stored depth (--depth: projects and EXR files; the demo's
         project unless given) by the sampling pattern, a uniform grid, pymartini and pydelatin (of
         the extra "benchmark"); time and memory of `second-eye sample`; playback in Blender; views
         from beside, by the fast path and by Blender's relief, of stereo pairs with true disparity
         (--stereo) and of rendered scenes with true depth (--renders)
delivery MV-HEVC: both views bit-exact to their own encodes, stitching as a share of the encoding's
         processor time, memory of `second-eye stitch` for ten times as many frames; the fast warp's
         quality with true disparity (--stereo, --renders), its processor time at 1280x720, memory
         of 100 and 1,000 warps, memory of `second-eye convert` for ten times as many frames
stage    processor time of one update of Blender's depsgraph as interocular, convergence, the rig's
         place, its arm, the lens or the screen object is dragged; a relief of 640x360 depth
comfort  of the default set-up of clips (--clips; --frames of each, 60 unless given) or of projects
         that are analysed already (--depth): frames inside the limits of every screen, parallax
         span, window violations, processor time a frame

Absolute times depend on the machine: compare figures of one run only. No test asserts them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
DEMO = ROOT / "out" / "demo" / "bikes.secondeye"
DEPTH: list[Path] = [DEMO]
STEREO: list[Path] = []
RENDERS: list[Path] = []
CLIPS: list[Path] = []
FRAMES = [60]


def make_clip(path: Path, width: int, height: int, frames: int) -> Path:
    """A clip that moves: a smooth random texture drifting over another at half the speed."""
    import cv2

    from core.media import MovieWriter

    rng = np.random.default_rng(7)
    layers = [
        cv2.resize(rng.integers(0, 256, (size, size * 2, 3), np.uint8), (width * 2, height * 2))
        for size in (9, 40)
    ]
    with MovieWriter(path, width, height, Fraction(25), preset="veryfast") as movie:
        for number in range(frames):
            far = np.roll(layers[0], -number, axis=1)[:height, :width]
            near = np.roll(layers[1], -2 * number, axis=1)[:height, :width]
            picture = far.copy()
            picture[height // 2 :] = near[height // 2 :]
            movie.write(picture)
    return path


def command(*arguments: str | Path) -> tuple[float, int]:
    """Wall seconds and peak memory in bytes of one `second-eye` command."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "core.cli", *map(str, arguments), "--json"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"second-eye {' '.join(map(str, arguments))} failed")
    return time.perf_counter() - started, usage.ru_maxrss * 1024


def benchmark_depth(folder: Path) -> dict[str, float]:
    """At the size that the shipped weights ask for, and with the whole 448x256 in the network."""
    few, many = 24, 224
    short = make_clip(folder / "short.mp4", 448, 256, few)
    long = make_clip(folder / "long.mp4", 448, 256, many)
    figures = {}
    for size, name in ((None, "own size"), (448, "448x256")):
        figures[f"network frames/s, {name}"] = network_rate(size)
        seconds = {}
        for clip, frames in ((short, few), (long, many)):
            project = folder / f"{clip.stem}_{size}.secondeye"
            asked = ["--size", str(size)] if size else []
            seconds[frames], _ = command("depth", clip, "--project", project, *asked)
        figures[f"second-eye depth frames/s, {name} (start included)"] = many / seconds[many]
        figures[f"second-eye depth frames/s, {name} (start taken off)"] = (many - few) / (
            seconds[many] - seconds[few]
        )
    return figures


def network_rate(size: int | None) -> float:
    """Frames/s of the network alone, on as many 448x256 pictures at once as it takes."""
    from core.depth import load_model

    model = load_model(size=size)
    picture = np.random.default_rng(3).integers(0, 256, (256, 448, 3), np.uint8)
    seconds = []
    with ThreadPoolExecutor(model.streams) as pool:
        for _ in range(45):
            started = time.perf_counter()
            list(pool.map(model.infer, [picture] * model.streams))
            seconds.append((time.perf_counter() - started) / model.streams)
    return 1 / float(np.median(seconds[5:]))


def benchmark_memory(folder: Path) -> dict[str, float]:
    peaks = {}
    for frames in (100, 1000):
        clip = make_clip(folder / f"memory_{frames}.mp4", 448, 256, frames)
        _, peaks[frames] = command(
            "depth", clip, "--project", folder / f"memory_{frames}.secondeye"
        )
    return {
        "peak MB, 100 frames": peaks[100] / 1e6,
        "peak MB, 1,000 frames": peaks[1000] / 1e6,
        "ratio 1,000 / 100": peaks[1000] / peaks[100],
    }


def benchmark_fast(folder: Path) -> dict[str, float]:
    few, many = 20, 170
    rates = {}
    seconds = {}
    for frames in (few, many):
        clip = make_clip(folder / f"fast_{frames}.mp4", 640, 272, frames)
        project = folder / f"fast_{frames}.secondeye"
        command("depth", clip, "--project", project)
        output = folder / f"fast_{frames}_sbs.mp4"
        seconds[frames], _ = command(
            "convert", clip, "-o", output, "--format", "sbs", "--project", project
        )
    rates["fast path frames/s after depth (start included)"] = many / seconds[many]
    rates["fast path frames/s after depth (start taken off)"] = (many - few) / (
        seconds[many] - seconds[few]
    )
    return rates


def benchmark_repair(folder: Path) -> dict[str, float]:
    """Shares and times of repair with all branches, and the default look-ahead."""
    from card.repair_cost import measure_cost, measure_large

    threads = int(os.environ["OMP_NUM_THREADS"])
    cost, large = measure_cost(None, threads), measure_large(None, threads)
    few, many = 24, 124
    figures = {
        "network alone, processor ms a frame": 1e3 * cost["network"],
        "network and repair, processor ms a frame": 1e3 * cost["both"],
        "repair adds, % of the network's processor time": 100 * cost["added"],
        "network alone, frames/s": cost["network_rate"],
        "network and repair, frames/s": cost["both_rate"],
        "peak GB, 3840x2160 depth repaired": large["peak"] / 1e9,
        "processor s a frame, 3840x2160 depth repaired": large["seconds"],
    }
    clips = {n: make_clip(folder / f"{n}.mp4", 448, 256, n) for n in (few, many)}
    for name, asked in (("off", ["--repair", "off"]), ("on", [])):
        seconds = {}
        for frames, clip in clips.items():
            project = folder / f"{frames}_{name}.secondeye"
            seconds[frames], _ = command("depth", clip, "--project", project, *asked)
        rate = (many - few) / (seconds[many] - seconds[few])
        figures[f"second-eye depth frames/s, repair {name} (start taken off)"] = rate
    return figures


def benchmark_geometry(folder: Path) -> dict[str, float]:
    """Errors in thousandths of the depth's range; with a table of the frames."""
    from relief.figures import (
        cost_figures,
        frame_figures,
        moving_project,
        shot_figures,
        stored_frames,
    )
    from relief.novel_view import novel_figures
    from relief.playback import playback_figures

    missing = [path for path in DEPTH if not path.exists()]
    if missing:
        raise SystemExit(f"{missing[0]} is missing: run scripts/dev.py demo, or name some --depth")
    table = [
        "| frame | size | uniform | pymartini (its triangles) | pydelatin | own | uniform / own |",
        "|---|---|---|---|---|---|---|",
    ]
    figures = frame_figures(stored_frames(DEPTH), table)
    print("\n".join(["RMS error (99th percentile) in thousandths of the depth's range", *table]))
    figures |= playback_figures(folder, moving_project, command)
    for given, option in ((STEREO, "--stereo"), (RENDERS, "--renders")):
        if not given:
            print(f"geometry: {option} is not given: novel views of those are left out")
    figures |= novel_figures(folder, STEREO, RENDERS, command)
    return figures | shot_figures(DEPTH) | cost_figures(folder, command)


def benchmark_delivery(folder: Path) -> dict[str, float]:
    from delivery.multiview import multiview_figures
    from delivery.warp import memory_figures, quality_figures, repeated_figures, speed_figures

    figures = quality_figures(STEREO, RENDERS) | speed_figures() | repeated_figures()
    figures |= memory_figures(folder, make_clip, command)
    return figures | multiview_figures(folder)


def benchmark_stage(folder: Path) -> dict[str, float]:
    """What a drag on the rig costs."""
    from relief.dragging import drag_figures
    from relief.figures import moving_project

    return drag_figures(folder, moving_project, command)


def benchmark_comfort(folder: Path) -> dict[str, float]:
    from comfort.figures import analysed, comfort_figures

    projects = analysed(CLIPS, folder, FRAMES[0], command)
    projects += [] if CLIPS and DEPTH == [DEMO] else [p for p in DEPTH if p.is_dir()]
    if not projects:
        raise SystemExit("comfort: name some --clips, or projects by --depth")
    table: list[str] = []
    figures = comfort_figures(projects, table)
    print("\n".join(table))
    return figures


PARTS = {
    "depth": benchmark_depth,
    "memory": benchmark_memory,
    "fast": benchmark_fast,
    "repair": benchmark_repair,
    "geometry": benchmark_geometry,
    "delivery": benchmark_delivery,
    "stage": benchmark_stage,
    "comfort": benchmark_comfort,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join(PARTS)} (all)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--depth", type=Path, nargs="+", metavar="PATH", help="for geometry, comfort"
    )
    parser.add_argument("--clips", type=Path, nargs="+", default=[], metavar="CLIP")
    parser.add_argument("--frames", type=int, default=60, help="of each of --clips")
    parser.add_argument("--stereo", type=Path, nargs="+", default=[], metavar="FOLDER")
    parser.add_argument("--renders", type=Path, nargs="+", default=[], metavar="FOLDER")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    DEPTH[:] = arguments.depth or DEPTH
    STEREO[:], RENDERS[:] = arguments.stereo, arguments.renders
    CLIPS[:], FRAMES[:] = arguments.clips, [arguments.frames]
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads)
    report: dict[str, dict[str, float]] = {}
    for name in arguments.parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="second-eye-benchmark-") as folder:
            report[name] = PARTS[name](Path(folder))
        for label, value in report[name].items():
            print(f"{name:8} {label:62} {value:8.2f}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
