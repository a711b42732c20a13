# SPDX-License-Identifier: GPL-3.0-or-later
"""Automatic depth grading: inside the limits on every frame, smooth, joined at cuts, few keys."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from core.errors import UsageError
from core.project import Shot
from core.project.statistics import BANDS, LEVELS
from core.stereo import SETUPS, FrameDepth, StereoRig, find_viewing, measure, suggest_rig
from core.stereo.comfort import OUTSIDE
from core.stereo.curve_keys import Keys, fewest
from core.stereo.grade import grade
from core.stereo.grading import Bounds, Depths, Target, pace_of, plan_shot

RATE = 24


def frame(low, high, middle=0.4):
    """A picture whose 1/Z runs from low to high, half of it below ``middle`` of the way."""
    way = np.interp(LEVELS / 100.0, [0.0, 0.5, 1.0], [0.0, middle, 1.0])
    levels = low + (high - low) * way
    return FrameDepth(levels, np.full(BANDS, low), np.full(BANDS, low))


def case(*shots, focal=1.0):
    """A manifest, depths and suggested rigs of shots, each a list of frames."""
    depths, rigs, listed = {}, {}, []
    for number, frames in enumerate(shots):
        first = len(depths) + 1
        depths |= dict(enumerate(frames, first))
        listed.append(Shot(f"s{number}", first, first + len(frames) - 1))
        rig = suggest_rig(np.concatenate([f.levels for f in frames]), focal)
        rigs |= dict.fromkeys(range(first, first + len(frames)), rig)
    manifest = SimpleNamespace(
        frames=range(1, len(depths) + 1),
        shots=listed,
        clip=SimpleNamespace(width=1280, height=720),
        lens=SimpleNamespace(focal_over_width=focal),
        timeline=SimpleNamespace(rate=Fraction(RATE)),
        window=None,
    )
    return manifest, depths, rigs


def graded(parts, screen="tv", target=Target(), shots=None, subject=None):  # noqa: B008
    manifest, depths, rigs = parts
    chosen = manifest.shots if shots is None else [manifest.shots[i] for i in shots]
    viewing = find_viewing(screen)
    return grade(manifest, depths, viewing, target, rigs=rigs, shots=chosen, subject=subject)


def wandering(seed, count, low, high):
    """Frames whose ends come and go by a third, now and then at once."""
    rng = np.random.default_rng(seed)
    steps = np.cumsum(rng.normal(0, 0.03, (2, count)), axis=1)
    steps[:, count // 2 :] += rng.uniform(-0.2, 0.2, (2, 1))
    return [
        frame(low * np.exp(0.3 * np.sin(a)), high * np.exp(0.3 * np.sin(b))) for a, b in steps.T
    ]


CUTS = (
    wandering(1, 60, 0.05, 0.5),
    wandering(2, 30, 0.5, 4.0),
    wandering(3, 1, 0.01, 0.1),
    wandering(4, 70, 0.02, 0.07),
    [frame(0.25, 0.25)] * 10,  # flat
    wandering(5, 2, 0.1, 2.0),
)


@pytest.mark.parametrize("screen", sorted(SETUPS))
@pytest.mark.parametrize("focal", [0.8, 2.0])
def test_no_frame_is_outside_and_there_is_depth(screen, focal):
    parts = case(*CUTS, focal=focal)
    manifest, depths, rigs = parts
    found = graded(parts, screen)
    assert found.outside() == []
    if screen == "cinema":
        before = measure(manifest, depths, rigs, SETUPS[screen])
        assert sum(told.verdict == OUTSIDE for told in before) > 100, (
            "the test must be able to fail"
        )
    for number in (0, 1, 3):
        shot = manifest.shots[number]
        spans = [t.span for t in found.told if shot.first <= t.frame <= shot.last]
        assert np.median(spans) > 0.01
    limits = SETUPS[screen].limits
    for told in found.told:
        assert told.parallax[0] >= limits.near and told.parallax[-1] <= limits.far


def test_the_rig_moves_slowly_within_a_shot():
    parts = case(*CUTS)
    manifest, depths, _ = parts
    target = Target(pace=0.004)
    found = graded(parts, target=target)
    for shot in manifest.shots:
        frames = range(shot.first, shot.last + 1)
        rigs = [found.rigs[n] for n in frames]
        gain = np.array([rig.interocular * rig.focal_over_width for rig in rigs])
        screen = gain / [rig.convergence for rig in rigs]
        ends = [[depths[n].percentile(p) for n in frames] for p in (99.5, 0.5)]
        moved = pace_of(gain, screen, *map(np.array, ends))
        # keys may be off by the tolerance at both ends of a frame's way
        assert (moved * RATE <= 1.1 * target.pace + 2 * 2e-4 * RATE).all()


def test_at_a_cut_the_eyes_stay_where_they_were():
    parts = case([frame(0.1, 0.5, 0.8)] * 30, [frame(0.1, 0.5, 0.1)] * 60)
    jumped = graded(parts, target=Target(ease=0.0)).told[30].jump
    eased = graded(parts)
    assert abs(jumped) > 0.2 and abs(eased.told[30].jump) < 0.01
    middle = np.array([told.parallax[2] for told in eased.told[30:]])
    assert (np.diff(middle) >= -1e-9).all() or (np.diff(middle) <= 1e-9).all()
    assert abs(middle[-1] - middle[0]) > 0.005, "it does go to its own place"
    assert np.abs(np.diff(middle)).max() * RATE <= Target.pace * 1.1


def test_a_subject_stays_where_it_is_wanted():
    frames = [frame(0.05, 0.6)] * 80
    subject = {n: 0.2 + 0.1 * np.sin(n / 25) for n in range(1, 81) if n % 3}
    for at in (-0.004, 0.0, 0.004):
        found = graded(case(frames), target=Target(subject_at=at, ease=0.0), subject=subject)
        assert found.whole == [] and found.outside() == []
        for n, inverse in subject.items():
            assert found.rigs[n].disparity(inverse) == pytest.approx(at, abs=1e-3)
    one_shot = graded(case(frames, frames), subject=dict.fromkeys(range(1, 5), 0.3))
    assert one_shot.whole == ["s1"], "its second shot shows nothing of it"
    with pytest.raises(UsageError, match="in no frame"):
        graded(case(frames), subject={})


def test_a_subject_far_before_everything_else_keeps_the_limits():
    subject = dict.fromkeys(range(1, 41), 0.05)
    found = graded(
        case([frame(0.05, 0.6)] * 40), "cinema", Target(subject_at=0.03), subject=subject
    )
    assert found.outside() == [] and np.median([told.span for told in found.told]) > 0.008


def test_the_borders_stay_clear_unless_they_may_be_cut():
    """A post at the right edge comes nearer and goes; both of its bands count."""
    posts = [0.1 + 0.35 * np.exp(-(((n - 40) / 12) ** 2)) for n in range(80)]
    frames = [frame(0.05, 0.5) for _ in posts]
    for depth, post in zip(frames, posts, strict=True):
        depth.right[4:6] = post
    for clear, cut in ((True, 0), (False, 3)):
        found = graded(case(frames), target=Target(clear=clear))
        assert sum(told.right.cut for told in found.told) >= cut
        assert clear == (not any(told.right.cut for told in found.told))
        assert found.outside() == [] and found.told[0].parallax[0] < -0.001
    shown = graded(case(frames)).told
    assert shown[0].parallax[0] < shown[40].parallax[0], "before and after, more stands out"


def test_other_shots_keep_their_rig_and_the_graded_one_joins_them():
    parts = case(*CUTS)
    manifest, depths, rigs = parts
    found = graded(parts, shots=[1])
    assert list(found.keys) == [61]
    for n in manifest.frames:
        if not 61 <= n <= 90:
            assert found.rigs[n] is rigs[n]
    shown = [found.rigs[n].disparity(depths[n].percentile(50)) for n in (60, 61)]
    assert shown[0] == pytest.approx(shown[1], abs=3e-4)


def test_what_races_in_depth_loses_depth_there():
    """Twice a second the middle of the picture leaps through the whole depth."""
    racing = [frame(0.02, 1.0, 0.95 if n % 12 < 6 else 0.05) for n in range(48)]
    calm = [frame(0.02, 1.0, 0.5)] * 96
    parts = case(calm + racing)
    manifest, depths, rigs = parts
    before = measure(manifest, depths, rigs, find_viewing("headset"))
    found = graded(parts, "headset")
    assert sum(told.verdict == OUTSIDE for told in before) > 10 and found.outside() == []
    spans = np.array([told.span for told in found.told])
    assert np.median(spans[:40]) > 0.012 > np.median(spans[110:]) > 0


def test_frames_by_frames_ranges_that_leap_are_still_smooth_and_inside():
    leaping = [frame(0.05, 2.0 if n % 2 else 0.3, 0.1) for n in range(31)]
    found = graded(case(leaping), "cinema")
    assert found.outside() == [] and len(found.keys[1].frames) <= 3


def test_keys_are_few_and_as_near_as_they_say():
    t = np.arange(200)
    curves = np.stack([np.sin(t / 30.0), 0.3 * np.cos(t / 17.0)])

    def off(shown):
        return np.abs(shown - curves).max(0)

    keys = fewest(curves, off, 1e-3)
    assert off(keys.at(t)).max() <= 1e-3 and len(keys.frames) < 40
    noise = np.random.default_rng(0).normal(size=(1, 9))
    every = fewest(noise, lambda shown: np.abs(shown - noise).max(0), 1e-9)
    np.testing.assert_allclose(every.at(np.arange(9)), noise)
    one = fewest(np.array([[2.0]]), lambda shown: np.abs(shown - 2.0).max(0), 1e-3)
    assert one.frames.tolist() == [0] and one.at(np.array([0, 5])).tolist() == [[2.0, 2.0]]


def test_handles_draw_the_same_curve():
    """A Bezier through the handles, by de Casteljau, is what `at` says."""
    keys = Keys(np.array([0, 10, 16]), np.array([[1.0, 3.0, 2.0]]), np.array([[0.2, -0.1, 0.5]]))
    for k in (0, 1):
        _, _, right, high = keys.handles(k)
        left, low, _, _ = keys.handles(k + 1)
        points = np.array([
            [keys.frames[k], keys.values[0, k]], [right, high[0]], [left, low[0]],
            [keys.frames[k + 1], keys.values[0, k + 1]],
        ])  # fmt: skip
        for t in (0.0, 0.3, 0.5, 0.9, 1.0):
            part = points
            while len(part) > 1:
                part = part[:-1] * (1 - t) + part[1:] * t
            assert keys.at(part[:1, 0])[0, 0] == pytest.approx(part[0, 1])


def test_bad_requests():
    for wrong in ({"budget": 0.0}, {"in_front": 1.2}, {"look": -1}, {"pace": float("nan")}):
        with pytest.raises(UsageError, match="not usable"):
            Target(**wrong)
    with pytest.raises(UsageError, match="no depth at all"):
        Bounds(0.0, 0.0)
    nothing = np.full(3, np.nan)
    for depth in (Depths(*[nothing] * 6), Depths(*[np.zeros(0)] * 6)):
        with pytest.raises(UsageError, match="no depth"):
            plan_shot(depth, Target(), Bounds(0.1, 0.1), 24.0, np.ones(len(depth)))
    manifest, depths, rigs = case([frame(0.1, 0.5)] * 3)
    with pytest.raises(UsageError, match="s0 has no depth"):
        grade(manifest, {1: depths[1]}, find_viewing(), Target(), rigs=rigs, shots=manifest.shots)


def test_a_zooming_lens_counts():
    manifest, depths, rigs = case([frame(0.05, 0.5)] * 40)
    zoomed = {n: StereoRig(r.interocular, r.convergence, 1.0 + n / 40) for n, r in rigs.items()}
    found = grade(manifest, depths, find_viewing(), Target(), rigs=zoomed, shots=manifest.shots)
    shown = [(rig.interocular, rig.focal_over_width) for rig in found.rigs.values()]
    assert shown[-1][1] == 2.0
    np.testing.assert_allclose([b * f for b, f in shown], shown[0][0] * shown[0][1], rtol=0.02)
