# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes with many parts: cars, trees, vessels and terrain."""

import numpy as np

from . import shapes


def car(rng: np.random.Generator) -> tuple[shapes.Shape, shapes.Shape, shapes.Shape]:
    """A car of lofted boxes along x: (body, windows, wheels), 3.4-5.2 m long."""
    length, width = rng.uniform(3.4, 5.2), rng.uniform(1.6, 1.95)
    belt, roof = rng.uniform(0.8, 1.05), rng.uniform(1.35, 2.0)
    front, rear = rng.uniform(0.12, 0.3), rng.uniform(0.02, 0.22)
    x0, x1 = -length / 2, length / 2

    def loft(levels: list[tuple[float, float, float, float]]) -> shapes.Shape:
        points = [
            (x, y * w / 2, z)
            for z, a, b, w in levels
            for x, y in ((a, -1), (b, -1), (b, 1), (a, 1))
        ]
        faces = [[3, 2, 1, 0], [len(points) - 4 + i for i in range(4)]]
        for k in range(len(levels) - 1):
            faces += [
                [4 * k + i, 4 * k + (i + 1) % 4, 4 * k + 4 + (i + 1) % 4, 4 * k + 4 + i]
                for i in range(4)
            ]
        return np.array(points), faces

    body = loft(
        [
            (0.22, x0 + 0.1, x1 - 0.1, width * 0.94),
            (0.5, x0, x1, width),
            (belt * 0.95, x0 + 0.05, x1 - 0.12, width * 0.98),
            (belt, x0 + 0.1, x1 - 0.25, width * 0.9),
        ]
    )
    a, b = x0 + length * rear, x1 - length * front
    cabin = loft([(belt, a, b, width * 0.9), (roof - 0.04, a + 0.3, b - 0.55, width * 0.72)])
    top = loft(
        [(roof - 0.04, a + 0.3, b - 0.55, width * 0.73), (roof, a + 0.4, b - 0.7, width * 0.66)]
    )
    wheel = shapes.along(shapes.cylinder(0.32, 0.22, segments=14), "y")
    wheels = [
        shapes.moved(wheel, x, y - 0.11, 0.32)
        for x in (x0 + length * 0.19, x1 - length * 0.19)
        for y in (-width / 2 + 0.08, width / 2 - 0.08)
    ]
    return shapes.joined(body, top), cabin, shapes.joined(*wheels)


def tree(rng: np.random.Generator, height: float) -> tuple[shapes.Shape, shapes.Shape]:
    """(trunk, crown): lumpy clumps, a cone of needles, a column or a palm's drooping cards."""
    kind = rng.choice(["round", "round", "cone", "column", "palm"])
    thick = height * rng.uniform(0.015, 0.035)
    bare = height * (0.85 if kind == "palm" else rng.uniform(0.12, 0.4))
    trunk = shapes.cylinder(thick, bare + height * 0.1, thick * 0.6, 8)
    parts: list[shapes.Shape] = []
    if kind == "cone":
        parts.append(shapes.moved(_needles(rng, height * 0.95), z=height * 0.08))
    elif kind == "palm":
        for angle in np.linspace(0, 2 * np.pi, int(rng.integers(7, 12)), endpoint=False):
            reach = np.linspace(0, height * rng.uniform(0.25, 0.4), 5)
            drop = height * 0.05 - (reach / reach[-1]) ** 2 * height * rng.uniform(0.1, 0.3)
            wide = 0.16 * np.sin(np.linspace(0.4, 3.0, 5)) * height * 0.3
            left = np.column_stack([reach, wide, drop])
            right = np.column_stack([reach, -wide, drop])
            faces = [[i, i + 1, i + 6, i + 5] for i in range(4)]
            parts.append(
                shapes.moved((np.vstack([left, right]), faces), z=height * 0.92, turn=angle)
            )
    else:
        spread = height * (0.1 if kind == "column" else rng.uniform(0.16, 0.28))
        middle = (bare + height) / 2
        tall = (height - bare) * 0.3
        leaf = rng.uniform(0.12, 0.22)
        parts.append(shapes.moved(foliage(rng, spread * 0.8, leaf * 0.7), z=middle))
        for _ in range(int(rng.integers(9, 18))):
            offset = rng.normal(0, 1, 3)
            offset *= (
                np.array([spread, spread, tall]) * rng.uniform(0.4, 0.95) / np.linalg.norm(offset)
            )
            clump = foliage(rng, spread * rng.uniform(0.35, 0.6), leaf)
            parts.append(shapes.moved(clump, *(offset + np.array([0, 0, middle]))))
        trunk = shapes.cylinder(thick, middle, thick * 0.5, 8)
    return trunk, shapes.joined(*parts)


