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
_DOWN = 0.5  # steps that a steep face goes on down behind a pixel
_HEIGHTS = 12  # of steps, that tell apart which of them open behind a pixel
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
        bare: bool, neither hiding anything nor front of the nearest step, though it may hide
            something behind a farther one: what a filling may look at, where it stands no nearer
            than the background in question.
        sharp: float32, the inverse depth with its soft edges made steps.
        steep: bool, amid a face that recedes as fast as a step: farther on one side, nearer on
            the other. It is seen itself, and nothing mixed of what is beside it.
    """

    wanted: np.ndarray
    unseen: np.ndarray
    nearness: np.ndarray
    distance: np.ndarray
    front: np.ndarray
    bare: np.ndarray
    sharp: np.ndarray
    steep: np.ndarray


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
        return Band(
            nothing, nothing.copy(), depth, far, nothing.copy(), ~nothing, depth, nothing.copy()
        )
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
        reaches = told[0] <= _wide(sharp, told[1], reach)
        ours = reaches & (told[2] >= np.float32(_LARGER) * step)
        distance, behind, step = (
            np.where(ours, new, old)
            for new, old in zip(told, (distance, behind, step), strict=True)
        )
        least *= _LARGER
    # Nor does one that opens nothing here, like that of a thing before this one, keep another from
    # opening: the strip of a thing that shows beside a nearer one hides what is behind both.
    front, wanted, unseen = _masks(sharp, distance, behind, step, reach)
    bare = ~unseen & ~front
    steep = rim & (sharp - low > _DOWN * STEP)
    told = _nearest_opening(rim, low, height, sharp)
    ours = (told[0] <= _wide(sharp, told[1], reach)) & ~wanted & ~steep
    distance, behind, step = (
        np.where(ours, new, old) for new, old in zip(told, (distance, behind, step), strict=True)
    )
    front, wanted, unseen = _masks(sharp, distance, behind, step, reach)
    unit = np.float32(max(gain, 1e-6))
    return Band(wanted, unseen, behind / unit, distance, front, bare, sharp / unit, steep)


def _masks(
    sharp: np.ndarray, distance: np.ndarray, behind: np.ndarray, step: np.ndarray, reach: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`Band.front`, `Band.wanted` and `Band.unseen` of a choice of steps."""
    width = sharp.shape[1]
    front = sharp - behind > _needed(step)
    wanted = front & (distance <= _wide(sharp, behind, reach))
    wanted |= distance <= max(1.0, width * _SOFT)
    deeper = np.minimum(_DEEPER * step + _DEEPER_SLACK, width * _UNSEEN)
    unseen = wanted | (front & (distance <= np.minimum(sharp - behind, reach) + deeper))
    return front, wanted, unseen


def _wide(sharp: np.ndarray, behind: np.ndarray, reach: float) -> np.ndarray:
    """Pixels from a step within which a pixel hides what a move uncovers."""
    return np.minimum(sharp - behind + np.float32(SLACK), np.float32(reach))


def _needed(step: np.ndarray) -> np.ndarray:
    """How much nearer than the background a pixel has to be, to be the foreground of a step."""
    return np.maximum(np.float32(_OF_STEP) * step, np.float32(STEP))


def _nearest_opening(
    rim: np.ndarray, low: np.ndarray, height: np.ndarray, sharp: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `_nearest`, of the steps before whose background a pixel stands; infinitely far where
    there is none. `_HEIGHTS` nearnesses tell the steps apart: those of a pixel's own bin are not
    asked."""
    distance = np.full(sharp.shape, np.inf, np.float32)
    behind, step = sharp.copy(), np.zeros_like(sharp)
    opened_from = low + _needed(height)
    levels = np.unique(np.quantile(opened_from[rim], np.linspace(0.0, 1.0, _HEIGHTS)))
    for level, following in zip(levels, [*levels[1:], np.inf], strict=True):
        ours = (sharp > level) & (sharp <= following)
        if ours.any():
            told = _nearest(rim & (opened_from <= level), low, height)
            for mine, found in zip((distance, behind, step), told, strict=True):
                np.copyto(mine, found, where=ours)
    return distance, behind, step


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
