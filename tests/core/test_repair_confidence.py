# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from repair_clips import hills

from core.depth import DepthEstimate
from core.repair.confidence import confidence_of, error_of, nearest, unrepaired, variance_of


@pytest.mark.parametrize("size", [(72, 96), (256, 448), (540, 960)])
def test_hot_pixels_are_nothing_near(size):
    depth = hills(1, *size)
    hot = depth.copy()
    hot[5, 7] = hot[size[0] // 2, size[1] // 2] = 60.0
    hot[10:13, 20:23] = 40.0
    assert nearest(hot) == pytest.approx(nearest(depth), rel=0.05)
    assert nearest(depth) == pytest.approx(depth.max(), rel=0.15)
    error = np.full_like(depth, 0.02)
    np.testing.assert_allclose(confidence_of(error, hot), confidence_of(error, depth), atol=0.02)
    told = [variance_of(DepthEstimate(d, None, None)).mean() for d in (depth, hot)]
    assert told[1] == pytest.approx(told[0], rel=0.1)


def test_there_and_back():
    depth = hills(2)
    error = np.linspace(1e-3, 0.5, depth.size, dtype=np.float32).reshape(depth.shape)
    np.testing.assert_allclose(error_of(confidence_of(error, depth), depth), error, rtol=1e-3)


def test_frames_of_nearly_nothing():
    depth = np.zeros((72, 96), np.float32)
    assert nearest(depth) > 0
    depth[30:33, 40:43] = 0.7
    assert nearest(depth) == pytest.approx(0.7)
    assert nearest(np.full((1, 1), 0.3, np.float32)) == pytest.approx(0.3)


def test_a_model_that_tells_no_error_is_as_sure_unrepaired_as_where_repair_begins():
    depth = hills(3)
    assumed = variance_of(DepthEstimate(depth, None, None))
    np.testing.assert_allclose(
        unrepaired(depth, None), confidence_of(np.sqrt(assumed / 2), depth), rtol=1e-5
    )
