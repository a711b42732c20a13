# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera moves of held-out renders: consecutive views whose flow, depth and poses are true."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SecondEyeError
from .flow import Motion, inside, looked_up
from .poses import Camera, carried
from .renders import RenderedFrame, open_renders

_RIGID = 0.5  # pixels between the flow and that of the poses alone: stored as half floats
_SAME = 0.02  # share by which inverse depths of one point at rest may differ
_SAME_MOVING = 0.1  # of a thing that moves by itself, whose step is not stored


@dataclass(frozen=True)
class Move:
    """Consecutive views of one scene, at least one; `cameras` in their order."""

    name: str
    frames: list[RenderedFrame]
    cameras: list[Camera]

    def motion(self, at: int) -> Motion:
        """From view ``at`` - 1 to view ``at``, by the true flow: *from* each pixel of the earlier
        view (`Motion.forward`). Raises SecondEyeError.

        Trusted is what the later view shows where the flow ends, by the true depths of both; that
        leaves out what is hidden there, and edges. Static is what the poses alone explain.
        """
        first, second = self.frames[at - 1], self.frames[at]
        flow = _read_flow(first)
        inverse, later = first.read_inverse(), second.read_inverse().astype(np.float32)
        rows, columns = np.mgrid[0 : first.height, 0 : first.width]
        here = np.stack([columns, rows], axis=-1)
        place, expected = carried(inverse, self.cameras[at - 1], self.cameras[at])
        rigid = np.linalg.norm(np.nan_to_num(place, nan=np.inf) - here - flow, axis=-1) < _RIGID
        target = (here + flow).astype(np.float32)
        seen = looked_up(later, target)
        allowed = np.where(rigid, _SAME * expected, _SAME_MOVING * inverse)
        shown = np.abs(seen - np.where(rigid, expected, inverse)) <= allowed
        trusted = inside(target) & shown
        return Motion(target, trusted, trusted & rigid, forward=True)


def open_moves(root: Path) -> list[Move]:
    """All held-out views of `renders.open_renders`: moves in their order, and each view that
    belongs to none as a move of its own. Raises SecondEyeError."""
    views: dict[Path, dict[str, RenderedFrame]] = {}
    for frame in open_renders(root):
        views.setdefault(frame.folder, {})[frame.stem] = frame
    moves = []
    for folder, frames in views.items():
        told = _views(folder)
        followed = {view["next"] for view in told.values()}
        for stem in frames:
            if stem in followed:
                continue
            chain = [stem]
            while told[chain[-1]]["next"]:
                chain.append(told[chain[-1]]["next"])
            moves.append(
                Move(
                    frames[stem].name,
                    [frames[s] for s in chain],
                    [_camera(told[s]) for s in chain],
                )
            )
    return moves


def _views(folder: Path) -> dict[str, dict[str, Any]]:
    scene = json.loads((folder / "scene.json").read_text(encoding="utf-8"))
    return {view["stem"]: view for view in scene["views"]}


def _camera(view: dict[str, Any]) -> Camera:
    focal = float(view["focal_px"])
    pose = np.array(view["world_from_camera"], np.float64)
    return Camera((focal, focal), (float(view["cx"]), float(view["cy"])), pose)


def _read_flow(frame: RenderedFrame) -> np.ndarray:
    """Float64 (H, W, 2): pixels to the next pose."""
    import OpenEXR

    path = frame.folder / f"{frame.stem}.exr"
    try:
        with OpenEXR.File(io.BytesIO(path.read_bytes()), True, False, 0) as file:
            channels = file.channels()
            flow = np.stack([channels[f"flow.{axis}"].pixels for axis in "XY"], axis=-1)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        raise SecondEyeError(
            f"{path} is missing or damaged: delete its scene folder and render it again."
        ) from error
    return flow.astype(np.float64)
