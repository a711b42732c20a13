# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine does when the frames of a render are there: movies with sound, and their tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...core.project import Project
from ..output.plan import FILES, FLAT, SUFFIXES, Plan

Request = tuple[str, dict[str, Any]]
"""A job's name and its arguments."""


def frames_folder(movie: Path, kind: str = "STEREO") -> Path:
    """Where the frames of ``movie`` are kept: of each kind on its own, whatever the movie's name,
    since hours of rendering lie there."""
    stem, suffix = movie.stem, SUFFIXES[kind]
    if kind != "STEREO" and not stem.endswith(f"_{suffix}"):
        stem = f"{stem}_{suffix}"
    return movie.with_name(f"{stem}_frames")


def flat_movie(movie: Path) -> Path:
    """The 2D movie beside a stereo one."""
    return movie.with_name(f"{movie.stem.removesuffix('_stereo')}_2d{movie.suffix}")


def movie_jobs(
    plan: Plan, project: Project, folder: Path, movie: Path, frames: range, rig: dict[str, Any]
) -> list[Request]:
    """The jobs in their order. ``rig``: what the tags of a sphere say of its eyes."""
    suffix = FILES[plan.files][0]
    first = f"{frames.start:06d}"
    eye = "_L" if plan.packing is None else ""
    frames_job = _assembly(project, folder / f"{first}{eye}{suffix}", movie, frames)
    if plan.packing is None:
        frames_job["right"] = str(folder / f"{first}_R{suffix}")
        frames_job["packing"] = plan.movie_packing
    jobs = [("assemble", frames_job)]
    if plan.also_2d:
        flat = folder / FLAT / f"{first}{suffix}"
        jobs.append(("assemble", _assembly(project, flat, flat_movie(movie), frames)))
    if plan.coverage is not None:
        told = {
            "movie": str(movie),
            "output": str(movie),
            "layout": "left-right" if plan.movie_packing == "sbs" else "top-bottom",
            "projection": plan.coverage,
            "rig": rig,
        }
        jobs.append(("tag", told))
    return jobs


def _assembly(project: Project, frames: Path, movie: Path, numbers: range) -> dict[str, Any]:
    """Arguments of the worker's ``assemble`` job; the clip's sound where it has some."""
    manifest = project.manifest
    rate = manifest.timeline.rate
    return {
        "frames": str(frames),
        "output": str(movie),
        "first": numbers.start,
        "last": numbers.stop - 1,
        "rate": [rate.numerator, rate.denominator],
        "audio_from": str(project.clip_path()) if manifest.clip.has_audio else None,
    }
