# SPDX-License-Identifier: GPL-3.0-or-later
"""The recursion along a shot, with its look-ahead.

Between two frames nothing lives but the frame before as it is stored (half floats), so that a run
that goes on after an interruption gives the bits of an undisturbed one. Of a blank frame (black,
white) that depth is the one before it, held; so what comes next is compared with the last picture
that shows something, and history goes on behind it. Later frames are held, at
most `RepairSettings.ahead` of them, so memory doesn't grow with the length of a clip.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from .alignment import UNCHANGED, between, fit, level
from .approach import approach, moved
from .candidates import brought, halfway, smaller
from .confidence import confidence_of, error_of, nearest, unrepaired
from .flow import Link, along, fetch, link, look_up, resized, small_grey
from .frame import Candidate, Past, Prepared, Repaired
from .fusion import Corrects, fuse
from .settings import RepairSettings
from .shown import Shown, after, first
from .temporal import AVERAGED, future, layer, nearer, past

HALF_MAX = 65504.0
METRES = "metres"
LARGE = 1 << 21  # pixels of a frame that is held in as few arrays as possible
FAILED = 1e6  # times the variance of an estimate that failed
# A mean over frames errs little less than one of them: their errors are shared.
SHARED = 0.8


@dataclass
class _Held:
    """A frame that waits for later ones.

    ``own``: the inverse depth and variance that it says by itself, computed again when its turn
    comes if that is large; ``small``: both at the small size, as a `layer`; ``link``: to what was
    ``shown`` before, if any; ``step``: how far the camera went forward since then.
    """

    prepared: Prepared
    shown: Shown
    own: tuple[np.ndarray, np.ndarray] | None
    small: np.ndarray
    link: Link | None
    step: float


@dataclass
class _Before:
    shown: Shown
    layer: np.ndarray
    small: np.ndarray


@dataclass
class _Ahead:
    """A later frame's small depth as seen from the present one, and how far that is trusted."""

    depth: np.ndarray
    variance: np.ndarray
    closed: np.ndarray
    alike: np.ndarray

    @property
    def trust(self) -> np.ndarray:
        return self.closed * self.alike


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
            stored = (_halved(a) for a in (past.inverse_depth, past.confidence))
            self._remember(after((*reversed(past.earlier), past.rgb)), *stored)

    def push(self, prepared: Prepared) -> list[Repaired]:
        """The next frame; returns what is finished: nothing, or the earliest frame waiting."""
        if self._settings.temporal == 0:
            return [self._alone(prepared)]
        self._window.append(self._hold(prepared))
        if len(self._window) <= self._settings.ahead(prepared.frame.inverse_depth.size):
            return []
        return [self._answer()]

    def finish(self) -> list[Repaired]:
        """The frames that still wait, in order: the shot is over."""
        return [self._answer() for _ in range(len(self._window))]

    def _alone(self, prepared: Prepared) -> Repaired:
        frame = prepared.frame
        if not self._settings.any:
            error = np.sqrt(frame.variance / 2.0)
            return Repaired(frame.inverse_depth, unrepaired(frame.inverse_depth, error))
        depth, variance = fuse(prepared.candidates, self._settings, self._network, frame.rgb)
        return _stored(depth, variance)

    def _hold(self, prepared: Prepared) -> _Held:
        grey = small_grey(prepared.frame.rgb)
        depth, variance, *own = self._own(prepared, grey.shape)
        held = (own[0], own[1]) if own[0].size <= LARGE else None
        small = layer(depth, variance, 1.0)
        earlier = self._window[-1] if self._window else self._before
        tie, step = None, 0.0
        if earlier is not None:
            tie = link(earlier.shown.grey, grey)
            if not tie.broken:
                step = approach(small[..., 0], tie.back, tie.back_closed * tie.back_alike)
        shown = first(grey) if earlier is None else earlier.shown.then(grey)
        return _Held(prepared, shown, held, small, tie, step)

    def _own(self, prepared: Prepared, size: tuple[int, ...]) -> tuple[np.ndarray, ...]:
        """The inverse depth and variance that a frame says by itself: at the small ``size``, where
        its candidates are fused, and at its own, to which what that changed is enlarged."""
        # Not what the semantic branch says: its level sky and planes would mislead the fits.
        some = [c for c in prepared.candidates if c.name != "semantic"]
        less = [smaller(c, size) for c in some]
        depth, variance = fuse(less, self._settings)
        # What has the edges carries the change, as far as it is asked to count.
        whole, near = some[0], less[0]
        strength = self._settings.spatial
        if len(some) > 1 and some[1].name == "spatial":
            whole, near = halfway(whole, some[1], strength), halfway(near, less[1], strength)
        if np.array_equal(depth, near.inverse_depth):
            return depth, variance, whole.inverse_depth, whole.variance
        full = whole.variance.shape
        change = resized(depth - near.inverse_depth, full)
        change += whole.inverse_depth
        spread = resized(variance / near.variance, full)
        spread *= whole.variance
        return depth, variance, np.maximum(change, 0.0, out=change), spread

    def _answer(self) -> Repaired:
        present = self._window.popleft()
        before, tie = self._before, present.link
        ahead = self._look_ahead(present)
        small = np.ascontiguousarray(present.small[..., 0])
        aligned, failed, carried, step = UNCHANGED, False, None, 0.0
        if before is None or tie is None or tie.broken:
            before = None
            failed = self._fails(small, ahead)
            if not failed and not self._metric:
                fits = [fit(one.depth, small, one.trust) for one in ahead]
                aligned = between([f for f in fits if f is not None and f.agrees])
                aligned = aligned.eased(self._settings.temporal)
        else:
            carried = look_up(before.small, tie.back)
            trust = tie.back_closed * tie.back_alike
            step = present.step * _ratio(small, carried, trust)
            carried = moved(carried, step)
            failed = tie.held
            found = None if failed else fit(small, carried, trust)
            if found is not None and not found.agrees:
                failed = found.flat or self._stands_alone(carried, trust, ahead)
                if not failed:
                    before = None
                    if not (self._metric or found.other_flat):
                        # The pictures hang together: another shape is no reason for another scale.
                        kept = level(small, carried, trust) or UNCHANGED
                        aligned = kept.eased(self._settings.temporal)
                    carried = None
            elif found is not None and not self._metric:
                aligned = found.eased(self._settings.temporal)
        part = self._settings.temporal
        grown = np.float32(aligned.scale**2 * (FAILED**part if failed else 1.0))
        told = [brought(c, aligned, grown) for c in present.prepared.candidates]
        depth, variance = present.own or self._own(present.prepared, small.shape)[2:]
        depth, variance = aligned.apply(depth), variance * grown
        if before is not None and tie is not None:
            told.append(past(before.layer, tie, step, depth, variance, failed))
        own = aligned.apply(small), present.small[..., 1] * grown
        if ahead:
            reference = own[0]
            if failed:
                reference = ahead[0].depth if carried is None else carried
            later = self._later(ahead, reference, own, depth, failed)
            if later is not None:
                told.append(later)
        fused, spread = fuse(told, self._settings, self._network, present.prepared.frame.rgb)
        if not failed:
            # From where past or future count for a frame on: less of them claims less.
            least = np.float32(SHARED * min(1.0, AVERAGED * part))
            np.maximum(spread, variance * least, out=spread)
        result = _stored(fused, spread)
        self._remember(present.shown, result.inverse_depth, result.confidence)
        return result

    def _look_ahead(self, present: _Held) -> list[_Ahead]:
        """The later frames that hang together with the present one, blank ones left out."""
        found: list[_Ahead] = []
        step, way = 0.0, None
        if present.link is not None and present.link.held and present.shown.over:
            return found
        for held in self._window:
            tie = held.link
            if tie is None or tie.broken or (tie.held and held.shown.over):
                break
            if tie.held:
                continue
            way = cv2.split(tie.ahead) if way is None else along(way, tie.ahead)
            step += held.step
            depth, variance = cv2.split(fetch(held.small, way))
            depth, variance = nearer(depth, variance, -step)
            found.append(_Ahead(depth, variance, way[2], way[3]))
        return found

    def _later(
        self,
        ahead: list[_Ahead],
        reference: np.ndarray,
        own: tuple[np.ndarray, np.ndarray],
        depth: np.ndarray,
        failed: bool,
    ) -> Candidate | None:
        layers, used = [], []
        for one in ahead:
            found = fit(one.depth, reference, one.trust)
            if found is not None and not found.agrees:
                continue
            told = one.depth, one.variance
            if found is not None and not self._metric:
                told = found.apply(one.depth), one.variance * np.float32(found.scale**2)
            layers.append(told)
            used.append(one)
        closed, alike = [one.closed for one in used], [one.alike for one in used]
        return future(layers, closed, alike, own, depth, failed)

    @staticmethod
    def _stands_alone(carried: np.ndarray, trust: np.ndarray, ahead: list[_Ahead]) -> bool:
        """Whether later frames agree with the past against the present one."""
        for one in ahead:
            found = fit(one.depth, carried, trust * one.trust)
            if found is not None:
                return found.agrees
        return False

    @staticmethod
    def _fails(small: np.ndarray, ahead: list[_Ahead]) -> bool:
        """Whether a frame without a past says nothing where later ones do."""
        for one in ahead:
            found = fit(small, one.depth, one.trust)
            if found is not None:
                return found.flat
        return False

    def _remember(self, shown: Shown, depth: np.ndarray, confidence: np.ndarray) -> None:
        error = error_of(confidence, depth)
        floor = np.float32((1e-3 * nearest(depth)) ** 2)
        variance = np.maximum(2.0 * error * error, floor)
        size = shown.grey.shape
        self._before = _Before(
            shown,
            layer(depth, variance / np.float32(AVERAGED), depth.shape[1] / size[1]),
            resized(depth, size),
        )


def _ratio(depth: np.ndarray, other: np.ndarray, trust: np.ndarray) -> float:
    """How many units of ``other`` make one of ``depth``, roughly: what steps are converted by."""
    size = float((trust * other).sum())
    return float((trust * depth).sum()) / size if size > 0.0 else 0.0


def _stored(depth: np.ndarray, variance: np.ndarray) -> Repaired:
    """As it will be read back: half floats, in float32."""
    depth = _halved(np.clip(depth, 0.0, HALF_MAX))
    return Repaired(depth, _halved(confidence_of(np.sqrt(variance / 2.0), depth)))


def _halved(values: np.ndarray) -> np.ndarray:
    # By torch, whose conversion is the processor's own: numpy's takes thirty times as long.
    result: np.ndarray = torch.from_numpy(values).half().float().numpy()
    return result
