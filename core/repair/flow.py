# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things were in the frame before, and how far that is to be trusted.

Optical flow is DIS (T. Kroeger et al., "Fast optical flow using dense inverse search", ECCV 2016),
in both directions, at a small size whatever the frames' own. Its bits don't depend on the number of
threads (DIS cuts its search into a fixed number of stripes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

LONGEST_SIDE = 144
SHORTEST_SIDE = 24  # DIS needs a few patches a side; smaller pictures are enlarged
FINEST_SCALE = 1  # the flow is computed down to half the small size
REFINEMENTS = 3  # variational ones, of each scale; the preset has 5

# Flow there and back that misses by this many pixels of the small size has a trust of 1/e.
CLOSED = 0.7
CLOSED_SHARE = 0.05  # more is forgiven where things move far: this share of the way
# Grey levels: what noise and compression change; and so many pixels' worth of the local gradient.
NOISE = 5.0
MISPLACED = 0.5
WINDOW = 5  # pixels of the small size over which pictures are compared
BLANK = 2.0  # grey levels of standard deviation below which a picture shows nothing
# Trusted share of a picture below which the flow as a whole has failed: a cut, a whip pan, a flash.
LEAST_TRUST = 0.2


@dataclass(frozen=True)
class Link:
    """Two consecutive frames of one shot, at the small size (h, w).

    Attributes:
        forth: float32 (h, w, 2), pixels of the small size, from the frame before to this one.
        back: the same, from this frame to the one before.
        forth_closed, forth_alike: float32 (h, w) in 0..1 on the frame before: 1 where going there
            and back ends where it began, and where both pictures look alike.
        back_closed, back_alike: the same on this frame.
        broken: nothing in one frame can be found in the other.
        held: this picture is blank, so that where things are is taken over from the one before.
    """

    forth: np.ndarray
    back: np.ndarray
    forth_closed: np.ndarray
    forth_alike: np.ndarray
    back_closed: np.ndarray
    back_alike: np.ndarray
    broken: bool
    held: bool = False

    @property
    def ahead(self) -> np.ndarray:
        """float32 (h, w, 4) on the frame before: the flow to this one, and both its trusts."""
        return cv2.merge([self.forth, self.forth_closed, self.forth_alike])


def small_grey(rgb: np.ndarray) -> np.ndarray:
    """The picture that flow is computed on: uint8 (h, w) of rgb uint8 (H, W, 3)."""
    height, width = rgb.shape[:2]
    size = small_size(height, width)
    return resized(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), size)


