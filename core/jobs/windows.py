# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows of frames for models that look at several together, and one scale for all of them."""

from __future__ import annotations

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

    Least squares over all pixels of the frames that both know, as Video Depth Anything joins its
    windows (Chen et al. 2025, section 3.3). Sums in float64: memory doesn't grow with frames.
    """

    def __init__(self) -> None:
        self._sums = np.zeros(5)

    def add(self, new: np.ndarray, stored: np.ndarray) -> None:
        """One frame of both, (h, w) each."""
        x, y = new.astype(np.float64).ravel(), stored.astype(np.float64).ravel()
        self._sums += np.array([x.size, x.sum(), y.sum(), x @ x, x @ y])

    def scale_and_shift(self) -> tuple[float, float]:
        """(1, 0) where nothing was added; a scale of 1 where no positive one fits."""
        count, x, y, xx, xy = self._sums
        if count == 0:
            return 1.0, 0.0
        spread = xx - x * x / count
        scale = (xy - x * y / count) / spread if spread > 1e-12 * max(xx, 1e-30) else 1.0
        if scale <= 0:
            scale = 1.0
        return float(scale), float((y - scale * x) / count)


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
