# SPDX-License-Identifier: GPL-3.0-or-later
"""An export read back before it gets its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SecondEyeError
from .progress import Progress, Report

if TYPE_CHECKING:
    from ..delivery.spatial import Spatial
    from .exporting import Export


def checked(
    export: Export,
    path: Path,
    output: Path,
    told: Spatial,
    heard: bool,
    report: Report,
    stop: Callable[[], None],
) -> str:
    """The self-check's line on ``path``, which is to be ``output``, with sound if ``heard``.

    Raises SecondEyeError where the file is not what was asked for, and what ``stop`` raises.
    """
    from ..delivery.check import Expected, verify
    from ..delivery.inspection.mastering import told_by
    from ..delivery.inspection.stream import tag_words
    from ..delivery.remux import BOXED
    from ..delivery.tag import MATROSKA, STEREO_MODES

    suffix, video = output.suffix.lower(), export.video
    matroska = suffix in MATROSKA
    width, height = export.stored_size
    result = verify(
        path,
        Expected(
            frames=len(export.frames),
            width=width,
            height=height,
            rate=None if matroska else export.rate,
            times=export.times,
            views=2 if video.format == "mv-hevc" else 1,
            bit_depth=video.coded_bits,
            colour=tag_words(video.colour),
            hdr=told_by(video.colour) if matroska or suffix in BOXED else None,
            spatial=told if suffix in BOXED else None,
            frame_packing=_frame_packing(told, video.codec),
            stereo_mode=STEREO_MODES[told.layout] if matroska and told.layout != "mono" else None,
            sound=True if heard else None,  # Matroska lists a track without a packet
            faststart=True if suffix in BOXED else None,
        ),
        progress=lambda frames: report(Progress("check", frames, len(export.frames))),
        stop=stop,
    )
    line = result.message.replace(path.name, output.name)
    if not result.ok:
        raise SecondEyeError(f"{line.rstrip('.')}: nothing was kept of it, convert it again.")
    return line


def _frame_packing(told: Spatial, encoder: str) -> str | None:
    """What the SEI is to say: of flat packed pictures in H.264 and HEVC."""
    packed = told.projection == "rectangular" and told.layout not in ("mono", "multiview")
    return told.layout if packed and any(n in encoder for n in ("264", "265", "hevc")) else None
