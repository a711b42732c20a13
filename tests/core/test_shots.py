# SPDX-License-Identifier: GPL-3.0-or-later
"""Made clips: a camera that drifts over textured pictures, and what comes in between."""

import functools

import cv2
import numpy as np
import pytest

from core.media.shots import REACH, CutFinder, detect_cuts

SIZE = (72, 128)


@functools.cache
def scene(seed, size=(160, 800)):
    """A large picture: soft colours with things in front, other ones for each seed."""
    rng = np.random.default_rng(seed)
    tone = rng.uniform(30, 225, (3,))
    coarse = rng.uniform(-60, 60, (10, 40, 3))
    fine = rng.uniform(-40, 40, (60, 240, 3))
    picture = tone + cv2.resize(coarse, size[::-1]) + cv2.resize(fine, size[::-1])
    for _ in range(60):
        at = (int(rng.integers(size[1])), int(rng.integers(size[0])))
        colour = rng.uniform(0, 255, 3).tolist()
        cv2.circle(picture, at, int(rng.integers(8, 40)), colour, -1)
    return np.clip(picture, 0, 255).astype(np.uint8)


def shot(seed, frames, speed=1.5, start=0.0, noise=2.0):
    rng = np.random.default_rng(seed + 1000)
    picture = scene(seed)
    result = []
    for i in range(frames):
        x = start + i * speed
        move = np.float64([[1, 0, -x], [0, 1, -20]])
        one = cv2.warpAffine(picture, move, SIZE[::-1], borderMode=cv2.BORDER_REFLECT)
        result.append(np.clip(one + rng.normal(0, noise, one.shape), 0, 255).astype(np.uint8))
    return result


def cuts(frames, first=1, **options):
    return detect_cuts(enumerate(frames, first), **options)


@pytest.mark.parametrize("seed", range(8))
def test_a_hard_cut(seed):
    assert cuts(shot(seed, 20) + shot(seed + 50, 20)) == [21]


def test_cuts_are_timeline_frames():
    clip = shot(1, 15) + shot(2, 30) + shot(3, 15)
    assert cuts(clip) == [16, 46]
    assert cuts(clip, first=101) == [116, 146]


def test_sixteen_bits_are_seen_as_eight():
    clip = [f.astype(np.uint16) * 257 for f in shot(1, 15) + shot(2, 15)]
    assert cuts(clip) == [16]


@pytest.mark.parametrize("length", [1, 2, 3, 6])
@pytest.mark.parametrize("value", [255, 0])
def test_a_flash_or_a_black_frame_is_no_cut(length, value):
    clip = shot(5, 50)
    clip[20 : 20 + length] = [np.full((*SIZE, 3), value, np.uint8)] * length
    assert cuts(clip) == []


def test_a_flash_that_leaves_the_picture_visible_is_no_cut():
    clip = shot(6, 40)
    for i, share in ((20, 0.8), (21, 0.9), (22, 0.4)):
        clip[i] = (clip[i] * (1 - share) + 255 * share).astype(np.uint8)
    assert cuts(clip) == []


@pytest.mark.parametrize("length", [1, 3])
def test_black_between_two_shots_is_one_cut(length):
    clip = shot(7, 20) + [np.zeros((*SIZE, 3), np.uint8)] * length + shot(8, 20)
    found = cuts(clip)
    assert len(found) == 1 and 21 <= found[0] <= 21 + length


def test_a_fade_through_black_is_one_cut_where_light_comes_back():
    out, back = shot(9, 40), shot(10, 40)
    dark = np.linspace(1, 0, 20)
    faded = [(f * k).astype(np.uint8) for f, k in zip(out[20:], dark, strict=True)]
    risen = [(f * k).astype(np.uint8) for f, k in zip(back[:20], dark[::-1], strict=True)]
    black = [np.zeros((*SIZE, 3), np.uint8)] * 8
    found = cuts(out[:20] + faded + black + risen + back[20:])
    assert len(found) == 1 and 40 <= found[0] <= 56


def test_a_dissolve_is_no_cut():
    one, other = shot(11, 60), shot(12, 60)
    share = np.clip((np.arange(60) - 20) / 20, 0, 1)
    mixed = [
        (a * (1 - s) + b * s).astype(np.uint8) for a, b, s in zip(one, other, share, strict=True)
    ]
    assert cuts(mixed) == []


@pytest.mark.parametrize("speed", [25.0, 60.0])
def test_a_whip_pan_is_no_cut(speed):
    still, rest = shot(13, 20, speed=0.5), shot(13, 20, speed=0.5, start=10 + 10 * speed)
    assert cuts(still + shot(13, 10, speed=speed, start=10) + rest) == []


def test_lost_frames_are_no_cut():
    clip = shot(14, 60, speed=3.0)
    clip[25:29] = [clip[24]] * 4
    assert cuts(clip) == []


def test_a_night_scene_is_no_fade():
    night = [(f * 0.06).astype(np.uint8) for f in shot(15, 40)]
    night = [cv2.circle(f, (40, 40), 20, (250, 220, 180), -1) for f in night]
    assert cuts(night) == []


def test_still_pictures():
    one, other = shot(16, 1)[0], shot(17, 1)[0]
    assert cuts([one] * 30) == []
    assert cuts([one] * 15 + [other] * 15) == [16]


@pytest.mark.parametrize("length", [0, 1, 2])
def test_clips_too_short_for_a_cut(length):
    assert cuts((shot(18, 1) + shot(19, 1))[:length]) == []


def test_a_shot_lasts_its_least():
    clip = shot(20, 30) + shot(21, 12) + shot(22, 30)
    assert cuts(clip) == [31, 43]
    assert len(cuts(clip, least=15)) == 1
    assert cuts(shot(20, 5) + shot(21, 30)) == []


def test_memory_does_not_grow():
    finder = CutFinder()
    frames = shot(23, 12) + shot(24, 12)
    for number in range(240):
        finder.push(number, frames[number % 24])
    assert len(finder._pictures) == 4 * REACH and not finder._pending
    assert len(finder.detector._buffer) < 10
    assert finder.finish() == list(range(12, 240, 12))
