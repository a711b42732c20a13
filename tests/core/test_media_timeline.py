# SPDX-License-Identifier: GPL-3.0-or-later
"""The conform rule on bare numbers: which rate is chosen, which picture each frame shows."""

from fractions import Fraction as F

import numpy as np
import pytest

from core.media.timeline import STANDARD_RATES, choose_rate, conform

MILLISECOND = F(1, 1000)


def rounded(rate, count, time_base, start=0):
    """Times of a constant-rate clip as a container with that time base stores them."""
    return [start + round(i / (rate * time_base)) for i in range(count)]


@pytest.mark.parametrize("rate", STANDARD_RATES)
@pytest.mark.parametrize("count", [1, 2, 3, 24, 1000])
@pytest.mark.parametrize("time_base", [MILLISECOND, F(1, 90000), F(1, 12800), None])
def test_constant_rate_is_kept_and_every_picture_shown_once(rate, count, time_base):
    pts = rounded(rate, count, time_base or 1 / rate, start=37)
    chosen = choose_rate(pts, time_base or 1 / rate, [rate])
    assert chosen == rate
    assert conform(pts, time_base or 1 / rate, chosen).source_pts == tuple(pts)


@pytest.mark.parametrize("rate", [F(24000, 1001), F(24), F(25), F(30000, 1001), F(60)])
def test_constant_rate_is_found_without_a_declaration(rate):
    for time_base in (MILLISECOND, F(1, 90000)):
        pts = rounded(rate, 2000, time_base)
        assert choose_rate(pts, time_base) == rate


def test_a_rounded_declaration_means_the_usual_rate():
    pts = rounded(F(24000, 1001), 500, MILLISECOND)
    assert choose_rate(pts, MILLISECOND, [F(2997, 125)]) == F(24000, 1001)
    gif = rounded(F(24), 9, F(1, 100))
    assert choose_rate(gif, F(1, 100), [F(289, 12)]) == 24


def test_variable_rate_on_a_grid_holds_pictures():
    pts = [0, 1, 2, 5, 6, 10, 11, 12]
    rate = choose_rate(pts, F(1, 30), [F(237, 19), F(30)])
    assert rate == 30
    assert conform(pts, F(1, 30), rate).source_pts == (0, 1, 2, 2, 2, 5, 6, 6, 6, 6, 10, 11, 12)


def test_jitter_neither_repeats_nor_drops_a_picture():
    random = np.random.default_rng(1)
    pts = [round(i * 3000 + random.uniform(-800, 800)) for i in range(500)]
    rate = choose_rate(pts, F(1, 90000), [F(90000), F(2993, 100)])
    assert rate == 30
    assert conform(pts, F(1, 90000), rate).source_pts == tuple(pts)


def test_usual_rate_goes_before_a_nearer_unusual_one():
    """A short phone clip at 29.85 by its clock: nobody wants 15719/526 frames a second."""
    pts = [0, 887, *range(1887, 92000, 1000)]
    assert choose_rate(pts, F(1, 29847), [F(2775771, 92228), F(179, 6)]) == F(30000, 1001)
    long = list(range(0, 3000000, 1000))
    assert choose_rate(long, F(1, 29847), [F(29847, 1000)]) == F(29847, 1000)


def test_phone_clip_that_slows_in_the_dark_gets_its_usual_rate():
    spacings = [3000] * 200 + [3753] * 60 + [3000] * 200
    pts = np.concatenate([[900], 900 + np.cumsum(spacings)]).tolist()
    rate = choose_rate(pts, F(1, 90000), [F(90000), F(2915, 100)])
    assert rate == 30
    timeline = conform(pts, F(1, 90000), rate, 3000)
    for n, shown in enumerate(timeline.source_pts, start=1):
        now = pts[0] + (n - 1) * 3000
        later = [p for p in pts if p > shown]
        # The one begun last, or the next when it is the nearer one and begins within half a frame.
        assert shown <= now + 1500
        assert not later or later[0] > now or abs(later[0] - now) >= abs(shown - now)


def test_one_odd_picture_does_not_double_the_rate():
    pts = [i * 1000 for i in range(60)] + [60 * 1000 + 500] + [i * 1000 for i in range(62, 120)]
    assert choose_rate(pts, F(1, 30000), [F(30)]) == 30


def test_a_long_held_picture_is_not_replaced_early():
    timeline = conform([0, 100], F(1, 100), F(10))
    assert timeline.source_pts == (0,) * 10 + (100,)


def test_first_picture_is_shown_even_if_the_next_comes_at_once():
    assert conform([0, 1, 10], F(1, 100), F(10)).source_pts[0] == 0


def test_last_duration_counts_and_the_last_picture_is_always_shown():
    assert conform([0, 10], F(1, 100), F(10), 30).source_pts == (0, 10, 10, 10)
    assert conform([0, 10], F(1, 100), F(10), 0).source_pts == (0, 10)
    assert conform([0, 10, 14], F(1, 100), F(10), 1).source_pts[-1] == 14


def test_map_never_goes_back():
    random = np.random.default_rng(2)
    for _ in range(50):
        pts = np.cumsum(random.integers(1, 400, 80)).tolist()
        rate = choose_rate(pts, MILLISECOND)
        shown = conform(pts, MILLISECOND, rate, 40).source_pts
        assert list(shown) == sorted(shown)
        assert shown[0] == pts[0]
        assert shown[-1] == pts[-1]
        assert set(shown) <= set(pts)


def test_seconds_are_exact():
    timeline = conform([0, 1001, 2002], F(1, 24000), F(24000, 1001))
    assert timeline.seconds(3) == F(2002, 24000)
    assert len(timeline) == 3
