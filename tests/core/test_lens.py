# SPDX-License-Identifier: GPL-3.0-or-later
"""A lens estimated from straight lines, and where project.json says a lens comes from."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import SecondEyeError
from core.geometry.solve_path import rotation
from core.geometry.vanishing import FocalGuess, agreed, focal_from_lines
from core.jobs.lens import LensJob
from core.media.metadata import focal_from_tags, over_width
from core.project import (
    DONE,
    STAGES,
    ClipRecord,
    DepthRecord,
    LensRecord,
    Manifest,
    ModelRecord,
    Project,
    Shot,
    StageRecord,
    TimelineRecord,
)

WIDTH, HEIGHT = 480, 270


def _turn() -> np.ndarray:
    """Looking into a corner, a little downwards."""
    q = np.array([0.9, 0.12, 0.38, 0.03])
    return rotation(q / np.linalg.norm(q))


def _room(focal: float, seed: int = 1) -> np.ndarray:
    """Segments (N, 4) along three directions at right angles, with some noise and some clutter."""
    rng = np.random.default_rng(seed)
    lines = []
    while len(lines) < 90:
        start = np.array([*rng.uniform(-3, 3, 2), rng.uniform(3, 9)])
        along = _turn()[:, rng.integers(3)] * rng.uniform(0.5, 2)
        ends = np.stack([start - along, start + along])
        if ends[:, 2].min() < 0.5:
            continue
        flat = ends[:, :2] / ends[:, 2:] * focal * WIDTH + [WIDTH / 2, HEIGHT / 2]
        if (np.abs(flat - [WIDTH / 2, HEIGHT / 2]) < [WIDTH / 2, HEIGHT / 2]).all():
            lines.append((flat + rng.normal(0, 0.3, (2, 2))).ravel())
    clutter = rng.uniform(0, 1, (20, 4)) * [WIDTH, HEIGHT, WIDTH, HEIGHT]
    return np.concatenate([lines, clutter])


@pytest.mark.parametrize("focal", [0.6, 1.0, 1.7])
def test_a_room_tells_its_lens(focal) -> None:
    guesses = [focal_from_lines(_room(focal, seed), WIDTH, HEIGHT) for seed in range(4)]
    found = agreed(guesses)
    assert found is not None and found.focal_over_width == pytest.approx(focal, rel=0.08)


def test_leaves_tell_nothing() -> None:
    rng = np.random.default_rng(3)
    lines = rng.uniform(0, 1, (80, 4)) * [WIDTH, HEIGHT, WIDTH, HEIGHT]
    assert agreed([focal_from_lines(lines, WIDTH, HEIGHT)]) is None
    assert focal_from_lines(np.zeros((0, 4)), WIDTH, HEIGHT) is None
    assert focal_from_lines(_room(1.0)[:20], WIDTH, HEIGHT) is None
    assert agreed([]) is None
    apart = [FocalGuess(value, 0.9) for value in (0.5, 0.9, 1.6, 2.4)]
    assert agreed(apart) is None and agreed([FocalGuess(1.0, 0.9), None, None]) is None


def _project(folder: Path, focal: float | None) -> Project:
    manifest = Manifest(
        clip=ClipRecord("a.mp4", str(folder / "a.mp4"), "movie", "0", WIDTH, HEIGHT),
        timeline=TimelineRecord(Fraction(24), Fraction(1, 24), [0, 1, 2]),
        first=1,
        last=3,
        depth=DepthRecord(32, 18, [1.0] * 3, [0.0] * 3),
        shots=[Shot("shot_001", 1, 3)],
        lens=LensRecord(),
        model=ModelRecord("test", "0"),
        stages={name: StageRecord(DONE) for name in STAGES},
    )
    project = Project.create(folder, manifest)
    project.make_folders()
    for n in manifest.frames:
        picture = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
        if focal is not None:
            for line in _room(focal, n)[:90].round().astype(int):
                cv2.line(picture, line[:2], line[2:], (230, 230, 230), 3, cv2.LINE_AA)
        assert cv2.imwrite(str(project.plate_path(n)), picture)
    return project


def test_the_job_writes_an_estimate_or_leaves_the_lens(tmp_path) -> None:
    folder = _project(tmp_path / "room.secondeye", 0.8).folder
    answer = LensJob(str(folder)).run(lambda progress: None, lambda: False)
    lens = Project.open(folder).manifest.lens
    assert lens.source == "estimate" and "is estimated as" in answer["message"]
    assert lens.focal_over_width == pytest.approx(0.8, rel=0.12)
    folder = _project(tmp_path / "grey.secondeye", None).folder
    stored = (folder / "project.json").read_bytes()
    answer = LensJob(str(folder)).run(lambda progress: None, lambda: False)
    assert answer["focal_over_width"] is None and "too few" in answer["message"]
    assert (folder / "project.json").read_bytes() == stored
    (folder / "plate" / "000002.jpg").unlink()
    with pytest.raises(SecondEyeError, match=r"000002\.jpg"):
        LensJob(str(folder)).run(lambda progress: None, lambda: False)


def test_35_mm_equivalents_lie_along_the_longer_side() -> None:
    key = "com.apple.quicktime.camera.focal_length.35mm_equivalent"
    assert focal_from_tags({"title": "x", key: "26"}) == 26.0
    assert focal_from_tags({key: "wide"}) is None and focal_from_tags({key: "0"}) is None
    assert over_width(26.0, 1920, 1080) == pytest.approx(26 / 36)
    assert over_width(26.0, 1080, 1920) == pytest.approx(26 / 36 * 1920 / 1080)
    assert over_width(None, 1920, 1080) is None
