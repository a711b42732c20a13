# SPDX-License-Identifier: GPL-3.0-or-later
"""A shot that the artist has finished: whatever fits many shots at once leaves it alone."""

from __future__ import annotations

import bpy

LOCKED = "second_eye_locked"
"""On the relief, as a property of the object itself: it holds without the add-on, and goes with a
copy of the object."""


def locked(relief: bpy.types.Object) -> bool:
    """Whether the shot's settings and stereo keys shall stay as they are."""
    return bool(relief.get(LOCKED, False))


def lock(relief: bpy.types.Object, value: bool) -> None:
    """Lock the shot or free it; nothing where it is linked from another file."""
    if not relief.is_editable:
        return
    relief[LOCKED] = bool(value)
