# SPDX-License-Identifier: GPL-3.0-or-later
"""What a conversion can write: packings in one picture, and what is more than a packing."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UsageError
from .packing import PACKINGS


@dataclass(frozen=True)
class Format:
    """``label`` for a person; ``streams``: encodes, one (packed) or one an eye; ``layout`` and
    ``projection``: of the tags (`spatial.Spatial`), None where no tag has a word for it."""

    label: str
    streams: int = 1
    layout: str | None = None
    projection: str = "rectangular"


FORMATS: dict[str, Format] = {
    **{name: Format(packing.label, 1, packing.layout) for name, packing in PACKINGS.items()},
    "rgbd": Format("the clip's picture and its depth beside it, near is white"),
    "vr180": Format("half spheres side by side", 1, "left-right", "vr180"),
    "eyes": Format("two files, OUT_L and OUT_R", 2),
    "mv-hevc": Format("both eyes in one HEVC stream (experimental, 8 bits)", 2, "multiview"),
}


def format_named(name: str) -> Format:
    """Raises UsageError, naming those that exist."""
    if name not in FORMATS:
        raise UsageError(f'There is no format "{name}": the formats are {", ".join(FORMATS)}.')
    return FORMATS[name]
