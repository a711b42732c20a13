# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows of frames for models that look at several together, and one scale for all of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..project import Manifest, Project
from .metres import METRES

if TYPE_CHECKING:
    from ..depth import DepthEstimate, DepthModel

# The key of a finished project's manifest that says to which range a run is extending it.
EXTENDING = "extending"


@dataclass(frozen=True)
class Window:
    """``frames`` is what the model sees, in order; ``new`` are those it gives depth for.

    The others were given depth by windows before it (or stood there finished), and bring the
    new ones to the same scale.
    """

    frames: tuple[int, ...]
    new: tuple[int, ...]

    @property
    def known(self) -> tuple[int, ...]:
        """Frames whose depth is stored when this window's turn comes."""
        return tuple(n for n in self.frames if n not in self.new)


def plan(
    shot: tuple[int, int],
    finished: tuple[int, int] | None,
    length: int,
    context: Sequence[int],
) -> list[Window]:
    """The windows of a shot's frames first..last, in the order in which they run.

    They depend on nothing but these numbers, so that an interrupted run goes on with the windows
    of an undisturbed one. ``finished``: a part of the shot whose depth stands (an extended
    project); what lies around it is brought to its scale. A lost file of it is made again from the
    windows of a run over all of it: as it was, unless the project was extended to it or its cuts
    were moved, since earlier ranges are not remembered. ``context``: places in a window whose
    frames begin the next.
    """
    if finished is None:
        return list(_forward([], shot[0], shot[1], length, context))
    first, last = finished
    overlap = min(len(context), last - first + 1)
    # Its own windows first: the others lean on its files, a lost one of which is made again here.
    windows = list(_forward([], first, last, length, context))
    tail = list(range(last - overlap + 1, last + 1))
    windows += _forward(tail, last + 1, shot[1], length, context)
    end = first - 1
    while end >= shot[0]:
        start = max(end - (length - overlap) + 1, shot[0])
        new = tuple(range(start, end + 1))
        windows.append(Window((*new, *range(end + 1, end + 1 + overlap)), new))
        end = start - 1
    return windows


def _forward(
    known: list[int], first: int, last: int, length: int, context: Sequence[int]
) -> Iterator[Window]:
    while first <= last:
        new = tuple(range(first, min(first + length - len(known), last + 1)))
        frames = (*known, *new)
        yield Window(frames, new)
        known = [frames[i] for i in context if i < len(frames)]
        first = new[-1] + 1


def other_windows(old: Manifest, target: Manifest) -> set[int]:
    """Frames whose depth came from windows that an undisturbed run from ``old`` to ``target``
    hasn't: all of an unfinished project whose range is now another; of a finished one those of an
    extension to another range that was cut. None where the model looks at single pictures.
    """
    if old.model.window == 1 or _range(old) == _range(target):
        return set()
    if not old.complete:
        return set(old.frames)
    if old.extra.get(EXTENDING) == _range(target):
        return set()
    return set(range(1, len(old.timeline.source_pts) + 1)) - set(old.frames)


def note_extension(project: Project, target: Manifest) -> None:
    """Save in a finished project to which range it is being extended, if its model looks at
    windows: a run after an interruption must know whose windows lie there."""
    old = project.manifest
    if old.complete and old.model.window > 1 and _range(old) != _range(target):
        old.extra[EXTENDING] = _range(target)
        project.save()


def forget_extension(target: Manifest, old: Manifest) -> None:
    """Take the note off a manifest whose extension is finished; a cut one keeps it."""
    if _range(old) != _range(target):
        target.extra.pop(EXTENDING, None)


def _range(manifest: Manifest) -> list[int]:
    return [manifest.first, manifest.last]


class Plates(Sequence[np.ndarray]):
    """The plates of some frames, each read from disk when it is asked for: a window of 32 frames
    of 4K would take 0.8 GB at once."""

    def __init__(self, project: Project, frames: Sequence[int]) -> None:
        self._project, self._frames = project, frames

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Plates(self._project, self._frames[index])
        return self._project.read_plate(self._frames[index])