def _needles(rng: np.random.Generator, height: float) -> shapes.Shape:
    """A conifer's crown: drooping cards in whorls around a slim dark cone, from z = 0 up."""
    count = int(rng.integers(500, 900))
    wide, whorls = height * rng.uniform(0.16, 0.28), rng.uniform(7, 14)
    t = 1 - np.sqrt(rng.random(count))
    angle = rng.uniform(0, 2 * np.pi, count)
    reach = wide * (1 - t) * (0.55 + 0.45 * (1 - (t * whorls) % 1)) + 0.02 * height
    out = np.column_stack([np.cos(angle), np.sin(angle), rng.uniform(-0.7, 0.1, count)])
    side = np.column_stack([-np.sin(angle), np.cos(angle), rng.normal(0, 0.2, count)])
    tip = np.column_stack([reach * out[:, 0], reach * out[:, 1], t * height])
    long = (wide * rng.uniform(0.2, 0.4, count) * (1.1 - t))[:, None]
    broad = long * rng.uniform(0.2, 0.45, (count, 1))
    root, middle = tip - out * long, tip - out * long * 0.4
    corners = np.stack([root, middle + side * broad, tip, middle - side * broad], 1).reshape(-1, 3)
    core = shapes.cylinder(wide * 0.62, height * 0.95, 0.01, 9)
    return shapes.joined((corners, np.arange(4 * count).reshape(-1, 4).tolist()), core)


def foliage(rng: np.random.Generator, radius: float, leaf: float) -> shapes.Shape:
    """A clump of cards around a lumpy core; ``leaf``: half a card's length as a share of
    ``radius``. Centre on z = 0."""
    leaves = int(np.clip(2.6 / leaf**2, 30, 420))
    core_points, core_faces = shapes.blob(rng, radius * 0.72, 0.3, 10)
    out = rng.normal(0, 1, (leaves, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    middles = out * radius * rng.uniform(0.75, 1.15, (leaves, 1))
    facing = out + rng.normal(0, 0.6, (leaves, 3))
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    along = np.cross(facing, rng.normal(0, 1, (leaves, 3)))
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    size = radius * leaf * np.exp(rng.normal(0, 0.3, (leaves, 1)))
    u, v = along * size, np.cross(facing, along) * size * rng.uniform(0.5, 1.0, (leaves, 1))
    corners = np.stack([middles - u, middles - v, middles + u, middles + v], 1).reshape(-1, 3)
    cards = corners, np.arange(4 * leaves).reshape(-1, 4).tolist()
    return shapes.joined((core_points, core_faces), cards)


def bottle(rng: np.random.Generator) -> shapes.Shape:
    """A bottle, jar, vase, bowl or cup by one lathed profile, 5-35 cm tall."""
    radius, height = rng.uniform(0.025, 0.06), rng.uniform(0.06, 0.34)
    kind = rng.integers(4)
    if kind == 0:
        profile = [[1, 0], [1, 0.6], [0.35, 0.75], [0.35, 1]]
    elif kind == 1:
        profile = [[0.6, 0], [1.2, 0.35], [0.7, 0.8], [0.9, 1]]
    elif kind == 2:
        profile = [[0.5, 0], [1.6, 0.5], [2.0, 1], [1.85, 0.98], [1.4, 0.5], [0.3, 0.15]]
        height *= 0.4
    else:
        profile = [[0.9, 0], [1, 1], [0.9, 1], [0.8, 0.1]]
        height = min(height, 0.13)
    return shapes.lathe(np.array(profile) * (radius, height), 18)


def terrain(rng: np.random.Generator, rough: float, far: float = 2500.0) -> shapes.Shape:
    """Ground in rings around the origin, flat near it when ``rough`` is 0, hills far away."""
    rings, spokes = 56, 96
    radii = np.geomspace(0.6, far, rings)
    angles = np.arange(spokes) / spokes * 2 * np.pi
    x, y = radii[:, None] * np.cos(angles), radii[:, None] * np.sin(angles)
    z = np.zeros_like(x)
    for wavelength, share in ((9.0, 0.006), (25.0, 0.012), (80.0, 0.02), (600.0, 0.06)):
        waves = rng.normal(0, 2 * np.pi / wavelength, (3, 2))
        phase = rng.uniform(0, 6.3, 3)
        ripple = sum(np.sin(x * w[0] + y * w[1] + p) for w, p in zip(waves, phase, strict=True))
        # Rings grow with distance: waves shorter than their spacing would only be aliasing.
        ripple = ripple * (radii[:, None] * 0.16 < wavelength * 0.4)
        z += rough * share * wavelength * ripple
    points = np.stack([x, y, z], -1).reshape(-1, 3)
    points = np.vstack([points, [0, 0, z[0].mean()]])
    faces = [
        [
            r * spokes + s,
            (r + 1) * spokes + s,
            (r + 1) * spokes + (s + 1) % spokes,
            r * spokes + (s + 1) % spokes,
        ]
        for r in range(rings - 1)
        for s in range(spokes)
    ]
    centre = rings * spokes
    faces += [[centre, s, (s + 1) % spokes] for s in range(spokes)]
    return points, faces
