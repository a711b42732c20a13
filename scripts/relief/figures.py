# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of `benchmark.py geometry`: errors of patterns on stored depth, time, memory."""

from __future__ import annotations

import copy
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from relief import peers

TRIANGLES = 24_000
WAYS = {
    "uniform": peers.uniform,
    "pymartini": peers.martini,
    "pydelatin": peers.delatin,
    "own": peers.own,
}
Command = Callable[..., tuple[float, int]]


def stored_frames(sources: list[Path]) -> dict[str, np.ndarray]:
    """Normalised inverse depth of one frame a shot of projects, and of EXR files with channel V."""
    import OpenEXR

    from core.project import Project

    frames = {}
    for source in sources:
        if source.is_dir():
            project = Project.open(source)
            for shot in project.manifest.shots:
                n = (shot.first + shot.last) // 2
                frames[f"{source.stem}/{n}"] = project.normalised(n)
            continue
        with OpenEXR.File(str(source), separate_channels=True) as file:
            values = file.channels()["V"].pixels.astype(np.float32)
        low, high = np.percentile(values, [0.2, 99.8])
        frames["/".join(source.with_suffix("").parts[-2:])] = ((values - low) / (high - low)).clip(
            0, 1
        )
    return frames


def frame_figures(frames: dict[str, np.ndarray], table: list[str]) -> dict[str, float]:
    """RMS errors at equal counts, in 1/1000 of the depth's range; ``table`` gets a row each."""
    errors: dict[str, list[float]] = {way: [] for way in WAYS}
    seconds: dict[str, float] = dict.fromkeys(WAYS, 0.0)
    for name, picture in frames.items():
        row = []
        for way, triangulate in WAYS.items():
            started = time.process_time()
            mesh = triangulate(picture, TRIANGLES)
            seconds[way] += (time.process_time() - started) / len(frames)
            missed = peers.misfit(picture, mesh)
            errors[way].append(1e3 * float(np.sqrt((missed**2).mean())))
            row.append(f"{errors[way][-1]:.3f} ({1e3 * np.quantile(missed, 0.99):.2f})")
            if way == "pymartini":
                row[-1] += f" {len(mesh[1])}"
        height, width = picture.shape
        ratio = errors["uniform"][-1] / errors["own"][-1]
        table.append(f"| {name} | {width}x{height} | {' | '.join(row)} | {ratio:.1f} |")
    own = np.array(errors["own"])
    figures = {
        f"{way}: RMS error, mean, thousandths": float(np.mean(e)) for way, e in errors.items()
    }
    for way in ("uniform", "pymartini", "pydelatin"):
        ratio = np.array(errors[way]) / own
        figures[f"{way} / own, geometric mean"] = float(np.exp(np.log(ratio).mean()))
        figures[f"{way} / own, least"] = float(ratio.min())
    eighth = np.array(errors["uniform"]) >= 8 * own
    figures["frames"] = float(len(frames))
    figures["frames with own <= uniform / 8"] = float(eighth.sum())
    figures |= {f"{way}: processor s a frame": s for way, s in seconds.items()}
    return figures


def shot_figures(sources: list[Path]) -> dict[str, float]:
    """One pattern a shot, at the same count: its error on frames of the shot, beside that of a grid
    and of patterns of their own."""
    from core.geometry.aggregate import Aggregate
    from core.geometry.goal import Goal
    from core.geometry.sample import Sampler
    from core.project import Project

    figures = {}
    for source in sources:
        if not source.is_dir():
            continue
        project = Project.open(source)
        shot = max(project.manifest.shots, key=lambda s: s.last - s.first)
        depth = project.manifest.depth
        count = shot.last - shot.first + 1
        aggregate = Aggregate(depth.width, depth.height, count)
        for n in range(shot.first, shot.last + 1):
            aggregate.add(project.normalised(n))
        sampler = Sampler(aggregate, lambda triangles: None)
        sampler.reach(Goal("triangles", TRIANGLES))
        some = np.unique(np.linspace(shot.first, shot.last, 5).round().astype(int)).tolist()
        pictures = [project.normalised(n) for n in some]
        ours = sampler.measured(zip(some, pictures, strict=True)).levels[-1].misfit.rms
        name = f"{source.stem} {shot.name}, {count} frames"
        figures[f"{name}: shot pattern"] = 1e3 * ours
        for way in ("own", "uniform"):
            squares = [(peers.misfit(p, WAYS[way](p, TRIANGLES)) ** 2).mean() for p in pictures]
            figures[f"{name}: {way}, each frame"] = 1e3 * float(np.sqrt(np.mean(squares)))
    return figures


def cost_figures(folder: Path, command: Command) -> dict[str, float]:
    """`second-eye sample` of a shot of 250 frames 1280x720, and of one frame of 8K."""
    figures = {}
    for name, size, count in (("1280x720, 250 frames", (720, 1280), 250), ("8K", (4320, 7680), 1)):
        project = moving_project(folder / name.partition(",")[0], size, count)
        before = _children()
        seconds, peak = command("sample", project, "--triangles", TRIANGLES)
        figures[f"second-eye sample, {name}: s a frame"] = seconds / count
        figures[f"second-eye sample, {name}: processor s a frame"] = (_children() - before) / count
        figures[f"second-eye sample, {name}: s in all"] = seconds
        figures[f"second-eye sample, {name}: peak GB"] = peak / 1e9
    return figures


def _children() -> float:
    """Processor seconds of all child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def moving_project(folder: Path, size: tuple[int, int], count: int) -> Path:
    """A project whose one shot moves over a relief of waves, discs and noise."""
    from fractions import Fraction

    from core.project import ClipRecord, DepthRecord, Manifest, Project, Shot, TimelineRecord
    from core.project.manifest import DONE

    height, width = size
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:height, : width + 4 * count].astype(np.float32) / height
    values = 0.3 + 0.1 * np.sin(9 * x + 5 * y) + 0.05 * np.sin(31 * x - 17 * y)
    for _ in range(12):
        u, v, r = rng.uniform(0, x.max()), rng.uniform(0, 1), rng.uniform(0.05, 0.2)
        values = np.where((x - u) ** 2 + (y - v) ** 2 < r * r, rng.uniform(0.5, 1.0), values)
    values += rng.normal(0, 0.002, values.shape).astype(np.float32)
    manifest = Manifest(
        clip=ClipRecord("clip.mp4", "/clip.mp4", "movie", "0", width, height),
        timeline=TimelineRecord(Fraction(25), Fraction(1, 25), list(range(count))),
        first=1,
        last=count,
        depth=DepthRecord(width, height, [1.0] * count, [0.0] * count),
        shots=[Shot("shot_001", 1, count)],
    )
    for stage in manifest.stages.values():
        stage.state = DONE
    project = Project.create(folder, copy.deepcopy(manifest))
    project.make_folders()
    sure = np.ones(size, np.float32)
    for n in manifest.frames:
        project.write_depth(n, np.ascontiguousarray(values[:, 4 * n : 4 * n + width]), sure)
    return folder
