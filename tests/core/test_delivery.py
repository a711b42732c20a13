# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

from core.delivery import PACKINGS, pack
from core.errors import UsageError


@pytest.fixture
def eyes():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (2, 5, 7, 3), dtype=np.uint8)


def test_full_packings_keep_every_pixel(eyes):
    left, right = eyes
    wide = pack(left, right, "sbs")
    assert (wide[:, :7] == left).all() and (wide[:, 7:] == right).all()
    tall = pack(left, right, "top-bottom")
    assert (tall[:5] == left).all() and (tall[5:] == right).all()


@pytest.mark.parametrize("name", PACKINGS)
@pytest.mark.parametrize("shape", [(5, 7, 3), (1, 1, 3), (4, 6, 3)])
def test_size_is_what_the_packing_says(name, shape):
    eye = np.full(shape, 90, np.uint8)
    packed = pack(eye, eye, name)
    assert packed.dtype == np.uint8
    assert packed.shape[1::-1] == PACKINGS[name].size(shape[1], shape[0])


def test_half_packings_average_neighbours():
    left = np.zeros((4, 8, 3), np.uint8)
    left[:, ::2] = 200
    right = np.full((4, 8, 3), 40, np.uint8)
    half = pack(left, right, "half-sbs")
    assert (half[:, :4] == 100).all() and (half[:, 4:] == 40).all()
    half = pack(left.swapaxes(0, 1).copy(), right.swapaxes(0, 1).copy(), "half-top-bottom")
    assert (half[:4] == 100).all() and (half[4:] == 40).all()


def test_anaglyph_keeps_grey_and_parts_the_eyes():
    grey = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert np.abs(pack(grey, grey, "anaglyph").astype(int) - grey).max() <= 1
    white, black = np.full((2, 2, 3), 255, np.uint8), np.zeros((2, 2, 3), np.uint8)
    assert pack(white, black, "anaglyph")[0, 0].tolist() == [255, 0, 0]
    assert pack(black, white, "anaglyph")[0, 0].tolist() == [0, 255, 255]


def test_unknown_packing_names_those_that_exist(eyes):
    with pytest.raises(UsageError, match="half-sbs"):
        pack(*eyes, "hologram")
    with pytest.raises(ValueError):
        pack(eyes[0], eyes[1][:3], "sbs")
