# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a table about repair: what is compared on the same frames.

Base, the base with more and more branches (in the order of the published ablation), other models,
and three that show what a low temporal error alone is worth: a moving average of the base, the
first frame's depth held, and the vertical ramp.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from ..depth import DepthModel
from ..repair.settings import RepairSettings
from .looks import Look, Repairs, RepairSequence, looks
from .rgbd import vertical_ramp

BASE, REPAIRED = "base", "repaired"
AVERAGE, FROZEN, RAMP = "moving average", "frozen depth", "vertical ramp"
WINDOW = 5  # frames of the moving average, the present one in the middle
_HALF = WINDOW // 2


class Row(Protocol):
    """One way to depth, along one sequence."""

    def push(self, look: Look) -> list[np.ndarray]:
        """The next frame; inverse depths float32 (h, w) that are ready, in order."""
        ...

    def finish(self) -> list[np.ndarray]:
        """Those still held back."""
        ...


class Contest:
    """Who is compared: the base ``model``, it under each of ``repairs``, the ``peers``."""

    def __init__(
        self,
        model: DepthModel,
        repairs: Mapping[str, Repairs] | None = None,
        peers: Mapping[str, DepthModel] | None = None,
    ) -> None:
        self.model = model
        self.repairs = dict(repairs or {})
        self.peers = dict(peers or {})

    @property
    def names(self) -> list[str]:
        """Of the rows, in the table's order."""
        return [BASE, *self.repairs, *self.peers, AVERAGE, FROZEN, RAMP]

    def rows(self) -> dict[str, Row]:
        """All rows at the beginning of a sequence."""
        made: dict[str, Row] = {BASE: Base()}
        made |= {name: Repaired(repair.sequence(), name) for name, repair in self.repairs.items()}
        made |= {name: Peer(name) for name in self.peers}
        return made | {AVERAGE: Average(), FROZEN: Frozen(), RAMP: Ramp()}

    def metric(self, name: str) -> bool:
        """Whether a row's inverse depth is in 1/metre and must not be aligned."""
        if name == RAMP:
            return False
        model = self.peers.get(name, self.model)
        return getattr(model, "unit", "relative") == "metres"


def ablation(settings: RepairSettings) -> dict[str, RepairSettings]:
    """Branch after branch switched on, in the order of the published ablation; those of strength
    0 are left out."""
    steps = {
        "+ spatial": (settings.spatial, replace(settings, temporal=0.0, semantic=0.0)),
        "+ temporal": (settings.temporal, replace(settings, semantic=0.0)),
        "+ semantic": (settings.semantic, settings),
    }
    return {name: chosen for name, (strength, chosen) in steps.items() if strength > 0.0}


class Base:
    """The model's own estimate."""

    def push(self, look: Look) -> list[np.ndarray]:
        return [look.frame.inverse_depth]

    def finish(self) -> list[np.ndarray]:
        return []


class Repaired:
    """What repair makes of it; ``name``: the repair's in `Look.prepared`."""

    def __init__(self, sequence: RepairSequence, name: str) -> None:
        self._sequence, self._name = sequence, name

    def push(self, look: Look) -> list[np.ndarray]:
        return [done.inverse_depth for done in self._sequence.push(look.prepared[self._name])]

    def finish(self) -> list[np.ndarray]:
        return [done.inverse_depth for done in self._sequence.finish()]


class Peer(Base):
    """Another model's estimate."""

    def __init__(self, name: str) -> None:
        self._name = name

    def push(self, look: Look) -> list[np.ndarray]:
        return [look.peers[self._name]]


class Average:
    """The mean of the base over `WINDOW` frames, fewer at the ends."""

    def __init__(self) -> None:
        self._last: deque[np.ndarray] = deque(maxlen=WINDOW)
        self._count = 0

    def push(self, look: Look) -> list[np.ndarray]:
        self._last.append(look.frame.inverse_depth)
        self._count += 1
        return [self._at(self._count - 1 - _HALF)] if self._count > _HALF else []

    def finish(self) -> list[np.ndarray]:
        return [self._at(n) for n in range(max(self._count - _HALF, 0), self._count)]

    def _at(self, number: int) -> np.ndarray:
        gone = self._count - len(self._last)
        around = list(self._last)[max(number - _HALF - gone, 0) : number + _HALF + 1 - gone]
        mean: np.ndarray = np.mean(around, axis=0, dtype=np.float32)
        return mean


class Frozen:
    """The first frame's depth, held."""

    def __init__(self) -> None:
        self._first: np.ndarray | None = None

    def push(self, look: Look) -> list[np.ndarray]:
        if self._first is None:
            self._first = look.frame.inverse_depth
        return [self._first]

    def finish(self) -> list[np.ndarray]:
        return []


class Ramp(Base):
    """Inverse depth rising to the bottom."""

    def push(self, look: Look) -> list[np.ndarray]:
        return [vertical_ramp(*look.frame.inverse_depth.shape)]


Answer = tuple[int, np.ndarray, Look, dict[str, np.ndarray]]


def answers(
    pictures: Iterable[np.ndarray],
    contest: Contest,
    seen: Callable[[int, np.ndarray], None] | None = None,
) -> Iterator[Answer]:
    """(number from 0, rgb, look, inverse depths by row) of each frame of one sequence, once all
    rows have answered it; ``seen(number, rgb)`` is called when it comes in.

    What looks ahead holds the others back: at most that many frames wait.
    """
    rows = contest.rows()
    given = dict.fromkeys(rows, 0)
    waiting: dict[int, Answer] = {}
    out = 0

    def take(name: str, depths: list[np.ndarray]) -> None:
        for depth in depths:
            waiting[given[name]][3][name] = depth
            given[name] += 1

    def ready() -> Iterator[Answer]:
        nonlocal out
        while out < min(given.values()):
            yield waiting.pop(out)
            out += 1

    found = looks(pictures, contest.model, contest.repairs, contest.peers)
    for number, (rgb, look) in enumerate(found):
        if seen is not None:
            seen(number, rgb)
        waiting[number] = number, rgb, look, {}
        for name, row in rows.items():
            take(name, row.push(look))
        yield from ready()
    for name, row in rows.items():
        take(name, row.finish())
    yield from ready()
