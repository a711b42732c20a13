# SPDX-License-Identifier: GPL-3.0-or-later
"""Footage and estimates that go wrong: no crash, no smear, and neighbours don't suffer."""

from dataclasses import replace

import numpy as np
import pytest
from repair_clips import HEIGHT, STREAMING, TEMPORAL, WIDTH, Made, errors, pan, repaired

from core.repair import Frame

BOTH = pytest.mark.parametrize("settings", [TEMPORAL, STREAMING])


def depths_of(frames, settings):
    results = repaired(frames, settings)
    assert len(results) == len(frames)
    for told in results:
        for values in (told.inverse_depth, told.confidence):
            assert np.isfinite(values).all() and values.min() >= 0
        assert told.confidence.max() <= 1
    return [r.inverse_depth for r in results]


def raw_errors(frames, made):
    return errors([f.inverse_depth for f in frames], made)


def with_picture(frames, n, rgb):
    return [replace(f, rgb=rgb) if i == n else f for i, f in enumerate(frames)]


def with_estimate(frames, n, depth):
    depth = np.broadcast_to(np.float32(depth), (HEIGHT, WIDTH)).copy()
    return [replace(f, inverse_depth=depth) if i == n else f for i, f in enumerate(frames)]


@BOTH
def test_a_cut_that_nobody_saw_leaves_no_trace(settings):
    first, second = pan(6, seed=1), pan(6, seed=21)
    frames = first.estimated(seed=1) + second.estimated(seed=2)
    depths = depths_of(frames, settings)
    apart = [
        depths_of(frames[:6], settings),
        depths_of(frames[6:], settings),
    ]
    for told, expected in zip(depths, apart[0] + apart[1], strict=True):
        np.testing.assert_array_equal(told, expected)


@BOTH
def test_a_repeated_and_a_frozen_frame(settings):
    made = pan(8)
    frames = made.estimated(seed=3)
    frozen = Made([made.pictures[3]] * 5, [made.depths[3]] * 5)
    frames = frames[:4] + frozen.estimated(seed=4)[:4] + frames[4:]
    whole = Made(made.pictures[:4] + [made.pictures[3]] * 4 + made.pictures[4:])
    whole.depths = made.depths[:4] + [made.depths[3]] * 4 + made.depths[4:]
    depths = depths_of(frames, settings)
    ours, raw = errors(depths, whole), raw_errors(frames, whole)
    assert ours.mean() < 0.9 * raw.mean()
    # When the picture moves on, depth does.
    assert (ours[8:] < 1.1 * raw[8:]).all()
    same = depths_of([frames[3]] * 6, settings)
    assert np.abs(same[-1] - frames[3].inverse_depth).max() < 0.01


@BOTH
@pytest.mark.parametrize("level", [0, 255])
def test_a_black_or_white_frame_holds_depth_and_harms_no_other(settings, level):
    made = pan(9, step=0.5)
    frames = made.estimated(seed=5)
    frames = with_picture(frames, 4, np.full((HEIGHT, WIDTH, 3), level, np.uint8))
    rubbish = np.random.default_rng(1).random((HEIGHT, WIDTH), np.float32)
    frames = with_estimate(frames, 4, rubbish)
    ours, raw = errors(depths_of(frames, settings), made), raw_errors(frames, made)
    assert ours[4] < 0.3 * raw[4]
    # A frame after a beginning leans on one that may err more than itself.
    assert (np.delete(ours, 4) < 1.1 * np.delete(raw, 4)).all()


@BOTH
@pytest.mark.parametrize("count", [1, 3])
def test_behind_blank_frames_history_goes_on(settings, count):
    made = pan(14, step=0.5)
    frames = made.estimated(seed=5, scale=0.0, shift=0.0)
    rubbish = np.random.default_rng(1).random((HEIGHT, WIDTH), np.float32)
    for n in range(6, 6 + count):
        frames = with_estimate(with_picture(frames, n, np.zeros_like(frames[n].rgb)), n, rubbish)
    for n in range(6 + count, 14):
        frames = with_estimate(frames, n, 1.3 * frames[n].inverse_depth)
    depths = depths_of(frames, settings)
    # None of the blank ones shows a trace of what was estimated of it.
    for n in range(6, 6 + count):
        assert errors([depths[n]], Made(depths=[made.depths[5]]))[0] < 0.02
    # What follows is at the scale of before, and goes over to the network's own slowly.
    spreads = np.array([d.std() for d in depths])
    assert np.abs(np.diff(np.log(spreads[4:]))).max() < 0.1
    assert spreads[-1] > 1.1 * spreads[4]


@BOTH
def test_a_freeze_does_not_end_history(settings):
    made = pan(10, step=0.5)
    still = Made(
        made.pictures[:5] + [made.pictures[4]] * 4 + made.pictures[5:],
        made.depths[:5] + [made.depths[4]] * 4 + made.depths[5:],
    )
    frames = still.estimated(seed=5, scale=0.0, shift=0.0)
    frames = [
        replace(f, inverse_depth=f.inverse_depth * np.float32(1.0 if n < 5 else 1.3))
        for n, f in enumerate(frames)
    ]
    spreads = np.array([d.std() for d in depths_of(frames, settings)])
    assert np.abs(np.diff(np.log(spreads))).max() < 0.1


