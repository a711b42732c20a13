# SPDX-License-Identifier: GPL-3.0-or-later
"""Held-out frames of ``scripts/render_scenes.py``, whose depth, edges and labels are true.

The files are described in ``core/training/frames.py``, which an installation without the training
tools lacks; what is needed of them is read here.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..depth.labels import classes_of_render
from ..errors import SecondEyeError
from ..project.pictures import read_exr
from .layouts import read_grey, read_rgb

HELD_OUT = 20  # scenes whose seed it divides are never trained on (core/training/dataset.py)
GENERATOR = 4  # scenes of older generators have known faults (docs/scenes.md)


@dataclass(frozen=True)
class RenderedFrame:
    """One view of a scene; see `layouts.Frame`."""

    folder: Path
    stem: str
    kind: str
    height: int
    width: int
    seed: int

    @property
    def name(self) -> str:
        """Scene and view."""
        return f"{self.folder.name}/{self.stem}"

    def read_rgb(self) -> np.ndarray:
        """See `layouts.Frame`."""
        return read_rgb(self.folder / f"{self.stem}.jpg")

    def read_inverse(self) -> np.ndarray:
        """1/metre, float64 (H, W), 0 = sky. Raises SecondEyeError."""
        path = self.folder / f"{self.stem}.exr"
        try:
            values = read_exr(path, self.height, self.width)
        except SecondEyeError as error:
            raise SecondEyeError(
                f"{path} is missing or damaged: delete its scene folder and render it again."
            ) from error
        return np.maximum(values.astype(np.float64), 0.0)

    def read_depth(self) -> np.ndarray:
        """See `layouts.Frame`; the sky has no value."""
        inverse = self.read_inverse()
        return np.divide(1.0, inverse, out=np.zeros_like(inverse), where=inverse > 0.0)

    def read_classes(self) -> np.ndarray:
        """Class indices, uint8 (H, W), see ``core/depth/labels.py``. Raises SecondEyeError."""
        values = read_grey(self.folder / f"{self.stem}_label.png")
        return classes_of_render(values.astype(np.uint8))


def calibrates(seed: int) -> bool:
    """Whether the uncertainty may be calibrated on this held-out scene.

    The others, whose seed twice `HELD_OUT` divides, are left to judge it by. The seed alone
    decides: which folders are given, and what is rendered later, moves no scene over.
    """
    return seed % (2 * HELD_OUT) != 0


def open_renders(root: Path) -> list[RenderedFrame]:
    """The views of held-out scenes of this generator or a newer one, by name of scene.

    Raises SecondEyeError where there is none.
    """
    frames: list[RenderedFrame] = []
    for path in sorted(root.glob("scene_*/scene.json")):
        try:
            scene = json.loads(path.read_text(encoding="utf-8"))
            if scene["seed"] % HELD_OUT or (scene.get("generator") or 0) < GENERATOR:
                continue
            frames += [
                RenderedFrame(
                    path.parent, v["stem"], scene["kind"], v["height"], v["width"], scene["seed"]
                )
                for v in scene["views"]
            ]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SecondEyeError(
                f"{path} can't be read: delete the scene folder and render it again."
            ) from error
    if not frames:
        raise SecondEyeError(
            f"{root} holds no held-out frame (scene_N/scene.json with a seed that {HELD_OUT} "
            "divides): render some with scripts/render_scenes.py."
        )
    return frames
