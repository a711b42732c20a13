# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera moves: settings in the scene, written as few keys on the Move empty, shot by shot.

write(scene, only=None)          # all shots' moves, or those of some; edited keys stay
changed(scene, item)             # a setting was changed in the panel
follow(scene, drift)             # after a rebuild, moved cuts, a lens, a solve
read_shots(scene, project, shots, found)   # steps: numbers for the engine's job `uncovered`
keep(scene, shot, Measured(uncovered, bare, stretched, frame, layers)), kept(scene, shot)
scale(scene, [(shot, answer)])   # of that job: moves made to fit
"""

from .fit import check_fit, keep, kept, keys_of, same_keys, scale
from .follow import follow
from .meter import Measured, constrained, read_shots
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
    "check_fit",
    "constrained",
    "edited",
    "entry_of",
    "follow",
    "forget_keys",
    "keep",
    "kept",
    "keys_of",
    "moved_shots",
    "moves_of",
    "quietly",
    "read_shots",
    "same_keys",
    "scale",
    "uses",
    "write",
]
