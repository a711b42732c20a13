# SPDX-License-Identifier: GPL-3.0-or-later
"""A moved camera with less of its moves, and the job that measures and fits them."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from test_grade_job import project  # noqa: F401 (a fixture)

from core.errors import Cancelled, SecondEyeError, UsageError
from core.jobs.moved_shot import LISTS
from core.jobs.uncovered import UncoveredJob
from core.stereo.fit_move import fit
from core.stereo.move_keys import compose, total, values_of
from core.stereo.moved_camera import MovedCamera, extremes
from core.stereo.moves import CHANNELS, Move, Span

SPAN = Span(11, 34, 3.0, 1.2, 2 / 3)
MOVES = (Move("drift", 0.1), Move("arc", 0.06), Move("dolly-zoom", 0.2), Move("crane", 0.05))
FRAMES = np.arange(11, 35).astype(float)


def turn(angle, axis):
    c, s = np.cos(angle), np.sin(angle)
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    found = np.eye(4)
    found[i, i] = found[j, j] = c
    found[j, i], found[i, j] = s, -s
    return found


def matrix(values):
    """As Blender's XYZ Euler angles turn: about x first."""
    found = turn(values[5], 2) @ turn(values[4], 1) @ turn(values[3], 0)
    found[:3, 3] = values[:3]
    return found


def keyed(moves):
    """(n, 7): what curves of the moves' keys say, as Blender has them."""
    out = np.tile([0, 0, 0, 0, 0, 0, 1.0], (len(FRAMES), 1))
    for name, keys in compose(moves, SPAN).items():
        out[:, CHANNELS.index(name)] = values_of(keys, FRAMES)
    return out


def scaled(moves, share, crop=0.0):
    return [Move(**{**asdict(m), "strength": m.strength * share, "crop": crop if n == 0 else 0.0})
            for n, m in enumerate(moves)]  # fmt: skip


def camera(moves=MOVES, noise=0.0, rig=None):
    values = keyed(moves)
    rig = np.eye(4) if rig is None else rig
    count = len(FRAMES)
    return MovedCamera(
        FRAMES, np.tile(np.eye(4), (count, 1, 1)), values[:, :6] + noise,
        np.tile(rig, (count, 1, 1)), 1.5 * values[:, 6], moves, SPAN,
    )  # fmt: skip


def test_keys_say_what_the_moves_are():
    drift = scaled([Move("drift", 0.1, easing="in")], 1.0)
    assert np.abs(keyed(drift) - total(drift, SPAN, FRAMES)).max() < 1e-4
    keys = compose(drift, SPAN)["x"]
    assert values_of(keys, [0.0, 99.0]) == pytest.approx([keys[0].value, keys[-1].value])


@pytest.mark.parametrize(("share", "crop"), [(1.0, 0.0), (0.4, 0.0), (0.0, 0.0), (0.7, 0.05)])
def test_less_of_the_moves_is_what_a_scene_would_show(share, crop):
    rig = turn(0.2, 1)
    rig[:3, 3] = 0.1, -0.2, 0.3
    poses, focal = camera(rig=rig).at(share, crop)
    values = keyed(scaled(MOVES, share, crop))
    for pose, row in zip(poses, values, strict=True):
        assert pose == pytest.approx(matrix(row) @ rig, abs=1e-9)
    assert focal == pytest.approx(1.5 * values[:, 6])


def test_noise_shrinks_with_the_moves():
    noise = np.random.default_rng(1).normal(0.0, 0.02, (len(FRAMES), 6))
    hand = camera([Move("hand-held", 0.02)], noise)
    for share in (1.0, 0.25):
        poses, _ = hand.at(share)
        assert poses[5] == pytest.approx(matrix(share * noise[5]), abs=1e-9)


def test_extremes_are_the_ends_of_a_drift_and_one_frame_at_rest():
    poses, focal = camera([Move("drift", 0.1)]).at()
    found = extremes(poses, focal / 1.5, 3.0)
    assert set(found[:2]) == {0, len(FRAMES) - 1} and len(found) <= 4
    rest = np.tile(np.eye(4), (5, 1, 1))
    assert len(extremes(rest, np.ones(5), 3.0)) == 1


