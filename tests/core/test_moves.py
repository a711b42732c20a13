# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera moves as functions of time, and as few Bezier keys."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import UsageError
from core.stereo.move_keys import compose, knots, sway, total
from core.stereo.moves import CHANNELS, EASINGS, KINDS, REST, Move, Span, sample

SPAN = Span(11.0, 111.0, 4.0, 1.2, 0.5)
FRAMES = np.arange(11.0, 112.0)
PATH = tuple((np.sin(i / 6.0), 0.1 * i, -0.2 * i) for i in range(20))
MOVING = tuple(kind for kind in KINDS if kind != "hand-held")


def look(pose: np.ndarray) -> np.ndarray:
    """Where a camera with Euler angles XYZ of ``pose`` looks."""
    a, b, c = pose[3:6]
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x @ [0.0, 0.0, -1.0]


def drawn(keys, frames):
    """What a Bezier curve with handles a third of each segment long, along the slopes, gives."""
    values = []
    for frame in frames:
        before = [k for k in keys if k.frame <= frame]
        after = [k for k in keys if k.frame > frame]
        if not before or not after or before[-1].holds:
            values.append((before or after)[-1 if before else 0].value)
            continue
        a, b = before[-1], after[0]
        length = b.frame - a.frame
        t = (frame - a.frame) / length
        p = (a.value, a.value + a.right * length / 3, b.value - b.left * length / 3, b.value)
        parts = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        values.append(sum(x * y for x, y in zip(p, parts, strict=True)))
    return np.array(values)


@pytest.mark.parametrize("easing", EASINGS)
@pytest.mark.parametrize("kind", MOVING)
def test_few_keys_hold_the_move(kind, easing):
    move = Move(kind, 0.08, delay=7.0, easing=easing, path=PATH, crop=0.02)
    true = sample(move, SPAN, FRAMES)
    keys = compose([move], SPAN)
    assert max(map(len, keys.values())) <= 12
    for name, row in zip(CHANNELS, true.T, strict=True):
        if name not in keys:
            assert np.ptp(row) == 0.0 and row[0] == REST[CHANNELS.index(name)]
            continue
        assert keys[name][0].frame == 11.0 and keys[name][-1].holds
        span = max(np.ptp(row), 1e-3)
        worst = np.abs(drawn(keys[name], FRAMES) - row).max()
        assert worst < (0.06 if kind in ("arc", "path") else 0.012) * span


def test_drift_swings_as_wide_as_told_and_ends_each_way_at_rest():
    long = Span(1.0, 481.0, 4.0)
    at = sample(Move("drift", 0.05), long, np.arange(1, 482))
    assert (at[:, 0].min(), at[:, 0].max()) == pytest.approx((-0.2, 0.2))
    assert (at[:, 1:6] == 0).all()
    keys = compose([Move("drift", 0.05)], long)["x"]
    assert [k.value for k in keys] == pytest.approx([-0.2, 0.2, -0.2, 0.2, -0.2])
    assert max(abs(k.left) + abs(k.right) for k in keys) < 1e-5
    short = sample(Move("drift", 0.05, length=30.0), SPAN, FRAMES)[:, 0]
    assert short[30] == pytest.approx(0.2) and short[60] == pytest.approx(-0.2)


def test_dolly_zoom_keeps_the_subjects_size():
    at = sample(Move("dolly-zoom", 0.4), SPAN, FRAMES)
    size = at[:, 6] / (SPAN.distance + at[:, 2])  # focal length over distance
    assert np.ptp(at[:, 2]) > 1.0
    assert size == pytest.approx(np.full(len(size), 1.0 / SPAN.distance))
    keys = compose([Move("dolly-zoom", 0.4)], SPAN)
    z, lens = drawn(keys["z"], FRAMES), drawn(keys["lens"], FRAMES)
    assert lens / (SPAN.distance + z) == pytest.approx(np.full(101, 1.0 / SPAN.distance), rel=1e-5)


def test_arc_goes_round_the_pivot_and_looks_at_it():
    at = sample(Move("arc", 0.2), SPAN, FRAMES)
    from_pivot = at[:, :3] - [0.0, 0.0, -SPAN.distance]
    assert np.linalg.norm(from_pivot, axis=1) == pytest.approx(np.full(101, SPAN.distance))
    for pose, place in zip(at, from_pivot, strict=True):
        assert look(pose) == pytest.approx(-place / SPAN.distance, abs=1e-9)
    assert at[:, 0].max() == pytest.approx(4.0 * np.sin(0.2))


