# SPDX-License-Identifier: GPL-3.0-or-later
"""Destinations: what a conversion is set to where nothing else is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UsageError


@dataclass(frozen=True)
class Preset:
    """``crf``: the encoder's constant quality, smaller is better; ``speed``: its preset."""

    label: str
    format: str
    codec: str
    crf: int
    speed: str = "medium"


PRESETS: dict[str, Preset] = {
    "quest": Preset("Meta Quest's players", "sbs", "libx265", 20),
    "vision-pro": Preset("Apple Vision Pro, experimental", "mv-hevc", "libx265", 20),
    "youtube-vr180": Preset("an upload to YouTube", "vr180", "libx264", 16),
    "3d-tv": Preset("3D televisions", "half-sbs", "libx264", 18),
    "master": Preset("editing, 4:2:2 (name it .mov)", "sbs", "prores_ks", 16),
}


def preset_named(name: str) -> Preset:
    """Raises UsageError, naming those that exist."""
    if name not in PRESETS:
        raise UsageError(f'There is no preset "{name}": the presets are {", ".join(PRESETS)}.')
    return PRESETS[name]
