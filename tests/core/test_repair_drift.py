# SPDX-License-Identifier: GPL-3.0-or-later
"""The scale of depth along shots in which the camera moves or zooms."""

import cv2
import numpy as np
import pytest
from repair_clips import HEIGHT, STREAMING, TEMPORAL, WIDTH, Made, hills, repaired, texture

from core.repair.repair import Repair


def slope(told, truth):
    return float(np.polyfit(truth.ravel(), told.ravel().astype(float), 1)[0])


def corridor(frames, step=0.04):
    """A drive along an endless corridor: its depth is the same in every frame, and everything on
    its walls comes nearer by ``step`` V from one to the next."""
    fine = 2
    rows, columns = np.mgrid[0 : fine * HEIGHT, 0 : fine * WIDTH].astype(np.float32)
    x = (columns - columns.mean()) / (fine * WIDTH / 2)
    y = (rows - rows.mean()) / (fine * WIDTH / 2)
    side, floor = np.abs(x), np.abs(y) / 0.6
    near = np.maximum(np.maximum(side, floor), 0.2)  # the corridor ends before a wall far away
    on_side = side > floor
    across = np.where(on_side, y, x) / near * 40 + np.where(on_side, 60, 150)
    across += np.where(np.where(on_side, x, y) > 0, 90, 0)
    pattern = texture(5, 256, 256)
    made = Made()
    for t in range(frames):
        along = np.where(near > 0.2, 1 / near + t * step, 1 / 0.2 + 8 * np.maximum(side, floor))
        maps = [(m % 255).astype(np.float32) for m in (along * 60, across)]
        picture = cv2.remap(pattern, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        made.pictures.append(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))
        made.depths.append(cv2.resize(near, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))
    return made


def zooming(frames, rate=1.012):
    """A camera that stands and zooms in."""
    wide, depth = texture(8, 2 * HEIGHT, 2 * WIDTH), hills(3, 2 * HEIGHT, 2 * WIDTH)
    made = Made()
    for t in range(frames):
        size = 0.5 * rate**t
        move = np.float32(
            [[size, 0, WIDTH / 2 - size * WIDTH], [0, size, HEIGHT / 2 - size * HEIGHT]]
        )
        less = cv2.GaussianBlur(wide, (0, 0), 0.8)
        made.pictures.append(cv2.warpAffine(less, move, (WIDTH, HEIGHT)))
        made.depths.append(cv2.warpAffine(depth, move, (WIDTH, HEIGHT)))
    return made


def passing(frames, step=0.5):
    """A camera that goes sidewards: what is nearer passes faster, in three layers."""
    reach = int(4 * step * frames) + WIDTH + 4
    made = Made()
    layers = []
    for number, (depth, high) in enumerate(((0.2, 0), (0.5, 26), (0.9, 52))):
        picture = texture(20 + number, HEIGHT, reach)
        seen = np.zeros((HEIGHT, reach), bool)
        seen[high:] = True
        if number:
            seen[high - 14 :] |= (np.arange(reach) // 17 % 3 == 0)[None, :]
        layers.append((picture, depth, seen))
    for t in range(frames):
        picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        depths = np.zeros((HEIGHT, WIDTH), np.float32)
        for behind, depth, seen in layers:
            move = np.float32([[1, 0, -4 * step * depth * t], [0, 1, 0]])
            moved = cv2.warpAffine(behind, move, (WIDTH, HEIGHT))
            mask = cv2.warpAffine(seen.astype(np.float32), move, (WIDTH, HEIGHT)) > 0.5
            picture[mask], depths[mask] = moved[mask], depth
        made.pictures.append(picture)
        made.depths.append(depths)
    return made


def slopes_of(made, frames):
    sequence = (repair := Repair(STREAMING)).sequence()
    found = []
    for frame, truth in zip(frames, made.depths, strict=True):
        found.append(slope(sequence.push(repair.prepare(frame))[0].inverse_depth, truth))
    return np.array(found)


@pytest.mark.parametrize("made", [corridor(150), passing(100)], ids=["forward", "sidewards"])
def test_the_scale_does_not_drift_while_the_camera_travels(made):
    frames = made.estimated(seed=4, scale=0.04, noise=0.02)
    frames[0] = Made(made.pictures[:1], made.depths[:1]).estimated(scale=0.0, shift=0.0)[0]
    slopes = slopes_of(made, frames)
    raw = np.array([slope(f.inverse_depth, d) for f, d in zip(frames, made.depths, strict=True)])
    half = len(slopes) // 2
    # A walk would go on. What is left is a part of each step, against which the leak pulls.
    assert slopes[20:half].mean() == pytest.approx(raw.mean(), rel=0.15)
    assert slopes[half:].mean() == pytest.approx(slopes[20:half].mean(), rel=0.03)
    assert np.abs(np.diff(slopes[20:])).mean() < 0.5 * np.abs(np.diff(raw[20:])).mean()


@pytest.mark.parametrize("settings", [TEMPORAL, STREAMING])
def test_a_zoom_brings_nothing_nearer(settings):
    made = zooming(30)
    frames = made.estimated(seed=5, scale=0.0, shift=0.0, noise=0.01)
    told = [r.inverse_depth for r in repaired(frames, settings)]
    apart = [
        float((depth / np.maximum(truth, 0.05)).mean())
        for depth, truth in zip(told[10:], made.depths[10:], strict=True)
    ]
    assert np.mean(apart) == pytest.approx(1.0, abs=0.02)
