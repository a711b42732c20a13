# SPDX-License-Identifier: GPL-3.0-or-later
"""Repair inside the analysis: shot by shot, from what is stored, the same bits whatever happens."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from analysed import stamps, tiny_model, tree
from shot_clips import shots_movie

from core.errors import Cancelled, SecondEyeError, UsageError
from core.jobs.analyse import AnalyseJob
from core.project import Project
from core.repair.repair import Repair
from core.repair.settings import LOOK_AHEAD

LENGTHS = (9, 8)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return shots_movie(tmp_path_factory.mktemp("clip") / "clip.mp4", LENGTHS)


def analyse(clip, folder, model, stop=None, **options):
    """Run the job; ``stop``: (stage, frames) after which it is cancelled."""
    seen = []

    def cancelled():
        return stop is not None and any((p.stage, p.done) == stop for p in seen)

    job = AnalyseJob(str(clip), str(folder), str(model), **options)
    return job.run(seen.append, cancelled)


@pytest.fixture(scope="module")
def undisturbed(clip, model):
    analyse(clip, clip.parent / "undisturbed", model)
    return clip.parent / "undisturbed"


def extents(folder):
    return [(s.name, s.first, s.last) for s in Project.open(folder).manifest.shots]


def test_shots_are_found_at_first_analysis(undisturbed):
    assert extents(undisturbed) == [("shot_001", 1, 9), ("shot_002", 10, 17)]
    first, second = Project.open(undisturbed).manifest.shots
    assert (first.low, first.high) != (second.low, second.high)
    assert (first.spatial, first.temporal, first.semantic) == (1, 1, 1)


def test_nothing_of_a_shot_reaches_the_next(undisturbed, clip, model, tmp_path):
    """The second shot is, bit for bit, what it is alone."""
    analyse(clip, tmp_path / "alone", model, first=10)
    for kind in ("base", "depth", "confidence"):
        alone = tree(tmp_path / "alone" / kind)
        assert sorted(alone)[0] == "000010.exr"
        assert alone.items() <= tree(undisturbed / kind).items()


def test_the_past_and_the_later_frames_count_within_a_shot(clip, model, undisturbed, tmp_path):
    analyse(clip, tmp_path / "still", model, temporal=0.0)
    analyse(clip, tmp_path / "stream", model, look_ahead=0)
    depths = [
        np.stack([Project.open(folder).read_depth(n) for n in range(1, 18)])
        for folder in (undisturbed, tmp_path / "still", tmp_path / "stream")
    ]
    assert (depths[0][3] != depths[1][3]).any() and (depths[0][3] != depths[2][3]).any()
    # A stream's first frame knows nothing of others, a last frame nothing of later ones.
    np.testing.assert_array_equal(depths[1][9], depths[2][9])
    moved = [np.abs(np.diff(d[:9], axis=0)).mean() for d in depths]
    assert moved[0] < moved[1] and moved[2] < moved[1]


def test_no_shots_makes_one(clip, model, tmp_path):
    analyse(clip, tmp_path / "one", model, shots=False)
    assert extents(tmp_path / "one") == [("shot_001", 1, 17)]


@pytest.mark.parametrize("look_ahead", [0, LOOK_AHEAD])
@pytest.mark.parametrize("stop", [("shots", 4), ("repair", 0), ("repair", 2), ("repair", 9),
                                  ("repair", 12), ("range", 0), ("flicker", 1)])  # fmt: skip
def test_cut_at_any_stage_it_ends_with_the_same_files(clip, model, undisturbed, look_ahead, stop):
    whole = undisturbed
    if look_ahead == 0:
        whole = clip.parent / "whole_stream"
        if not whole.exists():
            analyse(clip, whole, model, look_ahead=0)
    folder = clip.parent / f"cut_{look_ahead}_{stop[0]}_{stop[1]}"
    with pytest.raises(Cancelled):
        analyse(clip, folder, model, stop=stop, look_ahead=look_ahead)
    assert not Project.open(folder).manifest.complete
    analyse(clip, folder, model)  # what was asked for is kept in the project
    assert tree(folder) == tree(whole)


@pytest.mark.parametrize(
    "lost",
    [
        ["depth/000001.exr"],
        ["depth/000004.exr", "depth/000005.exr", "confidence/000007.exr"],
        ["depth/000009.exr", "depth/000010.exr"],
        ["base/000004.exr", "depth/000004.exr", "labels/000006.png", "plate/000011.jpg"],
        ["flicker.json"],
    ],
)
def test_lost_files_are_made_again_from_what_stands(undisturbed, clip, model, lost):
    folder = clip.parent / f"lost_{lost[0].replace('/', '_')}_{len(lost)}"
    shutil.copytree(undisturbed, folder)
    kept = stamps(folder)
    for name in lost:
        (folder / name).unlink()
    answer = analyse(clip, folder, model)
    assert answer["repaired"] == len(
        {name[-10:] for name in lost if name.startswith(("depth", "confidence"))}
    )
    assert tree(folder) == tree(undisturbed)
    confidences = {name.replace("depth", "confidence") for name in lost}
    depths = {name.replace("confidence", "depth") for name in lost}
    others = kept.keys() - {*lost, *confidences, *depths}
    others -= {name for n in lost for name in kept if name[-10:-4] == n[-10:-4]}
    assert {name: kept[name] for name in others}.items() <= stamps(folder).items()


def test_new_frames_are_looked_through_for_cuts_and_old_ones_stay(clip, model, undisturbed):
    folder = clip.parent / "grown"
    analyse(clip, folder, model, last=8)
    project = Project.open(folder)
    project.manifest.shots[0].near = 1.5
    project.manifest.shots[0].name = "wall"
    project.save()
    analyse(clip, folder, model)
    assert extents(folder) == [("wall", 1, 9), ("shot_001", 10, 17)]
    assert Project.open(folder).manifest.shots[1].near == 1.5
    for kind in ("base", "depth", "confidence"):
        assert tree(folder / kind) == tree(undisturbed / kind)
    assert not (folder / "repairing").exists()


def test_while_a_finished_project_grows_its_depth_stays(clip, model, undisturbed):
    folder = clip.parent / "growing"
    analyse(clip, folder, model, first=3, last=12)
    before = tree(folder)
    assert extents(folder) == [("shot_001", 3, 12)]  # three frames are too few for a shot
    with pytest.raises(Cancelled):
        analyse(clip, folder, model, stop=("repair", 4))
    assert before.items() <= tree(folder).items()
    assert Project.open(folder).manifest.complete
    analyse(clip, folder, model)
    assert not (folder / "repairing").exists()


def test_flicker_is_a_number_a_frame_in_percent(undisturbed, clip, model, tmp_path):
    plain = json.loads((undisturbed / "flicker.json").read_text())
    assert plain["first"] == 1 and len(plain["base"]) == len(plain["repaired"]) == 17
    for values in (plain["base"], plain["repaired"]):
        assert values[0] is None and values[9] is None  # a shot's first frame
        known = [v for v in values if v is not None]
        assert len(known) > 8 and all(0 <= v < 100 for v in known)
    analyse(clip, tmp_path / "off", model, spatial=0, temporal=0, semantic=0)
    off = json.loads((tmp_path / "off" / "flicker.json").read_text())
    assert off["base"] == off["repaired"]


@pytest.mark.parametrize(
    "options", [{"spatial": 1.5}, {"temporal": -0.1}, {"semantic": float("nan")},
                {"look_ahead": -1}, {"look_ahead": 99}],
)  # fmt: skip
def test_strengths_out_of_range_are_refused_before_anything(clip, model, tmp_path, options):
    with pytest.raises(UsageError, match="give 0"):
        analyse(clip, tmp_path / "p", model, **options)
    assert not (tmp_path / "p").exists()


def of_another_day(folder):
    """The project as an older Second Eye left it, which repaired otherwise."""
    path = folder / "project.json"
    plain = json.loads(path.read_text())
    plain["repair"]["sha256"] = "0" * 64
    path.write_text(json.dumps(plain))


def test_another_repair_is_refused_and_mixes_with_nothing(undisturbed, clip, model):
    """Half done and resumed after an update, or finished and widened."""
    half = clip.parent / "half"
    with pytest.raises(Cancelled):
        analyse(clip, half, model, stop=("repair", 3))
    done = clip.parent / "done"
    analyse(clip, done, model, last=14)
    for folder in (half, done):
        of_another_day(folder)
        before = tree(folder)
        with pytest.raises(SecondEyeError) as told:
            analyse(clip, folder, model)
        assert f"run second-eye repair {folder} to repair all of it anew" in str(told.value)
        assert str(told.value).count(". ") == 0
        assert tree(folder) == before
    # Nothing to make: nothing to refuse.
    assert analyse(clip, done, model, last=14)["repaired"] == 0


def test_before_its_first_repaired_frame_a_project_takes_todays_repair(undisturbed, clip, model):
    folder = clip.parent / "early"
    with pytest.raises(Cancelled):
        analyse(clip, folder, model, stop=("depth", 5))
    of_another_day(folder)
    analyse(clip, folder, model)
    assert tree(folder) == tree(undisturbed)


def test_large_depth_is_repaired_with_a_smaller_look_ahead(clip, model, tmp_path, monkeypatch):
    """It is said, and a run that was cut goes on with the bits of an undisturbed one."""
    monkeypatch.setattr("core.repair.settings.MANY_PIXELS", 1000)
    less = analyse(clip, tmp_path / "less", model, look_ahead=4)
    assert not [note for note in less["notes"] if "look-ahead" in note]
    with pytest.raises(Cancelled):
        analyse(clip, tmp_path / "cut", model, stop=("repair", 3), look_ahead=12)
    answer = analyse(clip, tmp_path / "cut", model)
    (note,) = [note for note in answer["notes"] if "look-ahead" in note]
    assert "a look-ahead of 4 frames, not 12" in note
    for kind in ("depth", "confidence"):
        assert tree(tmp_path / "cut" / kind) == tree(tmp_path / "less" / kind)


@pytest.mark.parametrize("told", [False, True])
def test_an_unrepaired_shot_is_as_sure_as_evaluation_says(clip, model, tmp_path, told):
    """Of a model with uncertainty and of one without."""
    from core.depth import DepthEstimate
    from core.evaluation.looks import frame_of
    from core.jobs.repairing import read_frame
    from core.repair import OFF

    analyse(clip, tmp_path / "p", model, last=4, spatial=0, temporal=0, semantic=0)
    project = Project.open(tmp_path / "p")
    if not told:
        for n in range(1, 5):
            project.uncertainty_path(n).unlink()
            project.depth_path(n).unlink()
        project.manifest.model.uncertainty = False
        project.save()
        analyse(clip, tmp_path / "p", model)
        project = Project.open(tmp_path / "p")
    plate, stored = project.read_plate(2), project.read_confidence(2)
    estimate = DepthEstimate(project.read_base(2), project.read_uncertainty(2), None)
    assert (estimate.uncertainty is not None) == told
    for frame in (read_frame(project, 2), frame_of(plate, estimate)):
        repair = Repair(OFF)
        (alone,) = repair.sequence().push(repair.prepare(frame))
        # Half floats; repair takes no error for less than a thousandth of the nearest.
        np.testing.assert_allclose(alone.confidence, stored, atol=0.01)
    assert np.allclose(stored, 2 / 3, atol=1e-3) != told


def test_the_facade_is_what_the_stage_stores(undisturbed):
    """Frame by frame by hand: estimates in, and what comes out is what the files hold."""
    from core.jobs.repairing import read_frame
    from core.repair import RepairSettings

    project = Project.open(undisturbed)
    repair = Repair(RepairSettings())
    sequence = repair.sequence()
    results = []
    for n in range(10, 18):
        results += sequence.push(repair.prepare(read_frame(project, n)))
    results += sequence.finish()
    assert len(results) == 8
    for n, repaired in zip(range(10, 18), results, strict=True):
        np.testing.assert_array_equal(project.read_depth(n), repaired.inverse_depth)
        np.testing.assert_array_equal(project.read_confidence(n), repaired.confidence)
