# SPDX-License-Identifier: GPL-3.0-or-later
"""Base estimates of the frames of a sequence, prepared for repair, several at once."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import numpy as np

from ..depth import DepthEstimate, DepthModel, upsample_to
from ..depth.model import resize_picture
from ..repair.confidence import variance_of
from ..repair.frame import Frame, Prepared, Repaired


class RepairSequence(Protocol):
    """What is needed of ``core.repair.repair.Sequence``."""

    def push(self, prepared: Prepared) -> list[Repaired]: ...

    def finish(self) -> list[Repaired]: ...


class Repairs(Protocol):
    """What is needed of ``core.repair.repair.Repair``."""

    def prepare(self, frame: Frame) -> Prepared: ...

    def sequence(self) -> RepairSequence: ...


@dataclass(frozen=True)
class Look:
    """All that is made of one frame without the others.

    Attributes:
        frame: picture and base estimate, at the estimate's own size.
        prepared: by the name of a repair.
        peers: inverse depth float32 (h, w) by the name of another model.
    """

    frame: Frame
    prepared: Mapping[str, Prepared]
    peers: Mapping[str, np.ndarray]


def frame_of(rgb: np.ndarray, estimate: DepthEstimate) -> Frame:
    """A frame for repair at the size of the estimate; ``rgb`` uint8 or uint16 (H, W, 3)."""
    height, width = estimate.inverse_depth.shape
    whole = upsample_to(estimate, height, width)
    picture = np.rint(resize_picture(rgb, height, width) * 255.0).astype(np.uint8)
    told = whole.uncertainty is not None
    return Frame(picture, whole.inverse_depth, variance_of(whole), whole.labels, told)


def looks(
    pictures: Iterable[np.ndarray],
    model: DepthModel,
    repairs: Mapping[str, Repairs],
    peers: Mapping[str, DepthModel],
) -> Iterator[tuple[np.ndarray, Look]]:
    """Each picture with its `Look`, in order; as many under way as the model takes at once.

    Pictures are drawn in the caller's thread. Peers that take one at a time get one at a time.
    """
    locks = {name: Lock() for name in peers}

    def look(rgb: np.ndarray) -> Look:
        frame = frame_of(rgb, model.infer(rgb))
        prepared = {name: repair.prepare(frame) for name, repair in repairs.items()}
        others = {}
        for name, peer in peers.items():
            with locks[name]:
                others[name] = peer.infer(rgb).inverse_depth
        return Look(frame, prepared, others)

    pending: deque[tuple[np.ndarray, Future[Look]]] = deque()
    streams = getattr(model, "streams", 1)
    with ThreadPoolExecutor(streams) as pool:
        try:
            for rgb in pictures:
                pending.append((rgb, pool.submit(look, rgb)))
                if len(pending) > streams:
                    picture, future = pending.popleft()
                    yield picture, future.result()
            while pending:
                picture, future = pending.popleft()
                yield picture, future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
