# SPDX-License-Identifier: GPL-3.0-or-later
"""Anaglyphs against what their authors published."""

import numpy as np
import pytest

from core.delivery.anaglyph import CODED, DUBOIS_LEFT, DUBOIS_RIGHT, coded, dubois

# Sanders and McAllister (2003): XYZ of a CRT's primaries, as columns, without glasses and seen
# through the left (red) and the right (cyan) filter.
SCREEN = [[11.6638, 8.3959, 4.65843], [7.10807, 16.6845, 2.45008], [0.527874, 3.79124, 24.0604]]
LEFT = [
    [5.42327, 0.807004, 0.047325],
    [2.70972, 0.50201, 0.0250529],
    [0.0000550941, 0.000411221, 0.00240686],
]
RIGHT = [[0.180431, 1.6395, 2.00309], [0.448214, 6.31551, 1.35757], [0.289201, 2.3925, 11.062]]


def test_dubois_matrices_follow_from_the_measured_spectra():
    """The screen colour that both eyes see, through their filters, nearest to what they would see
    of their own pictures without any; white stays white."""
    seen = np.vstack([LEFT, RIGHT])
    wanted = np.kron(np.eye(2), SCREEN)
    mix, *_ = np.linalg.lstsq(seen, wanted, rcond=None)
    mix /= mix.sum(axis=1, keepdims=True)
    assert np.abs(np.hstack([DUBOIS_LEFT, DUBOIS_RIGHT]) - mix).max() < 0.0006


@pytest.mark.parametrize(
    ("method", "wanted"),
    [  # of the eyes (200, 100, 50) and (40, 80, 120), by Wimmer's formulas
        ("true", (124.2, 0, 72.6)),
        ("grey", (124.2, 72.6, 72.6)),
        ("colour", (200, 80, 120)),
        ("half-colour", (124.2, 80, 120)),
        ("optimised", (255 * (85 / 255) ** (1 / 1.5), 80, 120)),
    ],
)
def test_coded_methods_follow_their_formulas(method, wanted):
    left, right = (np.full((2, 2, 3), v, np.uint8) for v in ((200, 100, 50), (40, 80, 120)))
    assert np.abs(coded(method, left, right)[0, 0] - np.array(wanted)).max() <= 0.5
    deep = coded(method, left.astype(np.uint16) * 257, right.astype(np.uint16) * 257)
    assert np.abs(deep[0, 0] / 257 - np.array(wanted)).max() <= 0.01


def test_grey_stays_grey_and_the_eyes_are_parted():
    grey = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    for deep in (False, True):
        eye = grey.astype(np.uint16) * 257 if deep else grey
        step = 257 if deep else 1
        for method in CODED:
            mixed = coded(method, eye, eye).astype(int)
            kept = {"true": [0, 2], "optimised": [1, 2]}.get(method, [0, 1, 2])
            assert np.abs(mixed - eye)[..., kept].max() <= step
        assert np.abs(dubois(eye, eye).astype(int) - eye).max() <= 2 * step
    left, right = np.full((1, 1, 3), 200, np.uint8), np.zeros((1, 1, 3), np.uint8)
    for method in CODED:
        red = 217 if method == "optimised" else 200
        assert coded(method, left, right)[0, 0].tolist() == [red, 0, 0]
        assert coded(method, right, left)[0, 0, 0] == 0
