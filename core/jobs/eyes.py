# SPDX-License-Identifier: GPL-3.0-or-later
"""Both eyes of any frame of a depth project, packed."""

from dataclasses import dataclass, replace

import numpy as np

from ..errors import UsageError
from ..geometry import inverse_distance
from ..project import Project
from ..stereo import StereoRig, suggest_rig

_SAMPLED_FRAMES = 24
_SAMPLED_SIDE = 64  # samples across and down a frame: plenty for percentiles


@dataclass(frozen=True)
class EyeSettings:
    """What replaces the project's own numbers; None keeps them. See ConvertJob."""

    near: float | None = None
    far: float | None = None
    strength: float | None = None
    interocular: float | None = None
    convergence: float | None = None
    budget: float = 0.02


class Eyes:
    """Reads the project only, so several threads may ask for frames at once.

    Raises UsageError for settings that make no rig or no range.
    """

    def __init__(self, project: Project, settings: EyeSettings, packing: str) -> None:
        self._project = project
        self._settings = settings
        self._packing = packing
        # One suggestion for the whole project, so that any part of it converts alike.
        camera = project.manifest.camera
        replaced = settings.interocular is not None and settings.convergence is not None
        self._suggested = None if camera or replaced else self._suggest()
        self.rig(project.manifest.first)

    def packed(self, frame: int) -> np.ndarray:
        """Left and right of a timeline frame, packed, uint8. Raises SecondEyeError."""
        from ..delivery import pack
        from ..synthesis import render_eye

        plate = self._project.read_plate(frame)
        inverse = self.inverse_distance(frame)
        rig, offset = self.rig(frame), self._lateral_offset(frame)
        left = render_eye(plate, rig.eye_shift(inverse, "left", offset), inverse)
        right = render_eye(plate, rig.eye_shift(inverse, "right", offset), inverse)
        return pack(left, right, self._packing)

    def inverse_distance(self, frame: int) -> np.ndarray:
        """1/Z of a timeline frame, float32 (h, w), in 1/scene unit, at the depth's size."""
        shot, settings = self._project.shot_at(frame), self._settings
        return inverse_distance(
            self._project.normalised(frame),
            shot.near if settings.near is None else settings.near,
            shot.far if settings.far is None else settings.far,
            shot.strength if settings.strength is None else settings.strength,
        )

    def rig(self, frame: int) -> StereoRig:
        """The rig at a timeline frame: asked for, else baked, else suggested."""
        manifest, settings = self._project.manifest, self._settings
        focal = manifest.lens.focal_over_width
        if manifest.camera is not None:
            index = frame - manifest.first
            camera = manifest.camera
            rig = StereoRig(camera.interocular[index], camera.convergence[index], focal)
        elif self._suggested is not None:
            rig = self._suggested
        else:
            rig = StereoRig(0.0, 1.0, focal)  # both numbers are replaced below
        if settings.interocular is not None:
            rig = replace(rig, interocular=settings.interocular)
        if settings.convergence is not None:
            rig = replace(rig, convergence=settings.convergence)
        return rig

    def _lateral_offset(self, frame: int) -> float:
        manifest = self._project.manifest
        if manifest.camera is None:
            return 0.0
        return manifest.camera.lateral_offset[frame - manifest.first]

    def _suggest(self) -> StereoRig:
        manifest = self._project.manifest
        count = len(manifest.frames)
        chosen = np.linspace(0, count - 1, min(count, _SAMPLED_FRAMES)).round().astype(int)
        samples = []
        for index in np.unique(chosen):
            inverse = self.inverse_distance(manifest.first + int(index))
            rows = np.linspace(0, inverse.shape[0] - 1, _SAMPLED_SIDE).round().astype(int)
            columns = np.linspace(0, inverse.shape[1] - 1, _SAMPLED_SIDE).round().astype(int)
            samples.append(inverse[np.ix_(rows, columns)].ravel())
        try:
            return suggest_rig(
                np.concatenate(samples), manifest.lens.focal_over_width, self._settings.budget
            )
        except UsageError as error:
            raise UsageError(f"{self._project.folder}: {error}") from error
