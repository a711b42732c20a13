# SPDX-License-Identifier: GPL-3.0-or-later
"""One run over a locked project: what stands there, and what shall stand in the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from ..project import DONE, Manifest, Project
from ..project.shots import touched
from .progress import IsCancelled, Progress, Report, stop_if

Item = TypeVar("Item")


class Work:
    """``old``: the manifest as it was found; ``target``: as it will be.

    A finished project keeps its manifest until everything that ``target`` says is whole; of an
    unfinished one nothing was promised yet, so its manifest says at once what is being made.
    """

    def __init__(
        self, project: Project, target: Manifest, report: Report, cancelled: IsCancelled
    ) -> None:
        self.project, self.old, self.target = project, project.manifest, target
        self._report, self._cancelled = report, cancelled

    @property
    def promised(self) -> bool:
        """Whether the project was finished when this run came."""
        return self.old.complete

    def adopt(self, target: Manifest) -> set[int]:
        """From now on ``target`` shall stand; returns the frames whose depth it asks for anew."""
        self.target = target
        stale = touched(self.project.manifest, target)
        if not self.promised:
            for n in stale:
                self.project.depth_path(n).unlink(missing_ok=True)
            self.project.manifest = target
            self.project.save()
        return stale

    def finish(self, stage: str) -> None:
        """``stage`` is done for every frame."""
        self.target.stages[stage].state = DONE
        if self.project.manifest is self.target:
            self.project.save()

    def tell(self, stage: str, done: int, total: int, message: str = "") -> None:
        """Report progress."""
        self._report(Progress(stage, done, total, message))

    def stop_if_cancelled(self) -> None:
        """Raise Cancelled where the user asked to stop."""
        stop_if(self._cancelled)

    def until_cancelled(self, items: Iterable[Item]) -> Iterator[Item]:
        """``items``, until the user asks to stop: then Cancelled is raised."""
        for item in items:
            self.stop_if_cancelled()
            yield item


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Runs of consecutive numbers of a rising list, as (first, last)."""
    first = last = None
    for n in numbers:
        if first is not None and last is not None and n != last + 1:
            yield first, last
            first = n
        first, last = (n if first is None else first), n
    if first is not None and last is not None:
        yield first, last
