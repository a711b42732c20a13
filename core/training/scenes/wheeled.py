# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""Bicycles, kick scooters, prams and trolleys: wheels, thin tubes, bags. Their length lies along x,
their wheels stand on z = 0. They count as objects, as the catalogue's do; cars are vehicles."""

import numpy as np

from . import shapes, textures
from .palette import tone
from .shapes import Shape
from .stage import Stage
from .street_furniture import Part, bars, iron, part, ring


def _wheel(rng: np.random.Generator, radius: float, x: float, spokes: int) -> tuple[Shape, Shape]:
    """(tyre, rim with hub and spokes) of a wheel at x."""
    tyre = ring(radius, radius * rng.uniform(0.04, 0.075), 32)
    rods = [shapes.along(shapes.cylinder(radius * 0.07, 0.1, segments=8), "y")]
    rods[0][0][:, 1] -= 0.05
    rim = ring(radius * 0.93, 0.008, 32, 4)
    rim[0][:, 2] -= radius * 0.93
    rods.append(rim)
    for angle in np.arange(spokes) / max(spokes, 1) * 6.283:
        end = np.array([np.cos(angle), 0, np.sin(angle)]) * radius * 0.92
        rods.append(shapes.rod(np.array([0, rng.choice([-0.02, 0.02]), 0]), end, 0.0016, 3))
    return shapes.moved(tyre, x), shapes.moved(shapes.joined(*rods), x, 0, radius)


def bicycle(stage: Stage) -> list[Part]:
    """Two spoked wheels, a frame, a saddle, a handlebar; often mudguards, bags, a basket."""
    rng = stage.rng
    k = rng.uniform(0.85, 1.08)
    r = rng.uniform(0.31, 0.355) * k
    back, front = -0.5 * k, rng.uniform(0.5, 0.58) * k
    spokes = int(rng.choice([16, 20, 28]))
    wheels = [_wheel(rng, r, x, spokes) for x in (back, front)]
    crank = np.array([-0.06 * k, 0, 0.28 * k])
    saddle = np.array([-0.2 * k, 0, rng.uniform(0.8, 0.98) * k])
    high, low = np.array([0.33 * k, 0, 0.86 * k]), np.array([0.37 * k, 0, 0.68 * k])
    hub_b, hub_f = np.array([back, 0, r]), np.array([front, 0, r])
    seat = crank + np.array(saddle - crank) * 0.85
    lowered = rng.random() < 0.45  # a frame to step through
    start = crank + np.array(saddle - crank) * (0.4 if lowered else 0.8)
    thick = rng.uniform(0.013, 0.019)
    off = np.array([0, 0.05, 0])
    tubes = [shapes.rod(crank, saddle, thick), shapes.rod(start, low * 0.3 + high * 0.7, thick)]
    tubes += [
        shapes.rod(crank, low, thick * 1.1),
        shapes.rod(low, high + np.array((0, 0, 0.08)), thick),
    ]
    for s in (-1, 1):
        tubes += [shapes.rod(hub_b + s * off, end, thick * 0.6) for end in (crank, seat)]
        tubes.append(bars(np.array([low, low + s * off, hub_f + s * off]), thick * 0.8))
    grip, reach = high + np.array((0, 0, rng.uniform(0.1, 0.2))), rng.uniform(0.22, 0.33)
    swept = rng.uniform(-0.2, 0.06)
    steer = [
        bars(
            np.array(
                [
                    grip + np.array((swept, s * reach, 0.02)),
                    grip + np.array((0.03, s * 0.1, 0.03)),
                    grip,
                ]
            ),
            0.012,
        )
        for s in (-1, 1)
    ]
    steer.append(shapes.rod(high, grip, 0.013))
    steer += [
        shapes.rod(
            crank + np.array((-0.12, s * 0.06, -0.09 * s)),
            crank + np.array((0.12, s * 0.06, -0.09 * s)),
            0.01,
        )
        for s in (-1, 1)
    ]
    black = [shapes.moved(shapes.box(0.25, 0.14, 0.06), *(saddle - (0.04, 0, 0)))]
    black[0][0][black[0][0][:, 0] > saddle[0], 1] *= 0.35
    black += [
        shapes.rod(
            grip + np.array((swept, s * reach, 0.02)),
            grip + np.array((swept - 0.1, s * reach, 0.01)),
            0.018,
        )
        for s in (-1, 1)
    ]
    black += [wheel[0] for wheel in wheels]
    plate = shapes.along(shapes.cylinder(0.09 * k, 0.02, segments=18), "y")
    steer.append(shapes.moved(plate, crank[0], -0.07, crank[2]))
    if rng.random() < 0.6:  # mudguards
        for x, (a, b) in ((back, (0.4, 3.3)), (front, (0.9, 3.0))):
            t = np.linspace(a, b, 9)
            arc = np.column_stack([x + np.cos(t) * r * 1.06, t * 0, r + np.sin(t) * r * 1.06])
            wide = np.vstack([arc - (0, 0.025, 0), arc + np.array((0, 0.025, 0))])
            tubes.append((wide, [[i, i + 1, i + 10, i + 9] for i in range(8)]))
    if rng.random() < 0.5:  # a chain guard
        guard = shapes.moved(shapes.box(crank[0] - back + 0.15, 0.03, 0.1), 0, -0.06, r - 0.04)
        tubes.append(shapes.moved(guard, (crank[0] + back) / 2))
    paint = stage.flat(tone(rng, "cloth" if rng.random() < 0.5 else "goods"), 0.1)
    parts = [
        part(shapes.joined(*tubes), paint, True),
        part(
            shapes.joined(*steer, *(wheel[1] for wheel in wheels)), stage.flat(tone(rng, "metal"))
        ),
        part(shapes.joined(*black), stage.flat(np.full(3, rng.uniform(0.03, 0.12)))),
    ]
    return parts + _luggage(stage, back, r, front, grip)


