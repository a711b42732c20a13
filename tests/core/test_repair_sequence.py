# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import numpy as np
import pytest
from repair_clips import HEIGHT, STREAMING, TEMPORAL, WIDTH, Made, errors, pan, repaired

from core.depth import DepthEstimate
from core.repair import OFF, Past, RepairSettings
from core.repair.alignment import LEAK
from core.repair.confidence import variance_of
from core.repair.repair import Repair
from core.repair.settings import MANY_PIXELS
from core.repair.shown import enough


def swaying(frames):
    """A camera that turns to and fro; frame ``frames`` would be the first again."""
    wide = pan(13, step=1.0)
    places = np.round(6 - 6 * np.cos(2 * np.pi * np.arange(frames) / frames)).astype(int)
    return Made([wide.pictures[p] for p in places], [wide.depths[p] for p in places])


def slope(told, truth):
    return float(np.polyfit(truth.ravel(), told.ravel().astype(float), 1)[0])


@pytest.mark.parametrize("settings", [TEMPORAL, STREAMING, RepairSettings(1.0, 0.6, 1.0, 2)])
def test_going_on_anywhere_gives_the_bits_of_an_undisturbed_run(settings):
    frames = pan(9).estimated(seed=3)
    whole = repaired(frames, settings)
    assert len(whole) == len(frames)
    repair = Repair(settings)
    for cut in range(1, len(frames)):
        before = whole[cut - 1]
        stored = (a.astype(np.float16) for a in (before.inverse_depth, before.confidence))
        depth, confidence = (a.astype(np.float32) for a in stored)
        sequence = repair.sequence(Past(frames[cut - 1].rgb, depth, confidence))
        rest = [r for f in frames[cut:] for r in sequence.push(repair.prepare(f))]
        rest += sequence.finish()
        assert len(rest) == len(frames) - cut
        for told, expected in zip(rest, whole[cut:], strict=True):
            np.testing.assert_array_equal(told.inverse_depth, expected.inverse_depth)
            np.testing.assert_array_equal(told.confidence, expected.confidence)


@pytest.mark.parametrize("settings", [TEMPORAL, STREAMING])
@pytest.mark.parametrize("blank", [[3], [3, 4, 5], [0, 1], range(2, 10)])
def test_going_on_behind_blank_frames_gives_the_same_bits(settings, blank):
    frames = pan(13, step=0.5).estimated(seed=3)
    for n in blank:
        frames[n] = replace(frames[n], rgb=np.zeros_like(frames[n].rgb))
    whole = repaired(frames, settings)
    repair = Repair(settings)
    for cut in range(1, len(frames)):
        seen = [frames[cut - 1].rgb]
        while len(seen) < cut and not enough(seen):
            seen.append(frames[cut - 1 - len(seen)].rgb)
        before = whole[cut - 1]
        sequence = repair.sequence(
            Past(seen[0], before.inverse_depth, before.confidence, tuple(seen[1:]))
        )
        rest = [r for f in frames[cut:] for r in sequence.push(repair.prepare(f))]
        for told, expected in zip(rest + sequence.finish(), whole[cut:], strict=True):
            np.testing.assert_array_equal(told.inverse_depth, expected.inverse_depth)
            np.testing.assert_array_equal(told.confidence, expected.confidence)


@pytest.mark.parametrize("settings", [TEMPORAL, STREAMING])
@pytest.mark.parametrize("unit", ["relative", "metres"])
def test_a_shape_that_breaks_in_mid_shot_keeps_the_scale(settings, unit):
    """The estimates change their mind about what is near, and their scale with it."""
    made = pan(12, step=0.5)
    frames = made.estimated(seed=2, scale=0.0, shift=0.0)
    for n in range(6, 12):
        other = np.ascontiguousarray(frames[n].inverse_depth[::-1]) * np.float32(1.35) + 0.15
        frames[n] = replace(frames[n], inverse_depth=other)
    depths = [r.inverse_depth for r in repaired(frames, settings, unit)]
    # The new shape is taken on.
    assert np.corrcoef(depths[6].ravel(), frames[6].inverse_depth.ravel())[0, 1] > 0.95
    spreads, levels = [d.std() for d in depths], [np.median(d) for d in depths]
    if unit == "metres":
        assert spreads[6] == pytest.approx(1.35 * spreads[5], rel=0.1)
        return
    assert spreads[6] == pytest.approx(spreads[5], rel=0.12)
    assert levels[6] == pytest.approx(levels[5], rel=0.12)
    # And the leak brings it back to the network's own without a jump.
    assert np.abs(np.diff(np.log(spreads))).max() < 0.12


