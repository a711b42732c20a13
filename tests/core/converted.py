# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of conversion share: a clip with its depth, and jobs run without a listener."""

from __future__ import annotations

from pathlib import Path

import av
from analysed import tiny_model, tree
from clips import make_movie

from core.jobs.convert import ConvertJob
from core.project import Project


def quiet(progress: object) -> None:
    del progress


def never() -> bool:
    return False


def make_converted(folder: Path) -> tuple[Path, Path, Path, dict]:
    """(folder, a 12-frame clip with sound, a tiny real model, the answer of its conversion, whose
    depth project stays as clip.secondeye)."""
    clip = make_movie(folder / "clip.mp4", audio=True)
    model = tiny_model(folder)
    job = ConvertJob(
        clip=str(clip), output=str(folder / "clip_sbs.mp4"), model=str(model), format="sbs"
    )
    return folder, clip, model, job.run(quiet, never)


def packets(path: str | Path) -> tuple[int, float, float]:
    """(number of sound packets, time of the first one heard and of the last one's end)."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        times = [(p.pts * p.time_base, p.duration * p.time_base) for p in container.demux(stream)
                 if p.pts is not None]  # fmt: skip
    return len(times), float(times[0][0]), float(times[-1][0] + times[-1][1])


def copied_project(converted: tuple, tmp_path: Path) -> Project:
    """A copy that a test may change."""
    folder = tmp_path / "copy.secondeye"
    source = converted[0] / "clip.secondeye"
    for name, data in tree(source).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return Project.open(folder)
