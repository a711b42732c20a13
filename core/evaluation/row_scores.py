# SPDX-License-Identifier: GPL-3.0-or-later
"""All figures of one row of the table about repair, over sequences with true depth."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from . import planarity, rgbd
from .alignment_error import tae, tcc
from .consistency import Consistency, mean_of
from .edges import EdgeTally
from .flow import Motion
from .layouts import Frame
from .poses import Camera
from .renders import RenderedFrame

_EVERY = 4  # pixels across and down between those that a sequence's scale and shift are fitted to


@dataclass(frozen=True)
class Truth:
    """What is known of a frame: ``depth`` float64 (H, W) in metres, 0 = no value; of a render
    also ``inverse`` (0 = sky), its ``camera`` and true ``planes``."""

    depth: np.ndarray
    inverse: np.ndarray | None = None
    camera: Camera | None = None
    planes: list[planarity.Region] = field(default_factory=list)


def truth_of(frame: Frame, camera: Camera | None) -> Truth:
    """Read and found once, for all rows."""
    depth = frame.read_depth()
    if not isinstance(frame, RenderedFrame) or camera is None:
        return Truth(depth)
    inverse, classes = frame.read_inverse(), frame.read_classes()
    planes = planarity.true_regions(inverse, classes, camera)
    return Truth(depth, inverse, camera, planes)


class RowScores:
    """`begin`, `add` each frame in order, `finish`, for each sequence; then `result`."""

    def __init__(self, metric: bool) -> None:
        self._metric = metric
        self._images: list[dict[str, float]] = []
        self._pairs: list[dict[str, Any]] = []
        self._likeness: list[dict[str, Any]] = []
        self._planes: list[dict[str, float]] = []
        self._edges = EdgeTally()

    def begin(self, size: tuple[int, int], keep: bool) -> None:
        """A new sequence, compared at ``size`` (width, height); ``keep`` its depths, for TAE and
        TCC."""
        self._consistency = Consistency(size)
        self._kept = _Kept() if keep else None

    def add(
        self, inverse: np.ndarray, truth: Truth, motion: Motion | None
    ) -> dict[str, float] | None:
        """The next depth of the sequence, float (h, w); what is true of the frame; how it follows
        the one before.

        Returns its AbsRel and kin; None where no depth of the frame is known.
        """
        self._consistency.add(inverse, motion)
        depth = truth.depth
        if self._kept is not None:
            self._kept.add(_resized(inverse, depth.shape), depth)
        valid = rgbd.valid_pixels(depth)
        if valid.sum() < 2:
            return None
        aligned = rgbd.fit(inverse, depth, metric=self._metric)
        self._images.append(rgbd.compare(aligned.depth()[valid], depth[valid]))
        if truth.inverse is not None and truth.camera is not None:
            self._edges.add(aligned.inverse, truth.inverse)
            self._planes += planarity.errors(aligned.inverse, truth.planes, truth.camera)
        return self._images[-1]

    def finish(
        self, base: "RowScores", cameras: Sequence[Camera] | None, frames: Sequence[Frame]
    ) -> None:
        """The sequence is over; ``base``: the row that it is compared with."""
        found = self._consistency.result(base._consistency)
        rows = found.pop("errors")
        if rows:
            self._likeness.append({key: found[key] for key in ("away", "detail")})
        if self._kept is not None and cameras is not None:
            errors = self._kept.errors(cameras, frames, self._metric)
            for row, more in zip(rows, errors, strict=True):
                row |= more
        self._pairs += rows

    def result(self, base: "RowScores") -> dict[str, float | None]:
        """abs_rel and its kin; opw_static, opw, away, detail; and where they can be told: tae,
        tcc, f1_2, accuracy, completeness, edge_error (the mean of those two, pixels), edge_far and
        edge_threshold, all at the threshold that is best for ``base``; plane_flat, plane_tilt.
        None where nothing was to be measured."""
        images = self._images
        found: dict[str, float | None] = {name: mean_of(images, name) for name in rgbd.METRICS}
        found |= {name: mean_of(self._pairs, name) for name in ("opw_static", "opw", "tae", "tcc")}
        found |= {name: mean_of(self._likeness, name) for name in ("away", "detail")}
        best = base._edges.result()
        edges = (self._edges.result(best["threshold"]) if best else None) or {}
        found |= {name: edges.get(name) for name in ("f1_2", "accuracy", "completeness")}
        if edges:
            found["edge_error"] = (edges["accuracy"] + edges["completeness"]) / 2.0
            found["edge_far"], found["edge_threshold"] = edges["far"], edges["threshold"]
        return found | planarity.mean_errors(self._planes)


class _Kept:
    """A sequence's depths on disk, until its scale and shift are known."""

    def __init__(self) -> None:
        # Closed by `errors`, or when the object goes.
        self._file = tempfile.TemporaryFile(prefix="second-eye-")  # noqa: SIM115
        self._pairs: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, inverse: np.ndarray, depth: np.ndarray) -> None:
        self._file.write(inverse.astype(np.float32).tobytes())
        valid = rgbd.valid_pixels(depth)[::_EVERY, ::_EVERY]
        self._pairs.append(
            (inverse[::_EVERY, ::_EVERY][valid], 1.0 / depth[::_EVERY, ::_EVERY][valid])
        )

    def errors(
        self, cameras: Sequence[Camera], frames: Sequence[Frame], metric: bool
    ) -> list[dict[str, float | None]]:
        """tae and tcc of each pair of neighbours."""
        estimates, targets = (np.concatenate(parts) for parts in zip(*self._pairs, strict=True))
        if targets.size < 2:
            return [{"tae": None, "tcc": None} for _ in frames[1:]]
        scale, shift = (1.0, 0.0) if metric else rgbd.align(estimates, targets)
        # What the truth spans: a few pixels that the fit throws to the horizon aren't all there is.
        least, most, unit = targets.min(), targets.max(), float(np.mean(1.0 / targets))
        rows: list[dict[str, float | None]] = []
        before: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        self._file.seek(0)
        for at, frame in enumerate(frames):
            truth = frame.read_depth()
            data = self._file.read(4 * truth.size)
            inverse = scale * np.frombuffer(data, np.float32).reshape(truth.shape) + shift
            now = 1.0 / np.clip(inverse, least, most), truth, rgbd.valid_pixels(truth)
            if before is not None:
                known = before[2] & now[2]
                rows.append(
                    {
                        "tae": tae(
                            (before[0], now[0]), (cameras[at - 1], cameras[at]), (before[2], now[2])
                        ),
                        "tcc": tcc((before[0], now[0]), (before[1], now[1]), known, unit),
                    }
                )
            before = now
        self._file.close()
        return rows


def _resized(inverse: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    given = np.ascontiguousarray(inverse, np.float32)
    return cv2.resize(given, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
