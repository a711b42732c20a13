# SPDX-License-Identifier: GPL-3.0-or-later
"""Number-coded clips through the whole analysis: plate n shows what timeline frame n must show,
and depth n is that plate's."""

from fractions import Fraction as F

import numpy as np
import pytest
from analysed import tiny_model
from clips import make_movie, read_number

from core.depth import load_model, upsample_to
from core.jobs.analyse import AnalyseJob
from core.project import Project

UNIT, ONE = 1 << 30, 1 << 16
QUARTER = (0, ONE, 0, -ONE, 0, 0, 0, 0, UNIT)  # track header matrix, clockwise by 90 degrees
IN_ORDER = list(range(1, 11))
# Times in 1/30 s of the pictures 1, 2, 3 ..., and what each timeline frame then shows.
VARIABLE = [0, 1, 2, 5, 6, 7, 10, 11]
HELD = [1, 2, 3, 3, 3, 4, 5, 6, 6, 6, 7, 8]
LATE = 31
AT_30 = {"rate": 30, "time_base": F(1, 30)}

CLIPS = {
    "variable": ("a.mp4", {**AT_30, "pts": VARIABLE}, F(30), HELD),
    "variable, starts late": ("a.mkv", {**AT_30, "pts": [p + LATE for p in VARIABLE]}, F(30), HELD),
    "rotated": ("a.mp4", {"display_matrix": QUARTER}, F(24), IN_ORDER),
    "23.976": ("a.mp4", {"rate": F(24000, 1001)}, F(24000, 1001), IN_ORDER),
    "23.976 in milliseconds": ("a.mkv", {"rate": F(24000, 1001)}, F(24000, 1001), IN_ORDER),
    "starts late": ("a.mp4", {"pts": [i + 17 for i in range(10)]}, F(24), IN_ORDER),
    "starts late, transport stream": (
        "a.ts",
        {"pts": [i + 17 for i in range(10)]},
        F(24),
        IN_ORDER,
    ),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model"))


def quiet(progress):
    del progress


def upright(rgb, name):
    """The picture as the number reads: "rotated" was coded lying and is shown turned."""
    return np.rot90(rgb) if name == "rotated" else rgb


@pytest.mark.parametrize("first", [1, 4])
@pytest.mark.parametrize("name", CLIPS)
def test_plate_and_depth_are_those_of_their_frame(name, first, model, tmp_path):
    file, how, rate, numbers = CLIPS[name]
    clip = make_movie(tmp_path / file, range(1, max(numbers) + 1), options={"g": "5"}, **how)
    AnalyseJob(str(clip), str(tmp_path / "p"), str(model), first=first).run(quiet, lambda: False)

    project = Project.open(tmp_path / "p")
    manifest = project.manifest
    assert manifest.timeline.rate == rate
    assert list(manifest.frames) == list(range(first, len(numbers) + 1))
    assert (manifest.clip.width > manifest.clip.height) == (name != "rotated")
    estimator = load_model(str(model))
    estimates = {}
    for n in manifest.frames:
        plate = project.read_plate(n)
        assert read_number(upright(plate, name)) == numbers[n - 1]
        estimate = upsample_to(estimator.infer(plate), manifest.depth.height, manifest.depth.width)
        estimates[n] = estimate.inverse_depth.astype(np.float16).astype(np.float32)
        np.testing.assert_array_equal(project.read_base(n), estimates[n])
    # Depth of another number would have been noticed.
    for n in list(manifest.frames)[1:]:
        if numbers[n - 1] != numbers[n - 2]:
            assert (estimates[n] != estimates[n - 1]).any()
