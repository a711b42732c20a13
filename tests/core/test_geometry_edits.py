# SPDX-License-Identifier: GPL-3.0-or-later
"""The depth curve and the artist's edits: pure numbers."""

import numpy as np
import pytest

from core.errors import UsageError
from core.geometry import bend, inverse_distance

N = np.linspace(0.0, 1.0, 257)


def test_a_curve_of_zero_changes_no_bit():
    n = np.random.default_rng(0).random(1000).astype(np.float32)
    np.testing.assert_array_equal(bend(n, 0.0, 0.0), n)
    np.testing.assert_array_equal(bend(n, 1e-30, 0.0), n)  # through the formula


@pytest.mark.parametrize("bias", [-0.98, -0.4, 0.0, 0.7, 0.98])
@pytest.mark.parametrize("contrast", [-0.98, -0.3, 0.0, 0.5, 0.98])
def test_a_curve_keeps_both_ends_and_the_order(bias, contrast):
    bent = bend(N, bias, contrast)
    assert bent[0] == 0.0 and bent[-1] == pytest.approx(1.0, abs=1e-12)
    assert (np.diff(bent) > 0).all()


def test_bias_and_contrast_bend_the_way_they_say():
    assert (bend(N, 0.5)[1:-1] > N[1:-1]).all()
    assert (bend(N, -0.5)[1:-1] < N[1:-1]).all()
    stretched = np.diff(bend(N, 0.0, 0.5)) * 256
    assert stretched[127] > 2.9 and stretched[0] < 0.4
    assert bend(0.5, 0.0, 0.8) == 0.5


@pytest.mark.parametrize(("bias", "contrast"), [(0.6, 0.0), (0.0, -0.7)])
def test_the_opposite_undoes_it(bias, contrast):
    np.testing.assert_allclose(bend(bend(N, bias, contrast), -bias, -contrast), N, atol=1e-12)


def test_single_precision_keeps_its_type_and_its_order():
    bent = bend(N.astype(np.float32), 0.9, 0.9)
    assert bent.dtype == np.float32
    assert (np.diff(bent) >= 0).all()


def test_what_is_no_number_stays_none():
    assert np.isnan(bend(np.array([np.nan, 0.5]), 0.3, 0.3)[0])


@pytest.mark.parametrize("given", [{"bias": 1.0}, {"contrast": -1.0}, {"bias": float("nan")}])
def test_a_curve_that_would_fall_is_refused(given):
    with pytest.raises(UsageError, match="curve"):
        bend(N, **given)


def test_distance_goes_through_the_curve():
    expected = inverse_distance(bend(N, 0.3, -0.2), 1.0, 10.0, 1.5)
    np.testing.assert_array_equal(inverse_distance(N, 1.0, 10.0, 1.5, 0.3, -0.2), expected)
