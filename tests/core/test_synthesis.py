# SPDX-License-Identifier: GPL-3.0-or-later
"""The fast warp on made scenes whose second view is known."""

import cv2
import numpy as np
import pytest

from core.synthesis import render_eye
from core.synthesis.edges import steepen
from core.synthesis.fill import _ends
from core.synthesis.raster import rasterise
from core.synthesis.sampling import _looked_up, _points, draw

HEIGHT, WIDTH = 96, 160


def texture(seed, height=HEIGHT, width=WIDTH, blur=1.2):
    noise = np.random.default_rng(seed).random((height, width, 3), np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), blur)
    noise = (noise - noise.min()) / (noise.max() - noise.min())
    return np.rint(noise * 200 + 20).astype(np.uint8)


def layers(seed=0):
    """A card (green) before a wall (red); rgb, and where the card is."""
    rgb = texture(seed)
    card = np.zeros((HEIGHT, WIDTH), bool)
    card[20:76, 60:100] = True
    rgb[..., 2] = 0
    rgb[card, 0] = 0
    rgb[~card, 1] = 0
    return rgb, card


def warped(rgb, pixels, order):
    return render_eye(rgb, (np.asarray(pixels) / rgb.shape[1]).astype(np.float32), order)


def test_no_shift_is_the_picture_itself():
    rgb = texture(1)
    order = np.random.default_rng(1).random((HEIGHT, WIDTH)).astype(np.float32)
    assert (warped(rgb, np.zeros((HEIGHT, WIDTH)), order) == rgb).all()


@pytest.mark.parametrize("pixels", [-7, -1, 3, 12])
def test_a_plane_moves_by_whole_pixels_exactly(pixels):
    rgb = texture(2)
    moved = warped(rgb, np.full((HEIGHT, WIDTH), float(pixels)), np.ones((HEIGHT, WIDTH)))
    inside = slice(max(pixels, 0), WIDTH + min(pixels, 0))
    assert (moved[:, inside] == np.roll(rgb, pixels, axis=1)[:, inside]).all()


@pytest.mark.parametrize("pixels", [0.25, -0.5, 3.4, -6.8])
def test_sub_pixel_shift_is_right_within_a_tenth(pixels):
    rgb = texture(3, blur=2.0)
    moved = warped(rgb, np.full((HEIGHT, WIDTH), pixels), np.ones((HEIGHT, WIDTH)))
    assert phase_shift(rgb, moved) == pytest.approx(pixels, abs=0.05)


def phase_shift(before, after):
    """Phase correlation along the rows: the slope of the cross spectrum's phase at low frequency.
    (cv2.phaseCorrelate reads half a pixel as 0.4 or 0.6, with the texture.)"""
    window = np.hanning(WIDTH)
    spectra = [
        np.fft.rfft((p[..., 1] - p[..., 1].mean()) * window, axis=1)[:, 1:9]
        for p in (before, after)
    ]
    cross = (spectra[0] * spectra[1].conj()).sum(axis=0)
    frequency = np.arange(1, 9)
    weight = np.abs(cross) * frequency
    slope = (weight * np.angle(cross)).sum() / (weight * frequency).sum()
    return slope * WIDTH / (2 * np.pi)


@pytest.mark.parametrize("direction", [1, -1])
def test_the_nearer_thing_hides_the_farther_one(direction):
    rgb, card = layers()
    moved = warped(rgb, np.where(card, 10.0 * direction, 0.0), np.where(card, 1.0, 0.1))
    new_card = np.roll(card, 10 * direction, axis=1)
    assert (moved[new_card][:, 1] == rgb[card][:, 1]).all()
    assert moved[new_card][:, 0].max() == 0, "no wall shines through the card"
    still = ~(new_card | card)
    still &= ~cv2.dilate(card.astype(np.uint8), np.ones((1, 5))).astype(bool)
    still &= ~cv2.dilate(new_card.astype(np.uint8), np.ones((1, 5))).astype(bool)
    assert (moved[still] == rgb[still]).all()


def test_order_decides_even_where_the_far_moves_more():
    """A rig that stands aside moves everything; what hides what still follows from distance."""
    rgb, card = layers()
    moved = warped(rgb, np.where(card, 0.0, 9.0), np.where(card, 1.0, 0.1))
    assert (moved[card] == rgb[card]).all()


