# SPDX-License-Identifier: GPL-3.0-or-later
"""The spatial branch: one frame by itself, its depth made to agree with its picture."""

import cv2
import numpy as np
import torch

from ..depth.fold import channels_last, fold_norms
from .arrays import at_least, bounded, percentiles
from .confidence import nearest
from .frame import Candidate, Frame
from .frozen import Frozen
from .guided import EXPLAINED, enlarge, follow, guided_filter
from .spatial_network import STRIDE, SpatialNetwork

NAME = "spatial"
WORKING_PIXELS = 47_000
"""Larger frames are reduced to about this many pixels, so that time and memory stay bounded."""
LONGEST = 1024
BARELY = 1.6
"""Enlarged by less than this, depth that is interpolated is as sharp as what colour would tell."""
LOG_SCALES = (-7.0, 3.0)
STEP = 0.03
"""Part of the frame's range from which a difference between neighbours counts as an edge."""
RAMP = 3.0
"""Pixels of the working size to each side in which an estimate's step is looked for."""
SHARP = 0.6
"""Part of a step between neighbours two pixels apart, from which on it is sharp already."""
LEAST_SPAN = 0.15
"""Least range of a frame, as a share of its nearest inverse depth: a wall isn't blown up."""


class SpatialBranch:
    """A frame's depth by a trained network, or by a guided filter where that doesn't suit.

    The network corrects the estimates that it learnt to correct, those of Second Eye's own depth
    network, known by their labels. Frames without labels (models that users bring), and all frames
    where ``network`` is None, get the guided filter.

    Thread-safe; each call takes one thread, and the same frame gives the same bits.
    """

    def __init__(self, network: SpatialNetwork | None) -> None:
        self._network = None
        if network is not None:
            self._network = Frozen(channels_last(fold_norms(network)))

    def __call__(self, frame: Frame) -> Candidate:
        """The candidate "spatial", in the frame's unit, at the frame's size (1x1 to 4K).

        Its inverse depth is >= 0.
        """
        if self._network is None or frame.labels is None:
            return _by_guide(frame)
        if torch.get_num_threads() != 1:  # a number of the calling thread's own
            torch.set_num_threads(1)
        height, width = frame.inverse_depth.shape
        small = _reduced(frame)
        low, span = frame_range(small.inverse_depth)
        told = network_input(small, low, span)
        assert small.labels is not None
        with torch.inference_mode():
            # Channels last in memory is how numpy holds them: no copy is made.
            answered, log_scale = self._network(
                torch.from_numpy(told).permute(2, 0, 1)[None],
                torch.from_numpy(small.labels.copy())[None],
            )
            inverse_depth = answered[0, 0].mul_(float(span)).add_(float(low)).numpy()
            # The variance 2 b^2 of a Laplace distribution from its log scale.
            spread = log_scale[0, 0].clamp_(*LOG_SCALES).mul_(2.0).exp_()
            variance = spread.mul_(2.0 * float(span) ** 2).numpy()
        at_least(variance, (1e-3 * nearest(frame.inverse_depth)) ** 2)
        if inverse_depth.shape != (height, width):
            if max(height, width) <= BARELY * max(inverse_depth.shape):
                inverse_depth = _resized(inverse_depth, height, width)
            else:
                change = _resized(inverse_depth - small.inverse_depth, height, width)
                enlarged, edges = enlarge(inverse_depth, frame.rgb, float(STEP * span))
                inverse_depth = np.where(edges, enlarged, frame.inverse_depth + change)
            variance = _resized(variance, height, width)
        return Candidate(NAME, at_least(inverse_depth, 0.0), variance)


