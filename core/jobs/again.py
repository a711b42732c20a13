# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth of an analysed project made again from its stored estimates, without the model."""

from __future__ import annotations

from ..errors import SecondEyeError, UsageError
from ..project import DONE, PENDING, Manifest, Project, Shot
from ..project.shots import touched
from .work import Work


def check_analysed(project: Project) -> None:
    """Raise SecondEyeError where the estimates don't stand for all frames."""
    stages = project.manifest.stages
    if stages["plate"].state != DONE or stages["depth"].state != DONE:
        raise _unfinished(project)


def check_complete(project: Project) -> None:
    """Raise SecondEyeError where depth doesn't stand for all frames."""
    if not project.manifest.complete:
        raise _unfinished(project)


def _unfinished(project: Project) -> SecondEyeError:
    return SecondEyeError(
        f"{project.folder} is not analysed to its end: run depth again to go on with it first."
    )


def make_again(work: Work, target: Manifest, anew: bool = False) -> set[int]:
    """Bring depth, ranges and flicker of ``work``'s project, which is locked, to ``target``.

    Returns the frames made. ``anew``: no frame stays that another repair made. Raises
    SecondEyeError, with nothing changed, where an estimate or a plate is missing.
    """
    for name in ("repair", "range"):
        target.stages[name].state = PENDING
    from .depth import Depth  # and with it torch

    work.target = target
    depth = Depth(work, touched(work.old, target))
    depth.load(anew)
    _check_sources(work, target.shots, set(depth.missing))
    depth.stale |= work.adopt(target)
    work.project.make_folders()
    return depth.run()


def shot_named(manifest: Manifest, name: str, folder: object) -> Shot:
    """The shot of that name. Raises UsageError."""
    for shot in manifest.shots:
        if shot.name == name:
            return shot
    names = ", ".join(shot.name for shot in manifest.shots[:8])
    more = ", ..." if len(manifest.shots) > 8 else ""
    raise UsageError(f'{folder} has no shot "{name}": its shots are {names}{more}.')


def _check_sources(work: Work, shots: list[Shot], missing: set[int]) -> None:
    """Found out now, not after an hour of repair."""
    for shot in shots:
        frames = range(shot.first, shot.last + 1)
        if missing.isdisjoint(frames):
            continue
        for n in frames:
            for path in (work.project.base_path(n), work.project.plate_path(n)):
                if not path.exists():
                    raise SecondEyeError(
                        f"{path} is missing, and repair begins with it: run depth again to make it."
                    )