@pytest.mark.parametrize("branch", ["spatial", "temporal", "semantic"])
@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("others", [0.0, 1.0])
def test_a_hundredth_of_a_branch_is_no_jump_from_none(branch, told, others):
    made = pan(5, step=0.5)
    frames = [
        replace(f, told=told, labels=np.full(f.variance.shape, 1, np.uint8))
        for f in made.estimated(seed=2)
    ]
    # A frame that shows nothing, and one whose estimate failed.
    frames[2] = replace(frames[2], rgb=np.zeros_like(frames[2].rgb))
    frames[4] = replace(frames[4], inverse_depth=np.full_like(frames[4].inverse_depth, 0.4))
    given = dict.fromkeys(("spatial", "temporal", "semantic"), others)
    none, little, whole = (
        repaired(frames, RepairSettings(**given | {branch: s}, look_ahead=2))
        for s in (0.0, 0.01, 1.0)
    )
    for n in range(5):
        # Past and future count for up to eight frames each: a hundredth of them is a twelfth.
        step = np.abs(little[n].confidence - none[n].confidence)
        assert step.mean() < 0.08, n
        change = np.abs(little[n].inverse_depth - none[n].inverse_depth).mean()
        most = np.abs(whole[n].inverse_depth - none[n].inverse_depth).mean()
        assert change < 0.25 * most + 0.003, n


def test_the_scale_does_not_drift_over_a_thousand_frames():
    loop = swaying(20)
    frames = loop.estimated(seed=4, noise=0.02)
    frames[0] = Made(loop.pictures[:1], loop.depths[:1]).estimated(scale=0.0, shift=0.0)[0]
    repair = Repair(STREAMING)
    sequence = repair.sequence()
    prepared = [repair.prepare(f) for f in frames]
    slopes, means = [], []
    for n in range(1000):
        depth = sequence.push(prepared[n % 20])[0].inverse_depth
        slopes.append(slope(depth, loop.depths[n % 20]))
        means.append(float(depth.mean() - loop.depths[n % 20].mean()))
    assert slopes[999] == pytest.approx(slopes[0], rel=0.02)
    assert np.ptp(slopes[500:]) < 0.04
    assert abs(means[999] - means[0]) < 0.02
    raw = [slope(f.inverse_depth, d) for f, d in zip(frames, loop.depths, strict=True)]
    assert np.ptp(slopes[500:]) < 0.4 * np.ptp(raw)


def test_flickering_scale_and_shift_are_taken_off():
    made = pan(12, step=1.0)
    frames = made.estimated(seed=5, scale=0.08, shift=0.04, noise=0.0)
    for settings in (TEMPORAL, STREAMING):
        depths = [r.inverse_depth for r in repaired(frames, settings)]
        apart = np.diff([slope(d, t) for d, t in zip(depths, made.depths, strict=True)])
        raw = np.diff([slope(f.inverse_depth, t) for f, t in zip(frames, made.depths, strict=True)])
        assert np.abs(apart).mean() < 0.25 * np.abs(raw).mean()


