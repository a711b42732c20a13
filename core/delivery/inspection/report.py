# SPDX-License-Identifier: GPL-3.0-or-later
"""What `inspect` finds out about a movie."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ..spatial import Read


@dataclass(frozen=True)
class BoxLine:
    """One box of the file, for a list that a person reads: ``depth`` levels below the top."""

    depth: int
    kind: str
    start: int
    size: int


@dataclass(frozen=True)
class Sound:
    """One audio stream."""

    codec: str
    rate: int
    channels: int
    language: str


@dataclass(frozen=True)
class Hdr:
    """Mastering display in cd/m2 and content light levels, as far as told."""

    brightest: float | None = None
    darkest: float | None = None
    content_light: tuple[int, int] | None = None  # MaxCLL, MaxFALL


@dataclass
class Inspection:
    """``layers``: of the coded stream, 2 in MV-HEVC; ``views``: pictures of different eyes for each
    moment, packed or not. None: the file doesn't tell, or it can't have it."""

    path: str
    container: str
    size: int
    codec: str
    profile: str
    width: int
    height: int
    bit_depth: int
    pixel_format: str
    layers: int
    rate: Fraction | None
    frames: int | None
    seconds: float | None
    colour: dict[str, str]
    hdr: Hdr | None = None
    sample_entry: str | None = None
    has_second_configuration: bool = False  # an lhvC box
    spatial: Read = field(default_factory=Read)
    frame_packing: str | None = None  # of the SEI
    left_view: int | None = None  # view id of the left eye, of the SEI
    stereo_mode: str | None = None  # Matroska's
    faststart: bool | None = None
    sound: list[Sound] = field(default_factory=list)
    boxes: list[BoxLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def views(self) -> int:
        if self.layers > 1:
            return self.layers
        modes = (self.spatial.st3d, self.frame_packing, self.stereo_mode)
        packed = any(mode not in (None, "mono") for mode in modes)
        return 2 if packed or (self.spatial.views or 0) & 3 == 3 else 1

    def as_dict(self) -> dict[str, Any]:
        """JSON-able: rationals as [numerator, denominator], boxes as [depth, kind, start, size]."""
        answer = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        answer["rate"] = self.rate and [self.rate.numerator, self.rate.denominator]
        answer["hdr"] = self.hdr and dataclasses.asdict(self.hdr)
        answer["spatial"] = dataclasses.asdict(self.spatial)
        answer["sound"] = [dataclasses.asdict(sound) for sound in self.sound]
        answer["boxes"] = [[box.depth, box.kind, box.start, box.size] for box in self.boxes]
        answer["views"] = self.views
        return answer
