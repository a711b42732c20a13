# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that look at several frames together: streamed in windows, resumed bit for bit."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from analysed import tree
from clips import make_movie
from onnx_writer import FLOAT, node, port, weights, write

from core.errors import Cancelled, SecondEyeError
from core.jobs.analyse import AnalyseJob
from core.jobs.progress import Progress
from core.jobs.shots import ShotsJob
from core.jobs.windows import Alignment, plan
from core.project import Project

pytest.importorskip("onnxruntime")
VDA = (0, 12, *range(24, 32))


def test_the_windows_of_video_depth_anything() -> None:
    """Frames 1, 13 and the last eight of a window begin the next (its KEYFRAMES)."""
    first, second, third = plan((1, 70), None, 32, VDA)
    assert first.frames == first.new == tuple(range(1, 33)) and first.known == ()
    assert second.known == (1, 13, *range(25, 33)) and second.new == tuple(range(33, 55))
    # Place 12 of the second window is its third new frame.
    assert third.known == (1, 35, *range(47, 55)) and third.new == tuple(range(55, 71))


@pytest.mark.parametrize("finished", [None, (1, 9), (4, 9), (5, 5), (12, 20), (1, 20)])
@pytest.mark.parametrize(("length", "context"), [(4, (3,)), (6, (0, 4, 5)), (32, VDA)])
def test_every_frame_is_new_once_and_known_before(finished, length, context) -> None:
    """And whatever a window leans on stood there finished, or came from a window before it."""
    stored = set(range(finished[0], finished[1] + 1)) if finished else set()
    made: list[int] = []
    for window in plan((1, 20), finished, length, context):
        assert len(window.frames) <= length and set(window.new) <= set(window.frames)
        assert set(window.known) <= stored | set(made)
        assert window.known or window.new[0] == (finished or (1, 20))[0]
        made += window.new
    assert sorted(made) == list(range(1, 21))


def test_alignment_finds_scale_and_shift() -> None:
    rng = np.random.default_rng(1)
    new = rng.random((2, 8, 9)).astype(np.float32)
    alignment = Alignment()
    assert alignment.scale_and_shift() == (1.0, 0.0)
    for frame in new:
        alignment.add(frame, 3 * frame + 0.5)
    assert alignment.scale_and_shift() == pytest.approx((3, 0.5))
    noisy = 3 * new + 0.5 + rng.normal(0, 0.1, new.shape)
    alignment = Alignment()
    for frame, stored in zip(new, noisy, strict=True):
        alignment.add(frame, stored)
    assert alignment.scale_and_shift() == pytest.approx((3, 0.5), abs=0.08)
    # A flat frame, or one that runs the other way, fixes a level and no scale.
    for given, stored in ((np.full((4, 4), 2.0), np.eye(4)), (np.eye(4), 1 - np.eye(4))):
        alignment = Alignment()
        alignment.add(given, stored)
        scale, shift = alignment.scale_and_shift()
        assert scale == 1 and -2 <= shift <= 1


