# SPDX-License-Identifier: GPL-3.0-or-later
"""How an export is encoded: what was asked for, else what its destination says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError

GOP = 24  # pictures, of streams whose eyes must have their key pictures together


@dataclass(frozen=True)
class Video:
    """``crf``: constant quality; ``bit_rate`` in bits a second replaces it; ``speed``: preset."""

    format: str
    codec: str
    crf: int
    bit_rate: int | None
    speed: str

    @property
    def streams(self) -> int:
        """Encodes of its own: one, or one an eye."""
        from ..delivery.formats import FORMATS

        return FORMATS[self.format].streams

    @property
    def part_suffix(self) -> str:
        """Of the container that parts are kept in."""
        if self.codec.startswith("prores"):  # which MP4 has no name for
            return ".mov"
        return ".mkv" if self.codec == "ffv1" else ".mp4"

    def outputs(self, output: Path) -> list[Path]:
        """The files that are written."""
        if self.format != "eyes":
            return [output]
        return [output.with_stem(f"{output.stem}_{eye}") for eye in "LR"]


def chosen_video(
    format: str | None,
    preset: str | None,
    codec: str | None,
    crf: int | None,
    bit_rate: int | None,
    speed: str | None,
) -> Video:
    """Raises UsageError."""
    from ..delivery.formats import format_named
    from ..delivery.presets import preset_named

    told = None if preset is None else preset_named(preset)
    name = format or (told.format if told else "sbs")
    format_named(name)
    chosen = codec or (told.codec if told else "libx265" if name == "mv-hevc" else "libx264")
    if name == "mv-hevc" and chosen != "libx265":
        raise UsageError(
            f"MV-HEVC is stitched of two x265 encodes, not of {chosen}: leave --codec."
        )
    quality = crf if crf is not None else told.crf if told else 16
    if not 0 <= quality <= 63:
        raise UsageError(f"A quality (crf) of {quality} is not usable: give 0 (best) to 51.")
    if bit_rate is not None and bit_rate < 1000:
        raise UsageError(f"A bit rate of {bit_rate} is not usable: give bits a second, or 20M.")
    return Video(name, chosen, quality, bit_rate, speed or (told.speed if told else "medium"))
