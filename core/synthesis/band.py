# SPDX-License-Identifier: GPL-3.0-or-later
"""What the foreground hides and a moved eye would see: bands along the steps of inverse depth.

A step of j pixels of disparity opens a hole j pixels wide. So the band behind it reaches from the
step j pixels under the foreground, in every direction, since an eye may move in any.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from .edges import steepen

STEP = 1.5  # pixels of disparity from one pixel to the next that part two surfaces
SLACK = 2.0  # pixels more than the hole is wide: what resampling and the codec smear
_UNSEEN = 1.0 / 12.0  # of the picture width: how much more foreground the filling must not look at
_DEEPER = 1.5  # ... at most so many times what the step opens: where a thing meets the ground it
_DEEPER_SLACK = 3.0  # opens nothing, and the ground before it is background as well
_OF_STEP = 0.5  # of the nearest step: nearer than this is what made it, and no ground beside it
_LARGER = 4.0  # times the nearest step: as much larger a step decides where it reaches
_SOFT = 1.0 / 320.0  # of the picture width: how far a foreground's colour smears over the edge


@dataclass(frozen=True)
class Band:
    """Masks (h, w) of a picture.

    Attributes:
        wanted: bool, where a plate is needed: under the foreground, and under the soft rim of it.
        unseen: bool, ``wanted`` and the foreground beyond it, which the filling must not look at.
        nearness: float32, inverse depth of the background at the nearest step, or at a much larger
            one that reaches as far, in ``depth``'s unit.
        distance: float32, pixels to the background's side of that step.
        front: bool, nearer than that background, within reach of the step.
    """

    wanted: np.ndarray
    unseen: np.ndarray
    nearness: np.ndarray
    distance: np.ndarray
    front: np.ndarray


def find_band(depth: np.ndarray, gain: float, reach: float | None = None) -> Band:
    """The bands of inverse depth float32 (h, w) in 0..1 where 1 is nearest.

    ``gain``: pixels of disparity for 1 of ``depth``, of the largest move that is to be filled;
    ``reach``: no band is wider than this many pixels (None: a quarter of the picture's width).
    """
    depth = np.ascontiguousarray(depth, np.float32)
    width = depth.shape[1]
    reach = width / 4.0 if reach is None else reach
    pixels = depth * np.float32(max(gain, 1e-6))
    sharp, _ = steepen(pixels, depth)
    square = np.ones((3, 3), np.uint8)
    rim = cv2.dilate(sharp, square) - sharp > STEP
    if not rim.any():
        nothing = np.zeros(depth.shape, bool)
        far = np.full(depth.shape, np.inf, np.float32)
        return Band(nothing, nothing.copy(), depth, far, nothing.copy())
    wide = np.ones((5, 5), np.uint8)
    low = cv2.erode(sharp, square)
    height = cv2.dilate(sharp, wide) - low
    distance, behind, step = _nearest(rim, low, height)
    # A small step close by doesn't keep a large one from opening over it.
    least = STEP * _LARGER
    while True:
        large = rim & (height >= least)
        if not large.any():
            break
        told = _nearest(large, low, height)
        reaches = told[0] <= np.minimum(sharp - told[1] + np.float32(SLACK), np.float32(reach))
        ours = reaches & (told[2] >= np.float32(_LARGER) * step)
        distance, behind, step = (
            np.where(ours, new, old)
            for new, old in zip(told, (distance, behind, step), strict=True)
        )
        least *= _LARGER
    jump = sharp - behind
    front = jump > np.maximum(np.float32(_OF_STEP) * step, np.float32(STEP))
    soft = max(1.0, width * _SOFT)
    wanted = front & (distance <= np.minimum(jump + np.float32(SLACK), np.float32(reach)))
    wanted |= distance <= soft
    deeper = np.minimum(_DEEPER * step + _DEEPER_SLACK, width * _UNSEEN)
    unseen = wanted | (front & (distance <= np.minimum(jump, reach) + deeper))
    return Band(wanted, unseen, behind / np.float32(max(gain, 1e-6)), distance, front)


def _nearest(
    rim: np.ndarray, low: np.ndarray, height: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far the nearest pixel of ``rim`` is, and ``low`` and ``height`` there."""
    distance, label = cv2.distanceTransformWithLabels(
        (~rim).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    at_rim = np.zeros((int(label.max()) + 1, 2), np.float32)
    at_rim[label[rim]] = np.stack([low[rim], height[rim]], -1)
    return distance, at_rim[label, 0], at_rim[label, 1]
