# SPDX-License-Identifier: GPL-3.0-or-later
"""The background plate of a frame: what other frames show of it, then what the network fills in,
blended with what was filled in the frame before."""

import numpy as np

from .carry import Memory, Shown, carried, memory_of
from .guess import Fill

_FRESH = 0.3  # of how sure a fresh guess counts beside what is carried along
_SEEN = 0.1  # what is seen less surely than this isn't taken for seen


def look_back(frame: Shown, after: Shown | None, hidden_after: Memory | None) -> Memory:
    """What the frames after ``frame`` show of its hidden background. ``hidden_after``: the same of
    the frame ``after``; None for a shot's last frame."""
    if after is None:
        return nothing(frame)
    found = carried(memory_of(after, hidden_after), after, frame)
    return Memory(found.colour, found.depth, found.seen, found.seen)


def make_plate(
    frame: Shown,
    fill: Fill,
    before: Shown | None = None,
    plate_before: Memory | None = None,
    later: Memory | None = None,
) -> Memory:
    """The plate of ``frame``: meaningful where its band is wanted, 0 elsewhere.

    ``before`` and ``plate_before``: the frame before and its plate as stored, None for the first
    of a shot; ``later``: of `look_back`, None for no look ahead.
    """
    wanted = frame.band.wanted
    if not wanted.any():
        return nothing(frame)
    guess = fill(frame.rgb, frame.depth, frame.band)
    past = nothing(frame)
    if before is not None:
        past = carried(memory_of(before, plate_before), before, frame)
    future = later or nothing(frame)

    def sure_of(weight: np.ndarray) -> np.ndarray:
        return np.where(weight > _SEEN, weight, np.float32(0.0))

    seen = [sure_of(past.seen), sure_of(future.seen)]
    total = np.maximum(seen[0] + seen[1], np.float32(1e-6))
    shown_colour, shown_depth = (
        _weigh((getattr(past, name), getattr(future, name)), (seen[0] / total, seen[1] / total))
        for name in ("colour", "depth")
    )
    known = np.maximum(seen[0], seen[1])
    # What was filled before counts by how sure it has become, a fresh guess by how sure it is.
    old = np.maximum(past.sure - past.seen, np.float32(0.0))
    fresh = np.float32(_FRESH) * guess.sure * (np.float32(1.0) - old)
    share = fresh / np.maximum(old + fresh, np.float32(1e-6))
    filled_colour, filled_depth = (
        _weigh((getattr(guess, name), getattr(past, name)), (share, 1.0 - share))
        for name in ("colour", "depth")
    )
    # Half seen is seen: a mix of both would be soft in the one and wrong in the other.
    kept = np.clip((known - 0.2) / 0.4, 0.0, 1.0).astype(np.float32)
    colour = _weigh((shown_colour, filled_colour), (kept, 1.0 - kept))
    depth = _weigh((shown_depth, filled_depth), (kept, 1.0 - kept))
    # Nothing in the plate may stand before what hides it.
    depth = np.minimum(depth, frame.depth)
    sure = np.maximum(known, np.minimum(old + fresh, np.float32(1.0)))
    return Memory(
        np.where(wanted[..., None], colour, 0.0).astype(np.float32),
        np.where(wanted, depth, 0.0).astype(np.float32),
        np.where(wanted, known, 0.0).astype(np.float32),
        np.where(wanted, sure, 0.0).astype(np.float32),
    )


def nothing(frame: Shown) -> Memory:
    """Nothing known of the frame's hidden background."""
    zero = np.zeros(frame.depth.shape, np.float32)
    return Memory(np.zeros(frame.rgb.shape, np.float32), zero, zero, zero)


def _weigh(values: tuple[np.ndarray, ...], weights: tuple[np.ndarray, ...]) -> np.ndarray:
    total = np.zeros_like(values[0], np.float32)
    for value, weight in zip(values, weights, strict=True):
        total += value * (weight if value.ndim == 2 else weight[..., None])
    return total
