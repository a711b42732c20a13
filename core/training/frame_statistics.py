# SPDX-License-Identifier: GPL-3.0-or-later
"""What a set of training frames holds, as Markdown for the model card."""

import json
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from ..errors import SecondEyeError
from .frames import LABELS, SCENE_FILE, FrameRef, list_frames, read_frame

_DEPTHS = (1, 5, 25, 50, 75, 95, 99)
_LENSES = (18, 24, 35, 50, 70, 86)
_HEIGHTS = (0.0, 0.5, 1.0, 1.3, 1.6, 1.9, 2.5, 4.0, 10.0)
_PITCHES = (-90, -60, -30, -15, -5, 5, 15, 90)
_PIXELS = 300  # taken of each frame for the depths


@dataclass
class _Tally:
    """Sums over the frames of one kind of scene."""

    scenes: int = 0
    frames: int = 0
    in_moves: int = 0
    moving: int = 0
    behind: int = 0
    depths: list[np.ndarray] = field(default_factory=list)
    labels: np.ndarray = field(default_factory=lambda: np.zeros(len(LABELS)))


def statistics(root: Path, every: int = 1) -> str:
    """Markdown tables: frames by kind, moves, hidden layers, depths, labels, lenses, camera
    heights and tilts, seconds a frame. Depths and labels are read of every ``every``-th frame.

    Raises `SecondEyeError` when there are no frames or one can't be read.
    """
    refs = list_frames(root)
    if not refs:
        raise SecondEyeError(f"There are no finished scenes in {root}: render some first.")
    tallies: dict[str, _Tally] = {}
    generators: Counter[str] = Counter()
    lenses, heights, pitches, paces = [], [], [], []
    by_scene: dict[Path, list[FrameRef]] = {}
    for ref in refs:
        by_scene.setdefault(ref.folder, []).append(ref)
    for folder, mine in by_scene.items():
        scene = json.loads((folder / SCENE_FILE).read_text(encoding="utf-8"))
        tally = tallies.setdefault(scene["kind"], _Tally())
        tally.scenes += 1
        generators[str(scene.get("generator", "before 2"))] += len(mine)
        followers = {ref.next_stem for ref in mine}
        for ref, view in zip(mine, scene["views"], strict=True):
            tally.frames += 1
            tally.in_moves += ref.next_stem is not None or ref.stem in followers
            tally.moving += view.get("moving", 0) > 0.002
            tally.behind += ref.has_behind
            pose = np.array(view["world_from_camera"])
            lenses.append(view["focal_px"] / max(view["width"], view["height"]) * 36)
            heights.append(pose[2, 3])
            pitches.append(np.degrees(np.arcsin(np.clip(pose[2, 2], -1, 1))))
        paces += _paces(folder, mine)
    for ref in refs[::every]:
        _measure(tallies[ref.kind], ref)
    made = ", ".join(f"{count} by generator {name}" for name, count in sorted(generators.items()))
    return "\n\n".join(
        [
            f"{len(refs)} frames of {len(by_scene)} scenes ({made}).",
            _kinds(tallies),
            "Depth in metres by percentile (sky left out)\n\n" + _depths(tallies),
            "Labels, share of the pixels\n\n" + _labels(tallies),
            _histogram("lens, mm on 36 mm", lenses, _LENSES),
            _histogram("camera height, m", heights, _HEIGHTS)
            + "\n\n(over the floor or road; on open ground over its middle)",
            _histogram("tilt, degrees up", pitches, _PITCHES),
            _pace_line(paces),
        ]
    )


def _measure(tally: _Tally, ref: FrameRef) -> None:
    frame = read_frame(ref, behind=False)
    inverse = frame["inverse_depth"]
    solid = inverse[inverse > 0]
    tally.depths.append(1 / solid[:: max(1, solid.size // _PIXELS)])
    counts = np.bincount(frame["labels"].ravel(), minlength=len(LABELS))
    tally.labels += counts[: len(LABELS)] / inverse.size


def _paces(folder: Path, refs: list[FrameRef]) -> list[float]:
    """Seconds between the frames of a scene, by the files' times."""
    times = sorted((folder / f"{ref.stem}_label.png").stat().st_mtime for ref in refs)
    return [(times[-1] - times[0]) / (len(times) - 1)] if len(times) > 1 else []


def _pace_line(paces: list[float]) -> str:
    if not paces:
        return "Seconds a frame: not known."
    low, middle, high = np.percentile(paces, (10, 50, 90))
    return (
        f"Seconds a frame by the files' times, one process, building of the scene left out: "
        f"{middle:.1f} (a tenth of the scenes under {low:.1f}, a tenth over {high:.1f})."
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _kinds(tallies: dict[str, _Tally]) -> str:
    head = ["kind", "scenes", "frames", "in moves", "with things moving", "hidden layer"]
    rows = [
        [kind, *(str(n) for n in (t.scenes, t.frames, t.in_moves, t.moving, t.behind))]
        for kind, t in sorted(tallies.items())
    ]
    sums = np.array([[int(cell) for cell in row[1:]] for row in rows]).sum(0)
    return _table(head, [*rows, ["all", *(str(n) for n in sums)]])


def _depths(tallies: dict[str, _Tally]) -> str:
    rows = []
    for kind, tally in sorted(tallies.items()):
        if tally.depths:
            values = np.percentile(np.concatenate(tally.depths), _DEPTHS)
            rows.append([kind, *(f"{value:.3g}" for value in values)])
    return _table(["kind", *(f"{p} %" for p in _DEPTHS)], rows)


def _labels(tallies: dict[str, _Tally]) -> str:
    shown = LABELS[1:]
    rows = []
    for kind, tally in sorted(tallies.items()):
        shares = tally.labels / max(tally.labels.sum(), 1e-9)
        rows.append([kind, *(f"{100 * share:.1f} %" for share in shares[1:])])
    return _table(["kind", *shown], rows)


def _histogram(name: str, values: list[float], edges: tuple[float, ...]) -> str:
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    head = [name, *(f"{a:g} to {b:g}" for a, b in pairwise(edges))]
    return _table(head, [["frames", *(str(count) for count in counts)]])
