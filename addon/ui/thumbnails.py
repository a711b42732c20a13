# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures of shots. Blender reads them in a thread of its own, when they are drawn first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import bpy.utils.previews

MOST = 512
"""Shots whose pictures are kept; beyond, all are dropped and read again as they are drawn."""

_previews: Any = None


def icon(picture: Path) -> int:
    """The number of the icon of a picture on the disk; 0, which draws nothing, in background and
    for a picture that is gone."""
    global _previews
    if bpy.app.background:
        return 0
    try:
        key = f"{picture}:{picture.stat().st_mtime_ns}"
    except OSError:
        return 0
    if _previews is None or len(_previews) >= MOST:
        unregister()
        _previews = bpy.utils.previews.new()
    found = _previews.get(key) or _previews.load(key, str(picture), "IMAGE")
    return int(found.icon_id)


def unregister() -> None:
    global _previews
    if _previews is not None:
        bpy.utils.previews.remove(_previews)
        _previews = None
