# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames are shown: by rules on picture and truth, never by how good they look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.evaluation.layouts import Frame

WIDTH = 320  # pixels at which pictures are judged
THIN = 0.02  # of the picture's width
CLIPPED = 250

RULES = {
    "low texture": "least mean gradient of the grey picture",
    "strong light": f"largest share of pixels with all channels at {CLIPPED} or above",
    "thin structures": "largest share of pixels in true foreground structures narrower than "
    f"{THIN:.0%} of the picture's width",
}


@dataclass(frozen=True)
class Trait:
    """What the rules look at, of one frame; a missing truth has no thin structures."""

    gradient: float
    clipped: float
    thin: float


def trait(rgb: np.ndarray, inverse: np.ndarray) -> Trait:
    """``rgb`` uint8 (H, W, 3); ``inverse`` float (H, W) in 1/metre, 0 = none or sky."""
    height = round(WIDTH * rgb.shape[0] / rgb.shape[1])
    small = cv2.resize(rgb, (WIDTH, height), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *order) / 8 for order in ((1, 0), (0, 1)))
    return Trait(
        gradient=float(np.hypot(across, down).mean()),
        clipped=float((small.min(axis=2) >= CLIPPED).mean()),
        thin=_thin_share(inverse),
    )


def _thin_share(inverse: np.ndarray) -> float:
    """What an opening with a disc of the limit's width takes away, by a quarter at least."""
    height = round(WIDTH * inverse.shape[0] / inverse.shape[1])
    small = cv2.resize(inverse, (WIDTH, height), interpolation=cv2.INTER_NEAREST)
    filled = _filled(small.astype(np.float32))
    side = round(THIN * WIDTH) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    opened = cv2.morphologyEx(filled, cv2.MORPH_OPEN, disc)
    return float(((filled > 1.25 * opened) & (small > 0)).mean())


def _filled(inverse: np.ndarray) -> np.ndarray:
    """Holes of a measured map take their nearest value: no edge is made. Large ones stay 0."""
    holes = inverse <= 0
    if not holes.any() or holes.all():
        return inverse
    distance, nearest = cv2.distanceTransformWithLabels(
        holes.astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    values = np.zeros(nearest.max() + 1, np.float32)
    values[nearest[~holes]] = inverse[~holes]
    return np.where(distance < 0.1 * inverse.shape[1], values[nearest], 0).astype(np.float32)


def by_rule(rule: str, frames: Sequence[Frame], traits: Sequence[Trait], count: int) -> list[Frame]:
    """The first ``count`` frames by the rule, apart from each other; none that lack the trait."""
    keys: dict[str, Callable[[Trait], float]] = {
        "low texture": lambda t: t.gradient,
        "strong light": lambda t: -t.clipped,
        "thin structures": lambda t: -t.thin,
    }
    key = keys[rule]
    order = sorted(range(len(frames)), key=lambda i: (key(traits[i]), frames[i].name))
    return _apart(frames, [i for i in order if key(traits[i]) != 0.0], count)


def quartiles(frames: Sequence[Frame], errors: Sequence[float]) -> list[Frame]:
    """The frames at the lower quartile, the median and the upper quartile of an error."""
    order = sorted(range(len(frames)), key=lambda i: (errors[i], frames[i].name))
    at = sorted({round(part * (len(order) - 1)) for part in (0.25, 0.5, 0.75)})
    return [frames[order[i]] for i in at]


def worst(frames: Sequence[Frame], errors: Sequence[float], count: int) -> list[Frame]:
    """The frames of largest error, apart from each other."""
    order = sorted(range(len(frames)), key=lambda i: (-errors[i], frames[i].name))
    return _apart(frames, order, count)


def _apart(frames: Sequence[Frame], order: Sequence[int], count: int) -> list[Frame]:
    """The first of ``order``, one a scene (what stands before the last slash of a name); in a
    sequence without scenes, a tenth of it apart."""
    kept: list[int] = []
    for i in order:
        scene = frames[i].name.rpartition("/")[0]
        if scene:
            near = any(frames[k].name.rpartition("/")[0] == scene for k in kept)
        else:
            near = any(abs(k - i) < len(frames) / 10 for k in kept)
        if not near:
            kept.append(i)
        if len(kept) == count:
            break
    return [frames[i] for i in kept]
