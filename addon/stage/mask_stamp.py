# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a mask is still the one that was rasterised: what it is in each frame, in a few letters.

What the mask editor shows is judged, keys included; a track that a mask follows and that was
corrected since isn't noticed.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

FILE = "mask.json"
_LAYER = ("name", "hide_render", "alpha", "blend", "falloff", "invert", "use_fill_holes")
_SPLINE = ("use_cyclic", "use_fill", "offset_mode", "weight_interpolation")
_POINT = ("co", "handle_left", "handle_right", "weight")
_PARENT = ("type", "parent", "sub_parent")


def stamp(mask: Any, layer: str) -> str:
    """Of an evaluated ``mask`` as it is now; ``layer``: of that name alone, "": all of them."""
    told: list[Any] = []
    for found in mask.layers:
        if layer and found.name != layer:
            continue
        told.append([str(getattr(found, name, "")) for name in _LAYER])
        for spline in found.splines:
            told.append([str(getattr(spline, name, "")) for name in _SPLINE])
            for point in spline.points:
                told.append([_short(getattr(point, name)) for name in _POINT])
                told.append([[_short(f.u), _short(f.weight)] for f in point.feather_points])
                told.append([str(getattr(point.parent, name, "")) for name in _PARENT])
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def _short(value: Any) -> Any:
    """Numbers as far as a drawn picture could tell them apart."""
    if hasattr(value, "__len__"):
        return [round(float(part), 6) for part in value]
    return round(float(value), 6)


def write(folder: Path, stamps: dict[int, str]) -> None:
    """Beside a mask's pictures: the stamps of timeline frames."""
    (folder / FILE).write_text(json.dumps(stamps), encoding="utf8")


def stamp_of(folder: Path, frame: int) -> str:
    """What was written of a frame; "" where nothing was: pictures of an older build."""
    try:
        told = json.loads((folder / FILE).read_text(encoding="utf8"))
        return str(told.get(str(frame), ""))
    except (OSError, ValueError, AttributeError):
        return ""