class Alignment:
    """Scale and shift that bring one window's inverse depth to that of frames already stored.

    Video Depth Anything joins its windows by least squares over all pixels of the frames that both
    know (Chen et al. 2025, section 3.3). One thing that one of them judges otherwise would pull
    that along, so the fit begins with least absolute values and goes on with Tukey's biweight (P.
    W. Holland, R. E. Welsch, "Robust regression using iteratively reweighted least squares", 1977).
    Regression takes noise in the new window for spread and shrinks the scale a little at every
    joint; both err alike, so the scale is that of the spreads (the reduced major axis: W. H.
    Kruskal, "On the uniqueness of the line of organic correlation", 1953).

    Of each frame means of a few thousand cells are kept, about 70 kB.
    """

    def __init__(self) -> None:
        self._new: list[np.ndarray] = []
        self._stored: list[np.ndarray] = []

    def add(self, new: np.ndarray, stored: np.ndarray) -> None:
        """One frame of both, (h, w) each."""
        self._new.append(_cells(new))
        self._stored.append(_cells(stored))

    def scale_and_shift(self) -> tuple[float, float]:
        """(1, 0) where nothing was added; a scale of 1 where no positive one fits, or where one of
        both is flat."""
        if not self._new:
            return 1.0, 0.0
        x, y = np.concatenate(self._new), np.concatenate(self._stored)
        weight = np.ones_like(x)
        scale, shift = 1.0, 0.0
        for turn in range(_ABSOLUTE + _BIWEIGHT):
            scale, shift = _line(x, y, weight)
            left = np.abs(y - scale * x - shift)
            usual = max(_NORMAL * float(np.median(left)), 1e-6 * float(np.abs(y).max()), 1e-12)
            if turn < _ABSOLUTE - 1:
                weight = 1.0 / np.maximum(left, 0.1 * usual)
            else:
                weight = np.square(np.maximum(0.0, 1.0 - np.square(left / (_TUKEY * usual))))
        return scale, shift


_CELLS = 4096  # of a frame, at most, roughly
_ABSOLUTE, _BIWEIGHT = 12, 6  # rounds
_NORMAL = 1.4826  # standard deviation of a normal distribution over its median absolute value
_TUKEY = 4.685


def _cells(values: np.ndarray) -> np.ndarray:
    """Means (n,) float64 over squares of (h, w) pixels; all pixels of a small frame. What is left
    over at the right and the bottom is left out."""
    height, width = values.shape
    side = max(1, math.ceil(math.sqrt(values.size / _CELLS)))
    side = min(side, height, width)
    rows, columns = height // side, width // side
    squares = values[: rows * side, : columns * side].reshape(rows, side, columns, side)
    result: np.ndarray = squares.mean(axis=(1, 3), dtype=np.float64).ravel()
    return result


def _line(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Scale and shift that bring x to y, (n,) each; a scale of 1 where there is none."""
    total = float(weight.sum())
    centre_x, centre_y = float(weight @ x) / total, float(weight @ y) / total
    dx, dy = x - centre_x, y - centre_y
    xx, yy, xy = (float(weight @ product) for product in (dx * dx, dy * dy, dx * dy))
    scale = 1.0
    least = 1e-12 * total
    if xy > 0.0 and xx > least * centre_x**2 and yy > least * centre_y**2:
        scale = math.sqrt(yy / xx)
    return scale, centre_y - scale * centre_x


def estimates(
    project: Project,
    model: DepthModel,
    window: Window,
    wanted: Collection[int],
    size: tuple[int, int],
) -> Iterator[tuple[int, DepthEstimate]]:
    """Run ``model`` on a window; the estimates of its new frames that are ``wanted``, each at
    ``size`` (height, width) and in the unit of what is stored of the known ones.
    """
    from ..depth import DepthEstimate, upsample_to

    plates = Plates(project, window.frames)
    answers = dict(zip(window.frames, model.infer_frames(plates), strict=True))
    alignment = Alignment()
    if model.unit != METRES:
        for n in window.known or _moved(project, answers, window, wanted, size):
            alignment.add(upsample_to(answers[n], *size).inverse_depth, project.read_base(n))
    scale, shift = (np.float32(x) for x in alignment.scale_and_shift())
    for n in window.new:
        if n in wanted:
            full = upsample_to(answers[n], *size)
            error = None if full.uncertainty is None else full.uncertainty * scale
            inverse = np.maximum(full.inverse_depth * scale + shift, 0)
            yield n, DepthEstimate(inverse, error, full.labels)


def _moved(
    project: Project,
    answers: Mapping[int, DepthEstimate],
    window: Window,
    wanted: Collection[int],
    size: tuple[int, int],
) -> list[int]:
    """Frames that bring a shot's first window to the scale of its stored ones: none, where those
    came from this window. Others did, where a cut has been moved since."""
    from ..depth import upsample_to

    stored = [n for n in window.new if n not in wanted]
    for n in stored:
        again = upsample_to(answers[n], *size).inverse_depth.astype(np.float16)
        if (again != project.read_base(n).astype(np.float16)).any():
            return stored
    return []
