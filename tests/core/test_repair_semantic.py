# SPDX-License-Identifier: GPL-3.0-or-later
"""The semantic branch on made frames: a street of ground, sky, wall and somebody on it."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.depth.labels import CLASSES, IGNORE
from core.repair import Candidate, Frame, RepairSettings
from core.repair.fusion import fuse
from core.repair.planes import coordinates
from core.repair.semantic import SemanticBranch, working_size

SHAPE = (128, 224)
SKY, GROUND, WALL, PERSON = (
    CLASSES.index(name) for name in ("sky", "ground", "wall or building", "person")
)


def street(noise=0.0, seed=0):
    """(frame with wrong depth here and there, the true inverse depth)."""
    rng = np.random.default_rng(seed)
    u, v = coordinates(*SHAPE)
    labels = np.full(SHAPE, SKY, np.uint8)
    truth = np.zeros(SHAPE, np.float32)
    ground = np.broadcast_to(v > 0, SHAPE)
    labels[ground] = GROUND
    truth[ground] = np.broadcast_to(v, SHAPE)[ground]
    wall = np.broadcast_to((u < -0.4) & (np.abs(v) < -u - 0.2), SHAPE)
    labels[wall] = WALL
    truth[wall] = np.broadcast_to(-u - 0.2, SHAPE)[wall]
    man = np.broadcast_to((np.abs(u - 0.4) < 0.1) & (v > -0.3) & (v < 0.5), SHAPE)
    labels[man] = PERSON
    truth[man] = 0.5
    depth = np.maximum(truth + rng.normal(0, noise, SHAPE), 0).astype(np.float32)
    rgb = np.repeat((40 + 25 * labels)[..., None], 3, axis=2).astype(np.uint8)
    variance = np.full(SHAPE, max(noise, 0.02) ** 2, np.float32)
    return Frame(rgb, depth, variance, labels), truth


def changed(frame, depth):
    return Frame(frame.rgb, depth.astype(np.float32), frame.variance, frame.labels)


def fused(frame, branch=None):
    base = Candidate("base", frame.inverse_depth, frame.variance)
    candidate = (branch or SemanticBranch(None))(frame)
    return fuse([base, candidate], RepairSettings())[0]


def test_planes_become_flat_and_nearer_to_the_truth():
    frame, truth = street(noise=0.03)
    after = fused(frame)
    for value in (GROUND, WALL, SKY):
        inside = frame.labels == value
        before = np.abs(frame.inverse_depth - truth)[inside].mean()
        assert np.abs(after - truth)[inside].mean() < 0.8 * before


def test_a_right_frame_stays_right():
    frame, truth = street()
    np.testing.assert_allclose(fused(frame), truth, atol=0.02)


def test_sky_goes_to_the_far_limit():
    frame, _ = street()
    depth = frame.inverse_depth.copy()
    rows = slice(4, 12)
    depth[rows, 100:160] += 0.1  # a cloud that the network took for something
    after = fused(changed(frame, depth))
    assert after[rows, 110:150].mean() < 0.06


def test_who_stands_moves_to_the_ground_at_the_feet():
    frame, truth = street()
    depth = frame.inverse_depth.copy()
    man = frame.labels == PERSON
    depth[man] += 0.12
    candidate = SemanticBranch(None)(changed(frame, depth))
    said = man & np.isfinite(candidate.variance)
    assert said.sum() > 0.3 * man.sum()
    np.testing.assert_allclose(candidate.inverse_depth[said], truth[said], atol=0.04)


def test_a_hill_is_no_plane():
    frame, _ = street()
    u, v = coordinates(*SHAPE)
    bumpy = frame.inverse_depth + (frame.labels == GROUND) * 0.3 * np.sin(9 * u) * np.sin(7 * v)
    candidate = SemanticBranch(None)(changed(frame, np.maximum(bumpy, 0)))
    ground = frame.labels == GROUND
    assert np.isinf(candidate.variance[ground]).mean() > 0.5


def test_nothing_is_said_beside_a_label_edge():
    frame, _ = street(noise=0.02)
    candidate = SemanticBranch(None)(frame)
    labels = frame.labels
    edge = np.zeros(SHAPE, bool)
    edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    edge[1:] |= labels[1:] != labels[:-1]
    assert np.isinf(candidate.variance[edge]).mean() > 0.9
    assert np.isfinite(candidate.variance).mean() > 0.5


def test_models_without_labels_and_frames_nobody_knows():
    frame, _ = street()
    assert SemanticBranch(None)(Frame(frame.rgb, frame.inverse_depth, frame.variance)) is None
    unknown = np.full(SHAPE, IGNORE, np.uint8)
    frame = Frame(frame.rgb, frame.inverse_depth, frame.variance, unknown)
    assert SemanticBranch(None)(frame) is None


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_any_unit(scale):
    frame, _ = street(noise=0.03)
    one = SemanticBranch(None)(frame)
    unit = Frame(frame.rgb, frame.inverse_depth * scale, frame.variance * scale**2, frame.labels)
    other = SemanticBranch(None)(unit)
    np.testing.assert_allclose(other.inverse_depth / scale, one.inverse_depth, atol=5e-3)


@pytest.mark.parametrize("shape", [(8, 8), (9, 300), (300, 9), (257, 451)])
@pytest.mark.parametrize("value", [SKY, GROUND, WALL, PERSON])
def test_odd_sizes_and_frames_of_one_class(shape, value):
    rng = np.random.default_rng(2)
    depth = rng.random(shape, np.float32)
    rgb = rng.integers(0, 255, (*shape, 3)).astype(np.uint8)
    labels = np.full(shape, value, np.uint8)
    candidate = SemanticBranch(None)(Frame(rgb, depth, np.full(shape, 0.01, np.float32), labels))
    if candidate is not None:
        assert candidate.inverse_depth.shape == candidate.variance.shape == shape
        assert np.isfinite(candidate.inverse_depth).all() and (candidate.variance > 0).all()
        assert candidate.inverse_depth.dtype == candidate.variance.dtype == np.float32


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_flat_depth(value):
    frame, _ = street()
    candidate = SemanticBranch(None)(changed(frame, np.full(SHAPE, value)))
    assert candidate is None or np.isfinite(candidate.inverse_depth).all()


def test_the_same_bits_in_several_threads():
    frames = [street(noise=0.03, seed=i)[0] for i in range(4)]
    branch = SemanticBranch(None)
    alone = [branch(f) for f in frames]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(branch, frames))
    for a, b in zip(alone, together, strict=True):
        assert a.inverse_depth.tobytes() == b.inverse_depth.tobytes()
        assert a.variance.tobytes() == b.variance.tobytes()


def test_the_working_size_is_bounded():
    assert working_size(256, 448) == (48, 84)
    height, width = working_size(2160, 3840)
    assert height * width < 8000
