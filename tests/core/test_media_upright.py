# SPDX-License-Identifier: GPL-3.0-or-later
"""Turned, mirrored and stretched movies: upright, with square pixels."""

from fractions import Fraction as F

import numpy as np
import pytest
from clips import make_movie, numbers_of

from core.media import open_clip

# Track header matrices (a b u c d v x y w): rotated clockwise by so many degrees, or mirrored.
ONE, UNIT = 65536, 1 << 30
MATRICES = {
    0: (ONE, 0, 0, 0, ONE, 0, 0, 0, UNIT),
    90: (0, ONE, 0, -ONE, 0, 0, 0, 0, UNIT),
    180: (-ONE, 0, 0, 0, -ONE, 0, 0, 0, UNIT),
    270: (0, -ONE, 0, ONE, 0, 0, 0, 0, UNIT),
    "mirrored": (-ONE, 0, 0, 0, ONE, 0, 0, 0, UNIT),
    "mirrored 90": (0, ONE, 0, ONE, 0, 0, 0, 0, UNIT),
}


@pytest.mark.parametrize("turn", MATRICES)
def test_frames_are_upright(turn, tmp_path):
    """The stored picture is turned back beforehand, so that it is upright when the matrix acts."""
    from clips import numbered_picture

    undo = {
        0: lambda p: p,
        90: lambda p: np.rot90(p),
        180: lambda p: np.rot90(p, 2),
        270: lambda p: np.rot90(p, 3),
        "mirrored": lambda p: p[:, ::-1],
        "mirrored 90": lambda p: p.transpose(1, 0, 2),
    }[turn]
    stored = [undo(numbered_picture(n, 96, 64)) for n in range(1, 6)]
    height, width = stored[0].shape[:2]
    path = make_movie(
        tmp_path / "a.mp4", size=(width, height), pictures=stored, display_matrix=MATRICES[turn]
    )
    clip = open_clip(path)
    assert (clip.info.width, clip.info.height) == (96, 64)
    frames = list(clip.frames())
    assert numbers_of(frames) == [1, 2, 3, 4, 5]
    assert frames[0][1].shape == (64, 96, 3)
    assert frames[0][1].flags.c_contiguous


@pytest.mark.parametrize(
    ("aspect", "size"),
    [(F(4, 3), (128, 64)), (F(3, 4), (96, 85)), (F(16, 11), (140, 64)), (F(1), (96, 64))],
)
def test_pixels_are_made_square(aspect, size, tmp_path):
    clip = open_clip(make_movie(tmp_path / "a.mp4", range(1, 4), aspect=aspect))
    assert (clip.info.width, clip.info.height) == size
    assert numbers_of(clip.frames()) == [1, 2, 3]
    assert any("square" in note for note in clip.info.notes) == (aspect != 1)


def test_rotation_comes_after_square_pixels(tmp_path):
    from clips import numbered_picture

    stored = [np.rot90(numbered_picture(n, 96, 64)) for n in (1, 2)]
    path = make_movie(
        tmp_path / "a.mp4",
        size=(64, 96),
        pictures=stored,
        display_matrix=MATRICES[90],
        aspect=F(2),
    )
    clip = open_clip(path)
    assert (clip.info.width, clip.info.height) == (96, 128)
    assert numbers_of(clip.frames()) == [1, 2]
