# SPDX-License-Identifier: GPL-3.0-or-later
"""A clip, a small real model, and the job that makes a depth project of both."""

import pytest
from analysed import tiny_model
from clips import make_movie

from core.jobs.analyse import AnalyseJob


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_movie(tmp_path_factory.mktemp("clip") / "clip.mp4", range(1, 13), audio=True)


def analyse(clip, folder, model=None, cancel_after=None, stage="depth", **options):
    """Run the job; ``cancel_after``: ask it to stop after so many frames of ``stage``."""
    seen = []
    job = AnalyseJob(str(clip), str(folder), str(model) if model else None, **options)

    def cancelled():
        frames = [p for p in seen if p.stage == stage]
        return cancel_after is not None and len(frames) > cancel_after

    return job.run(seen.append, cancelled) | {"seen": seen}


@pytest.fixture(scope="module")
def undisturbed(clip, model):
    folder = clip.parent / "undisturbed"
    analyse(clip, folder, model)
    return folder