def test_fit_crops_first_and_never_in_vain():
    assert fit(lambda share, crop: crop >= 0.03, 0.0, 0.08) == (1.0, pytest.approx(0.03, abs=7e-4))
    share, crop = fit(lambda share, crop: share <= 0.5 + 2.0 * crop, 0.0, 0.08)
    assert share == pytest.approx(0.66, abs=0.008) and crop == 0.08
    assert fit(lambda share, crop: share <= 0.3, 0.01, 0.08)[1] == 0.01
    with pytest.raises(UsageError, match="Even without the move"):
        fit(lambda share, crop: False, 0.0, 0.08)


def told(moves, first=1, last=8, **given):
    """The first shot of the project, its camera at rest but for the moves."""
    frames = list(range(first, last + 1))
    span = Span(first + 100, last + 100, 2.0, 1.2, 2 / 3)
    values = np.tile([0, 0, 0, 0, 0, 0, 1.0], (len(frames), 1))
    for name, keys in compose(moves, span).items():
        values[:, CHANNELS.index(name)] = values_of(keys, [f + 100.0 for f in frames])
    numbers = {"near": 1.0, "far": 40.0, "strength": 1.0, "bias": 0.0, "contrast": 0.0,
               "step": 100.0, "matte": 1.0, "matte_angle": 0.01, "interocular": 0.0}  # fmt: skip
    return {
        "first": first, "frames": frames, "times": [f + 100 for f in frames],
        **{name: [value] * len(frames) for name, value in numbers.items()},
        "focal": (1.2 * values[:, 6]).tolist(), "convergence": [None] * len(frames),
        "base": np.tile(np.eye(4).ravel(), (len(frames), 1)).tolist(),
        "rig": np.tile(np.eye(4).ravel(), (len(frames), 1)).tolist(),
        "channels": values[:, :6].tolist(), "moves": [asdict(move) for move in moves],
        "span": asdict(span), "pitch": 1 / 48, "layers": False, **given,
    }  # fmt: skip


def run(of, shots, cancelled=lambda: False, **given):
    """Through JSON, as the worker gets it."""
    shots = json.loads(json.dumps(shots))
    return UncoveredJob(str(of.folder), shots, **given).run(lambda p: None, cancelled)


def test_a_moves_bare_edges_are_told_and_made_to_fit(project):  # noqa: F811
    drift = told([Move("drift", 0.3)])
    (found,) = run(project, [drift])["shots"]
    assert found["before"] == found["after"] and found["before"]["uncovered"] > 4.0
    assert found["before"]["frame"] in (101, 108) and found["share"] == 1.0
    (fitted,) = run(project, [drift], limit=2.0)["shots"]
    assert 0.0 < fitted["share"] < 1.0 and fitted["crop"] == 0.0
    assert 1.0 < fitted["after"]["uncovered"] <= 2.0
    # A scene that has it so finds the same.
    (again,) = run(project, [told([Move("drift", 0.3 * fitted["share"])])])["shots"]
    assert again["before"]["uncovered"] == pytest.approx(fitted["after"]["uncovered"], abs=0.02)
    (cropped,) = run(project, [drift], limit=2.0, most_crop=8.0)["shots"]
    assert cropped["crop"] > 0.0
    assert cropped["share"] > fitted["share"] and cropped["after"]["uncovered"] <= 2.0
    beside = np.eye(4)
    beside[0, 3] = 1.5
    aside = drift | {"rig": [beside.ravel().tolist()] * 8}
    assert "Even without" in run(project, [aside], limit=2.0)["shots"][0]["refused"]


def test_what_cannot_be_measured_is_said(project):  # noqa: F811
    shot = told([Move("drift", 0.3)])
    with pytest.raises(SecondEyeError, match="other shots"):
        run(project, [shot | {"first": 2}])
    with pytest.raises(UsageError, match="values of near"):
        run(project, [shot | {"near": [1.0]}])
    with pytest.raises(UsageError, match="No shot"):
        run(project, [])
    with pytest.raises(SecondEyeError, match="layers again"):
        run(project, [shot | {"layers": True}])
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        run(project, [shot], cancelled=lambda: next(asked))
    assert set(LISTS) <= set(shot)
