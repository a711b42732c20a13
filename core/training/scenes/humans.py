# SPDX-License-Identifier: GPL-3.0-or-later
"""People as smooth bodies in many poses: round cones along a skeleton, blended into one surface
(a signed distance field, polygonised by marching cubes), each face dressed by the nearest part.

Round cones and smooth minimum: the well-known distance functions (Quilez, "Distance functions" and
"Smooth minimum"); proportions after Drillis & Contini 1966 (segment lengths as shares of height).
"""

from dataclasses import dataclass

import numpy as np
from skimage.measure import marching_cubes

from .shapes import Shape

PARTS = ("skin", "hair", "top", "bottom", "shoes", "extra")
VOXEL = 0.024  # of the height 1.75 m


@dataclass(frozen=True)
class Body:
    """A body facing -y, standing on z = 0: its surface, and the part (index of PARTS) per face."""

    shape: Shape
    parts: np.ndarray
    seat: float
    """Height of what the body sits on (0: it stands)."""


def body(rng: np.random.Generator, pose: str | None = None, child: bool | None = None) -> Body:
    """A random person; ``pose`` is one of `POSES`."""
    pose = pose or str(rng.choice(list(POSES), p=list(POSES.values())))
    child = rng.random() < 0.12 if child is None else child
    tall = rng.uniform(1.0, 1.45) if child else rng.normal(1.71, 0.09)
    build = float(np.exp(rng.normal(0, 0.1))) * (1.08 if child else 1.0)
    joints = _skeleton(rng, pose)
    cones, seat = _dress(rng, joints, build, pose)
    points, faces, parts = _polygonise(cones)
    head = 1.12 if child else 1.0
    if child:  # heads of children are larger: stretch what lies above the shoulders
        above = np.maximum(points[:, 2] - joints["neck"][2], 0)
        points[:, 2] += above * (head - 1)
    return Body((points * tall, faces), parts, seat * tall)


POSES = {
    "stand": 0.22,
    "relaxed": 0.14,
    "walk": 0.28,
    "hold": 0.1,
    "reach": 0.06,
    "sit": 0.12,
    "bend": 0.04,
    "crouch": 0.04,
}


def _turned(v: tuple[float, float, float], swing: float, spread: float) -> np.ndarray:
    """A limb's direction: swung forward (-y) by ``swing`` and aside (x) by ``spread`` radians."""
    x, y, z = v
    c, s = np.cos(swing), np.sin(swing)
    y, z = c * y + s * z, c * z - s * y
    c, s = np.cos(spread), np.sin(spread)
    return np.array([c * x - s * z, y, c * z + s * x])