def resized(values: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """``values`` (H, W) or (H, W, k) at ``size`` (h, w): halved as often as may be, by means of
    2x2, the rest bilinear. A quarter of the time of means over parts of pixels."""
    height, width = values.shape[:2]
    while height >= 2 * size[0] and width >= 2 * size[1]:
        height, width = height // 2, width // 2
        values = cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA)
    if (height, width) != tuple(size):
        values = cv2.resize(values, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return values


def small_size(height: int, width: int) -> tuple[int, int]:
    """(height, width) at which the flow of frames of this size is computed."""
    factor = min(1.0, LONGEST_SIDE / max(height, width))
    factor = max(factor, SHORTEST_SIDE / min(height, width))
    return max(round(height * factor), 1), max(round(width * factor), 1)


def link(before: np.ndarray, now: np.ndarray) -> Link:
    """How two pictures of `small_grey` hang together."""
    blank_before, blank_now = is_blank(before), is_blank(now)
    if blank_before or blank_now:
        return _blank_link(before, now, blank_before, blank_now)
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    dis.setFinestScale(FINEST_SCALE)
    dis.setVariationalRefinementIterations(REFINEMENTS)
    forth = dis.calc(before, now, None)  # type: ignore[call-overload]
    back = dis.calc(now, before, None)  # type: ignore[call-overload]
    forth_closed, back_closed = closed(forth, back), closed(back, forth)
    grey_before, grey_now = before.astype(np.float32), now.astype(np.float32)
    forth_alike = alike(grey_before, grey_now, forth, forth_closed)
    back_alike = alike(grey_now, grey_before, back, back_closed)
    trusted = float((back_closed * back_alike).mean())
    trusted_forth = float((forth_closed * forth_alike).mean())
    return Link(
        forth,
        back,
        forth_closed,
        forth_alike,
        back_closed,
        back_alike,
        broken=min(trusted, trusted_forth) < LEAST_TRUST,
    )


def is_blank(grey: np.ndarray) -> bool:
    """Whether a picture shows nothing: black, white, one colour."""
    return float(grey.std()) < BLANK


def closed(flow: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Trust float32 (h, w) in 0..1: whether going along ``flow`` and ``back`` ends at the start.

    The forward-backward check of N. Sundaram et al., "Dense point trajectories by GPU-accelerated
    large displacement optical flow" (ECCV 2010), as a soft mask; 0 for what leaves the picture.
    """
    columns, rows = places(flow)
    returned: np.ndarray = cv2.remap(
        back, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    missed = flow + returned
    missed *= missed
    error = missed[..., 0] + missed[..., 1]
    length = flow[..., 0] ** 2 + flow[..., 1] ** 2
    length *= CLOSED_SHARE**2
    length += CLOSED**2
    error /= length
    trust = np.exp(-error)
    height, width = trust.shape
    outside = (columns < 0) | (columns > width - 1) | (rows < 0) | (rows > height - 1)
    trust[outside] = 0.0
    return trust


def alike(grey: np.ndarray, other: np.ndarray, flow: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Trust float32 (h, w) in 0..1: whether ``other``, carried here along ``flow``, looks like
    ``grey`` (both float32), after a change of exposure common to the whole picture."""
    carried = look_up(other, flow)
    gain, offset = _exposure(grey, carried, weight)
    carried *= gain
    carried += offset
    carried -= grey
    carried *= carried
    across: np.ndarray = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down: np.ndarray = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    across *= across
    down *= down
    across += down
    across *= MISPLACED**2
    across += NOISE**2
    # Of a neighbourhood: pixel by pixel the grain of the picture would be printed into depth.
    misses: np.ndarray = cv2.blur(carried, (WINDOW, WINDOW))
    misses /= cv2.blur(across, (WINDOW, WINDOW))
    misses -= 1.0  # what noise and misplacement explain
    np.maximum(misses, 0.0, out=misses)
    misses *= -0.5
    result: np.ndarray = np.exp(misses)
    return result


def _exposure(grey: np.ndarray, carried: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """(gain, offset) that bring ``carried`` to the brightness and contrast of ``grey``."""
    total = float(weight.sum())
    if total < 0.05 * weight.size:
        return 1.0, 0.0
    means = [float((weight * v).sum()) / total for v in (grey, carried)]
    spread = [
        float(np.sqrt((weight * np.square(v - m)).sum() / total))
        for v, m in zip((grey, carried), means, strict=True)
    ]
    gain = float(np.clip((spread[0] + 1.0) / (spread[1] + 1.0), 0.5, 2.0))
    return gain, means[0] - gain * means[1]


def _blank_link(before: np.ndarray, now: np.ndarray, was: bool, held: bool) -> Link:
    """Of a blank picture there is no flow. A blank frame takes over what was there before it; what
    comes after one has nothing to lean on. Two blank ones of one brightness may be a dim shot: they
    are taken for still, and each has its say, or depth would freeze."""
    still = np.zeros((*now.shape, 2), np.float32)
    nothing, full = np.zeros(now.shape, np.float32), np.ones(now.shape, np.float32)
    same = was and held and abs(float(now.mean()) - float(before.mean())) < NOISE
    forth = full if same else nothing
    return Link(still, still, forth, forth, full, full, broken=not held, held=held and not same)


def along(first: Sequence[np.ndarray], onward: np.ndarray) -> list[np.ndarray]:
    """The planes (h, w) of one `Link.ahead` after another: where both steps end, and the trust."""
    across, down, closed, alike = cv2.split(_fetch(onward, first[0], first[1]))
    return [first[0] + across, first[1] + down, first[2] * closed, first[3] * alike]


def look_up(values: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """``values`` (h, w) or (h, w, k) of the small size, carried along ``flow``; edges repeat."""
    return _fetch(values, flow[..., 0], flow[..., 1])


def fetch(values: np.ndarray, way: Sequence[np.ndarray]) -> np.ndarray:
    """As `look_up`, along the planes of `along`."""
    return _fetch(values, way[0], way[1])


def _fetch(values: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    columns, rows = _grid(*across.shape)
    return cv2.remap(
        values, columns + across, rows + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def carry(values: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """``values`` float32 (H, W) or (H, W, k) of full size, carried along a flow of the small size
    that says, for each pixel of the result, where its value lies; edges are repeated outside."""
    height, width = values.shape[:2]
    small = flow.shape[:2]
    maps = []
    for axis, (full, less) in enumerate(((width, small[1]), (height, small[0]))):
        part = np.ascontiguousarray(flow[..., axis])
        place: np.ndarray = cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)
        if place is part:
            place = part.copy()
        place *= full / less
        steps = np.arange(full, dtype=np.float32)
        place += steps[None, :] if axis == 0 else steps[:, None]
        maps.append(place)
    return cv2.remap(values, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def places(flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(columns, rows) float32 (h, w) at which a flow ends."""
    columns, rows = _grid(*flow.shape[:2])
    return columns + flow[..., 0], rows + flow[..., 1]


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    return columns, rows
