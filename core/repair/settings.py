# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist may choose about repair."""

from dataclasses import dataclass

from ..errors import UsageError

BRANCHES = ("spatial", "temporal", "semantic")
LOOK_AHEAD = 2
MOST_LOOK_AHEAD = 12
MANY_PIXELS = 4_000_000
MOST_AHEAD_OF_MANY = 4
"""Look-ahead of frames of more than `MANY_PIXELS`: at 4K each that waits holds about 0.23 GB."""


@dataclass(frozen=True)
class RepairSettings:
    """Strength of each branch, 0 (off) to 1 (as far as its uncertainty allows).

    ``look_ahead``: frames after the present one that the temporal branch sees; 0 is streaming: a
    frame is answered when it comes; large frames get fewer, see `ahead`. Raises UsageError for
    values out of range.
    """

    spatial: float = 1.0
    temporal: float = 1.0
    semantic: float = 1.0
    look_ahead: int = LOOK_AHEAD

    def __post_init__(self) -> None:
        for name in BRANCHES:
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise UsageError(f"A {name} repair of {getattr(self, name)}: give 0 to 1.")
        if not 0 <= self.look_ahead <= MOST_LOOK_AHEAD:
            raise UsageError(
                f"A look-ahead of {self.look_ahead} frames: give 0 (streaming) to "
                f"{MOST_LOOK_AHEAD}."
            )

    def ahead(self, pixels: int) -> int:
        """The look-ahead of frames of that size: what is asked for, as far as memory allows."""
        return min(self.look_ahead, MOST_AHEAD_OF_MANY) if pixels > MANY_PIXELS else self.look_ahead

    @property
    def any(self) -> bool:
        """Whether a branch does anything."""
        return any(getattr(self, name) > 0 for name in BRANCHES)


OFF = RepairSettings(0.0, 0.0, 0.0, 0)
