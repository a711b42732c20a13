# SPDX-License-Identifier: GPL-3.0-or-later
"""Repair on sequences with true depth: temporal error and accuracy of the same run, row by row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..errors import SecondEyeError
from .depth_set import Step
from .flow import Motion, compared_size, grey, measured
from .layouts import Frame, Pair, find_pairs, spread
from .moves import open_moves
from .poses import Camera, has_poses, read_cameras
from .row_scores import RowScores, truth_of
from .rows import BASE, RAMP, Contest
from .video import answers

TRUTH = "truth"


class TrueSequence(Protocol):
    """Consecutive frames with true depth; `moves.Move` is another."""

    @property
    def name(self) -> str: ...

    @property
    def frames(self) -> Sequence[Frame]: ...

    @property
    def cameras(self) -> Sequence[Camera] | None: ...

    def motion(self, at: int) -> Motion | None:
        """From frame ``at`` - 1 to frame ``at``."""
        ...


@dataclass(frozen=True)
class Recording:
    """Measured frames; with cameras they are consecutive, and their flow is measured."""

    name: str
    frames: list[Pair]
    cameras: list[Camera] | None

    def motion(self, at: int) -> Motion | None:
        """See `TrueSequence`."""
        pictures = [self.frames[k].read_rgb() for k in (at - 1, at)]
        size = compared_size(pictures[1].shape[1], pictures[1].shape[0])
        before, now = (grey(rgb, size) for rgb in pictures)
        return measured(before, now)


def open_recording(
    folder: Path, depth_scale: float = 1000.0, limit: int | None = None
) -> list[Recording]:
    """A folder in the plain form: one sequence where it has poses (the first ``limit`` frames),
    else each picture (``limit`` spread over the set) by itself. Raises SecondEyeError."""
    pairs, _ = find_pairs(folder, depth_scale)
    if has_poses(folder):
        chosen = pairs[:limit]
        return [Recording(folder.name, chosen, read_cameras(folder, chosen))]
    return [Recording(pair.name, [pair], None) for pair in spread(pairs, limit)]


def evaluate_recording(
    folder: Path,
    contest: Contest,
    *,
    depth_scale: float | None = None,
    limit: int | None = None,
    step: Step,
) -> dict[str, Any]:
    """The report on a folder in the plain form: see `evaluate_sequences`, with TAE and TCC
    (`alignment_error`) where it has poses. Raises SecondEyeError."""
    sequences = open_recording(folder, 1000.0 if depth_scale is None else depth_scale, limit)
    report = evaluate_sequences(sequences, contest, step=step)
    return {"layout": "rgbd", "folder": str(folder), **report}


def evaluate_moves(
    folders: Sequence[Path], contest: Contest, *, limit: int | None = None, step: Step
) -> dict[str, Any]:
    """The report on held-out renders: see `evaluate_sequences`; temporal error by the true flow of
    the moves among them, with a row for the truth itself; edges, planes and classes on all views.
    ``limit``: so many moves and single views, spread. Raises SecondEyeError."""
    found = [move for folder in folders for move in open_moves(folder)]
    report = evaluate_sequences(spread(found, limit), contest, rendered=True, step=step)
    return {"layout": "renders", "folder": ", ".join(map(str, folders)), **report}


def evaluate_sequences(
    sequences: Sequence[TrueSequence], contest: Contest, *, rendered: bool = False, step: Step
) -> dict[str, Any]:
    """``rows``: figures by row, see `row_scores`; ``count`` frames, ``pairs`` of neighbours;
    ``images``: AbsRel and its kin by frame and row.

    AbsRel and its kin after one scale and one shift a picture, temporal figures after one a
    sequence. A picture whose depth has no value takes part in time, not in accuracy. Raises
    SecondEyeError where no picture has one.
    """
    names = [*contest.names, *([TRUTH] if rendered else [])]
    scores = {name: RowScores(metric=contest.metric(name) or name == TRUTH) for name in names}
    total = sum(len(sequence.frames) for sequence in sequences)
    images: list[dict[str, Any]] = []
    done = pairs = 0
    for sequence in sequences:
        shape = sequence.frames[0].read_depth().shape
        size = compared_size(shape[1], shape[0])
        cameras, frames = sequence.cameras, sequence.frames
        for row in scores.values():
            row.begin(size, keep=cameras is not None and not rendered)
        for at, depths in _answered(frames, contest, partial(_shifted, step, done, total)):
            truth = truth_of(frames[at], cameras[at] if cameras else None)
            motion = sequence.motion(at) if at else None
            pairs += at > 0
            if truth.inverse is not None:
                depths[TRUTH] = truth.inverse
            told = {name: row.add(depths[name], truth, motion) for name, row in scores.items()}
            images.append({"name": frames[at].name, **told})
        for row in scores.values():
            row.finish(scores[BASE], cameras, frames)
        done += len(frames)
    step(total, total)
    rows = {name: row.result(scores[BASE]) for name, row in scores.items()}
    if rows[BASE]["abs_rel"] is None:
        raise SecondEyeError("No depth map holds a value: check --depth-scale.")
    return {
        "model": {"name": contest.model.name, "sha256": contest.model.sha256},
        "settings": {
            "alignment": "metric" if contest.metric(BASE) else "scale and shift in inverse depth",
            "aligned": "a picture: AbsRel and its kin, edges, planes; a sequence: the rest",
            "flow": "true" if rendered else "Farneback",
        },
        "count": done,
        "sequences": len(sequences),
        "pairs": pairs,
        "mean": rows[BASE],
        "ramp": rows[RAMP],
        "rows": rows,
        "images": images,
    }


def _shifted(step: Step, done: int, total: int, number: int) -> None:
    step(done + number, total)


def _answered(
    frames: Sequence[Frame], contest: Contest, step: Callable[[int], None]
) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    def pictures() -> Iterator[np.ndarray]:
        for number, frame in enumerate(frames):
            step(number)
            yield frame.read_rgb()

    for number, _, _, depths in answers(pictures(), contest):
        yield number, depths
