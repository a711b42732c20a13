# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a shot's sampling pattern lies, and whether the depth of today is what it was made of."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from .files import SAMPLING
from .manifest import Manifest, Shot


def pattern_path(folder: Path, shot: Shot) -> Path:
    """The file of ``shot`` in a project's ``folder``; its number is the shot's first frame, which
    can't be moved without making the pattern stale (a name can)."""
    return folder / SAMPLING / f"{shot.first:06d}.npz"


def source_of(manifest: Manifest, shot: Shot) -> str:
    """Everything that the shot's normalised depth depends on, as a SHA-256 in hex.

    Not near, far and strength: they stretch the relief but leave its shape in the picture.
    """
    begin, end = shot.first - manifest.first, shot.last - manifest.first + 1
    depth, repair, model = manifest.depth, manifest.repair, manifest.model
    said = [
        manifest.clip.fingerprint,
        [model.name, model.sha256, model.size],
        [repair.sha256, repair.look_ahead] if shot.repaired else None,
        [shot.first, shot.last, shot.low, shot.high],
        [shot.spatial, shot.temporal, shot.semantic],
        [depth.width, depth.height, depth.scale[begin:end], depth.shift[begin:end]],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def is_current(folder: Path, manifest: Manifest, shot: Shot) -> bool:
    """Whether the shot has a pattern, made of the depth that stands there now."""
    record = shot.sampling
    return (
        record is not None
        and record.source == source_of(manifest, shot)
        and pattern_path(folder, shot).is_file()
    )
