# SPDX-License-Identifier: GPL-3.0-or-later
"""A graded shot gives up depth for what is its own fault, and only as long as that helps."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from core.project import Shot
from core.project.statistics import BANDS, LEVELS
from core.stereo import FrameDepth, StereoRig, find_viewing
from core.stereo.comfort import JUMP, measure
from core.stereo.grade import grade
from core.stereo.grading import Target

COUNT = 12
VIEWING = find_viewing("tv")
OWN = range(1, COUNT + 1)
"""Frames of the shot that is graded."""


def frame(low, high):
    levels = low + (high - low) * LEVELS / 100.0
    return FrameDepth(levels, np.full(BANDS, low), np.full(BANDS, low))


def two_shots(rig):
    """A quiet shot, and one after it that keeps ``rig``."""
    depths = {n: frame(0.1, 0.5) for n in OWN}
    depths |= {n: frame(0.05, 2.0) for n in range(COUNT + 1, 2 * COUNT + 1)}
    manifest = SimpleNamespace(
        frames=range(1, 2 * COUNT + 1),
        shots=[Shot("graded", 1, COUNT), Shot("kept", COUNT + 1, 2 * COUNT)],
        clip=SimpleNamespace(width=1280, height=720),
        timeline=SimpleNamespace(rate=Fraction(24)),
        window=None,
    )
    rigs = {n: StereoRig(0.1, 4.0, 1.0) for n in OWN}
    return manifest, depths, rigs | dict.fromkeys(range(COUNT + 1, 2 * COUNT + 1), rig)


def graded(manifest, depths, rigs, **target):
    return grade(manifest, depths, VIEWING, Target(**target), rigs=rigs, shots=manifest.shots[:1])


def alone(**target):
    """The first shot's interocular with nothing amiss behind it."""
    manifest, depths, rigs = two_shots(StereoRig(1e-4, 1.0, 1.0))
    return graded(manifest, depths, rigs, **target).keys[1].values[0]


@pytest.mark.parametrize("interocular", [0.15, 0.4])
def test_a_shot_keeps_its_depth_beside_one_that_is_outside(interocular):
    """The kept shot is too near and too far throughout; with the wider eyes the middle jumps at
    the cut, too, by more than the graded shot could ever take back."""
    parts = two_shots(StereoRig(interocular, 1.0 / 1.05, 1.0))
    beyond = measure(*parts, VIEWING)[COUNT]
    assert {"near", "far"} & set(beyond.broken)
    found = graded(*parts)
    assert found.outside(OWN) == []
    np.testing.assert_allclose(found.keys[1].values[0], alone(), rtol=1e-6)


def test_a_jump_that_less_depth_doesnt_mend_costs_none():
    parts = two_shots(StereoRig(1e-4, 1.0, 1.0))
    manifest, depths, rigs = parts
    rigs |= dict.fromkeys(range(COUNT + 1, 2 * COUNT + 1), StereoRig(0.2, 2.0, 1.0))
    told = measure(manifest, depths, rigs, VIEWING)[COUNT]
    assert "jump" in told.broken and abs(told.jump) > 2 * JUMP
    found = graded(*parts)
    assert "jump" in found.told[COUNT].broken
    np.testing.assert_allclose(found.keys[1].values[0], alone(), rtol=1e-6)