def _skeleton(rng: np.random.Generator, pose: str) -> dict[str, np.ndarray]:
    """Joints of a person of height 1, facing -y."""
    lean = rng.normal(0, 0.04)
    hips, knees = [0.0, 0.0], [0.02, 0.02]
    arms, elbows = rng.normal(0.0, 0.12, 2), rng.uniform(0.05, 0.4, 2)
    spread = rng.uniform(0.06, 0.22, 2)
    legs_apart = rng.uniform(0.0, 0.08)
    if pose == "walk":
        stride = rng.uniform(0.2, 0.5)
        phase = rng.choice([-1, 1])
        hips = [phase * stride, -phase * stride]
        knees = [0.1 + (0.5 * rng.random() if h < 0 else 0.05) for h in hips]
        arms = np.array([-phase, phase]) * stride * rng.uniform(0.4, 1.0)
        lean += 0.05
    elif pose == "relaxed":
        hips = [rng.uniform(-0.05, 0.2), 0.0]
        knees = [hips[0] * 1.5 + 0.02, 0.02]
        legs_apart += 0.06
        elbows = rng.uniform(0.2, 1.6, 2)
        spread = rng.uniform(0.1, 0.45, 2)
    elif pose == "hold":
        arms, elbows = rng.uniform(0.1, 0.9, 2), rng.uniform(0.6, 1.7, 2)
        if rng.random() < 0.5:
            arms[0], elbows[0] = 0.0, 0.2
    elif pose == "reach":
        arms, elbows = rng.uniform(-0.3, 2.8, 2), rng.uniform(0.0, 0.9, 2)
        spread = rng.uniform(0.1, 0.9, 2)
    elif pose == "sit":
        hips = list(1.5 + rng.normal(0, 0.08, 2))
        knees = list(1.5 + rng.normal(0, 0.25, 2))
        arms, elbows = rng.uniform(0.1, 0.8, 2), rng.uniform(0.5, 1.6, 2)
        lean += rng.normal(0.0, 0.15)
        legs_apart = rng.uniform(0.0, 0.3)
    elif pose == "bend":
        lean = rng.uniform(0.5, 1.3)
        hips, knees = list(rng.uniform(0.0, 0.3, 2)), list(rng.uniform(0.05, 0.4, 2))
        arms, elbows = rng.uniform(0.6, 1.6, 2), rng.uniform(0.0, 0.8, 2)
    elif pose == "crouch":
        hips, knees = list(rng.uniform(1.7, 2.2, 2)), list(rng.uniform(2.0, 2.4, 2))
        lean = rng.uniform(0.2, 0.6)
        arms, elbows = rng.uniform(0.5, 1.3, 2), rng.uniform(0.2, 1.4, 2)
    j: dict[str, np.ndarray] = {"pelvis": np.zeros(3)}
    spine = _turned((0, 0, 1), -lean, rng.normal(0, 0.03))
    spine[1] = -abs(spine[1]) if lean > 0 else spine[1]
    j["waist"] = spine * 0.09
    j["chest"] = j["waist"] + spine * 0.13
    j["neck"] = j["chest"] + spine * 0.085
    up = spine + np.array([0, 0, 1.2])
    up /= np.linalg.norm(up)
    look = _turned((0, 0, 1), rng.normal(-0.1, 0.2) * 0.5, rng.normal(0, 0.1))
    j["head"] = j["neck"] + (up * 0.7 + look * 0.3) * 0.088
    for k, side in enumerate((-1.0, 1.0)):
        hip = np.array([side * 0.052, 0, -0.01])
        thigh = _turned((0, 0, -1), hips[k], side * (legs_apart + 0.02))
        shin = _turned((0, 0, -1), hips[k] - knees[k], side * (legs_apart * 0.5))
        j[f"hip{k}"], j[f"knee{k}"] = hip, hip + thigh * 0.245
        j[f"ankle{k}"] = j[f"knee{k}"] + shin * 0.235
        j[f"toe{k}"] = j[f"ankle{k}"] + np.array([side * 0.02, -0.085, -0.028])
        shoulder = j["chest"] + spine * 0.055 + (side * 0.105, 0, 0)
        tilt = lean * 0.5
        upper = _turned((0, 0, -1), arms[k] + tilt, side * spread[k])
        fore = _turned((0, 0, -1), arms[k] + tilt + elbows[k], side * spread[k] * 0.3)
        j[f"shoulder{k}"], j[f"elbow{k}"] = shoulder, shoulder + upper * 0.17
        j[f"hand{k}"] = j[f"elbow{k}"] + fore * 0.15
        j[f"finger{k}"] = j[f"hand{k}"] + fore * 0.075
    low = min(min(j[f"toe{k}"][2], j[f"ankle{k}"][2] - 0.03) for k in (0, 1)) - 0.012
    return {name: at - (0, 0, low) for name, at in j.items()}


Cone = tuple[np.ndarray, np.ndarray, float, float, int, float]
"""From, to, their radii, part, and how flat (1 = round) along y."""


