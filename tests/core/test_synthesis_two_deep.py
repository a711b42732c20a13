# SPDX-License-Identifier: GPL-3.0-or-later
"""A strip of one thing beside a nearer one: each hides something else."""

import numpy as np
import pytest

from core.synthesis.band import find_band
from core.synthesis.guess import first_guess

GAIN = 16.0  # pixels of disparity over the whole range
GREEN, RED, BLUE = (20, 160, 40), (200, 20, 20), (20, 40, 200)


@pytest.fixture(scope="module")
def strip():
    """A green wall at 0, before it a red thing at .5 in columns 60 to 90, before that a blue one
    at 1 up to column 80: ten columns of the red one can be seen."""
    rgb = np.full((96, 160, 3), GREEN, np.uint8)
    depth = np.zeros((96, 160), np.float32)
    for near, left, right, colour in ((0.5, 60, 90, RED), (1.0, 40, 80, BLUE)):
        rgb[20:80, left:right] = colour
        depth[20:80, left:right] = near
    band = find_band(depth, GAIN)
    return rgb, depth, band, first_guess(rgb, depth, band)[0]


def test_the_strip_hides_the_wall_also_where_the_nearer_thing_s_step_is_nearest(strip):
    _, _, band, _ = strip
    opened = slice(83, 90)  # as far as half the gain reaches from column 90
    assert band.wanted[50, opened].all()
    assert band.nearness[50, opened].max() == 0.0


def test_behind_the_strip_stands_the_wall_and_behind_the_nearer_thing_the_strip(strip):
    _, _, band, guess = strip
    assert np.abs(guess[50, 84:89] - GREEN).max() < 12
    assert band.wanted[50, 74:79].all() and np.allclose(band.nearness[50, 74:79], 0.5)
    behind = guess[50, 74:79]  # the wall is a part of it, as it is farther than the strip
    assert (np.abs(behind - RED).sum(-1) < 0.5 * np.abs(behind - GREEN).sum(-1)).all()


def test_what_can_be_looked_at_hides_nothing_of_the_nearest_step(strip):
    _, _, band, _ = strip
    assert band.bare[50, 100] and band.bare[50, 80:83].any()
    assert not band.bare[50, 60:79].any() and not band.bare[50, 86:90].any()


def test_large_pictures_are_guessed_at_a_fraction_of_their_size(strip):
    rgb, depth, _, guess = strip
    large, deep = (np.repeat(np.repeat(x, 5, 0), 5, 1) for x in (rgb, depth))
    band = find_band(deep, 5 * GAIN)
    small = first_guess(large, deep, band)[0][2::5, 2::5]
    inner = np.zeros(depth.shape, bool)
    inner[30:70, 84:88] = True
    assert np.abs(small - guess)[inner].max() < 12
