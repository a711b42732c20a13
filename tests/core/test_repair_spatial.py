# SPDX-License-Identifier: GPL-3.0-or-later
"""The spatial branch: what it keeps, what it sharpens, and that it holds for any frame."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from core.depth.labels import IGNORE
from core.repair.frame import Frame
from core.repair.guided import enlarge, follow, guided_filter
from core.repair.spatial import (
    WORKING_PIXELS,
    SpatialBranch,
    frame_range,
    network_input,
    working_size,
)
from core.repair.spatial_network import SpatialNetwork, displace


def frame(height: int = 60, width: int = 90, labels: bool = True) -> Frame:
    """A bright box before a dark wall; its depth is blurred, its picture is not."""
    depth = np.full((height, width), 0.2, np.float32)
    depth[height // 4 : height // 2 + 1, width // 3 : width * 2 // 3 + 1] = 0.8
    rgb = np.repeat((depth * 250)[..., None], 3, -1).astype(np.uint8)
    blurred = cv2.GaussianBlur(depth, (0, 0), 2.0)
    classes = np.where(depth > 0.5, 4, 2).astype(np.uint8) if labels else None
    return Frame(rgb, blurred, np.full_like(depth, 0.002), classes)


@pytest.fixture(scope="module")
def network() -> SpatialNetwork:
    """Untrained, but with an opinion."""
    torch.manual_seed(3)
    one = SpatialNetwork().eval()
    torch.nn.init.normal_(one.head.weight, std=0.2)
    torch.nn.init.normal_(one.coarse.weight, std=0.05)
    return one


def test_fresh_network_gives_back_what_it_was_given() -> None:
    given = frame()
    told = SpatialBranch(SpatialNetwork())(given)
    np.testing.assert_allclose(told.inverse_depth, given.inverse_depth, atol=1e-5)
    np.testing.assert_allclose(told.variance, given.variance, rtol=1e-4)


def test_network_has_the_size_it_was_built_for() -> None:
    count = sum(p.numel() for p in SpatialNetwork().parameters())
    assert 1_700_000 < count < 1_800_000


def test_displacement_takes_depth_from_where_it_points() -> None:
    values = torch.arange(12.0).view(1, 1, 3, 4)
    right = torch.zeros(1, 3, 4, 2)
    right[..., 0] = 1.0
    moved = torch.tensor([[1.0, 2, 3, 3], [5, 6, 7, 7], [9, 10, 11, 11]])
    torch.testing.assert_close(displace(values, right)[0, 0], moved)
    down = torch.zeros(1, 3, 4, 2)
    down[..., 1] = 0.5
    torch.testing.assert_close(displace(values, down)[0, 0, :, 0], torch.tensor([2.0, 6.0, 8.0]))


@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 5), (33, 64), (5, 1300)])
def test_any_size(network: SpatialNetwork, size: tuple[int, int], labels: bool) -> None:
    rng = np.random.default_rng(1)
    one = Frame(
        rng.integers(0, 256, (*size, 3), dtype=np.uint8),
        rng.random(size, dtype=np.float32),
        np.full(size, 0.01, np.float32),
        np.full(size, IGNORE, np.uint8) if labels else None,
    )
    told = SpatialBranch(network)(one)
    for values in (told.inverse_depth, told.variance):
        assert values.shape == size and values.dtype == np.float32 and np.isfinite(values).all()
    assert told.inverse_depth.min() >= 0 and told.variance.min() > 0


@pytest.mark.parametrize("level", [0.0, 3.0])
@pytest.mark.parametrize("labels", [True, False])
def test_frame_without_any_range(network: SpatialNetwork, level: float, labels: bool) -> None:
    flat = np.full((20, 30), level, np.float32)
    rgb = np.zeros((20, 30, 3), np.uint8)
    classes = np.zeros((20, 30), np.uint8) if labels else None
    told = SpatialBranch(network)(Frame(rgb, flat, np.full_like(flat, 1e-12), classes))
    assert np.isfinite(told.inverse_depth).all() and (told.variance > 0).all()


@pytest.mark.parametrize("labels", [True, False])
def test_unit_makes_no_difference(network: SpatialNetwork, labels: bool) -> None:
    one = frame(labels=labels)
    scaled = replace(one, inverse_depth=one.inverse_depth * 4096, variance=one.variance * 4096.0**2)
    a, b = SpatialBranch(network)(one), SpatialBranch(network)(scaled)
    assert np.abs(a.inverse_depth - one.inverse_depth).max() > 0.01
    np.testing.assert_allclose(b.inverse_depth / 4096, a.inverse_depth, atol=2e-4)
    np.testing.assert_allclose(b.variance / 4096**2, a.variance, rtol=5e-3)


def test_same_bits_whatever_runs_beside(network: SpatialNetwork) -> None:
    branch, frames = SpatialBranch(network), [frame(40 + 4 * i, 70) for i in range(6)]
    alone = [branch(one) for one in frames]
    with ThreadPoolExecutor(3) as pool:
        beside = list(pool.map(branch, frames))
    for a, b in zip(alone, beside, strict=True):
        assert a.inverse_depth.tobytes() == b.inverse_depth.tobytes()
        assert a.variance.tobytes() == b.variance.tobytes()


def test_labels_and_uncertainty_are_heard(network: SpatialNetwork) -> None:
    with torch.no_grad():
        one = frame()
        told = network_input(one, *frame_range(one.inverse_depth))
        x = torch.from_numpy(told).permute(2, 0, 1)[None]
        classes = torch.from_numpy(one.labels)[None]
        torch.nn.init.normal_(network.classes.weight, std=0.5)
        answer = network(x, classes).inverse_depth
        assert not torch.equal(answer, network(x, None).inverse_depth)
        unknown = torch.full_like(classes, IGNORE)
        assert torch.equal(network(x, unknown).inverse_depth, network(x, None).inverse_depth)
        x[:, 4] += 2
        assert not torch.equal(answer, network(x, classes).inverse_depth)


def test_large_frames_are_reduced() -> None:
    assert working_size(160, 288) == (160, 288)
    assert working_size(256, 448) == (160, 288)
    for size in ((2160, 3840), (3840, 2160), (4000, 4000), (3, 9000)):
        height, width = working_size(*size)
        assert height * width <= WORKING_PIXELS * 1.1 and max(height, width) <= 1024
        assert min(height, width) >= 1


def test_large_frame_has_its_steps_on_the_pictures_edges() -> None:
    small = frame(200, 300)
    size = 1500, 1000
    truth = np.where(small.rgb[..., 0] > 100, 0.8, 0.2).astype(np.float32)
    rgb = cv2.resize(small.rgb, size, interpolation=cv2.INTER_NEAREST)
    exact = cv2.resize(truth, size, interpolation=cv2.INTER_NEAREST)
    sharp, followed = enlarge(truth, rgb, 0.03)
    assert np.abs(sharp - exact).max() < 0.02
    assert np.abs(cv2.resize(truth, size) - exact).max() > 0.25
    assert 0.02 < followed.mean() < 0.2


def test_reduced_frame_keeps_what_is_finer_than_the_network_sees() -> None:
    rng = np.random.default_rng(0)
    depth = 1 + 0.005 * rng.random((900, 1400), dtype=np.float32)
    rgb = np.full((900, 1400, 3), 128, np.uint8)
    one = Frame(rgb, depth, np.full_like(depth, 0.01), np.zeros(depth.shape, np.uint8))
    told = SpatialBranch(SpatialNetwork())(one)
    np.testing.assert_allclose(told.inverse_depth, depth, atol=1e-4)


@pytest.mark.parametrize("network", [None, SpatialNetwork()])
def test_frames_without_labels_follow_their_picture(network: SpatialNetwork | None) -> None:
    one = frame(labels=False)
    truth = np.where(one.rgb[..., 0] > 100, 0.8, 0.2)
    told = SpatialBranch(network)(one)
    before = np.abs(one.inverse_depth - truth).mean()
    assert np.abs(told.inverse_depth - truth).mean() < 0.7 * before
    # Surer where colour explains the step, and no less sure far from it.
    assert told.variance[15, 29] < 0.7 * one.variance[15, 29]
    np.testing.assert_allclose(told.variance[55, 5], one.variance[55, 5], rtol=0.01)


def test_guided_filter_lets_sure_depth_fill_in() -> None:
    rgb = np.full((30, 30, 3), 90, np.uint8)
    values = np.full((30, 30), 0.5, np.float32)
    values[12:15, 12:15] = 5.0
    doubt = np.where(values > 1, 1e-3, 1.0).astype(np.float32)
    even = follow(rgb, guided_filter(rgb, values, np.ones_like(doubt))[0])
    weighed = follow(rgb, guided_filter(rgb, values, doubt)[0])
    assert np.abs(weighed - 0.5).max() < 0.05 < np.abs(even - 0.5).max()


def test_guided_filter_ignores_texture_of_a_plane() -> None:
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    plane = np.linspace(0, 1, 40, dtype=np.float32)[:, None].repeat(50, 1)
    coefficients, residual, spread = guided_filter(rgb, plane, np.ones_like(plane))
    assert np.abs(follow(rgb, coefficients) - plane)[8:-8].max() < 0.03
    assert (residual <= spread).all()


def test_a_sharp_model_of_ones_own_keeps_its_steps() -> None:
    """The guided filter mends what is soft; texture of the picture leaves the rest alone."""
    truth = np.full((360, 640), 0.2, np.float32)
    truth[100:260, 200:420] = 0.8
    rng = np.random.default_rng(2)
    bars = np.kron(rng.integers(0, 255, (9, 16, 3)), np.ones((40, 40, 1))).astype(np.uint8)
    one = Frame(bars, truth, np.full_like(truth, 0.01), None)
    told = SpatialBranch(None)(one)
    np.testing.assert_array_equal(told.inverse_depth, truth)
    blurred = cv2.GaussianBlur(truth, (0, 0), 4)
    rgb = np.repeat((truth * 255).astype(np.uint8)[..., None], 3, -1)
    mended = SpatialBranch(None)(Frame(rgb, blurred, np.full_like(truth, 0.01), None))
    assert np.abs(mended.inverse_depth - truth).mean() < 0.7 * np.abs(blurred - truth).mean()
