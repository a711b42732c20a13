# SPDX-License-Identifier: GPL-3.0-or-later
"""The semantic branch: what the classes of a frame say of its depth."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np

from ..depth.labels import CLASSES
from .frame import Candidate, Frame
from .planes import coordinates
from .priors import SKY, Prior, frame_prior

NAME = "semantic"
WORKING_PIXELS = 7_200
"""Priors are fitted at about this many pixels, a quarter of 256x448 each way."""
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
        height, width = working_size(*labels.shape)
        self.rgb = cv2.resize(frame.rgb, (width, height), interpolation=cv2.INTER_AREA)
        self.labels = cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
        small = (width, height)
        self.inverse_depth = cv2.resize(frame.inverse_depth, small, interpolation=cv2.INTER_AREA)
        self.variance = cv2.resize(frame.variance, small, interpolation=cv2.INTER_AREA)
        low, high = np.percentile(self.inverse_depth, (2, 98))
        self.span = float(max(high - low, 0.05 * abs(high), 1e-6))
        self.pieces: Prior = frame_prior(self.inverse_depth, self.variance, self.labels, self.span)
        self.trust = label_trust(self.labels)
        self.residual = self.pieces.residual[self.pieces.regions]
        self.prior = evaluate(self.pieces, self.inverse_depth)
        # What lies farther from its prior than the estimate is unsure is another thing: a picture
        # frame, a bay, a wrong label. But whatever seems to be in the sky, is sky.
        apart = self.prior - self.inverse_depth
        doubt = BEYOND * np.maximum(np.square(apart) - self.variance, 0.0) + STEP * changes(apart)
        doubt[self.labels == SKY] = 0.0
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
        labels = np.where(frame.labels < len(CLASSES), frame.labels, len(CLASSES))
        labels = labels.astype(np.uint8)
        told = Told(frame, labels)
        pieces = told.pieces
        if len(pieces.variance) == 1:
            return None
        height, width = labels.shape
        variance = np.minimum(told.prior_variance, np.float32(1e30))
        if self._network is not None:
            variance = variance * np.exp(self._network.offsets(told))
        # Precision is what may be enlarged: it falls to 0 where the prior falls silent.
        precision = cv2.resize(1.0 / np.maximum(variance, 1e-30), (width, height))
        # Rough labels end at the picture's own labels: no prior across them.
        classes = _enlarged(_class_of(pieces, told.labels)[pieces.regions], labels.shape)
        precision[classes != labels] = 0.0
        precision[precision < 1e-20] = 0.0
        with np.errstate(divide="ignore"):
            spread = (1.0 / precision).astype(np.float32)
        depth = evaluate(pieces, frame.inverse_depth)
        return Candidate(NAME, depth, spread)


def working_size(height: int, width: int) -> tuple[int, int]:
    """(height, width) at which priors are fitted."""
    factor = min(1.0, (WORKING_PIXELS / (height * width)) ** 0.5)
    return max(round(height * factor), 8), max(round(width * factor), 8)


def evaluate(pieces: Prior, inverse_depth: np.ndarray) -> np.ndarray:
    """Float32 (h, w) >= 0: the prior's inverse depth; the estimate's own where it is silent.

    ``inverse_depth`` is of any size; the pieces are enlarged to it.
    """
    u, v = coordinates(*inverse_depth.shape)
    tables = (*pieces.coefficients.T, pieces.added)
    a, b, c, added = (_enlarged(t[pieces.regions], inverse_depth.shape) for t in tables)
    value: np.ndarray = a * u
    value += b * v
    value += c
    value += added * inverse_depth
    return np.maximum(value, 0.0, out=value)


def _enlarged(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
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
    """uint8 (n,): the class of each piece, that of any of its pixels."""
    classes = np.full(len(pieces.variance), 255, np.uint8)
    classes[pieces.regions.ravel()] = labels.ravel()
    classes[-1] = 255
    return classes
