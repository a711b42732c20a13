# SPDX-License-Identifier: GPL-3.0-or-later
"""The classes of the semantic head, in order, and the renderer's label values brought to them."""

import cv2
import numpy as np

CLASSES = (
    "sky",
    "ground",
    "wall or building",
    "ceiling",
    "furniture or object",
    "vehicle",
    "vegetation",
    "person",
)
"""Names of the class indices 0..7; ground is also floor, road and water."""

IGNORE = 255
"""The class index of a pixel whose class nobody knows."""

_FROM_RENDER = np.full(256, IGNORE, np.uint8)
# A rendered frame's label is 0 where nothing is said, then 1..8 in the order of CLASSES.
_FROM_RENDER[1 : len(CLASSES) + 1] = np.arange(len(CLASSES))


def classes_of_render(labels: np.ndarray) -> np.ndarray:
    """uint8 label values of a rendered frame (any shape) to class indices; others to IGNORE."""
    return _FROM_RENDER[labels]


def likeliest_classes(logits: np.ndarray, height: int, width: int) -> np.ndarray:
    """The class index (height, width), uint8, from float32 logits (C, h, w), enlarged bilinearly.

    Classes are decided after enlarging, so that their borders are smooth.
    """
    # A map at a time: a third of the time of an argmax over the last axis.
    best = cv2.resize(np.ascontiguousarray(logits[0]), (width, height))
    classes = np.zeros((height, width), np.uint8)
    for index in range(1, len(logits)):
        one = cv2.resize(np.ascontiguousarray(logits[index]), (width, height))
        np.putmask(classes, one > best, index)
        np.maximum(best, one, out=best)
    return classes