@pytest.mark.parametrize("direction", [1, -1])
def test_holes_are_filled_from_the_background(direction):
    rgb, card = layers()
    moved = warped(rgb, np.where(card, 12.0 * direction, 0.0), np.where(card, 1.0, 0.1))
    hole = card & ~np.roll(card, 12 * direction, axis=1)
    assert moved[hole][:, 1].max() <= 2, "no green of the card in the hole"
    wall = rgb[~card][:, 0]
    assert wall.min() - 2 <= moved[hole][:, 0].min() and moved[hole][:, 0].max() <= wall.max() + 2
    assert moved[hole][:, 0].mean() == pytest.approx(wall.mean(), abs=12)


def test_a_silhouette_between_pixels_is_mixed():
    rgb, card = layers()
    shift = np.where(card, 10.5, 0.0).astype(np.float32)
    picture, raster = draw(rgb, shift, np.where(card, 1.0, 0.1).astype(np.float32))
    assert not raster.hole[20:76, 110].any()
    edge = picture[20:76, 110].astype(int)  # half of it lies behind the card's right edge
    wall = 0.75 * rgb[20:76, 110] + 0.25 * rgb[20:76, 111]  # looked at a quarter to the right
    assert np.abs(edge - (rgb[20:76, 99] + wall) / 2).max() <= 1.5
    assert (picture[20:76, 111] == rgb[20:76, 111]).all()


def test_a_slope_has_neither_cracks_nor_holes():
    rgb = np.full((HEIGHT, WIDTH, 3), 180, np.uint8)
    slope = np.linspace(-8, 8, WIDTH, dtype=np.float32) * np.ones((HEIGHT, 1), np.float32)
    for shift in (slope, -slope, slope**2 / 8):
        raster = rasterise(shift, 1 + 0 * shift)
        inside = np.clip(np.ceil(WIDTH - 1 + shift[0, [0, -1]].min() - 8), 0, None)
        assert inside > 0
        columns = np.flatnonzero(~raster.hole[0])
        assert (np.diff(columns) == 1).all()
        assert np.abs(warped(rgb, shift, np.ones_like(shift)).astype(int) - 180).max() <= 3


def test_rasterised_source_is_the_inverse_of_the_shift():
    column = np.arange(WIDTH, dtype=np.float32)
    shift = (0.08 * column + 3.3)[None] * np.ones((4, 1), np.float32)
    raster = rasterise(shift, np.ones_like(shift))
    expected = (column - 3.3) / 1.08
    seen = ~raster.hole[0]
    assert seen.sum() > WIDTH - 8
    assert raster.source[0][seen] == pytest.approx(expected[seen].clip(0), abs=2e-3)


def test_a_soft_depth_edge_is_made_steep_and_a_slope_is_left_alone():
    card = np.zeros((64, 240), np.float32)
    card[:, 80:160] = 8.0
    soft = cv2.GaussianBlur(card, (9, 1), 1.2)
    steep, order = steepen(soft, soft + 1)
    for depth, most in ((soft, 6), (steep, 0)):
        assert (((depth > 1) & (depth < 7)).sum(axis=1) <= most).all()
    assert ((soft > 1) & (soft < 7)).any(), "the edge was soft"
    assert (steep > 4)[card > 4].all(), "no rim is torn off the foreground"
    assert np.array_equal(order, steep + 1)
    for height in (20, 100):
        slope = np.linspace(0, height, 240, dtype=np.float32) * np.ones((64, 1), np.float32)
        assert (steepen(slope, slope + 1)[0] == slope).all()
    assert (steepen(card, card + 1)[0] == card).all()


def test_smaller_depth_is_resized():
    rgb = texture(4)
    small = np.full((HEIGHT // 4, WIDTH // 4), 5 / WIDTH, np.float32)
    assert (render_eye(rgb, small, small)[:, 5:] == rgb[:, :-5]).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (3, 2), (35, 51)])
def test_any_size_is_filled(shape):
    rng = np.random.default_rng(5)
    rgb = np.full((*shape, 3), 77, np.uint8)
    depth = rng.random(shape).astype(np.float32)
    eye = render_eye(rgb, (depth - 0.5) * 0.2, depth)
    assert np.abs(eye.astype(int) - 77).max() <= 3


def test_all_out_of_view_is_black_and_bad_arrays_are_refused():
    rgb = np.full((8, 8, 3), 200, np.uint8)
    ones = np.ones((8, 8), np.float32)
    assert render_eye(rgb, 2 * ones, ones).max() == 0
    for bad in ((rgb[..., :2], ones, ones), (rgb / 255, ones, ones), (rgb, ones, ones[:4])):
        with pytest.raises(ValueError):
            render_eye(*bad)


