# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a move is being measured: what changes moves need not wait for that."""

from __future__ import annotations

import bpy

from ..engine import session
from .task import idle

TITLE = "Measure the Move"


def measuring() -> session.Running | None:
    """The measurement that runs; None without one."""
    running = session.current()
    return running if running is not None and running.title == TITLE else None


def idle_but_measuring(operator: type[bpy.types.Operator]) -> bool:
    """As `idle`; a measurement is no hindrance."""
    return measuring() is not None or idle(operator)


def stop_measuring() -> None:
    """End the measurement that runs, if one does: its operator sees it at its next tick."""
    if measuring() is not None:
        session.unregister()