def _luggage(stage: Stage, back: float, r: float, front: float, grip: np.ndarray) -> list[Part]:
    """A rack, bags on either side of it, a basket at the handlebar, a crate."""
    rng, parts = stage.rng, []
    z = 2 * r + 0.05
    if rng.random() < 0.7:
        rack = [shapes.moved(shapes.box(0.4, 0.012, 0.012, z), back, y) for y in (-0.06, 0, 0.06)]
        rack += [
            shapes.rod(np.array([back, s * 0.06, r]), np.array([back - 0.1, s * 0.06, z]), 0.006)
            for s in (-1, 1)
        ]
        parts.append(part(shapes.joined(*rack), iron(stage)))
        draw = rng.random()
        if draw < 0.45:
            w, h, d = rng.uniform(0.28, 0.42), rng.uniform(0.26, 0.38), rng.uniform(0.09, 0.16)
            sacks = []
            for s in (-1, 1):
                sack = shapes.moved(shapes.box(w, d, h, z - h + 0.03), back, s * (0.07 + d / 2))
                low = sack[0][:, 2] < z - h / 2
                sack[0][low, 1] += s * 0.04
                flap = shapes.moved(
                    shapes.box(w * 1.04, d + 0.03, h * 0.4, z - h * 0.35), back, s * (0.07 + d / 2)
                )
                sacks += [sack, flap]
            weave = textures.speckle(rng, tone(rng, "cloth"), 0.3, start=16)
            parts.append(part(shapes.joined(*sacks), stage.textured(weave, 0.5)))
        elif draw < 0.6:
            parts.append(part(shapes.moved(shapes.box(0.38, 0.3, 0.25, z), back), stage.surface()))
    if rng.random() < 0.35:
        w, d, h = 0.3, 0.36, rng.uniform(0.18, 0.28)
        x, z = grip[0] + 0.2, grip[2] - h
        basket = [shapes.moved(shapes.box(w, d, 0.015, z), x)]
        for u in np.linspace(-1, 1, 8):
            for s in (-1, 1):
                basket.append(shapes.moved(shapes.box(0.01, 0.01, h, z), x + u * w / 2, s * d / 2))
                basket.append(shapes.moved(shapes.box(0.01, 0.01, h, z), x + s * w / 2, u * d / 2))
        basket += [
            shapes.moved(shapes.box(w, 0.015, 0.02, z + h - 0.02), x, s * d / 2) for s in (-1, 1)
        ]
        basket += [
            shapes.moved(shapes.box(0.015, d, 0.02, z + h - 0.02), x + s * w / 2) for s in (-1, 1)
        ]
        parts.append(part(shapes.joined(*basket), iron(stage)))
    return parts


def scooter(stage: Stage) -> list[Part]:
    """A kick scooter on its stand."""
    rng = stage.rng
    long, tall, r = rng.uniform(0.7, 1.0), rng.uniform(0.85, 1.2), rng.uniform(0.09, 0.13)
    x = long / 2
    deck = shapes.box(long * 0.75, 0.14, 0.05, r)
    stem = shapes.rod(np.array([x, 0, r]), np.array([x - 0.12, 0, tall]), 0.024, 8)
    bar = shapes.rod(np.array([x - 0.12, -0.24, tall]), np.array([x - 0.12, 0.24, tall]), 0.015)
    neck = shapes.rod(np.array([long * 0.37, 0, r + 0.02]), np.array([x, 0, r + 0.12]), 0.03)
    wheels = [shapes.moved(ring(r, r * 0.3, 20, 8), s * x) for s in (-1, 1)]
    hubs = [
        shapes.moved(shapes.along(shapes.cylinder(r * 0.6, 0.04), "y"), s * x, -0.02, r)
        for s in (-1, 1)
    ]
    dark = stage.flat(np.full(3, 0.05))
    return [
        part(shapes.joined(deck, stem, neck), iron(stage)),
        part(shapes.joined(*wheels, bar), dark, True),
        part(shapes.joined(*hubs), stage.flat(tone(rng, "goods"))),
    ]


