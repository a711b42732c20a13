# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a stage of a job will still take, by its pace so far."""

from __future__ import annotations

_SILENT = 3.0  # seconds in which a pace isn't known yet


class Pace:
    """Told ``done`` of ``total`` steps of a stage as they come; a new stage begins anew. What was
    done when the stage began (a resumed job) took no time and doesn't count."""

    def __init__(self) -> None:
        self._stage: tuple[str, int] | None = None
        self._since, self._first = 0.0, 0

    def left(self, stage: str, done: int, total: int, now: float) -> str:
        """In words, "" as long as it isn't known; ``now`` in seconds on a steady clock."""
        if self._stage != (stage, total) or done < self._first:
            self._stage, self._since, self._first = (stage, total), now, done
        steps, passed = done - self._first, now - self._since
        if steps < 1 or passed < _SILENT or done >= total:
            return ""
        return words(passed / steps * (total - done))


def words(seconds: float) -> str:
    """A duration as a person would round it."""
    if seconds < 55:
        return f"{max(5, 5 * round(seconds / 5))} s left"
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"{minutes} min left"
    return f"{minutes // 60} h {minutes % 60} min left"
