# SPDX-License-Identifier: GPL-3.0-or-later
"""From a model and settings of repair to the rows of a table."""

from collections.abc import Iterable
from threading import local
from typing import TYPE_CHECKING

from ..depth import DepthModel
from ..repair.frame import Frame, Prepared
from ..repair.settings import RepairSettings
from .looks import RepairSequence
from .rows import REPAIRED, Contest, ablation

if TYPE_CHECKING:
    from ..repair.repair import Repair


def make_contest(
    model: DepthModel,
    settings: RepairSettings | None,
    *,
    branches: bool = False,
    peers: Iterable[DepthModel] = (),
) -> Contest:
    """``model`` without repair and, unless ``settings`` is None, with it; ``branches``: with a row
    for each branch as it is added. Raises SecondEyeError where repair's weights are damaged."""
    rows = {}
    if settings is not None:
        from ..repair.repair import Repair

        unit = getattr(model, "unit", "relative")
        once = _Once(Repair(settings, unit=unit))
        steps = ablation(settings) if branches else {REPAIRED: settings}
        rows = {name: _Step(Repair(step, unit=unit), once) for name, step in steps.items()}
    return Contest(model, rows, {peer.name: peer for peer in peers})


class _Once:
    """Prepares a frame once for all rows, each thread its own frame."""

    def __init__(self, repair: "Repair") -> None:
        self._repair, self._last = repair, local()

    def prepare(self, frame: Frame) -> Prepared:
        if getattr(self._last, "frame", None) is not frame:
            self._last.prepared = self._repair.prepare(frame)
            self._last.frame = frame
        prepared: Prepared = self._last.prepared
        return prepared


class _Step:
    """A repair with some of the branches. It gets the candidates of all: fusion leaves those out
    whose branch has no strength (`core.repair.fusion.chosen`)."""

    def __init__(self, repair: "Repair", once: _Once) -> None:
        self._repair, self._once = repair, once

    def prepare(self, frame: Frame) -> Prepared:
        return self._once.prepare(frame)

    def sequence(self) -> RepairSequence:
        return self._repair.sequence()
