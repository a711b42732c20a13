# SPDX-License-Identifier: GPL-3.0-or-later
"""One protocol for every depth model: frames in, inverse depth and its uncertainty out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

MULTIPLE = 32
"""Sides of the pictures that the network sees are multiples of this."""


@dataclass(frozen=True)
class DepthEstimate:
    """What a model says about one picture, at a size of its own choosing.

    Attributes:
        inverse_depth: float32 (h, w), >= 0, larger = nearer, in the model's own relative unit, or
            in 1/metre from a model whose ``unit`` is "metres".
        uncertainty: float32 (h, w), >= 0: the expected absolute error of ``inverse_depth``, in
            the same unit; None from a model that doesn't tell.
        labels: uint8 (h, w), index into `labels.CLASSES` per pixel; None from a model that
            doesn't tell.
    """

    inverse_depth: np.ndarray
    uncertainty: np.ndarray | None = None
    labels: np.ndarray | None = None


class DepthModel(Protocol):
    """A model that estimates depth, one picture at a time or a window of consecutive frames.

    Attributes:
        name: what the project's manifest records.
        sha256: hex digest of everything the answers depend on (weights, settings).
        unit: "relative", or "metres": then ``inverse_depth`` is in 1/metre and must not be scaled.
        size: preferred size in pixels, of the longer side or of that which its settings name; None
            where its input is fixed.
        window: how many frames it looks at together; 1: each by itself.
        context: places in a window whose frames begin the next one, so that both can be brought
            to one scale (docs/models.md); empty where ``window`` is 1.
        streams: how many threads may call ``infer`` at once, and should where speed counts.
    """

    name: str
    sha256: str
    unit: str
    size: int | None
    window: int
    context: tuple[int, ...]
    streams: int

    def infer(self, rgb: np.ndarray) -> DepthEstimate:
        """Estimate from upright RGB (H, W, 3), uint8, or uint16 over its full range; any size.

        The same picture gives the same bits on the same machine, whatever came before it.
        Raises SecondEyeError, naming the model, where it answers with NaN or memory is short.
        """
        ...

    def infer_frames(self, frames: Sequence[np.ndarray]) -> list[DepthEstimate]:
        """One estimate for each of 1..``window`` consecutive frames, each as `infer` takes them.

        Nothing is remembered between two calls. ``infer(rgb)`` is ``infer_frames([rgb])[0]``.
        """
        ...


def network_size(height: int, width: int, size: int, multiple: int = MULTIPLE) -> tuple[int, int]:
    """(height, width) for the network: the picture's aspect, the longer side about ``size``.

    Both sides are rounded to multiples and never below one.
    """
    factor = size / max(height, width)
    h, w = (max(round(side * factor / multiple), 1) * multiple for side in (height, width))
    return h, w


def resize_picture(rgb: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize RGB (H, W, 3) without aliasing: the mean over areas down, bicubic up.

    Returns float32 (height, width, 3) in 0..1. A picture that shrinks along one side and grows
    along the other is done one side at a time.
    """
    full = 65535.0 if rgb.dtype == np.uint16 else 255.0
    picture = np.ascontiguousarray(rgb)
    shrunk = min(height, rgb.shape[0]), min(width, rgb.shape[1])
    if shrunk != picture.shape[:2]:
        picture = cv2.resize(picture, shrunk[::-1], interpolation=cv2.INTER_AREA)
    values: np.ndarray = picture.astype(np.float32) / np.float32(full)
    if shrunk != (height, width):
        values = cv2.resize(values, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(values, 0, 1)


def upsample_to(estimate: DepthEstimate, height: int, width: int) -> DepthEstimate:
    """The estimate at another size, for the project's depth files: bilinear, area when smaller.

    Labels are taken from the nearest pixel.
    """

    def resize(values: np.ndarray) -> np.ndarray:
        smaller = height < values.shape[0] and width < values.shape[1]
        how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        return cv2.resize(values, (width, height), interpolation=how)

    labels = estimate.labels
    if labels is not None:
        labels = cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    uncertainty = estimate.uncertainty
    if uncertainty is not None:
        uncertainty = resize(uncertainty)
    return DepthEstimate(resize(estimate.inverse_depth), uncertainty, labels)
