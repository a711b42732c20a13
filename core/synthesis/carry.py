# SPDX-License-Identifier: GPL-3.0-or-later
"""The background from frame to frame: what another frame shows of it, and what was filled there.

Hidden background moves with the background around it, not with what covers it. So flow (DIS, T.
Kroeger et al., "Fast optical flow using dense inverse search", ECCV 2016) is taken from the
visible background and spread under the foreground, and what lies at its end is trusted where the
flow goes there and back, and lies as deep as the background does here.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from .band import Band
from .spread import spread

LONGEST_SIDE = 480  # pixels at which flow is computed
_SHORTEST_SIDE = 24  # DIS needs a few patches a side
_PATCH = 10  # pixels of the flow's size: as far beside a foreground its motion is found
_CLOSED = 1.0  # pixels of missing the start by which trust falls to 1/e
_CLOSED_SHARE = 0.05  # of the way: so much more is forgiven where things move far
_AGE = 0.98  # what trust loses a frame
_DEPTH_SHARE = 0.5  # of the step: so far may what is found lie from the background here
_DEPTH_SLACK = 0.02  # of the shot's range


@dataclass(frozen=True)
class Memory:
    """What is known of a frame's background, visible or not (h, w).

    colour float32 (h, w, 3) in 0..255; depth float32, normalised; seen float32 in 0..1: how surely
    a frame shows it; sure float32 in 0..1: how surely it is right at all, seen or filled.
    """

    colour: np.ndarray
    depth: np.ndarray
    seen: np.ndarray
    sure: np.ndarray


@dataclass(frozen=True)
class Shown:
    """A frame: rgb uint8 (h, w, 3), normalised inverse depth float32 (h, w), and its band."""

    rgb: np.ndarray
    depth: np.ndarray
    band: Band


def memory_of(frame: Shown, hidden: Memory | None) -> Memory:
    """The frame's visible background, and ``hidden`` where foreground covers it."""
    unseen = frame.band.unseen
    visible = (~unseen).astype(np.float32)
    if hidden is None:
        return Memory(frame.rgb.astype(np.float32), frame.depth, visible, visible)
    return Memory(
        np.where(unseen[..., None], hidden.colour, frame.rgb).astype(np.float32),
        np.where(unseen, hidden.depth, frame.depth).astype(np.float32),
        np.where(unseen, hidden.seen, visible).astype(np.float32),
        np.where(unseen, hidden.sure, visible).astype(np.float32),
    )


def carried(memory: Memory, other: Shown, frame: Shown) -> Memory:
    """``memory`` of the frame ``other`` beside ``frame``, brought to where things are there."""
    flow, trust = background_flow(frame, other)
    height, width = trust.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    columns += flow[..., 0]
    rows += flow[..., 1]
    inside = (columns >= 0) & (columns <= width - 1) & (rows >= 0) & (rows <= height - 1)
    packed = np.dstack([memory.colour, memory.depth, memory.seen, memory.sure])
    # Weighed by what is known, so that what isn't doesn't bleed in between pixels.
    known = packed[..., 5:6] > 0
    found = cv2.remap(
        np.dstack([packed * known, known.astype(np.float32)]).reshape(height, width, 7)[..., :4],
        columns,
        rows,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    weights = cv2.remap(
        np.dstack([packed[..., 4:6] * known, known.astype(np.float32)]),
        columns,
        rows,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    share = np.maximum(weights[..., 2], np.float32(1e-6))
    colour, depth = found[..., :3] / share[..., None], found[..., 3] / share
    jump = np.maximum(frame.depth - frame.band.nearness, 0.0)
    apart = np.abs(depth - frame.band.nearness)
    as_deep = apart <= _DEPTH_SHARE * jump + _DEPTH_SLACK
    kept = trust * np.float32(_AGE) * (inside & as_deep & (weights[..., 2] > 0.5))
    return Memory(colour, depth, weights[..., 0] * kept, weights[..., 1] * kept)


def background_flow(frame: Shown, other: Shown) -> tuple[np.ndarray, np.ndarray]:
    """Flow float32 (h, w, 2) in pixels from ``frame`` to ``other`` of the background, spread under
    the foreground, and its trust float32 (h, w) in 0..1."""
    height, width = frame.depth.shape
    factor = min(1.0, LONGEST_SIDE / max(height, width))
    factor = max(factor, _SHORTEST_SIDE / min(height, width))
    size = max(round(width * factor), 1), max(round(height * factor), 1)
    here, there = (
        cv2.resize(cv2.cvtColor(f.rgb, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
        for f in (frame, other)
    )
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    dis.setFinestScale(1)
    forth = dis.calc(here, there, None)  # type: ignore[call-overload]
    back = dis.calc(there, here, None)  # type: ignore[call-overload]
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    returned = cv2.remap(
        back,
        columns + forth[..., 0],
        rows + forth[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    missed = np.square(forth + returned).sum(-1)
    allowed = _CLOSED**2 + _CLOSED_SHARE**2 * np.square(forth).sum(-1)
    closed = np.exp(-missed / allowed).astype(np.float32)
    visible = (~frame.band.unseen).astype(np.float32)
    share = cv2.resize(visible, size, interpolation=cv2.INTER_AREA)
    visible = (share > 0.99).astype(np.float32)
    # Beside a foreground that moves, the patches that flow is found by take the background along,
    # and what comes or goes there closes nowhere: what is spread comes from farther off.
    window = np.ones((2 * _PATCH + 1, 2 * _PATCH + 1), np.uint8)
    aloof = cv2.erode(visible, window)  # the picture's border takes nothing off
    weight = np.maximum(aloof * closed * closed, visible * np.float32(1e-4))
    trusted, flow = spread(closed, weight), spread(forth, weight)
    scale = np.array([width / size[0], height / size[1]], np.float32)
    full = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR) * scale
    trust = cv2.resize(trusted, (width, height), interpolation=cv2.INTER_LINEAR)
    return full, trust.clip(0.0, 1.0)
