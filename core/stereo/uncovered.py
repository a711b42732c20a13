# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a moved eye's picture nothing is there to show: opened steps and the picture's edges.

A frame's relief is drawn anew, coarsely, as the eye sees it: a grid of the depth, with its steps
and its apron cut as the scene's material cuts them (docs/scene.md, the matte), and the plate behind
it. Nothing is rendered, and no colour is looked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .silhouette import GRID, Canvas, View, cells_of, make_grid

APRON, PLATE_APRON = 0.05, 0.15
"""How far the relief goes on beyond the picture (of its width and height), and the plate (of its
width on every side)."""
LAYERED = 0.01  # of the matte angle: where steps open that have a plate behind them
_LOW, _HIGH = 0.6, 1.4  # times Step: where the cutting of a face begins and is complete
_CARRIED = 2  # depth pixels that the plate goes on beyond its edge


@dataclass(frozen=True)
class Scene:
    """What there is to see of one frame, in the footage camera's axes (looking along -z).

    Attributes:
        inverse_z: float (h, w), 1/Z > 0 in 1/scene unit, top row first.
        steps: float (h - 1, w - 1) in 0..1, how far the face between each four pixels is a step
            that is cut (`face_steps`).
        focal_over_width, aspect: of the footage; aspect is picture height over width.
        near: the distance by which viewing angles are reckoned.
        matte_angle: radians off the axis, seen from ``near``, where cutting begins.
        matte: 0..1, how far steps are cut.
        plate: float (h, w), 1/Z of the background plate, 0 where there is none; None without one.
    """

    inverse_z: np.ndarray
    steps: np.ndarray
    focal_over_width: float
    aspect: float
    near: float
    matte_angle: float
    matte: float = 1.0
    plate: np.ndarray | None = None


@dataclass(frozen=True)
class Coverage:
    """Shares of the picture, 0..1. ``uncovered``: shows nothing; ``bare``: likewise, without the
    plate. ``stretched``: shows only a surface drawn across a step, or an apron, which are no
    footage."""

    uncovered: float
    bare: float
    stretched: float


def face_steps(
    inverse_z: np.ndarray, span: float, step: float, pitch: float, aspect: float
) -> np.ndarray:
    """Float32 (h - 1, w - 1) in 0..1: which faces of a relief are cut, as its material has it:
    those that change by more than ``step`` of ``span`` (1/near - 1/far) over ``pitch`` picture
    widths."""
    height, width = inverse_z.shape
    across, upward = np.abs(np.diff(inverse_z, axis=1)), np.abs(np.diff(inverse_z, axis=0))
    across = np.maximum(across[:-1], across[1:]) * width
    upward = np.maximum(upward[:, :-1], upward[:, 1:]) * (height / aspect)
    change = np.hypot(across, upward) * (pitch / max(span * step, 1e-12))
    return _smooth((change - _LOW) / (_HIGH - _LOW)).astype(np.float32)


def opened(scene: Scene, view: View, layers: bool = False) -> float:
    """0..1: how far the scene's material opens steps for this eye."""
    low = scene.matte_angle * (LAYERED if layers else 1.0)
    angle = _angle(scene, view)
    if low <= 0.0:
        return scene.matte if angle > 0.0 else 0.0
    return float(_smooth(np.array((angle - low) / low))) * scene.matte


def coverage(scene: Scene, view: View, pixels: int = GRID) -> Coverage:
    """What share of the eye's picture, drawn ``pixels`` wide, shows nothing."""
    bare, stretched = _seen(scene, view, pixels, False)
    if scene.plate is None:
        return Coverage(bare, bare, stretched)
    uncovered, stretched = _seen(scene, view, pixels, True)
    return Coverage(uncovered, bare, stretched)


def uncovered(scene: Scene, view: View, pixels: int = GRID) -> float:
    """`Coverage.uncovered` alone: with a plate in half the time of `coverage`."""
    return _seen(scene, view, pixels, scene.plate is not None)[0]