@pytest.mark.parametrize("kind", ["crane", "wobble", "path"])
def test_aimed_moves_keep_looking_at_the_pivot(kind):
    at = sample(Move(kind, 0.1, path=PATH), SPAN, FRAMES)
    assert np.ptp(at[:, 1]) > 0.05
    for pose in at[::10]:
        there = np.array([0.0, 0.0, -SPAN.distance]) - pose[:3]
        assert look(pose) == pytest.approx(there / np.linalg.norm(there), abs=1e-9)
    loose = sample(Move(kind, 0.1, path=PATH, aimed=False), SPAN, FRAMES)
    assert (loose[:, 3:6] == 0.0).all() and (loose[:, :3] == at[:, :3]).all()


@pytest.mark.parametrize("toward", [(0.0, 0.0), (1.0, -1.0), (-0.4, 0.8), (5.0, 5.0)])
def test_ken_burns_never_sees_past_the_pictures_edge(toward):
    at = sample(Move("ken-burns", 0.3, toward=toward), SPAN, FRAMES)
    f, aspect = SPAN.focal_over_width, SPAN.aspect
    for away in (1.5, 4.0, 1000.0):
        half = (away + at[:, 2]) / (2 * f)  # of what is seen at that distance
        assert (np.abs(at[:, 0]) + half <= away / (2 * f) + 1e-9).all()
        assert (np.abs(at[:, 1]) + half * aspect <= away / (2 * f) * aspect + 1e-9).all()


def test_push_in_stops_before_the_pivot_and_backs_off_when_negative():
    assert sample(Move("push-in", 7.0), SPAN, FRAMES)[-1, 2] == pytest.approx(-0.9 * 4.0)
    assert sample(Move("push-in", -0.5), SPAN, FRAMES)[-1, 2] == pytest.approx(2.0)
    early = sample(Move("push-in", 0.5, length=40.0, delay=20.0), SPAN, FRAMES)[:, 2]
    assert early[20] == 0.0 and early[60] == early[-1] == pytest.approx(-2.0)


def test_hand_held_is_noise_on_a_camera_at_rest():
    move = Move("hand-held", 0.02)
    assert (sample(move, SPAN, FRAMES) == REST).all() and compose([move], SPAN) == {}
    shakes = sway(move, SPAN)
    assert set(shakes) == set(CHANNELS[:6]) and shakes["x"][0] == pytest.approx(0.08)
    assert sway(Move("drift"), SPAN) == {}


def test_moves_add_up_and_crops_multiply():
    moves = [Move("push-in", 0.2, crop=0.1), Move("drift", 0.05), Move("dolly-zoom", 0.1)]
    at = total(moves, SPAN, FRAMES)
    parts = [sample(move, SPAN, FRAMES) for move in moves]
    assert at[:, :6] == pytest.approx(sum(p[:, :6] for p in parts))
    assert at[:, 6] == pytest.approx(np.prod([p[:, 6] for p in parts], axis=0))
    assert at[0, 6] == pytest.approx(1.25)
    keys = compose(moves, SPAN)
    assert drawn(keys["z"], FRAMES) == pytest.approx(at[:, 2], abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_shot_of_one_frame_rests(kind):
    one = Span(5.0, 5.0, 4.0)
    move = Move(kind, 0.3, path=PATH, crop=0.1)
    assert knots(move, one).tolist() == [5.0]
    assert (sample(move, one, [5.0]) == REST).all()
    assert compose([move], one) == {} and sway(move, one) == {}
    assert (sample(Move(kind, 0.3, delay=500.0, path=PATH), SPAN, FRAMES) == REST).all()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": "tumble"}, "no move"),
        ({"kind": "drift", "easing": "wild"}, "no easing"),
        ({"kind": "drift", "strength": float("nan")}, "strength"),
        ({"kind": "path"}, "path is empty"),
        ({"kind": "drift", "crop": 0.6}, "leaves no picture"),
    ],
)
def test_wrong_moves_are_told(wrong, said):
    with pytest.raises(UsageError, match=said):
        Move(**wrong)


def test_wrong_spans_are_told():
    with pytest.raises(UsageError, match="above 0"):
        Span(1.0, 2.0, 0.0)
    with pytest.raises(UsageError, match="before"):
        Span(3.0, 2.0, 1.0)
