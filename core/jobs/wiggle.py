# SPDX-License-Identifier: GPL-3.0-or-later
"""A frame, or a few, seen from one eye to the other and back: depth without glasses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..errors import UsageError
from ..project import Manifest, Project
from ..project.atomic import write_bytes
from .again import check_complete
from .eye_settings import EyeSettings
from .eyes import Eyes
from .progress import IsCancelled, Progress, Report, stop_if
from .tables import current_tables
from .targets import checked_colour, checked_frame, checked_target, spare_footage

SUFFIXES = (".gif", ".mp4")
GIF_WIDTH = 640
"""Pixels; a GIF of a whole HD picture is dozens of megabytes."""
LOOPS = 6
"""Of an MP4, which most players show once."""
MOST = 400
"""Pictures in one loop: a GIF keeps them all in memory."""


@dataclass(frozen=True)
class Step:
    """One picture of the loop: a timeline frame, and a place between the eyes (-1 to 1)."""

    frame: int
    position: float


@dataclass(frozen=True)
class WiggleJob:
    """Write a loop of ``project`` to ``output``, an endless .gif or an .mp4 of ``LOOPS`` loops.

    ``first..last`` are timeline frames, both included: one frame stands still while the viewer
    moves; several play forward and back meanwhile. ``positions`` is how many places there are from
    the left eye to the right one (of a still frame), ``seconds`` how long a way there and back
    takes. ``width`` in pixels (None: the picture's own, of a GIF at most ``GIF_WIDTH``).
    The rig as in `StillJob`. What stood at ``output`` is replaced, and stays where the job fails.
    """

    project: str
    output: str
    first: int | None = None
    last: int | None = None
    positions: int = 9
    seconds: float = 1.0
    width: int | None = None
    budget: float = 0.02

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers output, first, last, pictures (of one loop), rate, width, height, message.

        Raises SecondEyeError, UsageError, Cancelled.
        """
        stop_if(cancelled)
        output = checked_target(self.output, SUFFIXES)
        self._check()
        project = Project.open(Path(self.project))
        check_complete(project)
        spare_footage(project, output)
        checked_colour(project)
        manifest = project.manifest
        first = checked_frame(manifest, manifest.first if self.first is None else self.first)
        last = checked_frame(manifest, first if self.last is None else self.last)
        if last < first:
            raise UsageError(f"Frames {first} to {last} are none: the last comes before the first.")
        rate = self._rate(manifest, first, last)
        steps = loop(first, last, self.positions, self.seconds * float(rate))
        if len(steps) > MOST:
            raise UsageError(
                f"This loop has {len(steps)} pictures, and {MOST} is the most: take fewer frames."
            )
        gif = output.suffix.lower() == ".gif"
        size = self._size(manifest, gif)
        pictures = []
        tables = None
        if manifest.camera is None:
            tables = current_tables(project, report, cancelled)
        eyes = Eyes(project, EyeSettings(budget=self.budget), tables=tables)
        for picture in _pictures(eyes, steps, size):
            stop_if(cancelled)
            pictures.append(picture)
            report(Progress("Warping", len(pictures), len(steps)))
        if gif:
            from ..media.gif import encode_gif

            write_bytes(output, encode_gif(pictures, rate))
        else:
            _write_movie(output, pictures, rate, cancelled)
        what = f"frame {first}" if first == last else f"frames {first} to {last}"
        return {
            "output": str(output),
            "first": first,
            "last": last,
            "pictures": len(steps),
            "rate": [rate.numerator, rate.denominator],
            "width": size[0],
            "height": size[1],
            "message": f"{output}: {what} in a loop of {len(steps)} pictures.",
        }

    def _check(self) -> None:
        if not 2 <= self.positions <= 60:
            raise UsageError(f"{self.positions} positions are no wiggle: give 2 to 60.")
        if not 0.1 <= self.seconds <= 20.0:
            raise UsageError(f"A wiggle of {self.seconds:g} s is not possible: give 0.1 to 20.")
        if self.width is not None and not 16 <= self.width <= 8192:
            raise UsageError(f"A width of {self.width} pixels is not possible: give 16 to 8192.")

    def _rate(self, manifest: Manifest, first: int, last: int) -> Fraction:
        """Pictures a second; those of several frames play at the clip's own rate."""
        if first != last:
            return manifest.timeline.rate
        return Fraction((2 * self.positions - 2) / self.seconds).limit_denominator(1000)

    def _size(self, manifest: Manifest, gif: bool) -> tuple[int, int]:
        own = (manifest.clip.width, manifest.clip.height)
        width = self.width or (min(own[0], GIF_WIDTH) if gif else own[0])
        return width, max(1, round(own[1] * width / own[0]))


def loop(first: int, last: int, positions: int, period: float) -> list[Step]:
    """The pictures of a loop that ends as it begins: frames first..last and back, the viewer on a
    cosine from the left eye to the right one and back, every ``period`` pictures or nearly so."""
    frames = [*range(first, last + 1), *range(last - 1, first, -1)]
    if first == last:
        frames, cycles = [first] * (2 * positions - 2), 1
    else:
        cycles = max(1, round(len(frames) / period))
    turn = 2.0 * math.pi * cycles / len(frames)
    return [Step(frame, -math.cos(turn * k)) for k, frame in enumerate(frames)]


def _pictures(eyes: Eyes, steps: list[Step], size: tuple[int, int]) -> Iterator[np.ndarray]:
    """A still frame's way back shows the pictures of its way there."""
    if len({step.frame for step in steps}) > 1:
        for step in steps:
            yield from (_fitted(p, size) for p in eyes.views(step.frame, [step.position]))
        return
    there = len(steps) // 2 + 1
    seen = []
    for picture in eyes.views(steps[0].frame, [step.position for step in steps[:there]]):
        seen.append(_fitted(picture, size))
        yield seen[-1]
    yield from seen[-2:0:-1]


def _fitted(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    smaller = size[0] < picture.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return cv2.resize(picture, size, interpolation=how)


def _write_movie(
    output: Path, pictures: list[np.ndarray], rate: Fraction, cancelled: IsCancelled
) -> None:
    from ..media import MovieWriter

    height, width = pictures[0].shape[:2]
    with MovieWriter(output, width, height, rate) as writer:
        for _ in range(LOOPS):
            for picture in pictures:
                stop_if(cancelled)
                writer.write(picture)
