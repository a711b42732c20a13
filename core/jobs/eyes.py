# SPDX-License-Identifier: GPL-3.0-or-later
"""Both eyes of any frame of a depth project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..errors import UsageError
from ..geometry import disparity_gain, inverse_distance
from ..project import Project, Shot
from ..project import behind as layer_files
from ..project.statistics import Tables
from ..stereo import StereoRig, find_viewing, frame_depth
from ..stereo.floating_window import covered
from ..stereo.shot_rig import suggest_shot_rig
from .eye_settings import EyeSettings
from .shaped import Shaped
from .tables import current_tables

if TYPE_CHECKING:
    from ..synthesis.layers import Layers

_INFINITY = 1e9  # scene units


class Eyes:
    """Reads the project only, so several threads may ask for frames at once.

    ``parallel``: eyes that look straight ahead, as pictures on a sphere want it; infinity then
    has no parallax, whatever the convergence. ``bits``: of the pictures, 8 (uint8) or 16 (uint16).
    ``tables``: of the frames' depth (`current_tables`), which a suggested rig needs; made here
    where they are not given.
    Raises UsageError for settings that make no rig or no range.
    """

    def __init__(
        self,
        project: Project,
        settings: EyeSettings,
        *,
        parallel: bool = False,
        bits: int = 8,
        tables: Tables | None = None,
    ) -> None:
        self._project = project
        self._settings = settings
        self._parallel = parallel
        self._bits = bits
        self._shaped = Shaped(project, settings)
        # Suggested from whole shots, so that any part of one converts alike.
        camera = project.manifest.camera
        replaced = settings.interocular is not None and settings.convergence is not None
        shots = [] if camera or replaced else project.manifest.shots
        if shots and tables is None:
            tables = current_tables(project, lambda progress: None, lambda: False)
        self._tables = tables or {}
        self._suggested = {shot.first: self._suggest(shot) for shot in shots}
        self.look_for_layers()
        self.rig(project.manifest.first)

    def look_for_layers(self) -> None:
        """See once more which shots have layers of today's depth."""
        folder, manifest = self._project.folder, self._project.manifest
        self._layered = {
            shot.first: layer_files.is_current(folder, manifest, shot) for shot in manifest.shots
        }

    def reach(self, shot: Shot) -> float:
        """How far, in picture widths, the eyes of ``shot`` see its nearest point move against its
        farthest: the most of its frames."""
        most = 0.0
        for frame in range(shot.first, shot.last + 1):
            near, far, strength, _, _ = self._shaped.range_at(frame)
            rig = self.rig(frame)
            gain = disparity_gain(rig.interocular, rig.focal_over_width, near, far, strength, 1)
            most = max(most, gain)
        return most

    def plate(self, frame: int) -> np.ndarray:
        """The clip's own picture (H, W, 3)."""
        return self._project.read_plate(frame, self._bits)

    def depth(self, frame: int) -> np.ndarray:
        """Normalised inverse depth with curve and edits, float32 (h, w) in 0..1, 1 = near."""
        return self._shaped.normalised(frame).clip(0.0, 1.0)

    def pair(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Left and right of a timeline frame, (H, W, 3) each. Raises SecondEyeError."""
        plate = self.plate(frame)
        inverse = self.inverse_distance(frame)
        rig, offset = self.rig(frame), self._lateral_offset(frame)
        if self._parallel:
            rig = replace(rig, convergence=_INFINITY)
        kept = self._settings.keep

        def shifted(distance: np.ndarray, eye: Literal["left", "right"]) -> np.ndarray:
            shift = rig.eye_shift(distance, eye, offset)
            return shift if kept is None else shift - rig.eye_shift(distance, kept, offset)

        layers = self._layers(frame)

        def seen_by(eye: Literal["left", "right"]) -> np.ndarray:
            return _seen(plate, inverse, layers, lambda distance: shifted(distance, eye))

        return self._windowed(
            frame,
            plate if kept == "left" else seen_by("left"),
            plate if kept == "right" else seen_by("right"),
        )

    def views(self, frame: int, positions: Iterable[float]) -> Iterator[np.ndarray]:
        """A timeline frame from places between the eyes, (H, W, 3) each: -1 is the left one, 1 the
        right one. Without a floating window. Raises SecondEyeError."""
        plate, inverse = self.plate(frame), self.inverse_distance(frame)
        rig, offset, layers = self.rig(frame), self._lateral_offset(frame), self._layers(frame)
        for position in positions:
            shifted = partial(rig.view_shift, position=position, lateral_offset=offset)
            yield _seen(plate, inverse, layers, shifted)

    def _windowed(
        self, frame: int, left: np.ndarray, right: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Both eyes behind the floating window that is baked; it fits the project's own numbers."""
        window, asked = self._project.manifest.window, self._settings
        numbers = (asked.near, asked.far, asked.strength, asked.interocular, asked.convergence)
        replaced = any(number is not None for number in numbers)
        if window is None or replaced or self._parallel:  # on a sphere the picture has no edge
            return left, right
        i = frame - self._project.manifest.first
        soft = window.softness
        return covered(left, window.left[i], 0.0, soft), covered(right, 0.0, window.right[i], soft)

    def _layers(self, frame: int) -> tuple[Layers, np.ndarray] | None:
        """What stands behind a frame's foreground and its 1/Z; None: no layers of today's depth."""
        shot = self._project.shot_at(frame)
        if not self._layered[shot.first] or not layer_files.whole(self._project.folder, frame):
            return None
        from .shot_layers import read_layers

        layers = read_layers(self._project, frame)
        # The curve bends both; a mask or an object moves the foreground alone.
        return layers, inverse_distance(layers.depth, *self._shaped.range_at(frame))

    def inverse_distance(self, frame: int) -> np.ndarray:
        """1/Z of a timeline frame, float32 (h, w), in 1/scene unit, at the depth's size."""
        return self._shaped.inverse_distance(frame)

    def rig(self, frame: int) -> StereoRig:
        """The rig at a timeline frame: asked for, else baked, else suggested."""
        manifest, settings = self._project.manifest, self._settings
        focal = manifest.lens.focal_over_width
        if manifest.camera is not None:
            index = frame - manifest.first
            camera = manifest.camera
            rig = StereoRig(
                camera.interocular[index],
                camera.convergence[index],
                focal,
                pivot=camera.pivot[index] if camera.pivot else 0.0,
                shift=camera.shift[index] if camera.shift else 0.0,
            )
        elif self._suggested:
            rig = self._suggested[self._project.shot_at(frame).first]
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

    def _suggest(self, shot: Shot) -> StereoRig:
        """Of the depth of all its frames, within the limits of the default screen."""
        manifest = self._project.manifest
        frames = range(shot.first, shot.last + 1)
        depths = [
            frame_depth(manifest, n, self._tables[n], self._shaped.range_at(n)) for n in frames
        ]
        focal, limits = manifest.lens.focal_over_width, find_viewing().limits
        try:
            return suggest_shot_rig(depths, focal, self._settings.budget, limits)
        except UsageError as error:
            raise UsageError(f"{self._project.folder}: {error}") from error


def _seen(
    plate: np.ndarray,
    inverse: np.ndarray,
    layers: tuple[Layers, np.ndarray] | None,
    shifted: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """The picture of whom ``shifted`` tells how far each 1/Z moves."""
    from ..synthesis import Behind, render_eye

    behind = None
    if layers is not None:
        stored, distance = layers
        behind = Behind(stored.plate, shifted(distance), distance, stored.front, stored.seen)
    return render_eye(plate, shifted(inverse), inverse, behind)