def _by_guide(frame: Frame) -> Candidate:
    """The guided filter's candidate.

    Its variance is the frame's, less where colour explains the depth around, and more by the
    mean squared error with which it explains it.
    """
    height, width = frame.inverse_depth.shape
    small = _reduced(frame)
    low, span = frame_range(small.inverse_depth)
    values = (small.inverse_depth - low) / span
    # Depth in the middle of a step belongs to neither side: both are told by what lies around.
    square = np.ones((3, 3), np.uint8)
    steep = (cv2.dilate(values, square) - cv2.erode(values, square)) / STEP
    weights = 1 / (small.variance * (1 + steep * steep))
    coefficients, residual, spread = guided_filter(small.rgb, values, weights)
    explained = 1 - residual / np.maximum(spread, 1e-4)
    explained = np.where(spread > 1e-4, explained, 0).astype(np.float32)
    variance = small.variance * (1 - EXPLAINED * explained) + residual * span**2
    followed = np.maximum(follow(frame.rgb, coefficients) * span + low, 0)
    variance = _resized(variance, height, width)
    # Only where the estimate is soft: texture isn't printed into surfaces, and a model that gives
    # sharp steps keeps them.
    part = _soft(frame.inverse_depth, width / small.inverse_depth.shape[1], float(span))
    inverse_depth = frame.inverse_depth + part * (followed - frame.inverse_depth)
    return Candidate(NAME, inverse_depth, frame.variance + part * (variance - frame.variance))


def _soft(inverse_depth: np.ndarray, factor: float, span: float) -> np.ndarray:
    """float32 (h, w) in 0..1: 1 where depth changes by a step, but gradually.

    ``factor``: pixels in one of the working size, a few of which are looked at together.
    """
    window = np.ones((2 * round(RAMP * factor) + 1,) * 2, np.uint8)
    near = np.ones((3, 3), np.uint8)
    change = cv2.dilate(inverse_depth, window) - cv2.erode(inverse_depth, window)
    finest = cv2.dilate(inverse_depth, near) - cv2.erode(inverse_depth, near)
    sharpest = cv2.dilate(finest, window)
    soft = (change > 2 * STEP * span) & (sharpest < SHARP * change)
    grown = cv2.dilate(soft.astype(np.float32), near)
    return cv2.blur(grown, window.shape[::-1])


def working_size(height: int, width: int) -> tuple[int, int]:
    """(height, width) at which the branch looks at a frame: its own, or about WORKING_PIXELS.

    Sides that are reduced become multiples of the network's stride where they are long enough.
    """
    factor = min(1.0, (WORKING_PIXELS / (height * width)) ** 0.5, LONGEST / max(height, width))
    if factor == 1.0:
        return height, width

    def side(length: int) -> int:
        strides = round(length * factor / STRIDE) * STRIDE
        return strides if 0 < strides <= length else max(round(length * factor), 1)

    return side(height), side(width)


def frame_range(inverse_depth: np.ndarray) -> tuple[np.float32, np.float32]:
    """(low, span) of a frame's inverse depth: its 2nd percentile and the range up to its 98th, at
    least LEAST_SPAN of the latter."""
    low, high = percentiles(inverse_depth[::2, ::2], 2, 98)
    span = max(high - low, LEAST_SPAN * high, 1e-6)
    return np.float32(low), np.float32(span)


def network_input(frame: Frame, low: np.float32, span: np.float32) -> np.ndarray:
    """What `SpatialNetwork` is told of a frame, float32 (h, w, 5); see there."""
    told = np.empty((*frame.inverse_depth.shape, 5), np.float32)
    # Whole maps first: what is strided takes several times as long to compute on.
    picture = np.multiply(frame.rgb, np.float32(1 / 255), dtype=np.float32)
    depth = frame.inverse_depth - low
    depth /= span
    # Its scale b of a Laplace distribution from its variance 2 b^2.
    log_scale = frame.variance * np.float32(0.5 / span**2)
    np.log(at_least(log_scale, 1e-20), out=log_scale)
    log_scale *= np.float32(0.5)
    bounded(log_scale, *LOG_SCALES)
    cv2.mixChannels([picture, depth, log_scale], [told], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    return told


def _reduced(frame: Frame) -> Frame:
    """The frame at its `working_size`."""
    h, w = frame.inverse_depth.shape
    height, width = working_size(h, w)
    if (height, width) == (h, w):
        return frame
    labels = frame.labels
    if labels is not None:
        labels = cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    # Up to a half, four neighbours leave no pixel out, for a fifth of the time of a mean.
    less = h <= 2 * height and w <= 2 * width
    how = cv2.INTER_LINEAR if less else cv2.INTER_AREA
    rgb, inverse_depth, variance = (
        cv2.resize(values, (width, height), interpolation=how)
        for values in (frame.rgb, frame.inverse_depth, frame.variance)
    )
    return Frame(rgb, inverse_depth, variance, labels)


def _resized(values: np.ndarray, height: int, width: int) -> np.ndarray:
    if values.shape == (height, width):
        return values
    return cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)