def _seen(scene: Scene, view: View, pixels: int, layers: bool) -> tuple[float, float]:
    """Uncovered and stretched."""
    sized = (view, pixels, max(1, round(pixels * scene.aspect)), scene.aspect)
    (high, across), apron = scene.inverse_z.shape, (APRON, APRON)
    coarse = make_grid(high, across, scene.aspect, apron)
    fine = make_grid(high, across, scene.aspect, apron, across)  # where steps are, each face counts
    wide, narrow = (
        Canvas(grid.places(scene.inverse_z, scene.focal_over_width, scene.aspect), *sized)
        for grid in (coarse, fine)
    )
    around = coarse.inside & (coarse.most(scene.steps) >= 0.5)
    beside = cells_of(fine, coarse, around) & fine.inside
    steep = beside & (fine.most(scene.steps) >= 0.5)
    solid = wide.draw(coarse.inside & ~around) | narrow.draw(beside & ~steep)
    kept = np.zeros_like(solid)
    opens = steep
    if layers and scene.plate is not None:
        # Where no plate stands, steps stay whole.
        there = scene.plate > 0.0
        faces = there[:-1, :-1] | there[1:, :-1] | there[:-1, 1:] | there[1:, 1:]
        opens = steep & (fine.most(faces.astype(np.int8)) > 0)
        kept = narrow.draw(steep & ~opens)
        if _angle(scene, view) > LAYERED * scene.matte_angle and scene.matte > 0.0:
            plate, border = _plate(scene, sized)
            solid |= plate
            kept |= border
    loose = wide.draw(~coarse.inside) | narrow.draw(opens)
    loose = loose * (1.0 - opened(scene, view, layers))
    shown = np.maximum(solid | kept, loose)
    stretched = np.maximum(kept, loose) * ~solid
    return 1.0 - float(shown.mean()), float(stretched.mean())


def eye_views(
    pose: np.ndarray, focal_over_width: float, interocular: float, convergence: float
) -> tuple[View, View]:
    """The left and right eye of an off-axis rig whose middle has ``pose``: half the interocular to
    either side, sensors shifted so that the convergence distance lands on the screen."""
    views = []
    for side in (-0.5, 0.5):
        aside = np.eye(4)
        aside[0, 3] = side * interocular
        shift = -side * interocular * focal_over_width / convergence
        views.append(View(np.asarray(pose, float) @ aside, focal_over_width, shift))
    return views[0], views[1]


def carried_on(plate: np.ndarray) -> np.ndarray:
    """The plate (h, w), 0 where there is none, gone on beyond its edge as the scene's plate is."""
    for _ in range(_CARRIED):
        total, count = np.zeros(plate.shape), np.zeros(plate.shape)
        padded = np.pad(plate, 1)
        for row in range(3):
            for column in range(3):
                part = padded[row : row + plate.shape[0], column : column + plate.shape[1]]
                total += part
                count += part > 0.0
        plate = np.where(plate > 0.0, plate, total / np.maximum(count, 1.0))
    return plate


def _plate(scene: Scene, sized: tuple[View, int, int, float]) -> tuple[np.ndarray, np.ndarray]:
    """Where the plate is seen, and the border that it repeats around the picture."""
    plate = carried_on(np.asarray(scene.plate))
    high, across = plate.shape
    grid = make_grid(high, across, scene.aspect, (PLATE_APRON, PLATE_APRON / scene.aspect))
    there = np.where(plate > 0.0, plate, scene.inverse_z)
    places = grid.places(there, scene.focal_over_width, scene.aspect)
    cells = plate[grid.rows[:, None], grid.columns[None, :]] > 0.0
    cells = cells[:-1, :-1] & cells[1:, :-1] & cells[:-1, 1:] & cells[1:, 1:]
    canvas = Canvas(places, *sized)
    return canvas.draw(cells & grid.inside), canvas.draw(~grid.inside)


def _angle(scene: Scene, view: View) -> float:
    return math.atan(float(np.linalg.norm(view.pose[:3, 3])) / scene.near)


def _smooth(share: np.ndarray) -> np.ndarray:
    share = np.clip(share, 0.0, 1.0)
    smooth: np.ndarray = share * share * (3.0 - 2.0 * share)
    return smooth
