# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers behind the foreground: bands, the network, carrying, the matte, the warp over them."""

import numpy as np
import pytest
import torch
from test_synthesis import texture

from core.errors import SecondEyeError
from core.synthesis import Behind, render_eye
from core.synthesis.band import find_band
from core.synthesis.carry import Shown
from core.synthesis.guess import Guess, telea_fill
from core.synthesis.layers import make_layers
from core.synthesis.learned import LearnedFill, read_network, save_network
from core.synthesis.matte import find_matte
from core.synthesis.network import SynthesisNetwork
from core.synthesis.plate import look_back, make_plate
from core.synthesis.spread import spread

HEIGHT, WIDTH = 96, 160
GAIN = 16.0  # pixels of disparity over the whole range


def card_scene(left=60, wall_from=0):
    """A red card at depth 1 before a green wall at 0 that is a part of a larger picture."""
    wall = texture(3, HEIGHT, WIDTH + 40)[:, wall_from : wall_from + WIDTH].copy()
    wall[..., 0] //= 8
    depth = np.zeros((HEIGHT, WIDTH), np.float32)
    rgb = wall.copy()
    depth[24:80, left : left + 40] = 1.0
    rgb[24:80, left : left + 40] = (200, 20, 20)
    return rgb, depth, wall


def shown(rgb, depth, gain=GAIN):
    return Shown(rgb, depth, find_band(depth, gain))


def test_a_band_is_as_wide_as_its_step_opens():
    _, depth, _ = card_scene()
    row = find_band(depth, GAIN).wanted[50]
    inside = np.nonzero(row[60:100])[0]
    left = inside[inside < 20]
    assert GAIN <= left.size <= GAIN + 3 and left[0] == 0
    assert not row[80] and not row[:56].any() and not row[105:].any()


def test_half_the_step_opens_half_the_band_and_reach_ends_it():
    _, depth, _ = card_scene()
    whole = find_band(depth, GAIN).wanted.sum()
    half = find_band(depth * 0.5, GAIN).wanted.sum()
    assert 0.4 < half / whole < 0.8
    assert find_band(depth, GAIN, reach=4).wanted.sum() < half


def test_a_small_step_close_by_does_not_keep_a_large_one_from_opening():
    """Bumps of an estimate, on the card: what the card hides is the wall, and no bump."""
    _, depth, _ = card_scene()
    smooth = find_band(depth, 4 * GAIN)
    depth[40:60, 68:72] -= 0.05
    bumpy = find_band(depth, 4 * GAIN)
    assert smooth.nearness[50, 60:78].max() == 0.0
    assert bumpy.nearness[50, 60:78].max() == 0.0 and bumpy.wanted[50, 60:78].all()


def test_a_slope_and_a_flat_picture_have_no_band():
    slope = np.repeat(np.linspace(0, 1, WIDTH, dtype=np.float32)[None], HEIGHT, 0)
    for depth in (slope, np.full((HEIGHT, WIDTH), 0.3, np.float32)):
        band = find_band(depth, 100.0)
        assert not band.wanted.any() and not band.unseen.any()


def test_the_ground_before_a_thing_stays_seen():
    depth = np.repeat(np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None], WIDTH, 1)
    depth[30:70, 60:90] = depth[70, 0]  # a thing that stands on the ground at row 70
    band = find_band(depth, 40.0)
    assert band.unseen[32:60, 62:88].mean() > 0.5
    assert band.unseen[76:].mean() < 0.05


def test_spreading_keeps_what_is_known_and_reaches_everywhere():
    values = np.zeros((37, 53, 2), np.float32)
    weight = np.zeros((37, 53), np.float32)
    values[5, 7], weight[5, 7] = (3.0, 4.0), 1.0
    filled = spread(values, weight)
    assert np.allclose(filled, (3.0, 4.0), atol=1e-4)
    assert not spread(values, np.zeros_like(weight)).any()


