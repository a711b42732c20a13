# SPDX-License-Identifier: GPL-3.0-or-later
"""The semantic branch: what the classes of a frame say of its depth."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np

from ..depth.labels import CLASSES
from .arrays import at_least, percentiles
from .flow import resized
from .frame import Candidate, Frame
from .planes import coordinates
from .priors import SKY, Prior, frame_prior

NAME = "semantic"
WORKING_PIXELS = 4_000
"""Priors are fitted at about this many pixels, less than a fifth of 256x448 each way."""
EDGE = 2.0
"""Working pixels from a label edge at which a prior is believed by half; within half of them, not
at all: the labels of real footage are rough."""

BEYOND = 4.0  # times the squared distance beyond the estimate's variance that a prior is doubted
STEP = 4.0
"""Times the squared change, over two working pixels, of what a prior would take off: where the
estimate has a step of its own inside a region, the plane is not to wipe it out. Noise and bumps
change slowly beside that."""


class Judges(Protocol):
    """A network that judges priors: see `semantic_network.SemanticNetwork`."""

    def offsets(self, told: Told) -> np.ndarray:
        """float32 (h, w) at the working size: what is added to the prior's log variance."""
        ...


class Told:
    """A frame at the working size with its prior, as a network sees them.

    Attributes:
        rgb: uint8 (h, w, 3). labels: uint8 (h, w). span: the frame's range.
        inverse_depth, variance: float32 (h, w), the estimate's.
        prior, prior_variance: float32 (h, w), in the same unit; variance infinite = silent.
        residual: float32 (h, w), of each region's fit. trust: float32 (h, w), 0 at label edges.
    """

    def __init__(self, frame: Frame, labels: np.ndarray) -> None:
        size = working_size(*labels.shape)
        self.rgb = resized(frame.rgb, size)
        self.labels = np.minimum(_nearest(labels, size), np.uint8(len(CLASSES)))
        self.inverse_depth = resized(frame.inverse_depth, size)
        self.variance = resized(frame.variance, size)
        low, high = percentiles(self.inverse_depth, 2, 98)
        self.span = float(max(high - low, 0.05 * abs(high), 1e-6))
        self.pieces: Prior = frame_prior(self.inverse_depth, self.variance, self.labels, self.span)
        self.trust = label_trust(self.labels)
        self.residual = self.pieces.residual[self.pieces.regions]
        self.prior = evaluate(self.pieces, self.inverse_depth)
        # What lies farther from its prior than the estimate is unsure is another thing: a picture
        # frame, a bay, a wrong label. But whatever seems to be in the sky, is sky.
        apart = self.prior - self.inverse_depth
        doubt = BEYOND * np.maximum(np.square(apart) - self.variance, 0.0) + STEP * changes(apart)
        doubt *= self.labels != SKY
        variance = self.pieces.variance[self.pieces.regions] + doubt
        self.prior_variance = doubted(variance, self.trust)


class SemanticBranch:
    """Priors by class; thread-safe, and the same frame gives the same bits.

    ``network`` judges how far each prior is to be believed, None goes by the fits alone.
    """

    def __init__(self, network: Judges | None) -> None:
        self._network = network

    def __call__(self, frame: Frame) -> Candidate | None:
        """The candidate "semantic"; None for a frame without labels, or where no class speaks."""
        if frame.labels is None or min(frame.labels.shape) < 8:
            return None
        told = Told(frame, frame.labels)
        pieces = told.pieces
        if len(pieces.variance) == 1:
            return None
        height, width = frame.labels.shape
        variance = np.minimum(told.prior_variance, np.float32(1e30))
        if self._network is not None:
            variance *= np.exp(self._network.offsets(told))
        # Precision is what may be enlarged: it falls to 0 where the prior falls silent.
        precision = cv2.resize(1.0 / np.maximum(variance, 1e-30), (width, height))
        cv2.threshold(precision, 1e-20, 0.0, cv2.THRESH_TOZERO, dst=precision)
        # Rough labels end at the picture's own labels: no prior across them.
        classes = _nearest(_class_of(pieces, told.labels)[pieces.regions], frame.labels.shape)
        np.multiply(precision, classes == frame.labels, out=precision)
        with np.errstate(divide="ignore"):
            spread = np.divide(np.float32(1.0), precision, out=precision)
        return Candidate(NAME, evaluate(pieces, frame.inverse_depth), spread)


def working_size(height: int, width: int) -> tuple[int, int]:
    """(height, width) at which priors are fitted: even where they are reduced, since the network
    begins by halving them."""
    factor = min(1.0, (WORKING_PIXELS / (height * width)) ** 0.5)
    if factor == 1.0:
        return height, width
    return max(2 * round(height * factor / 2), 8), max(2 * round(width * factor / 2), 8)


def evaluate(pieces: Prior, inverse_depth: np.ndarray) -> np.ndarray:
    """Float32 (h, w) >= 0: the prior's inverse depth; the estimate's own where it is silent.

    ``inverse_depth`` is of any size; the pieces are enlarged to it.
    """
    height, width = inverse_depth.shape
    u, v = coordinates(height, width)
    a, b, c, added = (t[pieces.regions] for t in (*pieces.coefficients.T, pieces.added))
    value = _nearest(a, (height, width))
    value *= u
    # What depends on the row alone, at the small width.
    tall = height, a.shape[1]
    value += _nearest(_nearest(b, tall) * v + _nearest(c, tall), (height, width))
    if added.any():
        own = _nearest(added, (height, width))
        own *= inverse_depth
        value += own
    return at_least(value, 0.0)


def _nearest(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A copy at ``shape``."""
    return cv2.resize(values, shape[::-1], interpolation=cv2.INTER_NEAREST_EXACT)


def changes(values: np.ndarray) -> np.ndarray:
    """Float32 (h, w): the squared change of ``values`` float32 (h, w) over two pixels."""
    across = cv2.Sobel(values, cv2.CV_32F, 1, 0, ksize=3, scale=0.25)
    down = cv2.Sobel(values, cv2.CV_32F, 0, 1, ksize=3, scale=0.25)
    result: np.ndarray = np.square(across) + np.square(down)
    return result


def label_trust(labels: np.ndarray) -> np.ndarray:
    """Float32 (h, w) in 0..1: 0 beside a label edge, 1 well inside."""
    edge = np.zeros(labels.shape, np.uint8)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    away = cv2.distanceTransform(1 - edge, cv2.DIST_L2, 3)
    away = np.clip(away - 0.5 * EDGE, 0.0, 1e3)  # without any edge it is boundless
    trust: np.ndarray = away * away / (away * away + EDGE * EDGE)
    return trust.astype(np.float32)


def doubted(variance: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """A prior's variance where labels are trusted so far; infinite where they are not."""
    with np.errstate(divide="ignore"):
        result: np.ndarray = variance / np.square(trust)
    return result.astype(np.float32)


def _class_of(pieces: Prior, labels: np.ndarray) -> np.ndarray:
    """uint8 (n,): the class of each piece, that of any of its pixels; no class's for silence."""
    classes = np.full(len(pieces.variance), len(CLASSES) + 1, np.uint8)
    classes[pieces.regions.ravel()] = labels.ravel()
    classes[-1] = len(CLASSES) + 1
    return classes
