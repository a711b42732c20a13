# SPDX-License-Identifier: GPL-3.0-or-later
"""A strip of one thing beside a nearer one: each hides something else."""

import numpy as np
import pytest

from core.synthesis.band import find_band
from core.synthesis.carry import Shown
from core.synthesis.guess import Guess, first_guess
from core.synthesis.layers import make_layers
from core.synthesis.matte import find_matte
from core.synthesis.plate import make_plate

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


def test_a_face_that_recedes_fast_has_no_plate_of_what_a_farther_step_hides():
    """It is seen itself; a wall in its place would show through wherever the relief is cut."""
    depth = np.zeros((64, 160), np.float32)
    depth[:, 60:90] = np.linspace(0.2, 1.0, 30)
    depth[:, 90:] = 1.0
    band = find_band(depth, 4 * GAIN)  # 1.8 pixels of disparity a pixel
    assert band.steep[30, 61:88].all() and not band.steep[30, :59].any()
    assert band.nearness[30, 64:88].min() > 0.1


def test_a_plate_keeps_nothing_of_the_pixels_that_mix_both_sides():
    """The step itself says that they go with the foreground: then their colour isn't background."""
    rgb = np.full((64, 160, 3), GREEN, np.uint8)
    depth = np.zeros((64, 160), np.float32)
    rgb[:, 80:], depth[:, 80:] = RED, 1.0
    rgb[:, 79] = (60, 60, 200)  # off the line between both: the step decides
    frame = Shown(rgb, depth, find_band(depth, GAIN))

    def green(rgb, depth, band):
        return Guess(np.full(rgb.shape, GREEN, np.float32), 0 * depth, np.ones_like(depth))

    plate = make_layers(frame, make_plate(frame, green)).plate
    assert plate[30, 79, 3] == 255
    assert np.abs(plate[30, 78:84, :3].astype(int) - GREEN).max() < 12


def test_noise_within_a_surface_is_no_soft_rim():
    """Single soft pixels would be holes in it."""
    depth = np.full((96, 160), 0.5, np.float32)
    depth[6::12, 6::12] += 0.05  # three pixels of disparity
    rgb = np.random.default_rng(4).integers(0, 255, (96, 160, 3)).astype(np.uint8)
    band = find_band(depth, 4 * GAIN)
    assert band.wanted.any() and (find_matte(rgb, band).alpha == 1.0).all()
