# SPDX-License-Identifier: GPL-3.0-or-later
"""How fine the finest level of a sampling pattern shall be."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import UsageError

TRIANGLES = 96_000  # where nothing is asked
MOST = 1_000_000  # triangles, whatever error is asked: more is no relief but a copy of the picture


@dataclass(frozen=True)
class Goal:
    """``kind`` "triangles" or "points": a budget of ``amount``; "error": the least triangles whose
    RMS error, in normalised inverse depth, is at most ``amount``."""

    kind: str = "triangles"
    amount: float = TRIANGLES

    def __post_init__(self) -> None:
        if self.kind == "error":
            if not 0.0 < self.amount < math.inf:
                raise UsageError("An error of 0 can't be reached: give more than 0 pixels.")
            return
        least = {"triangles": 2, "points": 4}[self.kind]
        if not least <= self.amount <= MOST:
            raise UsageError(
                f"A relief of {self.amount:.0f} {self.kind} can't be made: give {least} to {MOST}."
            )