@pytest.mark.parametrize("size", [(24, 32), (256, 448)])
def test_what_one_window_judges_otherwise_does_not_move_the_rest(size: tuple[int, int]) -> None:
    ramp = np.linspace(0.2, 1.0, size[0])[:, None] * np.linspace(0.7, 1.0, size[1])
    alignment = Alignment()
    for n in range(3):
        stored = 0.4 * ramp + 0.1
        stored[: size[0] // 3, n : n + size[1] // 2] = 3.0  # a sixth: far, and now very near
        alignment.add(ramp, stored)
    assert alignment.scale_and_shift() == pytest.approx((0.4, 0.1), abs=2e-3)


def test_noise_does_not_shrink_window_after_window() -> None:
    rng = np.random.default_rng(2)
    truth = np.linspace(0.2, 1.0, 48)[:, None] * np.linspace(0.6, 1.0, 64)
    scale = 1.0
    for _ in range(40):
        noisy = [truth + rng.normal(0, 0.05, truth.shape) for _ in range(2)]
        alignment = Alignment()
        alignment.add(noisy[0], scale * noisy[1])
        scale = alignment.scale_and_shift()[0]
    assert scale == pytest.approx(1.0, abs=0.06)


def test_a_flat_stored_frame_flattens_nothing_after_it() -> None:
    ramp = np.linspace(0.2, 1.0, 48)[:, None] * np.linspace(0.6, 1.0, 64)
    alignment = Alignment()
    alignment.add(ramp, np.full_like(ramp, 0.5))
    scale, shift = alignment.scale_and_shift()
    assert scale == 1.0 and scale * ramp.mean() + shift == pytest.approx(0.5, abs=0.05)


def drifting(path: Path, frames: int = 4, metric: bool = False) -> Path:
    """A video model in its own unit in every window: the mean colour over that of its first frame.

    As affine-invariant models do, it answers another scale in every window.
    """
    shape = [1, frames, 3, 32, 48]
    nodes = [
        node("ReduceMean", "clip", "grey", axes=[2], keepdims=0),
        node("Slice", "grey from to axis", "first"),
        node("ReduceMean", "first", "level", axes=[2, 3], keepdims=1),
        node("Div", "grey level", "share"),
        node("Add", "share one", "depth"),
    ]
    tensors = [weights(name, np.array([value]), 7) for name, value in
               (("from", 0), ("to", 1), ("axis", 1))]  # fmt: skip
    tensors.append(weights("one", np.array([1.0], np.float32)))
    out = [port("depth", [1, frames, 32, 48], FLOAT)]
    write(path, nodes, [port("clip", shape)], out, tensors)
    settings = {"scale": 1, "context": [frames - 2, frames - 1]}
    if metric:
        settings["output"] = "metric_inverse_depth"
    path.with_suffix(".json").write_text(json.dumps(settings))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve frames that grow lighter: without one scale each window would begin anew."""
    ramp = np.linspace(40, 120, 96)[None, :, None] * np.linspace(0.7, 1, 64)[:, None, None]
    pictures = [
        np.repeat(np.clip(ramp * (1 + 0.08 * n), 0, 255), 3, 2).astype(np.uint8) for n in range(12)
    ]
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return make_movie(path, range(12), pictures=pictures)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return drifting(tmp_path / "drifting.onnx")


def analyse(clip: Path, folder: Path, model: Path, first=None, last=None, stop_after=None) -> None:
    depth: list[Progress] = []

    def report(progress: Progress) -> None:
        if progress.stage == "depth":
            depth.append(progress)

    def cancelled() -> bool:
        return stop_after is not None and bool(depth) and depth[-1].done >= stop_after

    job = AnalyseJob(str(clip), str(folder), str(model), first, last, size=None)
    job.run(report, cancelled)


def levels(project: Path) -> list[float]:
    opened = Project.open(project)
    return [float(opened.read_base(n).mean()) for n in opened.manifest.frames]


def test_windows_are_brought_to_one_scale(clip: Path, model: Path, tmp_path: Path) -> None:
    """1 + grey over grey of frame 1, for all twelve frames and five windows."""
    analyse(clip, tmp_path / "p", model)
    manifest = Project.open(tmp_path / "p").manifest
    assert (manifest.model.window, manifest.model.unit) == (4, "relative")
    got = levels(tmp_path / "p")
    expected = [2 + 0.08 * n for n in range(12)]
    assert got == pytest.approx(expected, rel=0.02)
    assert all(later > earlier for earlier, later in pairwise(got))


def test_metric_windows_are_left_as_they_are(clip: Path, tmp_path: Path) -> None:
    analyse(clip, tmp_path / "p", drifting(tmp_path / "m.onnx", metric=True))
    grey = [1 + 0.08 * n for n in range(12)]
    # The first frames of the five windows are 1, 3, 5, 7 and 9; each makes two new frames, the
    # first one four.
    begin = [0] * 4 + [2, 2, 4, 4, 6, 6, 8, 8]
    expected = [1 + grey[n] / grey[begin[n]] for n in range(12)]
    assert levels(tmp_path / "p") == pytest.approx(expected, rel=0.02)
    assert Project.open(tmp_path / "p").manifest.metres_per_unit == 1.0


@pytest.mark.parametrize("stop_after", [0, 1, 3, 4, 5, 6, 9, 11])
def test_an_interrupted_run_ends_with_the_same_bytes(
    clip: Path, model: Path, tmp_path: Path, stop_after: int
) -> None:
    analyse(clip, tmp_path / "whole", model)
    with pytest.raises(Cancelled):
        analyse(clip, tmp_path / "cut", model, stop_after=stop_after)
    assert len(list((tmp_path / "cut" / "base").glob("*.exr"))) < 12
    analyse(clip, tmp_path / "cut", model)
    assert tree(tmp_path / "cut") == tree(tmp_path / "whole")


def test_a_lost_file_is_made_again_as_it_was(clip: Path, model: Path, tmp_path: Path) -> None:
    analyse(clip, tmp_path / "p", model)
    before = tree(tmp_path / "p")
    for name in ("000002", "000006", "000012"):
        (tmp_path / "p" / "base" / f"{name}.exr").unlink()
    analyse(clip, tmp_path / "p", model)
    assert tree(tmp_path / "p") == before


def test_a_file_lost_after_a_cut_was_moved_has_the_scale_of_the_others(
    clip: Path, model: Path, tmp_path: Path
) -> None:
    analyse(clip, tmp_path / "p", model)
    before = levels(tmp_path / "p")
    ShotsJob(str(tmp_path / "p"), cut=[7]).run(lambda progress: None, lambda: False)
    (tmp_path / "p" / "base" / "000008.exr").unlink()
    analyse(clip, tmp_path / "p", model)
    assert levels(tmp_path / "p") == pytest.approx(before, rel=1e-3)
    assert [s.first for s in Project.open(tmp_path / "p").manifest.shots] == [1, 7]


def test_an_extended_project_keeps_its_frames_and_scale(
    clip: Path, model: Path, tmp_path: Path
) -> None:
    """To both sides, and interrupted on the way."""
    analyse(clip, tmp_path / "p", model, 5, 8)
    before = tree(tmp_path / "p" / "base")
    middle = levels(tmp_path / "p")
    shutil.copytree(tmp_path / "p", tmp_path / "cut")
    analyse(clip, tmp_path / "p", model, 1, 12)
    assert before.items() <= tree(tmp_path / "p" / "base").items()
    got = levels(tmp_path / "p")
    assert got[4:8] == middle
    # Its unit is that of frame 5's level.
    assert got == pytest.approx([1 + (1 + 0.08 * n) / 1.32 for n in range(12)], rel=0.02)
    with pytest.raises(Cancelled):
        analyse(clip, tmp_path / "cut", model, 1, 12, stop_after=9)
    analyse(clip, tmp_path / "cut", model, 1, 12)
    assert tree(tmp_path / "cut") == tree(tmp_path / "p")


def test_an_extension_that_was_cut_leaves_no_windows_to_a_longer_one(
    clip: Path, model: Path, tmp_path: Path
) -> None:
    analyse(clip, tmp_path / "p", model, 3, 5)
    shutil.copytree(tmp_path / "p", tmp_path / "cut")
    analyse(clip, tmp_path / "p", model, 3, 10)
    with pytest.raises(Cancelled):
        analyse(clip, tmp_path / "cut", model, 1, 6, stop_after=4)
    assert len(list((tmp_path / "cut" / "base").glob("*.exr"))) == 4
    analyse(clip, tmp_path / "cut", model, 3, 5)  # nothing to do, and nothing forgotten
    assert Project.open(tmp_path / "cut").manifest.extra == {"extending": [1, 6]}
    analyse(clip, tmp_path / "cut", model, 3, 10)
    for part in ("base", "depth", "confidence", "project.json"):
        kept, made = (tree(tmp_path / name) for name in ("p", "cut"))
        assert {n: d for n, d in made.items() if n.startswith(part)} == {
            n: d for n, d in kept.items() if n.startswith(part)
        }


def test_another_range_before_the_end_starts_anew(clip: Path, model: Path, tmp_path: Path) -> None:
    analyse(clip, tmp_path / "whole", model, 3, 12)
    with pytest.raises(Cancelled):
        analyse(clip, tmp_path / "cut", model, 1, 12, stop_after=7)
    with pytest.raises(Cancelled):
        analyse(clip, tmp_path / "cut", model, 3, 12, stop_after=2)
    analyse(clip, tmp_path / "cut", model, 3, 12)
    kept = {name: data for name, data in tree(tmp_path / "cut" / "depth").items()}
    assert kept == tree(tmp_path / "whole" / "depth")


def test_a_refused_model_removes_no_depth(clip: Path, model: Path, tmp_path: Path) -> None:
    """Another range without a word of the model means the bundled one, which is refused."""
    with pytest.raises(Cancelled):
        analyse(clip, tmp_path / "p", model, 1, 12, stop_after=8)
    before = tree(tmp_path / "p")
    for _ in range(2):
        with pytest.raises(SecondEyeError, match="was analysed with the model drifting"):
            AnalyseJob(str(clip), str(tmp_path / "p"), first=1, last=10).run(
                lambda progress: None, lambda: False
            )
        assert tree(tmp_path / "p") == before


def test_a_window_that_fails_leaves_a_finished_project(
    clip: Path, model: Path, tmp_path: Path
) -> None:
    """Frame 9 is black: the window of frames from 9 on divides by nothing."""
    pictures = [np.full((64, 96, 3), 0 if n == 8 else 90, np.uint8) for n in range(12)]
    dark = make_movie(tmp_path / "dark.mp4", range(12), pictures=pictures)
    settings = model.with_suffix(".json")
    settings.write_text('{"scale": 1, "context": [3]}')
    analyse(dark, tmp_path / "p", model, 1, 4)
    before = tree(tmp_path / "p")
    nodes_fail = write(
        tmp_path / "log.onnx", [node("ReduceMean", "clip", "grey", axes=[2], keepdims=0),
                                node("Log", "grey", "depth")],
        [port("clip", [1, 4, 3, 32, 48])], [port("depth", [1, 4, 32, 48])],
    )  # fmt: skip
    nodes_fail.with_suffix(".json").write_text('{"scale": 1, "context": [3]}')
    with pytest.raises(SecondEyeError, match="was analysed with the model drifting"):
        analyse(dark, tmp_path / "p", nodes_fail, 1, 12)
    assert tree(tmp_path / "p") == before
    with pytest.raises(SecondEyeError, match="The model log answers with infinite values"):
        analyse(dark, tmp_path / "q", nodes_fail, 9, 12)
    analyse(dark, tmp_path / "q", model, 1, 4)
    assert tree(tmp_path / "q" / "depth") == tree(tmp_path / "p" / "base")
