# SPDX-License-Identifier: GPL-3.0-or-later
"""The depth of a project as its artist shaped it: curve and edits, then near, far, strength."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..geometry import Lens, bend, edits, inverse_distance
from ..project import EditRecord, Project
from ..project import edits as pictures

if TYPE_CHECKING:
    from .eye_settings import EyeSettings, Range


class Shaped:
    """Reads the project only, so several threads may ask at once."""

    def __init__(self, project: Project, settings: EyeSettings) -> None:
        self._project, self._settings = project, settings
        manifest = project.manifest
        width, height = manifest.depth.width, manifest.depth.height
        u = ((np.arange(width) + 0.5) / width).astype(np.float32)
        v = (1.0 - (np.arange(height) + 0.5) / height).astype(np.float32)
        self._u, self._v = np.broadcast_arrays(u[None, :], v[:, None])
        self._lens = Lens(manifest.lens.focal_over_width, manifest.clip.width, manifest.clip.height)

    def range_at(self, frame: int) -> Range:
        """Of a frame: asked for, baked, or its shot's."""
        manifest, shot = self._project.manifest, self._project.shot_at(frame)
        if manifest.ranges is None:
            return self._settings.range_of(shot)
        return self._settings.baked_range(manifest.ranges, frame - manifest.first, shot)

    def normalised(self, frame: int) -> np.ndarray:
        """Float32 (h, w) after the curve and the edits; an edit may have taken it out of 0..1."""
        near, far, strength, bias, contrast = self.range_at(frame)
        n = bend(self._project.normalised(frame), bias, contrast)
        for record in self._project.manifest.edits:
            if record.first <= frame <= record.last:
                n = self._edited(n, record, frame, near, far, strength)
        return n.astype(np.float32)

    def inverse_distance(self, frame: int) -> np.ndarray:
        """1/Z, float32 (h, w), in 1/scene unit, at the depth's size."""
        near, far, strength, _, _ = self.range_at(frame)
        return inverse_distance(self.normalised(frame), near, far, strength)

    def _edited(
        self, n: np.ndarray, e: EditRecord, frame: int, near: float, far: float, strength: float
    ) -> np.ndarray:
        def now(values: Sequence[float]) -> float:
            return values[min(frame - e.first, len(values) - 1)]

        share, feather = now(e.strength), now(e.feather)
        if share == 0.0:
            return n
        target = None
        if e.source in ("mask", "image"):
            folder, height, width = self._project.folder, *n.shape
            of_frame = pictures.mask_path(folder, e.folder, frame)
            still = pictures.still_path(folder, e.folder)
            path = of_frame if e.source == "mask" else still
            weight = edits.mask_weight(*pictures.read(path, height, width), feather)
            if e.kind != "offset":
                tilts = (now(e.tilt_x), now(e.tilt_y)) if e.kind == "plane" else (0.0, 0.0)
                target = edits.picture_target(self._u, self._v, now(e.level), *tilts)
        else:
            row = e.matrix[min(frame - e.first, len(e.matrix) - 1)]
            matrix = np.vstack([np.reshape(row, (3, 4)), [0.0, 0.0, 0.0, 1.0]])
            rays = self._lens.ray(self._u, self._v)
            try:
                local, box = np.linalg.inv(matrix), e.source == "box"
            except np.linalg.LinAlgError:  # scaled to nothing, as artists switch things off
                return n
            if e.projected:
                weight = edits.projected_weight(rays, local, box, feather)
            else:
                points = rays / inverse_distance(n, near, far, strength)[..., None]
                weight = edits.volume_weight(points, local, box, feather)
            if e.kind != "offset":
                plane = e.kind == "plane"
                target = edits.object_target(rays, matrix, plane, near, far, strength)
        return edits.edit(n, share * weight, e.kind, now(e.amount), target)
