# SPDX-License-Identifier: GPL-3.0-or-later
"""What a shot's frames have in common for sampling: a few layers in place of all its pictures.

A pattern's interpolation is linear in the picture. So if every frame is added, with a random sign,
to one of K layers, the squared error that a pattern leaves on the layers is, in the mean, the one
that it leaves on the frames, summed over all of them; for any pattern, whatever it is. That is the
sketch of M. Charikar, K. Chen, M. Farach-Colton, "Finding frequent items in data streams" (2002),
taken over time. Its relative spread is sqrt(2 / K) for a single movement, and falls where many
frames differ; a shot of at most K frames is not sketched, but kept.
"""

from __future__ import annotations

import numpy as np

MEMORY = 512 << 20  # bytes that the layers may take
MOST = 12  # layers


class Aggregate:
    """Of a shot of ``frames`` pictures of normalised inverse depth, ``height`` x ``width``.

    ``layers``: float32 (height * width, K), scaled so that a squared error summed over the layers
    is the mean over the frames of the squared error.
    ``step``: float32 (2, height, width), the largest difference in any frame between a pixel and
    the one to its right, and the one below; 0 in the last column and row.
    """

    def __init__(self, width: int, height: int, frames: int) -> None:
        room = max(1, MEMORY // (4 * width * height))
        count = min(frames, MOST, room)
        self.width, self.height, self.frames, self.added = width, height, frames, 0
        self.layers = np.zeros((width * height, count), np.float32)
        self.step = np.zeros((2, height, width), np.float32)
        draw = np.random.default_rng(frames)
        self._layer = np.arange(frames) % count
        for start in range(0, frames, count):  # every layer gets its share of each stretch of time
            draw.shuffle(self._layer[start : start + count])
        self._sign = draw.choice(np.array([-1.0, 1.0], np.float32), frames) / np.sqrt(frames)

    def add(self, picture: np.ndarray) -> None:
        """The next frame, float32 (height, width) in 0..1."""
        layer, sign = self._layer[self.added], np.float32(self._sign[self.added])
        self.added += 1
        self.layers[:, layer] += sign * picture.ravel()
        for near, far, most in (
            (picture[:, :-1], picture[:, 1:], self.step[0, :, :-1]),
            (picture[:-1], picture[1:], self.step[1, :-1]),
        ):
            difference = far - near
            np.abs(difference, out=difference)
            np.maximum(most, difference, out=most)