def test_the_network_has_the_parameters_that_were_asked_for():
    count = sum(p.numel() for p in SynthesisNetwork().parameters())
    assert 2.37e6 * 0.95 <= count <= 2.37e6 * 1.05


@pytest.mark.parametrize("size", [(1, 1), (33, 47), (64, 96)])
def test_the_network_takes_any_size_and_begins_with_a_smooth_guess(size):
    torch.manual_seed(0)
    network = SynthesisNetwork().eval()
    known = torch.zeros(1, 1, *size)
    known[..., : max(size[1] // 2, 1)] = 1
    colour = torch.full((1, 3, *size), 0.25) * known
    with torch.inference_mode():
        filled = network(colour, known * 0.5, known, 1 - known)
    assert filled.colour.shape == (1, 3, *size)
    assert filled.depth.shape == filled.log_error.shape == (1, 1, *size)
    assert torch.isfinite(filled.colour).all()


def test_what_is_unseen_never_reaches_the_fill():
    torch.manual_seed(0)
    fill = LearnedFill(SynthesisNetwork())
    rgb, depth, _ = card_scene()
    band = find_band(depth, GAIN)
    first = fill(rgb, depth, band)
    changed = rgb.copy()
    changed[band.unseen] = 255
    second = fill(changed, depth, band)
    assert np.array_equal(first.colour, second.colour)
    assert np.array_equal(first.depth, second.depth)
    assert first.sure.min() >= 0.0 and first.sure.max() <= 1.0


def test_weights_come_back_as_they_went_and_others_are_refused(tmp_path):
    torch.manual_seed(1)
    network = SynthesisNetwork().eval()
    tensors = {n: t for n, t in network.state_dict().items() if t.is_floating_point()}
    path = tmp_path / "w.safetensors"
    save_network(path, tensors, {"name": "w"})
    again = read_network(path)
    x = torch.rand(1, 3, 32, 32), torch.rand(1, 1, 32, 32), torch.ones(1, 1, 32, 32)
    with torch.inference_mode():
        a, b = network(*x, x[2]), again(*x, x[2])
    assert torch.allclose(a.colour, b.colour, atol=5e-3)
    with pytest.raises(SecondEyeError, match="missing"):
        read_network(tmp_path / "none.safetensors")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(SecondEyeError, match="damaged"):
        read_network(path)


def grey_fill(rgb, depth, band):
    """A guess that is plainly none of the scene's colours, so that a test sees where it is."""
    return Guess(np.full(rgb.shape, 128, np.float32), np.zeros_like(depth), np.ones_like(depth))


def test_what_another_frame_shows_comes_before_a_guess():
    hidden, depth, wall = card_scene(60)
    before, depth_before, _ = card_scene(40)
    frame, past = shown(hidden, depth), shown(before, depth_before)
    alone = make_plate(frame, grey_fill)
    plate = make_plate(frame, grey_fill, past, make_plate(past, grey_fill))
    part = np.zeros_like(depth, bool)
    part[30:74, 86:98] = True  # under the card now, plain wall in the frame before
    part &= frame.band.wanted
    assert part.sum() > 100
    error = np.abs(plate.colour[part] - wall[part]).mean()
    assert error < 12 < np.abs(alone.colour[part] - wall[part]).mean()
    assert plate.seen[part].mean() > 0.5
    later = look_back(frame, past, make_plate(past, grey_fill))
    ahead = make_plate(frame, grey_fill, later=later)
    assert np.abs(ahead.colour[part] - wall[part]).mean() < 12


def test_foreground_of_another_frame_is_no_background():
    rgb, depth, _ = card_scene(60)
    frame, same = shown(rgb, depth), shown(rgb, depth)
    plate = make_plate(frame, grey_fill, same, make_plate(same, grey_fill))
    inner = frame.band.wanted & (frame.depth > 0.5) & (frame.band.distance > 4)
    assert plate.seen[inner].max() < 0.2
    assert np.abs(plate.colour[inner] - 128).max() <= 1
    assert (plate.depth <= frame.depth).all()


def test_a_plate_that_is_carried_along_changes_less_than_fresh_guesses():
    rng = np.random.default_rng(0)

    def restless(rgb, depth, band):
        return Guess(
            np.full(rgb.shape, rng.uniform(60, 200), np.float32),
            np.zeros_like(depth),
            np.full(depth.shape, 0.6, np.float32),
        )

    rgb, depth, _ = card_scene(60)
    frame = shown(rgb, depth)
    inner = frame.band.wanted & (frame.depth > 0.5) & (frame.band.distance > 4)
    past, fresh, carried = None, [], []
    for _ in range(8):
        fresh.append(make_plate(frame, restless).colour[inner].mean())
        past = make_plate(frame, restless, frame if past else None, past)
        carried.append(past.colour[inner].mean())
    assert np.abs(np.diff(carried[1:])).mean() < 0.5 * np.abs(np.diff(fresh)).mean()


def test_a_soft_rim_gives_back_its_alpha_and_both_colours():
    depth = np.zeros((HEIGHT, WIDTH), np.float32)
    depth[:, 80:] = 1.0
    alpha = np.clip((np.arange(WIDTH) - 77.5) / 4, 0, 1)[None, :, None]
    front, back = np.array((220.0, 40, 30)), np.array((20.0, 60, 200))
    rgb = np.rint(alpha * front + (1 - alpha) * back).astype(np.uint8)
    rgb = np.ascontiguousarray(np.broadcast_to(rgb, (HEIGHT, WIDTH, 3)))
    # A step drawn where the foreground is already half gone: both its sides are soft.
    matte = find_matte(rgb, find_band(depth, GAIN))
    inside = matte.alpha[40, 80]
    assert inside == pytest.approx(alpha[0, 80, 0], abs=0.25)
    assert np.abs(matte.colour[40, 80] - front).max() < 30
    assert matte.alpha[40, :70].min() == matte.alpha[40, 95:].min() == 1.0


def test_layers_show_what_stands_behind_the_card():
    rgb, depth, wall = card_scene()
    frame = shown(rgb, depth)

    def truth(rgb, depth, band):
        return Guess(wall.astype(np.float32), np.zeros_like(depth), np.ones_like(depth))

    layers = make_layers(frame, make_plate(frame, truth))
    shift = depth * (8 / WIDTH)
    sure = np.ones_like(depth)
    moved = layers.depth * (8 / WIDTH)
    behind = Behind(layers.plate, moved, layers.depth, layers.front, sure)
    expected = wall.copy()
    expected[24:80, 68:108] = (200, 20, 20)
    error = [
        np.abs(render_eye(rgb, shift, depth, b).astype(float) - expected)[:, 60:66].mean()
        for b in (None, behind)
    ]
    assert error[1] < 0.5 * error[0]
    still = render_eye(rgb, np.zeros_like(depth), depth, behind)
    assert np.abs(still.astype(float) - rgb).mean() < 2.0


def test_telea_fills_from_the_background_alone():
    rgb, depth, _ = card_scene()
    band = find_band(depth, GAIN)
    guess = telea_fill(rgb, depth, band)
    inner = band.wanted & (depth > 0.5)
    assert guess.colour[inner][:, 0].max() < 120 and guess.depth[inner].max() < 0.1


def test_a_soft_pixel_by_itself_is_no_rim():
    """Noise of the matte within a surface: the plate behind the surface must not show there."""
    rgb = texture(5, HEIGHT, WIDTH)
    flat = np.zeros((HEIGHT, WIDTH), np.float32)
    plate = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    plate[...] = (0, 255, 0, 255)
    front = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    front[..., 3] = 255
    front[40, 60] = (255, 0, 0, 0)
    behind = Behind(plate, flat, flat, front, np.ones_like(flat))
    seen = render_eye(rgb, flat, flat + 1.0, behind)
    assert np.array_equal(seen, rgb)
    front[30:50, 50:70] = (255, 0, 0, 0)
    assert np.array_equal(render_eye(rgb, flat, flat + 1.0, behind)[40, 60], (0, 255, 0))
