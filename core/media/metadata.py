# SPDX-License-Identifier: GPL-3.0-or-later
"""Focal length from metadata, as focal length over sensor width."""

from __future__ import annotations

from collections.abc import Mapping

# Width of the 35 mm still frame that "35 mm equivalent" refers to, in mm.
FULL_FRAME_WIDTH = 36.0


def focal_from_tags(tags: Mapping[str, str]) -> float | None:
    """Focal length over sensor width from a movie's tags, or None."""
    for key, value in tags.items():
        if "focal_length.35mm_equivalent" in key.lower():
            try:
                focal = float(value)
            except ValueError:
                continue
            if 1 <= focal <= 5000:
                return focal / FULL_FRAME_WIDTH
    return None
