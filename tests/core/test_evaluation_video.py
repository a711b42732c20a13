# SPDX-License-Identifier: GPL-3.0-or-later
"""Temporal error of a clip: made clips whose answer is known, and that no trick wins."""

import json

import cv2
import numpy as np
import pytest
from analysed import second_eye, tiny_model
from clips import make_movie

from core.commands.evaluate import asked_repair, repair_settings
from core.depth import DepthEstimate
from core.depth.labels import CLASSES
from core.errors import SecondEyeError, UsageError
from core.evaluation.camera_motion import moves_as_camera
from core.evaluation.consistency import Consistency
from core.evaluation.contests import make_contest
from core.evaluation.flow import Motion, inside, looked_up, measured
from core.evaluation.rows import AVERAGE, BASE, FROZEN, RAMP, REPAIRED, Contest, ablation
from core.evaluation.summary import summary
from core.evaluation.video import evaluate_video
from core.media import open_clip
from core.repair.frame import Candidate, Prepared, Repaired
from core.repair.repair import Repair
from core.repair.settings import RepairSettings

SIZE = 160, 96


def no_step(done, total):
    del done, total


def texture(seed, width=240, height=96):
    rng = np.random.default_rng(seed)
    small = rng.integers(20, 235, (height // 8, width // 8, 3), dtype=np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


class Knowing:
    """Reads inverse depth off the red channel, exactly, and errs as it is told, frame by frame."""

    name, sha256 = "knowing", "0" * 64

    def __init__(self, scale=lambda n: 1.0, shift=lambda n: 0.0):
        self.scale, self.shift, self.seen = scale, shift, 0

    def infer(self, rgb):
        self.seen += 1
        red = rgb[..., 0].astype(np.float32) * self.scale(self.seen)
        labels = np.full(red.shape, CLASSES.index("sky"), np.uint8)
        labels[red.shape[0] // 3 :] = CLASSES.index("ground")
        return DepthEstimate(np.float32(red + self.shift(self.seen)), None, labels)


class Undo:
    """A repair that takes away what `Knowing` was told to add: the one frame's own number is what
    it remembers. It looks one frame ahead, so that answers come late."""

    def __init__(self, shift, late=1):
        self.shift, self.late = shift, late

    def prepare(self, frame):
        return Prepared(frame, (Candidate("base", frame.inverse_depth, frame.variance),))

    def sequence(self):
        return Undone(self.shift, self.late)


class Undone:
    def __init__(self, shift, late):
        self.shift, self.late, self.held, self.seen = shift, late, [], 0

    def push(self, prepared):
        self.seen += 1
        depth = prepared.frame.inverse_depth - np.float32(self.shift(self.seen))
        self.held.append(Repaired(depth, np.ones_like(depth)))
        return [self.held.pop(0)] if len(self.held) > self.late else []

    def finish(self):
        return self.held


def pan(path, step=3, frames=6):
    wide = texture(9)
    pictures = [wide[:, step * k : step * k + SIZE[0]] for k in range(frames)]
    return open_clip(make_movie(path, pictures=pictures, size=SIZE))


def still(path, frames=5):
    return open_clip(make_movie(path, pictures=[texture(9)[:, : SIZE[0]]] * frames, size=SIZE))


def span(clip):
    red = np.concatenate([rgb[..., 0].ravel() for _, rgb in clip.frames()])
    return np.ptp(np.percentile(red, [1, 99]))


def test_a_still_clip_with_a_still_depth_has_no_error(tmp_path):
    report = evaluate_video(still(tmp_path / "a.mkv"), Contest(Knowing()), step=no_step)
    # Coding leaves a grey value here and there.
    assert report["mean"]["opw"] < 2e-3 and report["mean"]["opw_static"] < 2e-3
    assert report["rows"][FROZEN]["opw"] < 2e-3 and report["rows"][RAMP]["opw"] < 1e-4
    assert report["mean"]["away"] == pytest.approx(0.0, abs=1e-6)
    assert report["mean"]["detail"] == pytest.approx(1.0)
    assert report["count"] == 5 and len(report["images"]) == 4
    assert report["images"][0]["static"] > 0.95
    json.dumps(report, allow_nan=False)


def test_known_flicker_is_the_known_number_and_repair_takes_it_away(tmp_path):
    clip = pan(tmp_path / "a.mp4")

    def wander(n):
        return 10.0 * (n % 2)

    flickering = evaluate_video(clip, Contest(Knowing(shift=wander)), step=no_step)
    expected = 10.0 / (span(clip) + 10.0)
    assert flickering["mean"]["opw_static"] == pytest.approx(expected, rel=0.1)
    assert all(row["trusted"] > 0.6 for row in flickering["images"])
    repaired = Contest(Knowing(shift=wander), {REPAIRED: Undo(wander)})
    report = evaluate_video(clip, repaired, step=no_step)
    assert report["rows"][BASE] == pytest.approx(flickering["mean"])
    assert report["rows"][REPAIRED]["opw_static"] < 0.2 * expected
    assert list(report["rows"]) == [BASE, REPAIRED, AVERAGE, FROZEN, RAMP]
    said = summary(report)
    assert "OPW static" in said and said.index(REPAIRED) < said.index(FROZEN)


def test_scaling_and_shifting_all_depth_changes_nothing(tmp_path):
    clip = pan(tmp_path / "a.mp4")
    plain = evaluate_video(clip, Contest(Knowing()), step=no_step)["rows"]
    other = Knowing(scale=lambda n: 0.02, shift=lambda n: 7.0)
    scaled = evaluate_video(clip, Contest(other), step=no_step)["rows"]
    for row, figures in plain.items():
        assert scaled[row] == pytest.approx(figures, rel=1e-3, abs=1e-6)
    # A scale that changes from frame to frame is an error, though each frame is right by itself.
    pulsing = Knowing(scale=lambda n: 1.0 + 0.2 * (n % 2))
    wandering = evaluate_video(clip, Contest(pulsing), step=no_step)["rows"]
    assert wandering[BASE]["opw"] > 4 * plain[BASE]["opw"]


def test_what_flattens_or_smears_loses_in_another_column(tmp_path):
    clip = pan(tmp_path / "a.mp4", step=6)
    rows = evaluate_video(clip, Contest(Knowing()), step=no_step)["rows"]
    assert rows[RAMP]["opw"] < rows[BASE]["opw"] + 0.01
    assert rows[RAMP]["away"] > 0.15 and rows[RAMP]["detail"] < 0.3
    assert rows[AVERAGE]["away"] > 0.03 and rows[AVERAGE]["detail"] < 0.9
    assert rows[FROZEN]["opw"] > 4 * rows[BASE]["opw"] and rows[FROZEN]["away"] > 0.1


def test_a_row_is_the_same_with_and_without_others(tmp_path):
    clip = pan(tmp_path / "a.mp4")
    alone = evaluate_video(clip, Contest(Knowing()), step=no_step)["rows"]
    among = Contest(
        Knowing(),
        {REPAIRED: Undo(lambda n: 0.0, late=3)},
        {"peer": Knowing(shift=lambda n: 4.0 * (n % 2))},
    )
    seen = []
    rows = evaluate_video(
        clip, among, step=no_step, watch=lambda n, rgb, depths: seen.append((n, set(depths)))
    )["rows"]
    assert rows[BASE] == pytest.approx(alone[BASE])
    assert rows[REPAIRED]["opw"] == pytest.approx(alone[BASE]["opw"])
    assert rows["peer"]["opw"] > 2 * alone[BASE]["opw"]
    assert seen == [(n, set(rows)) for n in range(6)]


def test_too_short_or_too_small_is_said(tmp_path):
    clip = pan(tmp_path / "a.mp4")
    with pytest.raises(SecondEyeError, match="2 at least"):
        evaluate_video(clip, Contest(Knowing()), limit=1, step=no_step)
    assert evaluate_video(clip, Contest(Knowing()), limit=2, step=no_step)["count"] == 2
    tiny = make_movie(tmp_path / "b.mp4", range(1, 4), size=(64, 8))
    with pytest.raises(SecondEyeError, match="too small for optical flow"):
        evaluate_video(open_clip(tiny), Contest(Knowing()), step=no_step)


def test_what_was_hidden_and_what_left_the_picture_does_not_count():
    # A card moves right by 8 over a wall at rest: what it uncovers on its left was hidden.
    wall, card = texture(1, 160)[..., 0], texture(2, 48)[:48, :, 0]
    frames = []
    for at in (40, 48):
        picture = wall.copy()
        picture[24:72, at : at + 48] = card
        frames.append(picture)
    motion = measured(*frames)
    assert motion.trusted[30:66, 40:48].mean() < 0.25
    assert motion.trusted[30:66, 60:84].mean() > 0.9 and motion.trusted[30:66, 115:].mean() > 0.9
    assert np.abs(motion.source[36:60, 62:80, 0] - (np.arange(62, 80) - 8)).max() < 0.9
    assert motion.static[:, 115:].mean() > 0.9 and motion.static[30:66, 60:84].mean() < 0.05
    # A light that goes on over all of it takes nothing away.
    lit = measured(frames[0], np.clip(frames[1] * 0.8 + 50, 0, 255).astype(np.uint8))
    assert lit.trusted[:, 115:].mean() > 0.8
    moved = measured(wall[:, :120], wall[:, 6:126])
    assert not moved.trusted[:, -4:].any(), "it came in from outside"


def test_only_trusted_and_static_pixels_are_summed():
    size = (16, 12)
    rows, columns = np.mgrid[0:12, 0:16].astype(np.float32)
    trusted = np.ones((12, 16), bool)
    trusted[:, 8:] = False
    static = trusted.copy()
    static[:, 4:] = False
    motion = Motion(np.stack([columns, rows], -1), trusted, static)
    first = np.tile(np.linspace(0, 1, 16, dtype=np.float32), (12, 1))
    second = first.copy()
    second[:, 8:] += 5.0
    second[:, 4:8] += 0.5
    tally = Consistency(size)
    tally.add(first, None)
    tally.add(second, motion)
    found = tally.result()
    assert found["opw_static"] == 0.0
    assert found["opw"] == pytest.approx(0.25 / tally.span)
    nothing = Motion(motion.source, static & False, static & False)
    tally.add(second, nothing)
    assert tally.result()["errors"][1] == {"opw_static": None, "opw": None}
    assert tally.result()["opw_static"] == 0.0, "a pair without pixels is left out"


def test_stretching_the_extremes_no_longer_halves_opw():
    size = (160, 96)
    rows, columns = np.mgrid[0:96, 0:160].astype(np.float32)
    everywhere = np.ones((96, 160), bool)
    motion = Motion(np.stack([columns, rows], -1), everywhere, everywhere)
    plain = np.tile(np.linspace(0, 1, 160, dtype=np.float32), (96, 1))
    stretched = plain.copy()
    stretched[:, :4] -= 0.5
    stretched[:, -4:] += 0.5
    base, row = Consistency(size), Consistency(size)
    for n in range(4):
        base.add(plain + 0.02 * (n % 2), motion if n else None)
        row.add(stretched + 0.02 * (n % 2), motion if n else None)
    assert row.result()["opw"] < 0.55 * base.result()["opw"], "over its own range it looks steady"
    before, after = (tally.result(base)["opw"] for tally in (base, row))
    # Least squares gives the outermost some weight, not all of it.
    assert after > 0.7 * before
    # Where what flickers spans twice the range everywhere, it is the same depth.
    double = Consistency(size)
    for n in range(4):
        double.add(2 * (plain + 0.02 * (n % 2)) + 3, motion if n else None)
    assert double.result(base)["opw"] == pytest.approx(before, rel=1e-4)


def scene_motion(turn=0.0, forward=0.0, right=0.0, seed=3):
    """Where pixels of a bumpy scene at rest, and of a walker in it, were before the camera moved:
    (source, mask of the walker)."""
    height, width, focal = 96, 160, 140.0
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
    rng = np.random.default_rng(seed)
    distance = cv2.resize(rng.uniform(1.5, 6.0, (6, 10)), (width, height))
    walker = np.zeros((height, width), bool)
    walker[40:80, 60:90] = True
    x = (columns - width / 2) / focal * distance
    y = (rows - height / 2) / focal * distance
    c, s = np.cos(turn), np.sin(turn)
    x2, z2 = c * x + s * distance + right, -s * x + c * distance + forward
    y2 = np.where(walker, y + 0.25, y)
    source = np.stack([x2 / z2 * focal + width / 2, y2 / z2 * focal + height / 2], -1)
    return source.astype(np.float32), walker


@pytest.mark.parametrize(
    "move", [{}, {"turn": 0.03}, {"forward": 0.4, "right": 0.3}, {"turn": 0.02, "forward": -0.5}]
)
def test_static_is_what_moves_as_the_camera_says(move):
    source, walker = scene_motion(**move)
    trusted = inside(source)
    static = moves_as_camera(source, trusted)
    # What a homography explains of a scene with depth is enough, and all that is kept then.
    assert static[trusted & ~walker].mean() > (0.9 if abs(move.get("forward", 1)) < 0.5 else 0.6)
    assert static[walker].mean() < 0.1


def test_a_motion_that_no_camera_makes_has_no_static_pixels():
    rng = np.random.default_rng(4)
    source = rng.uniform(0, 90, (96, 160, 2)).astype(np.float32)
    assert not moves_as_camera(source, np.ones((96, 160), bool)).any()
    assert not moves_as_camera(source, np.zeros((96, 160), bool)).any()


def test_looking_up_at_the_same_place_gives_the_same():
    values = texture(5, 64)[..., 0].astype(np.float32)
    rows, columns = np.mgrid[0 : values.shape[0], 0 : values.shape[1]].astype(np.float32)
    assert (looked_up(values, np.stack([columns, rows], -1)) == values).all()


def test_the_ablation_adds_branches_in_the_published_order():
    steps = ablation(RepairSettings(1.0, 0.5, 0.25, 2))
    assert list(steps) == ["+ spatial", "+ temporal", "+ semantic"]
    assert steps["+ spatial"] == RepairSettings(1.0, 0.0, 0.0, 2)
    assert steps["+ temporal"] == RepairSettings(1.0, 0.5, 0.0, 2)
    assert list(ablation(RepairSettings(0.0, 1.0, 1.0))) == ["+ temporal", "+ semantic"]


def test_what_repair_is_asked_for():
    assert repair_settings(None, None) == repair_settings(asked_repair("on"), None)
    assert repair_settings(None, None) == RepairSettings()
    assert repair_settings(asked_repair("off"), None) is None
    assert repair_settings(asked_repair("spatial=0,temporal=0,semantic=0"), 2) is None
    half = repair_settings(asked_repair("temporal=0.5"), 0)
    assert half == RepairSettings(1.0, 0.5, 1.0, 0)
    with pytest.raises(UsageError):
        repair_settings(asked_repair("spatial=2"), None)


def test_the_command_without_repair(tmp_path):
    model, report = tiny_model(tmp_path), tmp_path / "report.json"
    make_movie(tmp_path / "a.mp4", pictures=[texture(9)[:, :160]] * 3, size=SIZE)
    done = second_eye(
        "evaluate", tmp_path / "a.mp4", "--layout", "video", "--model", model, "--repair", "off",
        "--peer", tiny_model(tmp_path, seed=2), "--json", report,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "tiny_2" in done.stdout and "detail" in done.stdout
    written = json.loads(report.read_text())
    assert list(written["rows"]) == [BASE, "tiny_2", AVERAGE, FROZEN, RAMP]


def test_a_cut_is_no_flicker(tmp_path):
    first, second = texture(9)[:, :160], texture(21)[:, :160]
    path = make_movie(tmp_path / "a.mp4", pictures=[first] * 3 + [second] * 3, size=SIZE)
    report = evaluate_video(open_clip(path), Contest(Knowing()), step=no_step)
    errors = [row[BASE]["opw"] for row in report["images"]]
    assert errors[2] is None and max(e for e in errors if e is not None) < 0.01
    assert report["mean"]["opw"] < 0.01 and report["rows"][AVERAGE]["opw"] > 0.02
    assert report["cuts"] == [] and report["untrusted"] == 1, "too short for shots: left out"
    assert "1 of 5 pairs" in summary(report)
    json.dumps(report, allow_nan=False)


def test_shots_are_sequences_of_their_own(tmp_path):
    first, second = texture(9)[:, :160], texture(21)[:, :160]
    path = make_movie(tmp_path / "a.mp4", pictures=[first] * 9 + [second] * 9, size=SIZE)
    seen = []
    report = evaluate_video(
        open_clip(path), Contest(Knowing()), step=no_step, watch=lambda n, *_: seen.append(n)
    )
    assert report["cuts"] == [10] and seen == list(range(18)) and report["untrusted"] == 0
    assert [image["frame"] for image in report["images"]] == [*range(2, 10), *range(11, 19)]
    # Neither the average nor the held depth runs over the cut.
    for name in (AVERAGE, FROZEN):
        assert report["rows"][name]["opw"] < 0.01 and report["rows"][name]["away"] < 0.01
    assert "2 shots; 0 of 16 pairs" in summary(report)


def test_rows_that_share_their_preparation_are_those_of_repairs_of_their_own(tmp_path):
    settings = RepairSettings(look_ahead=1)
    shared = make_contest(Knowing(), settings, branches=True)
    own = Contest(Knowing(), {name: Repair(step) for name, step in ablation(settings).items()})
    clip = pan(tmp_path / "a.mp4", frames=4)
    seen = []
    for contest in (shared, own):
        seen.append({})

        def watch(number, rgb, depths, into=seen[-1]):
            into[number] = depths

        evaluate_video(clip, contest, step=no_step, watch=watch)
    for number, depths in seen[1].items():
        for name in ablation(settings):
            assert (depths[name] == seen[0][number][name]).all(), (number, name)
    assert not (seen[0][3]["+ temporal"] == seen[0][3][BASE]).all()
