# SPDX-License-Identifier: GPL-3.0-or-later
"""What a conversion asks for in place of a project's own range, strength and rig."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..errors import UsageError
from ..geometry import inverse_distance
from ..project import BakedRange, Manifest, Shot
from ..stereo import StereoRig, suggest_rig

Range = tuple[float, float, float, float, float]
"""Near, far, strength, bias and contrast, as `inverse_distance` takes them."""


@dataclass(frozen=True)
class EyeSettings:
    """What replaces the project's own numbers; None keeps them. See ConvertJob."""

    near: float | None = None
    far: float | None = None
    strength: float | None = None
    interocular: float | None = None
    convergence: float | None = None
    budget: float = 0.02
    keep: Literal["left", "right"] | None = None  # the eye that is the clip's own picture

    def range_of(self, shot: Shot) -> Range:
        """For a shot."""
        return (
            shot.near if self.near is None else self.near,
            shot.far if self.far is None else self.far,
            shot.strength if self.strength is None else self.strength,
            shot.bias,
            shot.contrast,
        )

    def check(self, manifest: Manifest | None, frames: tuple[int, int] | None = None) -> None:
        """Raise UsageError for what makes no rig or no range; ``manifest`` None: a project yet to
        be made; ``frames`` (first, last): those that will be asked for, None: all."""
        for where, values in self._ranges(manifest, frames):
            try:
                inverse_distance(np.zeros(1), *values)
            except UsageError as error:
                said = str(error)
                raise UsageError(where + said[0].lower() + said[1:] if where else said) from error
        StereoRig(
            0.0 if self.interocular is None else self.interocular,
            1.0 if self.convergence is None else self.convergence,
            1.0,
        )
        suggest_rig(np.ones(1), 1.0, self.budget)

    def _ranges(
        self, manifest: Manifest | None, frames: tuple[int, int] | None
    ) -> Iterator[tuple[str, Range]]:
        """(whose, as the beginning of a sentence; range) of every range that will be used."""
        if manifest is None:
            yield "", self.range_of(Shot("", 1, 1))
            return
        first, last = frames or (manifest.first, manifest.last)
        # The rig is suggested from whole shots; frames before the first and behind the last shot
        # will be of these.
        shots = [
            shot
            for shot in manifest.shots
            if (shot.first <= last or shot is manifest.shots[0])
            and (shot.last >= first or shot is manifest.shots[-1])
        ]
        baked, seen = manifest.ranges, set[Range]()
        for shot in shots:
            if baked is None:
                yield "", self.range_of(shot)
                continue
            for frame in range(shot.first, shot.last + 1):
                values = self.baked_range(baked, frame - manifest.first, shot)
                if values not in seen:
                    seen.add(values)
                    yield f"The project's ranges are animated; at frame {frame}: ", values

    def baked_range(self, baked: BakedRange, index: int, shot: Shot) -> Range:
        """`range_of` for the frame at ``index``, where the scene animates ``baked``."""
        near, far, strength, _, _ = self.range_of(shot)
        return (
            baked.near[index] if self.near is None else near,
            baked.far[index] if self.far is None else far,
            baked.strength[index] if self.strength is None else strength,
            baked.bias[index],
            baked.contrast[index],
        )