def _dress(
    rng: np.random.Generator, j: dict[str, np.ndarray], build: float, pose: str
) -> tuple[list[Cone], float]:
    skin, hair, top, bottom, shoes, extra = range(6)
    b = build
    cones: list[Cone] = [
        (j["pelvis"], j["waist"], 0.083 * b, 0.072 * b, top if rng.random() < 0.5 else bottom, 1.3),
        (j["waist"], j["chest"], 0.075 * b, 0.088 * b, top, 1.4),
        (j["shoulder0"], j["shoulder1"], 0.042 * b, 0.042 * b, top, 1.0),
        (j["neck"] - (0, 0, 0.02), j["head"] - (0, 0, 0.03), 0.032, 0.03, skin, 1.0),
        (j["head"] - (0, 0.008, 0.025), j["head"] + (0, 0, 0.018), 0.043, 0.052, skin, 1.0),
        (j["head"] + (0, -0.05, -0.008), j["head"] + (0, -0.06, -0.014), 0.006, 0.009, skin, 1.0),
    ]
    bald = rng.random() < 0.1
    if not bald:
        cones.append(
            (j["head"] + (0, 0.016, 0.012), j["head"] + (0, 0.004, 0.03), 0.054, 0.052, hair, 1.0)
        )
        if rng.random() < 0.4:  # long hair
            down = j["head"] + (0, 0.05, -rng.uniform(0.06, 0.15))
            cones.append((j["head"] + (0, 0.03, 0), down, 0.048, 0.035, hair, 1.0))
    if rng.random() < 0.12:  # a hat
        cones.append((j["head"] + (0, 0, 0.035), j["head"] + (0, 0, 0.06), 0.058, 0.05, extra, 1.0))
        cones.append(
            (j["head"] + (0, -0.03, 0.035), j["head"] + (0, -0.08, 0.03), 0.03, 0.02, extra, 1.0)
        )
    short_sleeves, shorts = rng.random() < 0.4, rng.random() < 0.18
    skirt = rng.random() < 0.16 and pose not in ("sit", "crouch", "bend")
    coat = rng.random() < 0.15 and pose not in ("sit", "crouch", "bend")
    loose = rng.uniform(1.0, 1.25)
    for k in (0, 1):
        low_leg = skin if (skirt or shorts) else bottom
        wide = 1.0 if low_leg == skin else loose
        cones += [
            (j[f"hip{k}"], j[f"knee{k}"], 0.058 * b, 0.038 * b * wide, bottom, 1.0),
            (j[f"knee{k}"], j[f"ankle{k}"], 0.036 * b * wide, 0.023 * wide, low_leg, 1.0),
            (j[f"ankle{k}"] + (0, 0.015, -0.022), j[f"toe{k}"], 0.024, 0.019, shoes, 1.0),
            (j[f"shoulder{k}"], j[f"elbow{k}"], 0.036 * b, 0.027 * b, top, 1.0),
            (j[f"elbow{k}"], j[f"hand{k}"], 0.026 * b, 0.018, skin if short_sleeves else top, 1.0),
            (j[f"hand{k}"], j[f"finger{k}"], 0.019, 0.014, skin, 1.0),
        ]
    if skirt or coat:
        hem = j["pelvis"] * (1, 1, 0) + (0, 0, j["pelvis"][2] * rng.uniform(0.25, 0.7))
        part = top if coat or rng.random() < 0.5 else bottom
        cones.append((j["waist"], hem, 0.07 * b, rng.uniform(0.085, 0.14), part, 1.2))
    if rng.random() < 0.22:  # a rucksack, or a bag at the hand
        if rng.random() < 0.5:
            back = j["chest"] + (0, 0.1, 0)
            cones.append(
                (back + np.array([0, 0, 0.04]), back - (0, 0, 0.08), 0.065, 0.075, extra, 1.2)
            )
        else:
            hand = j["finger0"]
            cones.append((hand - (0, 0, 0.05), hand - (0, 0, 0.12), 0.03, 0.05, extra, 1.0))
    if pose == "hold":  # a thing before the chest
        at = (j["finger1"] + j["hand1"]) / 2 + (0, -0.02, 0.02)
        cones.append((at, at + rng.normal(0, 0.05, 3), rng.uniform(0.02, 0.07), 0.03, extra, 1.0))
    seat = float(j["pelvis"][2] - 0.075 * b) if pose == "sit" else 0.0
    return cones, seat


def _distance(points: np.ndarray, cone: Cone) -> np.ndarray:
    """Distance of points to a tapered capsule, squashed along y by ``flat`` > 1 (x is wide)."""
    a, b, ra, rb, _, flat = cone
    scale = np.array([1 / flat, 1.0, 1.0]) if flat != 1.0 else np.ones(3)
    p, a, b = points * scale, a * scale, b * scale
    axis = b - a
    t = np.clip((p - a) @ axis / max(float(axis @ axis), 1e-9), 0, 1)
    return np.linalg.norm(p - a - t[..., None] * axis, axis=-1) - (ra + (rb - ra) * t)


def _polygonise(cones: list[Cone]) -> tuple[np.ndarray, list[list[int]], np.ndarray]:
    ends = np.array(
        [[cone[0] - max(cone[2:4]) * 1.5, cone[1] - max(cone[2:4]) * 1.5] for cone in cones]
    )
    tops = np.array(
        [[cone[0] + max(cone[2:4]) * 1.5, cone[1] + max(cone[2:4]) * 1.5] for cone in cones]
    )
    step = VOXEL / 1.75
    low, high = ends.min((0, 1)) - 2 * step, tops.max((0, 1)) + 2 * step
    counts = np.ceil((high - low) / step).astype(int) + 1
    axes = [low[i] + np.arange(counts[i]) * step for i in range(3)]
    field = np.full(tuple(counts), 0.05, np.float32)
    blend = 0.012
    for cone, ends_low, ends_high in zip(cones, ends, tops, strict=True):
        near_low, near_high = ends_low.min(0) - 0.03, ends_high.max(0) + 0.03
        cut = tuple(slice(*np.searchsorted(axes[i], (near_low[i], near_high[i]))) for i in range(3))
        grid = np.stack(np.meshgrid(*[axes[i][cut[i]] for i in range(3)], indexing="ij"), -1)
        d = _distance(grid, cone).astype(np.float32)
        old = field[cut]
        h = np.maximum(blend - np.abs(old - d), 0) / blend
        field[cut] = np.minimum(old, d) - h * h * blend * 0.25
    points, faces, _, _ = marching_cubes(field, 0.0)
    points = points * step + low
    middles = points[faces].mean(1)
    nearest = np.argmin(np.stack([_distance(middles, cone) for cone in cones]), 0)
    parts = np.array([cone[4] for cone in cones])[nearest]
    return points, faces.tolist(), parts
