# SPDX-License-Identifier: GPL-3.0-or-later
"""The recursion along a shot, with its look-ahead.

Between two frames nothing lives but the frame before as it is stored (half floats), so that a run
that goes on after an interruption gives the bits of an undisturbed one. Later frames are held, at
most `RepairSettings.look_ahead` of them, so memory doesn't grow with the length of a clip.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import cv2
import numpy as np

from .alignment import UNCHANGED, Fit, fit
from .confidence import confidence_of, error_of, nearest
from .flow import Link, join, link, look_up, small_grey
from .frame import Candidate, Past, Prepared, Repaired
from .fusion import Corrects, fuse
from .settings import RepairSettings
from .temporal import future, layer, past

HALF_MAX = 65504.0
METRES = "metres"
FAILED = np.float32(1e6)  # times the variance of an estimate that failed
# A mean over frames errs little less than one of them: their errors are shared.
SHARED = np.float32(0.8)


@dataclass
class _Held:
    """A frame that waits for later ones. ``depth`` and ``variance``: what it says by itself;
    ``small``: its depth at the small size; ``link``: to the frame before, if there is one."""

    prepared: Prepared
    grey: np.ndarray
    depth: np.ndarray
    variance: np.ndarray
    layer: np.ndarray
    small: np.ndarray
    link: Link | None


@dataclass
class _Before:
    grey: np.ndarray
    layer: np.ndarray
    small: np.ndarray


@dataclass
class _Ahead:
    """A later frame seen from the present one, at the small size."""

    held: _Held
    flow: np.ndarray
    closed: np.ndarray
    alike: np.ndarray
    small: np.ndarray


class Sequence:
    """One shot's frames in order; made by `Repair.sequence`."""

    def __init__(
        self,
        settings: RepairSettings,
        network: Corrects | None,
        unit: str,
        past: Past | None = None,
    ) -> None:
        self._settings, self._network, self._metric = settings, network, unit == METRES
        self._window: deque[_Held] = deque()
        self._before: _Before | None = None
        if past is not None and settings.temporal > 0:
            self._remember(small_grey(past.rgb), past.inverse_depth, past.confidence)

    def push(self, prepared: Prepared) -> list[Repaired]:
        """The next frame; returns what is finished: nothing, or the earliest frame waiting."""
        if self._settings.temporal == 0:
            return [self._alone(prepared)]
        self._window.append(self._hold(prepared))
        if len(self._window) <= self._settings.look_ahead:
            return []
        return [self._answer()]

    def finish(self) -> list[Repaired]:
        """The frames that still wait, in order: the shot is over."""
        return [self._answer() for _ in range(len(self._window))]

    def _alone(self, prepared: Prepared) -> Repaired:
        frame = prepared.frame
        if not self._settings.any:
            error = np.sqrt(frame.variance / 2.0)
            return Repaired(frame.inverse_depth, confidence_of(error, frame.inverse_depth))
        depth, variance, _ = fuse(prepared.candidates, self._settings, self._network, frame.rgb)
        return _stored(depth, variance)

    def _hold(self, prepared: Prepared) -> _Held:
        depth, variance, _ = fuse(prepared.candidates, self._settings)
        grey = small_grey(prepared.frame.rgb)
        last = self._window[-1].grey if self._window else self._before and self._before.grey
        return _Held(
            prepared,
            grey,
            depth,
            variance,
            layer(depth, variance, depth.shape[1] / grey.shape[1]),
            _shrunk(depth, grey.shape),
            None if last is None else link(last, grey),
        )

    def _answer(self) -> Repaired:
        present = self._window.popleft()
        before, tie = self._before, present.link
        ahead = self._look_ahead(present)
        aligned, failed = UNCHANGED, False
        if before is None or tie is None or tie.broken:
            before = None
            failed = self._fails(present, ahead)
        elif tie.held:
            failed = True
        else:
            carried = look_up(before.small, tie.back)
            trust = tie.back_closed * tie.back_alike
            found = fit(present.small, carried, trust)
            if found is not None and not found.agrees:
                failed = found.flat or self._stands_alone(carried, trust, ahead)
                if not failed:
                    before = None
            elif found is not None and not self._metric:
                aligned = found.eased(self._settings.temporal)
        own = [self._brought(c, aligned, failed) for c in present.prepared.candidates]
        depth = aligned.apply(present.depth)
        variance = present.variance * np.float32(aligned.scale**2)
        told = [*own]
        if before is not None and tie is not None:
            told.append(past(before.layer, tie, depth, variance * FAILED if failed else variance))
        if ahead:
            reference = aligned.apply(present.small)
            if failed and before is not None and tie is not None:
                reference = look_up(before.small, tie.back)
            elif failed:
                reference = ahead[0].small
            later = self._later(ahead, reference, depth, variance * FAILED if failed else variance)
            if later is not None:
                told.append(later)
        fused, spread, _ = fuse(told, self._settings, self._network, present.prepared.frame.rgb)
        if not failed:
            np.maximum(spread, variance * SHARED, out=spread)
        result = _stored(fused, spread)
        self._remember(present.grey, result.inverse_depth, result.confidence)
        return result

    def _look_ahead(self, present: _Held) -> list[_Ahead]:
        """The later frames that hang together with the present one."""
        found: list[_Ahead] = []
        flow = closed = alike = None
        for held in self._window:
            tie = held.link
            if tie is None or tie.broken or tie.held:
                break
            if flow is None or closed is None or alike is None:
                flow, closed, alike = tie.forth, tie.forth_closed, tie.forth_alike
            else:
                trusts = look_up(cv2.merge([tie.forth_closed, tie.forth_alike]), flow)
                closed, alike = closed * trusts[..., 0], alike * trusts[..., 1]
                flow = join(flow, tie.forth)
            found.append(_Ahead(held, flow, closed, alike, look_up(held.small, flow)))
        return found

    def _later(
        self, ahead: list[_Ahead], reference: np.ndarray, depth: np.ndarray, variance: np.ndarray
    ) -> Candidate | None:
        layers, used = [], []
        for one in ahead:
            found = fit(one.small, reference, one.closed * one.alike)
            if found is not None and not found.agrees:
                continue
            if found is None or self._metric:
                found = UNCHANGED
            told = cv2.split(one.held.layer)
            if found is not UNCHANGED:
                told = found.apply(told[0]), told[1] * np.float32(found.scale**2)
            layers.append(cv2.merge(told))
            used.append(one)
        return future(
            layers,
            [one.flow for one in used],
            [one.closed for one in used],
            [one.alike for one in used],
            depth,
            variance,
        )

    def _stands_alone(self, carried: np.ndarray, trust: np.ndarray, ahead: list[_Ahead]) -> bool:
        """Whether later frames agree with the past against the present one."""
        for one in ahead:
            found = fit(one.small, carried, trust * one.closed * one.alike)
            if found is not None:
                return found.agrees
        return False

    @staticmethod
    def _fails(present: _Held, ahead: list[_Ahead]) -> bool:
        """Whether a frame without a past says nothing where later ones do."""
        for one in ahead:
            found = fit(present.small, one.small, one.closed * one.alike)
            if found is not None:
                return found.flat
        return False

    @staticmethod
    def _brought(candidate: Candidate, aligned: Fit, failed: bool) -> Candidate:
        if aligned is UNCHANGED and not failed:
            return candidate
        variance = candidate.variance * np.float32(aligned.scale**2)
        return replace(
            candidate,
            inverse_depth=aligned.apply(candidate.inverse_depth),
            variance=variance * FAILED if failed else variance,
        )

    def _remember(self, grey: np.ndarray, depth: np.ndarray, confidence: np.ndarray) -> None:
        depth = depth.astype(np.float16).astype(np.float32)
        confidence = confidence.astype(np.float16).astype(np.float32)
        error = error_of(confidence, depth)
        floor = np.float32((1e-3 * nearest(depth)) ** 2)
        variance = np.maximum(2.0 * error * error, floor)
        self._before = _Before(
            grey,
            layer(depth, variance, depth.shape[1] / grey.shape[1]),
            _shrunk(depth, grey.shape),
        )


def _stored(depth: np.ndarray, variance: np.ndarray) -> Repaired:
    """As it will be read back: half floats, in float32."""
    depth = np.clip(depth, 0.0, HALF_MAX).astype(np.float16).astype(np.float32)
    confidence = confidence_of(np.sqrt(variance / 2.0), depth)
    return Repaired(depth, confidence.astype(np.float16).astype(np.float32))


def _shrunk(depth: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if depth.shape == shape:
        return depth
    shrinks = shape[0] <= depth.shape[0] and shape[1] <= depth.shape[1]
    return cv2.resize(
        depth, shape[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
