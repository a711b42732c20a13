# SPDX-License-Identifier: GPL-3.0-or-later
import cv2
import numpy as np
import pytest
from repair_clips import pan, texture

from core.repair.flow import along as go_on
from core.repair.flow import carry, link, look_up, small_grey, small_size


def greys(*pictures):
    return [small_grey(p) for p in pictures]


def shifted(picture, x, y):
    height, width = picture.shape[:2]
    return cv2.warpAffine(
        picture, np.float32([[1, 0, x], [0, 1, y]]), (width, height), borderMode=cv2.BORDER_REFLECT
    )


def test_flow_is_found_in_both_directions():
    picture = texture(1)
    tie = link(*greys(picture, shifted(picture, 3, 1)))
    inner = (slice(8, -8), slice(8, -8))
    np.testing.assert_allclose(np.median(tie.forth[inner], axis=(0, 1)), [3, 1], atol=0.1)
    np.testing.assert_allclose(np.median(tie.back[inner], axis=(0, 1)), [-3, -1], atol=0.1)
    assert (tie.back_closed * tie.back_alike)[inner].mean() > 0.85
    assert not tie.broken and not tie.held


def test_what_was_hidden_is_not_trusted():
    behind, front = texture(2), texture(3)
    pictures = []
    for x in (30, 40):
        picture = behind.copy()
        picture[20:50, x : x + 30] = front[20:50, 30:60]
        pictures.append(picture)
    tie = link(*greys(*pictures))
    trust = tie.back_closed * tie.back_alike
    uncovered, rest = trust[24:46, 32:38], trust[:, 80:]
    assert uncovered.mean() < 0.3 and rest.mean() > 0.9
    # Seen from the frame before, what is about to be covered is lost.
    assert (tie.forth_closed * tie.forth_alike)[24:46, 62:68].mean() < 0.4


@pytest.mark.parametrize("size", [(72, 96), (270, 480)])
def test_bits_do_not_depend_on_threads(size):
    picture = texture(4, *size)
    pair = greys(picture, shifted(picture, 5, -2))
    threads = cv2.getNumThreads()
    answers = []
    try:
        for count in (1, 2, 3):
            cv2.setNumThreads(count)
            answers.append(link(*pair))
    finally:
        cv2.setNumThreads(threads)
    for other in answers[1:]:
        for name in ("forth", "back", "forth_closed", "back_closed", "forth_alike", "back_alike"):
            np.testing.assert_array_equal(getattr(other, name), getattr(answers[0], name))


def test_another_picture_breaks_the_link_and_another_light_does_not():
    picture = texture(5)
    darker = (picture * 0.6).astype(np.uint8)
    assert link(*greys(picture, texture(6))).broken
    tie = link(*greys(picture, darker))
    assert not tie.broken and tie.back_alike.mean() > 0.8
    assert not link(*greys(picture, picture)).broken


def test_a_blank_picture_holds_what_was_there_and_gives_nothing_on():
    picture, black = texture(7), np.zeros((72, 96, 3), np.uint8)
    into, out = link(*greys(picture, black)), link(*greys(black, picture))
    assert into.held and not into.broken and not into.back.any() and into.back_closed.min() == 1
    assert out.broken
    assert into.forth_closed.max() == 0  # what comes after it can't be seen from before


def test_two_steps_make_one():
    made = pan(3, step=3.0)
    first, second = greys(*made.pictures[:2]), greys(*made.pictures[1:])
    ahead = cv2.split(link(*first).ahead)
    across, down, closed, alike = go_on(ahead, link(*second).ahead)
    inner = (slice(8, -8), slice(20, -8))
    assert np.median(across[inner]) == pytest.approx(-6, abs=0.2)
    assert np.median(down[inner]) == pytest.approx(0, abs=0.2)
    assert (closed * alike)[inner].mean() > 0.7


def test_full_size_is_carried_by_the_small_flow():
    values = np.random.default_rng(0).random((360, 640), np.float32)
    values = cv2.GaussianBlur(values, (0, 0), 3)
    height, width = small_size(360, 640)
    flow = np.zeros((height, width, 2), np.float32)
    flow[..., 0] = 4.0 * width / 640
    np.testing.assert_allclose(carry(values, flow)[:, :-4], values[:, 4:], atol=1e-6)
    flow[..., 0] = 0
    np.testing.assert_array_equal(carry(values, flow), values)
    np.testing.assert_array_equal(look_up(flow, flow), flow)


@pytest.mark.parametrize("size", [(1, 1), (2, 90), (720, 8), (2160, 3840)])
def test_any_size_has_a_flow(size):
    picture = np.zeros((*size, 3), np.uint8)
    picture[:, : max(size[1] // 2, 1)] = 200
    picture[: size[0] // 2] += 40
    height, width = small_size(*size)
    assert min(height, width) >= 24 and small_grey(picture).shape == (height, width)
    tie = link(*greys(picture, picture))
    assert np.isfinite(tie.back).all()
