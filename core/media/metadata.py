# SPDX-License-Identifier: GPL-3.0-or-later
"""Focal length from metadata, as focal length over the upright picture's width."""

from __future__ import annotations

from collections.abc import Mapping

# Width of the 35 mm still frame that "35 mm equivalent" refers to, in mm.
FULL_FRAME_WIDTH = 36.0


def focal_from_tags(tags: Mapping[str, str]) -> float | None:
    """35 mm equivalent focal length in mm from a movie's tags, or None.

    Phones write it as com.apple.quicktime.camera.focal_length.35mm_equivalent.
    """
    for key, value in tags.items():
        if "focal_length.35mm_equivalent" in key.lower():
            try:
                focal = float(value)
            except ValueError:
                continue
            if 1 <= focal <= 5000:
                return focal
    return None


def over_width(focal: float | None, width: int, height: int) -> float | None:
    """Focal length over the width of a picture, of one in mm on a frame 36 mm along its longer
    side: a phone held upright has that side upright, too."""
    return None if focal is None else focal / FULL_FRAME_WIDTH * max(width, height) / width