def pram(stage: Stage) -> list[Part]:
    """A tub with a hood on four wheels, a handle."""
    rng = stage.rng
    r, z, long = rng.uniform(0.1, 0.16), rng.uniform(0.45, 0.6), rng.uniform(0.65, 0.85)
    tub = shapes.box(long, 0.4, 0.24, z)
    tub[0][tub[0][:, 2] < z + 0.1, 0] *= 0.75
    t = np.linspace(0.0, 2.0, 8)
    arc = np.column_stack([-0.05 - np.cos(t) * long * 0.42, t * 0, z + 0.24 + np.sin(t) * 0.36])
    sides = np.vstack([arc - (0, 0.2, 0), arc + np.array((0, 0.2, 0))])
    hood = (
        sides,
        [[i, i + 1, i + 9, i + 8] for i in range(7)] + [list(range(8)), list(range(8, 16))],
    )
    tubes = [
        shapes.rod(
            np.array([s * long * 0.4, k * 0.22, r]), np.array([-s * long * 0.3, k * 0.22, z]), 0.012
        )
        for s in (-1, 1)
        for k in (-1, 1)
    ]
    h = rng.uniform(0.95, 1.1)
    handle = [
        [long * 0.3, -0.2, z + 0.1],
        [long * 0.65, -0.2, h],
        [long * 0.65, 0.2, h],
        [long * 0.3, 0.2, z + 0.1],
    ]
    tubes.append(bars(np.array(handle), 0.013))
    wheels = [
        shapes.moved(ring(r, 0.022, 20), s * long * 0.4, k * 0.23) for s in (-1, 1) for k in (-1, 1)
    ]
    cloth = stage.flat(tone(rng, "cloth"))
    return [
        part(shapes.joined(tub, hood), cloth),
        part(shapes.joined(*tubes), iron(stage)),
        part(shapes.joined(*wheels), stage.flat(np.full(3, 0.07)), True),
    ]


def trolley(stage: Stage) -> list[Part]:
    """A shopping trolley of wire, or a case on wheels."""
    rng = stage.rng
    if rng.random() < 0.5:
        w, d, h = rng.uniform(0.34, 0.5), rng.uniform(0.2, 0.3), rng.uniform(0.5, 0.75)
        ribs = [
            shapes.moved(shapes.box(0.02, d + 0.012, h, 0.05), x)
            for x in np.linspace(-w / 2.3, w / 2.3, 6)
        ]
        t = rng.uniform(0.0, 0.4)
        pull = np.array(
            [[-0.1, d * 0.4, h], [-0.1, d * 0.4, h + t], [0.1, d * 0.4, h + t], [0.1, d * 0.4, h]]
        )
        feet = [
            shapes.moved(shapes.box(0.05, 0.05, 0.05), s * w * 0.4, k * d * 0.4)
            for s in (-1, 1)
            for k in (-1, 1)
        ]
        skin = stage.flat(tone(rng, "goods"), 0.1)
        return [
            part(shapes.box(w, d, h, 0.05), skin),
            part(shapes.joined(*ribs), skin),
            part(shapes.joined(bars(pull, 0.009), *feet), stage.flat(np.full(3, 0.1))),
        ]
    long, w, z, h = rng.uniform(0.6, 0.85), rng.uniform(0.4, 0.52), 0.5, 0.45
    wires = []
    for level in np.linspace(z, z + h, 5):
        grow = 0.8 + 0.2 * (level - z) / h
        a, b = long / 2 * grow, w / 2 * grow
        loop = np.array(
            [[-a, -b, level], [a, -b, level], [a, b, level], [-a, b, level], [-a, -b, level]]
        )
        wires.append(bars(loop, 0.005, 4))
    for u in np.linspace(-1, 1, 9):
        for s in (-1, 1):
            for low, high in (
                ((u * 0.4 * long, s * 0.4 * w), (u * 0.5 * long, s * 0.5 * w)),
                ((s * 0.4 * long, u * 0.4 * w), (s * 0.5 * long, u * 0.5 * w)),
            ):
                wires.append(shapes.rod(np.array([*low, z]), np.array([*high, z + h]), 0.003, 4))
    for u in np.linspace(-0.4, 0.4, 7):
        wires.append(shapes.moved(shapes.box(long * 0.8, 0.006, 0.006, z), 0, u * w))
    legs = [
        shapes.rod(
            np.array([s * long * 0.4, k * w * 0.4, 0.12]),
            np.array([-long * 0.3, k * w * 0.4, z]),
            0.012,
        )
        for s in (-1, 1)
        for k in (-1, 1)
    ]
    wheels = [
        shapes.moved(ring(0.06, 0.016, 14), s * long * 0.4, k * w * 0.4)
        for s in (-1, 1)
        for k in (-1, 1)
    ]
    bar = shapes.rod(
        np.array([-long * 0.6, -w / 2, 1.0]), np.array([-long * 0.6, w / 2, 1.0]), 0.016, 8
    )
    arms = [
        shapes.rod(
            np.array([-long * 0.5, s * w / 2, z + h]), np.array([-long * 0.6, s * w / 2, 1.0]), 0.01
        )
        for s in (-1, 1)
    ]
    return [
        part(shapes.joined(*wires, *legs, *arms), stage.flat(tone(rng, "metal"))),
        part(shapes.joined(*wheels, bar), stage.flat(tone(rng, "goods")), True),
    ]
