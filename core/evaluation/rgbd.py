# SPDX-License-Identifier: GPL-3.0-or-later
"""How far an estimated inverse depth lies from measured distances: on arrays, one picture a call.

The protocol, in full. A pixel counts where the truth is finite, above 0 and at most ``farthest``.
*Aligned* (relative models): one scale and one shift per picture, by least squares between the
estimate and 1/truth over the pixels that count (R. Ranftl et al., "Towards robust monocular depth
estimation", TPAMI 2022). *Metric*: the estimate is taken as 1/metre and left alone. Then
depth = 1/max(inverse, 1e-8), clipped to ``NEAREST``..``farthest``. The measures are those of
D. Eigen et al., "Depth map prediction from a single image using a multi-scale deep network"
(NIPS 2014), log10 as in A. Saxena et al., "Make3D" (TPAMI 2009), each a mean over the pixels of
a picture; a set's score is the mean over its pictures.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from ..errors import SecondEyeError

NEAREST = 1e-3  # metres
FARTHEST = 80.0  # metres; the cap of the driving sets, far beyond what a 16-bit indoor map holds
METRICS = ("abs_rel", "rmse", "log10", "delta1", "delta2", "delta3")


@dataclass(frozen=True)
class Aligned:
    """An estimate brought to the truth's size and unit.

    Attributes:
        inverse: float64 (H, W), 1/metre; may be negative where the fit overshoots.
        valid: bool (H, W), the pixels that count.
        scale: of the fit; 1 for a metric model.
    """

    inverse: np.ndarray
    valid: np.ndarray
    scale: float

    def depth(self, farthest: float = FARTHEST) -> np.ndarray:
        """Float64 (H, W) in metres, within ``NEAREST``..``farthest``."""
        return np.clip(1.0 / np.maximum(self.inverse, 1e-8), NEAREST, farthest)


def score(
    inverse_depth: np.ndarray,
    depth: np.ndarray,
    *,
    metric: bool = False,
    counts: np.ndarray | None = None,
    farthest: float = FARTHEST,
) -> dict[str, float]:
    """The six METRICS of one picture: abs_rel, log10 and the deltas bare, rmse in metres.

    Arguments and errors as of `fit`.
    """
    fitted = fit(inverse_depth, depth, metric=metric, counts=counts, farthest=farthest)
    valid = fitted.valid
    return compare(fitted.depth(farthest)[valid], depth[valid].astype(np.float64))


def fit(
    inverse_depth: np.ndarray,
    depth: np.ndarray,
    *,
    metric: bool = False,
    counts: np.ndarray | None = None,
    farthest: float = FARTHEST,
) -> Aligned:
    """The estimate at the truth's size, in 1/metre.

    ``inverse_depth`` float (h, w), larger = nearer, any scale (1/metre if ``metric``), resized
    bilinearly to the truth's size; ``depth`` float (H, W) in metres, 0 or not finite = no value;
    ``counts`` bool (H, W) narrows the pixels (a crop). Raises SecondEyeError when fewer than two
    pixels have a value or the estimate is not finite there.
    """
    valid = valid_pixels(depth, farthest)
    if counts is not None:
        valid &= counts
    if valid.sum() < 2:
        raise SecondEyeError("The depth map has no value to score against; leave the picture out.")
    estimate = _resized(inverse_depth, depth.shape).astype(np.float64)
    if not np.isfinite(estimate[valid]).all():
        raise SecondEyeError("The model's inverse depth holds values that are not finite.")
    scale, shift = (1.0, 0.0) if metric else align(estimate[valid], 1.0 / depth[valid])
    return Aligned(scale * estimate + shift, valid, scale)


def compare(estimate: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """The six METRICS between two equally shaped arrays of depths in metres, all above 0."""
    ratio = np.maximum(estimate / truth, truth / estimate)
    difference = estimate - truth
    return {
        "abs_rel": float(np.mean(np.abs(difference) / truth)),
        "rmse": float(np.sqrt(np.mean(difference**2))),
        "log10": float(np.mean(np.abs(np.log10(estimate / truth)))),
        "delta1": float(np.mean(ratio < 1.25)),
        "delta2": float(np.mean(ratio < 1.25**2)),
        "delta3": float(np.mean(ratio < 1.25**3)),
    }


def align(estimate: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """(scale, shift) that bring ``estimate`` nearest to ``target`` in least squares (1-D each).

    A constant estimate gets scale 0 and the target's mean.
    """
    centre, target_centre = estimate.mean(), target.mean()
    variance = np.mean((estimate - centre) ** 2)
    if variance <= 1e-12 * max(centre**2, np.finfo(np.float64).tiny):
        return 0.0, float(target_centre)
    scale = np.mean((estimate - centre) * (target - target_centre)) / variance
    return float(scale), float(target_centre - scale * centre)


def valid_pixels(depth: np.ndarray, farthest: float = FARTHEST) -> np.ndarray:
    """Bool (H, W): where a depth map in metres holds a value between 0 and ``farthest``."""
    return np.isfinite(depth) & (depth > 0.0) & (depth <= farthest)


def vertical_ramp(height: int, width: int) -> np.ndarray:
    """The baseline any model must beat: inverse depth rising to the bottom; float32 (H, W)."""
    rows = np.linspace(0.0, 1.0, height, dtype=np.float32)
    return np.repeat(rows[:, None], width, axis=1)


def mean_scores(rows: Iterable[dict[str, float]]) -> dict[str, float]:
    """The mean over pictures of each of the METRICS; raises SecondEyeError without a row."""
    rows = list(rows)
    if not rows:
        raise SecondEyeError("No picture was scored, so there is no mean.")
    return {name: float(np.mean([row[name] for row in rows])) for name in METRICS}


def _resized(inverse_depth: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if inverse_depth.shape == shape:
        return inverse_depth
    picture = np.ascontiguousarray(inverse_depth, np.float32)
    return cv2.resize(picture, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
