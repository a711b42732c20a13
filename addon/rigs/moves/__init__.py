# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera moves: settings in the scene, written as few keys on the Move empty, shot by shot.

write(scene, only=None)          # all shots' moves, or those of some; edited keys stay
changed(scene, item)             # a setting was changed in the panel
follow(scene, drift)             # after a rebuild, moved cuts, a lens, a solve
measure(scene, project, shot) -> Measured(uncovered, bare, stretched, frame, layers)
fit(scene, project, shot, limit, most_crop) -> (before, after)
"""

from .fit import fit, kept, measure
from .follow import follow
from .meter import Measured
from .record import edited, entry_of
from .spans import MovedShot, moved_shots
from .write import (
    chain_of,
    changed,
    channels_of,
    forget_keys,
    moves_of,
    quietly,
    uses,
    write,
)

__all__ = [
    "Measured",
    "MovedShot",
    "chain_of",
    "changed",
    "channels_of",
    "edited",
    "entry_of",
    "fit",
    "follow",
    "forget_keys",
    "kept",
    "measure",
    "moved_shots",
    "moves_of",
    "quietly",
    "uses",
    "write",
]
