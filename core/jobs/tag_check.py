# SPDX-License-Identifier: GPL-3.0-or-later
"""A tagged movie read back before it gets its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..delivery.check import Expected, verify
from ..delivery.frame_packing import CODECS
from ..delivery.inspection import Inspection
from ..delivery.remux import BOXED
from ..delivery.spatial import Spatial
from ..delivery.tag import MATROSKA, STEREO_MODES
from ..errors import SecondEyeError
from .progress import Progress, Report


@dataclass
class Tags:
    """``found`` and ``times`` (seconds after the first picture, and a tick; None: a raw stream) of
    the movie as it was; ``told``: what ``output`` is to say; ``line``: the check's answer."""

    found: Inspection
    times: tuple[Sequence[Fraction], Fraction] | None
    output: Path
    told: Spatial
    faststart: bool
    has_sound: bool
    line: str = ""

    def check(
        self, whole: Path, pictures: int | None, report: Report, stop: Callable[[], None]
    ) -> None:
        """Compare ``whole``, of which ``pictures`` were written, with what was asked.

        The coded pictures are those of the source, so the first few are decoded, and the rest is
        counted. Raises SecondEyeError.
        """
        found, told, suffix = self.found, self.told, self.output.suffix.lower()
        flat = told.projection == "rectangular" and told.layout not in ("mono", "multiview")
        matroska = suffix in MATROSKA and told.layout != "mono"
        times, tick = self.times or (None, Fraction(0))
        frames = len(times) if times is not None else pictures or 0
        read = verify(
            whole,
            Expected(
                frames=frames,
                width=found.width,
                height=found.height,
                times=times,
                tick=tick,
                views=2 if told.layout == "multiview" else 1,
                codec=found.codec,
                bit_depth=found.bit_depth or None,
                colour=found.colour,
                hdr=found.hdr,
                spatial=told if suffix in BOXED else None,
                frame_packing=told.layout if flat and found.codec in CODECS else None,
                stereo_mode=STEREO_MODES[told.layout] if matroska else None,
                sound=bool(found.sound) or self.has_sound,
                faststart=self.faststart if suffix in BOXED else None,
            ),
            copied=True,
            progress=lambda done: report(Progress("check", done, frames)),
            stop=stop,
        )
        self.line = read.message.replace(whole.name, self.output.name)
        if not read.ok:
            raise SecondEyeError(f"{self.line.rstrip('.')}: nothing was written.")