def test_metres_keep_their_scale():
    made = pan(6, step=1.0)
    frames = made.estimated(seed=6, scale=0.0, shift=0.0, noise=0.02)
    # Every frame of a true change of scale: relative depth is pulled back, metres are not.
    grown = [
        type(f)(f.rgb, f.inverse_depth * np.float32(1.1**n), f.variance)
        for n, f in enumerate(frames)
    ]
    ends = {}
    for unit in ("metres", "relative"):
        last = repaired(grown, STREAMING, unit)[-1].inverse_depth
        ends[unit] = slope(last, made.depths[-1])
    assert ends["relative"] < 1.0 + 12 * LEAK
    assert ends["metres"] > ends["relative"] + 0.1


def test_look_ahead_holds_frames_back_and_never_more_of_them():
    frames = pan(12).estimated()
    repair = Repair(RepairSettings(0.0, 1.0, 0.0, 3))
    sequence = repair.sequence()
    counts = [len(sequence.push(repair.prepare(f))) for f in frames]
    assert counts == [0, 0, 0] + [1] * 9
    assert len(sequence._window) == 3
    assert len(sequence.finish()) == 3 and sequence.finish() == []
    assert [len(Repair(STREAMING).sequence().push(repair.prepare(f))) for f in frames[:2]] == [1, 1]


def test_large_frames_are_held_back_in_small_number(monkeypatch):
    limits = RepairSettings(look_ahead=12), RepairSettings(look_ahead=3)
    assert [[s.ahead(p) for p in (MANY_PIXELS, MANY_PIXELS + 1)] for s in limits] == [
        [12, 4], [3, 3],
    ]  # fmt: skip
    monkeypatch.setattr("core.repair.settings.MANY_PIXELS", HEIGHT * WIDTH - 1)
    frames = pan(7).estimated()
    repair = Repair(RepairSettings(0.0, 1.0, 0.0, 12))
    sequence = repair.sequence()
    assert [len(sequence.push(repair.prepare(f))) for f in frames] == [0] * 4 + [1] * 3
    assert len(sequence.finish()) == 4


def test_all_off_is_the_input_bit_for_bit():
    frames = pan(3).estimated()
    for frame, told in zip(frames, repaired(frames, OFF), strict=True):
        np.testing.assert_array_equal(told.inverse_depth, frame.inverse_depth)
        assert told.confidence.min() > 0 and told.confidence.max() <= 1
        assert told.confidence.mean() < 0.99
    # Of a model that tells no uncertainty a twentieth of the nearest is assumed, as in repair.
    assumed = [
        replace(f, told=False, variance=variance_of(DepthEstimate(f.inverse_depth, None, None)))
        for f in frames
    ]
    for told in repaired(assumed, OFF):
        np.testing.assert_allclose(told.confidence, 2 / 3, atol=1e-3)


def test_more_strength_flickers_less():
    made = pan(8, step=0.0)
    frames = made.estimated(seed=8, scale=0.0, shift=0.0, noise=0.03)
    flicker = []
    for strength in (0.0, 0.3, 1.0):
        depths = [r.inverse_depth for r in repaired(frames, RepairSettings(0, strength, 0, 2))]
        flicker.append(np.abs(np.diff(depths, axis=0)).mean())
    assert flicker[0] > 1.2 * flicker[1] > 1.4 * flicker[2]


def test_looking_ahead_is_at_least_as_true_as_streaming():
    made = pan(10)
    frames = made.estimated(seed=9, noise=0.04)
    raw = errors([f.inverse_depth for f in frames], made).mean()
    seen = {
        s.look_ahead: errors([r.inverse_depth for r in repaired(frames, s)], made).mean()
        for s in (TEMPORAL, STREAMING)
    }
    assert seen[4] < 0.75 * raw
    assert seen[0] < 0.9 * raw
    assert seen[4] < seen[0]


def test_a_little_strength_of_the_spatial_branch_changes_little():
    frames = [replace(f, labels=None) for f in pan(5).estimated(seed=2)]
    none, little, whole = (
        repaired(frames, RepairSettings(s, 1.0, 0.0, 2))[2].inverse_depth for s in (0.0, 0.01, 1.0)
    )
    assert np.abs(little - none).max() < 0.05 * np.abs(whole - none).max()
