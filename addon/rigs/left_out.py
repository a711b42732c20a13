# SPDX-License-Identifier: GPL-3.0-or-later
"""What a conversion without a render can't follow of the stereo camera, in one sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...core.stereo.toe_in import keystone
from .modes import FLAT, TOE, mode_of
from .track import Pose

SEEN = 1e-4
"""In picture widths: what moves the nearest point by less is nothing."""


@dataclass
class LeftOut:
    """Gathered frame by frame. ``focal_over_width``, ``aspect`` (height over width) of the footage,
    ``near``: its nearest point in scene units, which moves most."""

    focal_over_width: float
    aspect: float
    near: float
    up: float = 0.0
    along: float = 0.0
    turn: float = 0.0
    tall: float = 0.0
    zoom: float = 1.0
    toe: float = 0.0
    round: bool = False

    def add(self, pose: Pose) -> None:
        camera = pose.camera
        self.up = max(self.up, abs(pose.matrix.translation.y))
        self.along = max(self.along, abs(pose.matrix.translation.z))
        turn = pose.matrix.to_quaternion()  # the cosine of a small angle tells nothing in 32 bits
        self.turn = max(self.turn, 2.0 * math.atan2(math.hypot(*turn[1:]), abs(turn.w)))
        mode = mode_of(camera)
        if mode not in FLAT:
            self.round = True
            return
        self.tall = max(self.tall, abs(camera.shift_y))
        zoom = camera.lens / camera.sensor_width / self.focal_over_width
        if abs(math.log(zoom)) > abs(math.log(self.zoom)):
            self.zoom = zoom
        if mode == TOE:
            stereo = camera.stereo
            rig = stereo.interocular_distance, stereo.convergence_distance
            self.toe = max(self.toe, keystone(*rig, self.focal_over_width, self.aspect))

    def sentence(self) -> str:
        """Empty where all is followed."""
        per_unit = self.focal_over_width / self.near
        parts = []
        if self.up * per_unit > SEEN:
            parts.append(f"moves up or down (up to {self.up:.3g} units)")
        if self.along * 0.5 / self.near > SEEN:
            parts.append(f"moves forward or back (up to {self.along:.3g} units)")
        if self.turn * self.focal_over_width > SEEN:
            parts.append(f"turns (up to {math.degrees(self.turn):.2g} degrees)")
        if abs(self.zoom - 1.0) > SEEN:
            parts.append(f"the lens ({self.zoom:.3g} times the footage's)")
        if self.tall > SEEN:
            parts.append(f"the shift up or down ({100.0 * self.tall:.2g} % of the width)")
        if self.toe > 0.0:
            percent = 100.0 * self.toe
            parts.append(f"toe-in's vertical parallax ({percent:.2g} % of the height at most)")
        if self.round:
            parts.append("the sphere, unless the format is VR180")
        if not parts:
            return ""
        listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
        return f"A conversion without a render leaves this out of what the camera does: {listed}."