@BOTH
def test_nothing_but_black(settings):
    frames = [replace(f, rgb=np.zeros_like(f.rgb)) for f in pan(4).estimated(scale=0.0, shift=0.0)]
    depths = depths_of(frames, settings)
    assert np.abs(np.array(depths) - np.array([f.inverse_depth for f in frames])).mean() < 0.1


@BOTH
@pytest.mark.parametrize("strength", [60, 160])
def test_a_flash_harms_neither_neighbour(settings, strength):
    made = pan(9, step=0.5)
    frames = made.estimated(seed=6)
    bright = np.clip(made.pictures[4].astype(int) + strength, 0, 255).astype(np.uint8)
    frames = with_picture(frames, 4, bright)
    ours, raw = errors(depths_of(frames, settings), made), raw_errors(frames, made)
    assert (ours < 1.05 * raw).all()


def test_interlaced_footage_is_no_worse_than_before():
    fine = pan(16, step=2.0)
    made = Made()
    for t in range(0, 16, 2):
        woven = fine.pictures[t].copy()
        woven[1::2] = fine.pictures[t + 1][1::2]
        made.pictures.append(woven)
        made.depths.append(fine.depths[t])
    frames = made.estimated(seed=7)
    ours = errors(depths_of(frames, TEMPORAL), made)
    assert ours.mean() < raw_errors(frames, made).mean()


@BOTH
def test_a_whip_pan_is_no_worse_than_before(settings):
    slow, fast = pan(12, seed=9, step=1.0), pan(12, seed=9, step=40.0)
    made = Made(slow.pictures[:4] + fast.pictures[1:8], slow.depths[:4] + fast.depths[1:8])
    frames = made.estimated(seed=8)
    ours, raw = errors(depths_of(frames, settings), made), raw_errors(frames, made)
    assert (ours < 1.1 * raw).all()


@BOTH
@pytest.mark.parametrize("count", [1, 2])
def test_shots_of_one_and_two_frames(settings, count):
    made = pan(count)
    frames = made.estimated(seed=9)
    ours = errors(depths_of(frames, settings), made)
    assert (ours < 1.05 * raw_errors(frames, made)).all()


@BOTH
@pytest.mark.parametrize("place", [3, 8])
@pytest.mark.parametrize("value", [0.0, 0.4])
def test_an_estimate_that_failed_is_made_up_for(settings, value, place):
    made = pan(9, step=0.5)
    frames = with_estimate(made.estimated(seed=10), place, value)
    depths = depths_of(frames, settings)
    ours = errors(depths, made)
    raw = raw_errors(made.estimated(seed=10), made)
    assert (ours < 1.1 * raw).all()


def test_a_first_frame_that_failed_is_made_up_for_by_later_ones():
    made = pan(6, step=0.5)
    whole = made.estimated(seed=11)
    ours = errors(depths_of(with_estimate(whole, 0, 0.3), TEMPORAL), made)
    assert ours.max() < 1.1 * raw_errors(whole, made).max()
    # Without later ones it stays what it was, and goes no farther than that frame.
    ours = errors(depths_of(with_estimate(whole, 0, 0.3), STREAMING), made)
    assert ours[1:].max() < 1.1 * raw_errors(whole, made).max()


def test_an_estimate_of_something_else_is_outvoted_or_kept_to_its_frame():
    made = pan(9, step=0.5)
    whole = made.estimated(seed=12)
    wrong = with_estimate(whole, 4, np.ascontiguousarray(whole[4].inverse_depth[::-1]))
    raw = raw_errors(whole, made)
    assert (errors(depths_of(wrong, TEMPORAL), made) < 1.2 * raw).all()
    ours = errors(depths_of(wrong, STREAMING), made)
    assert (np.delete(ours, 4) < 1.2 * np.delete(raw, 4)).all()


def test_a_tiny_clip():
    frames = [
        Frame(np.full((3, 2, 3), 90 + n, np.uint8), np.full((3, 2), 0.5, np.float32), v)
        for n, v in enumerate([np.full((3, 2), 0.01, np.float32)] * 3)
    ]
    for told in repaired(frames, TEMPORAL):
        np.testing.assert_allclose(told.inverse_depth, 0.5, atol=1e-3)


@pytest.mark.parametrize("settings", [TEMPORAL, STREAMING])
def test_depth_of_a_dim_shot_does_not_freeze(settings):
    """Night or fog: nothing for the flow to hold on to, and still something to estimate."""
    made = pan(12)
    dim = [np.full_like(p, 20) + (p // 128) for p in made.pictures]
    assert max(float(p.std()) for p in dim) < 1.0
    frames = []
    for n, picture in enumerate(dim):
        told = np.full(picture.shape[:2], 0.2, np.float32)
        told[:, 5 * n : 5 * n + 20] = 0.8
        frames.append(Frame(picture, told, np.full_like(told, 0.02**2)))
    last = repaired(frames, settings)[-1].inverse_depth
    first = frames[0].inverse_depth
    own = frames[-1].inverse_depth
    assert np.abs(last - own).mean() < 0.5 * np.abs(first - own).mean()