def rasterised_slowly(shift, order):
    """`rasterise` piece by piece: (source, order, hole)."""
    f = np.float32
    height, width = shift.shape
    best = {}
    for y in range(height):
        centre = np.arange(width, dtype=f) + shift[y]
        for x in range(width):
            ends, slopes = [], []
            for near in (x - 1, x + 1):
                gap = abs(centre[near] - centre[x]) if 0 <= near < width else f(0)
                rising = 0 <= near < width and (centre[near] > centre[x]) == (near > x)
                joined = rising and 0 < gap <= f(1.5)
                side = f(0.5) if near > x else f(-0.5)
                ends.append(f(0.5) * (centre[x] + centre[near]) if joined else centre[x] + side)
                slopes.append(f(1) / max(gap, f(1e-6)) if joined else f(0))
            for target in np.arange(np.ceil(ends[0]), np.ceil(ends[1])):
                if 0 <= target < width:
                    along = f(target) - centre[x]
                    source = f(x) + along * slopes[int(along >= 0)]
                    fixed = int(source.clip(0, width - 1) * f(65536))
                    key = (y, int(target))
                    best[key] = max(best.get(key, (f(-1), 0)), (order[y, x], fixed))
    source, seen = np.zeros((2, height, width), f)
    hole = np.ones((height, width), bool)
    for key, (nearness, fixed) in best.items():
        source[key], seen[key], hole[key] = f(fixed) / f(65536), nearness, False
    return source, seen, hole


@pytest.mark.parametrize("rough", [0.4, 3.0])
def test_rasterise_equals_its_definition_bit_for_bit(rough):
    rng = np.random.default_rng(8)
    shift = cv2.GaussianBlur(rng.normal(0, 20, (9, 41)).astype(np.float32), (0, 0), 3 / rough)
    shift[4] = np.rint(shift[4])  # ties and ends on pixel centres
    order = rng.integers(0, 5, shift.shape).astype(np.float32) / 3
    raster = rasterise(shift, order)
    source, seen, hole = rasterised_slowly(shift, order)
    assert hole.any() and not hole.all()
    assert (raster.hole == hole).all()
    assert (raster.source == source).all() and (raster.order == seen).all()


@pytest.mark.parametrize("channels", [3, 4])
def test_single_points_are_looked_up_as_whole_pictures_are(channels):
    rng = np.random.default_rng(9)
    rgb = rng.integers(0, 256, (37, 61, channels), np.uint8)
    source = rng.uniform(0, 60, (37, 61)).astype(np.float32)
    rows, columns = np.nonzero(rng.random(source.shape) < 0.6)
    assert rows.size > 1024
    found = _points(rgb, source[rows, columns], rows)
    assert (found == _looked_up(rgb, source)[rows, columns]).all()


def test_the_ends_of_every_hole():
    hole = np.random.default_rng(10).random((30, 17)) < 0.5
    hole[3], hole[7], hole[4, 0], hole[2, -1] = True, False, True, True
    rows, columns = np.nonzero(hole)
    for y, x, left, right in zip(rows, columns, *_ends(rows, columns), strict=True):
        assert left < x < right and hole[y, left + 1 : right].all()
        assert left == -1 or not hole[y, left]
        assert right == 17 or not hole[y, right]


def test_sixteen_bits_see_what_eight_see_and_keep_their_steps():
    """Of a ramp of 1024 steps with a near bar before it: a shifted picture has no fewer levels."""
    ramp = np.linspace(12000, 14000, 128).astype(np.uint16)
    rgb = np.repeat(np.repeat(ramp[None], 32, 0)[..., None], 3, 2)
    rgb[:, 50:70] = 60000
    order = np.full((32, 128), 0.2, np.float32)
    order[:, 50:70] = 1.0
    seen = render_eye(rgb, order * 0.05, order)
    coarse = render_eye((rgb // 257).astype(np.uint8), order * 0.05, order)
    assert seen.dtype == np.uint16
    assert np.abs(seen / 257.0 - coarse).max() < 4
    beside = seen[16, :45, 0].astype(int)
    assert len(np.unique(beside)) > 30 > len(np.unique(coarse[16, :45, 0]))
    filled = seen[:, 51:56]  # behind the bar's left side
    assert filled.max() < 20000
