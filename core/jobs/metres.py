# SPDX-License-Identifier: GPL-3.0-or-later
"""A metric model's metres: near and far of a shot such that a scene unit is a metre."""

from ..project import Shot

METRES = "metres"
MOST = 2000.0
"""Far over near at most, which the scene's distance is kept to anyway (`geometry.distance`)."""


def distances(low: float, high: float) -> tuple[float, float]:
    """(near, far) for inverse depth ``low..high`` in 1/metre.

    From 1/Z = 1/far + n (1/near - 1/far) and n = (d - low) / (high - low) follows 1/Z = d exactly
    when near = 1/high and far = 1/low.
    """
    return 1.0 / high, 1.0 / low


def measure(shot: Shot, low: float, high: float) -> None:
    """Set the range of a shot that holds metres, and near and far where no artist has set them.

    ``high`` must be above 0. A low end beyond MOST times the near distance, such as sky, is
    brought there.
    """
    ours = [(Shot.near, Shot.far)]
    if 0 < shot.low < shot.high:
        ours.append(distances(shot.low, shot.high))
    untouched = (shot.near, shot.far) in ours
    shot.low, shot.high = max(low, high / MOST), high
    if untouched:
        shot.near, shot.far = distances(shot.low, shot.high)
