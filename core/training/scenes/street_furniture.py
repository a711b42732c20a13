# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""Upright things of pavements and parks: bollards, posts, bins, pots, barriers, boards, cones.

Every maker returns parts that stand on z = 0 around the z axis, fronts along -y.
"""

from itertools import pairwise

import bpy
import numpy as np

from . import bodies, furniture, shapes, textures
from .palette import tone
from .shapes import Shape
from .stage import OBJECT, VEGETATION, Stage

Part = tuple[Shape, bpy.types.Material, int, bool]
"""Shape, material, label, smooth."""


def iron(stage: Stage):
    """Painted or bare metal: flakes and dirt in one colour, a little gloss."""
    rng = stage.rng
    base = tone(rng, "metal" if rng.random() < 0.6 else "paint")
    if rng.random() < 0.3:
        return stage.flat(base, 0.1)
    worn = textures.speckle(rng, base, rng.uniform(0.15, 0.6), start=8)
    return stage.textured(worn, rng.uniform(0.3, 1.2), 0.08 if rng.random() < 0.5 else 0)


def mineral(stage: Stage):
    """Concrete, stone, terracotta."""
    rng = stage.rng
    base = tone(rng, "stone" if rng.random() < 0.75 else "roof")
    rough = textures.speckle(rng, base, rng.uniform(0.15, 0.5), start=16)
    return stage.textured(rough, rng.uniform(0.4, 1.2), vary=0.2)


def part(shape: Shape, material, smooth: bool = False, label: int = OBJECT) -> Part:
    return shape, material, label, smooth


def ring(radius: float, tube: float, segments: int = 28, sides: int = 6) -> Shape:
    """A tyre or a hoop: a torus about the y axis, resting on z = 0."""
    a = np.arange(segments) / segments * 2 * np.pi
    b = np.arange(sides) / sides * 2 * np.pi
    out = radius - tube + tube * np.cos(b)[None]
    points = np.stack(
        [
            out * np.cos(a)[:, None],
            np.broadcast_to(tube * np.sin(b), (segments, sides)),
            out * np.sin(a)[:, None] + radius,
        ],
        -1,
    ).reshape(-1, 3)
    faces = [
        [i * sides + k, j * sides + k, j * sides + n, i * sides + n]
        for i in range(segments)
        for j in [(i + 1) % segments]
        for k in range(sides)
        for n in [(k + 1) % sides]
    ]
    return points, faces


def bars(points: np.ndarray, radius: float, segments: int = 6) -> Shape:
    """A bent tube through points (N x 3)."""
    return shapes.joined(*[shapes.rod(a, b, radius, segments) for a, b in pairwise(points)])


def bollard(stage: Stage) -> list[Part]:
    """Round-headed, domed, square, of concrete, a hoop, or two with a chain between."""
    rng = stage.rng
    kind, r, h = rng.integers(6), rng.uniform(0.045, 0.12), rng.uniform(0.6, 1.15)
    skin = iron(stage) if rng.random() < 0.75 else mineral(stage)
    if kind == 3:
        r, h = rng.uniform(0.13, 0.25), rng.uniform(0.45, 0.9)
        shape = shapes.cylinder(r, h, r * rng.uniform(0.7, 1), 24)
        return [part(shape, mineral(stage))]
    if kind == 4:
        wide, x = rng.uniform(0.3, 0.9), np.linspace(0, np.pi, 9)
        arch = np.column_stack([-np.cos(x), np.zeros(9), h - 0.15 + 0.15 * np.sin(x)])
        path = np.vstack([[-1, 0, 0], arch, [1, 0, 0]]) * (wide / 2, 1, 1)
        return [part(bars(path, rng.uniform(0.02, 0.045), 10), skin, True)]
    one = _bollard_body(rng, int(kind), r, h)
    if kind != 5:
        parts = [part(one, skin, kind != 2)]
        if rng.random() < 0.3:
            z = h * rng.uniform(0.6, 0.8)
            band = shapes.moved(shapes.cylinder(r * 1.03, h * 0.12, segments=20), z=z)
            parts.append(part(band, stage.flat(tone(rng, "goods"))))
        return parts
    apart = rng.uniform(1.0, 1.8)
    t = np.linspace(0, 1, 12)
    sag = np.column_stack([(t - 0.5) * apart, t * 0, h * 0.85 - 4 * 0.22 * t * (1 - t)])
    pair = [shapes.moved(one, s * apart / 2) for s in (-1, 1)]
    return [part(shapes.joined(*pair), skin, True), part(bars(sag, 0.013), iron(stage))]


def _bollard_body(rng: np.random.Generator, kind: int, r: float, h: float) -> Shape:
    if kind == 2:
        cut = shapes.lathe(np.array([[1.4 * r, 0], [1.4 * r, h - 0.06], [0.2 * r, h]]), 4)
        return shapes.moved(cut, turn=np.pi / 4)
    foot = [[r * 1.5, 0], [r * 1.5, 0.08], [r, 0.14]] if rng.random() < 0.6 else [[r, 0]]
    if kind == 1:
        a = np.linspace(0, np.pi / 2, 5)
        top = np.column_stack([r * np.cos(a) + 0.002, h - r * 0.6 + r * 0.6 * np.sin(a)])
        return shapes.lathe(np.vstack([foot, top]), 20)
    ball = r * rng.uniform(0.95, 1.35)
    neck = h - 2 * ball
    a = np.linspace(-1.1, np.pi / 2, 9)
    head = np.column_stack([ball * np.cos(a) + 0.002, neck + ball + ball * np.sin(a)])
    collar = [[r, neck - 0.09], [r * 1.3, neck - 0.07], [r * 1.3, neck - 0.03], [r * 0.7, neck]]
    return shapes.lathe(np.vstack([foot, collar, head]), 20)


def post(stage: Stage) -> list[Part]:
    """A sign on its pole, a thick lamp post, a wooden post."""
    rng = stage.rng
    kind = rng.integers(3)
    if kind == 0:
        r, h = rng.uniform(0.025, 0.05), rng.uniform(1.9, 3.0)
        parts = [part(shapes.cylinder(r, h, segments=10), iron(stage), True)]
        size = rng.uniform(0.2, 0.35)
        board = shapes.along(shapes.cylinder(size, 0.02, segments=24), "y")
        if rng.random() < 0.5:
            board = shapes.moved(shapes.box(2 * size, 0.02, size * 2), z=-size)
        sign = stage.textured(textures.signboard(rng), fit=True)
        return [*parts, part(shapes.moved(board, 0, -r - 0.03, h - size), sign)]
    if kind == 1:
        r, h = rng.uniform(0.05, 0.1), rng.uniform(3.2, 4.5)
        foot = [[r * 1.7, 0], [r * 1.7, 0.5], [r * 1.2, 0.6], [r, 0.9]]
        pole = shapes.lathe(np.array([*foot, [r * 0.7, h]]), 14)
        lamp = shapes.moved(shapes.cylinder(0.12, 0.4, 0.2, 8), z=h)
        return [part(pole, iron(stage), True), part(lamp, stage.flat(np.full(3, 0.8)))]
    r, h = rng.uniform(0.05, 0.11), rng.uniform(0.9, 2.0)
    log = shapes.box(2 * r, 2 * r, h) if rng.random() < 0.5 else shapes.cylinder(r, h)
    return [part(log, stage.textured(textures.wood(rng), rng.uniform(0.4, 1.0)))]


def bin_(stage: Stage) -> list[Part]:
    """A drum, a basket on a pole, or a bin on wheels."""
    rng = stage.rng
    kind, skin = rng.integers(3), iron(stage)
    dark = stage.flat(np.full(3, rng.uniform(0.03, 0.15)))
    if kind == 0:
        r, h = rng.uniform(0.18, 0.32), rng.uniform(0.65, 1.05)
        drum = shapes.lathe(np.array([[r * 0.9, 0], [r, h], [r * 0.8, h], [r * 0.75, h - 0.2]]), 24)
        slats = [
            shapes.moved(shapes.box(0.03, 0.05, h * 0.85, 0.05), r * np.cos(a), r * np.sin(a), 0, a)
            for a in np.arange(0, 6.2, rng.uniform(0.25, 0.5))
        ]
        rim = shapes.moved(shapes.cylinder(r * 1.04, 0.04, segments=24), z=h - 0.08)
        return [part(drum, skin, True), part(shapes.joined(rim, *slats), dark)]
    if kind == 1:
        r, h = rng.uniform(0.14, 0.22), rng.uniform(0.35, 0.55)
        drum = shapes.moved(shapes.cylinder(r * 0.85, h, r, 20), 0, -r - 0.04, 0.45)
        mouth = shapes.moved(shapes.cylinder(r * 0.86, 0.01, segments=20), 0, -r - 0.04, 0.451 + h)
        pole = shapes.cylinder(0.04, rng.uniform(1.0, 1.3))
        return [part(drum, skin, True), part(mouth, dark), part(pole, iron(stage))]
    w, d, h = rng.uniform(0.45, 0.6), rng.uniform(0.5, 0.75), rng.uniform(0.85, 1.15)
    body = shapes.moved(shapes.box(w, d, h - 0.1), z=0.06)
    body[0][body[0][:, 2] < 0.1, :2] *= 0.8
    lid = shapes.joined(shapes.box(w * 1.06, d * 1.06, 0.05, h - 0.05))
    lid[0][lid[0][:, 1] > 0, 2] += 0.05
    wheels = [
        shapes.moved(ring(0.1, 0.03, 16), s * w * 0.4, d * 0.36, turn=np.pi / 2) for s in (-1, 1)
    ]
    cover = stage.flat(tone(rng, "goods"), 0.08) if rng.random() < 0.5 else skin
    return [part(body, skin), part(lid, cover), part(shapes.joined(*wheels), dark, True)]


def hydrant(stage: Stage) -> list[Part]:
    rng = stage.rng
    h, r = rng.uniform(0.6, 0.95), rng.uniform(0.07, 0.11)
    rows = [[1.6, 0], [1.6, 0.05], [1, 0.06], [1, 0.62], [1.35, 0.64], [1.35, 0.7], [1.1, 0.72]]
    rows += [[1.0, 0.85], [0.6, 0.95], [0.2, 1.0]]
    body = shapes.lathe(np.array(rows) * (r, h), 18)
    cap = shapes.cylinder(r * 0.6, r * 3.2, segments=12)
    caps = shapes.moved(shapes.along(cap, "x"), -r * 1.6, 0, h * 0.5)
    front = shapes.moved(shapes.along(cap, "y"), 0, -r * 1.7, h * 0.42)
    front[0][:, 1] = np.minimum(front[0][:, 1], 0)
    skin = stage.flat(tone(rng, "goods"), 0.1) if rng.random() < 0.6 else iron(stage)
    return [part(body, skin, True), part(shapes.joined(caps, front), skin)]


def letter_box(stage: Stage) -> list[Part]:
    """A pillar box, or a box on a leg."""
    rng = stage.rng
    skin, dark = stage.flat(tone(rng, "goods"), 0.1), stage.flat(np.full(3, 0.04))
    if rng.random() < 0.4:
        r, h = rng.uniform(0.17, 0.26), rng.uniform(1.2, 1.6)
        rows = [[1.15, 0], [1.15, 0.08], [1, 0.1], [1, 0.86], [1.15, 0.87], [1.15, 0.92], [0.1, 1]]
        slot = shapes.moved(shapes.box(r * 1.1, 0.05, 0.03, h * 0.8), 0, -r)
        return [part(shapes.lathe(np.array(rows) * (r, h), 24), skin, True), part(slot, dark)]
    w, d, h, z = rng.uniform(0.3, 0.55), rng.uniform(0.2, 0.4), rng.uniform(0.4, 0.6), 0.75
    box = shapes.box(w, d, h, z)
    slot = shapes.moved(shapes.box(w * 0.7, 0.02, 0.03, z + h * 0.8), 0, -d / 2)
    label = shapes.moved(shapes.box(w * 0.5, 0.01, h * 0.3, z + h * 0.3), 0, -d / 2)
    return [
        part(box, skin),
        part(shapes.cylinder(0.05, z), iron(stage)),
        part(slot, dark),
        part(label, stage.textured(textures.signboard(rng), fit=True)),
    ]


def planter(stage: Stage) -> list[Part]:
    """A pot, a tub or a trough with a bush in it."""
    rng = stage.rng
    r, h = rng.uniform(0.14, 0.4), rng.uniform(0.25, 0.7)
    w = r
    if rng.random() < 0.5:
        rows = [[0.7, 0], [1, 0.85], [1.1, 0.86], [1.1, 1], [0.95, 1], [0.9, 0.9]]
        pot = shapes.lathe(np.array(rows) * (r, h), 20)
    else:
        w = r * rng.uniform(1, 2.2)
        pot = shapes.box(2 * w, 2 * r, h)
    skin = mineral(stage) if rng.random() < 0.6 else stage.furniture_skin()
    tall = rng.uniform(0.25, 1.1)
    leaves = bodies.foliage(rng, 1.0, rng.uniform(0.08, 0.16))
    leaves = leaves[0] * (w * 1.15, r * 1.15, tall / 1.8) + (0, 0, h + tall * 0.4), leaves[1]
    green = textures.speckle(rng, tone(rng, "leaf"), 0.9, start=16, octaves=4)
    crown = part(leaves, stage.textured(green, 0.8), False, VEGETATION)
    return [part(pot, skin, False), crown]


def barrier(stage: Stage) -> list[Part]:
    """A crowd barrier of tubes, or striped boards on legs."""
    rng = stage.rng
    w, h = rng.uniform(1.0, 2.2), rng.uniform(0.9, 1.15)
    feet = [shapes.moved(shapes.box(0.05, 0.6, 0.04), s * w * 0.4) for s in (-1, 1)]
    if rng.random() < 0.55:
        loop = np.array([[-1, 0, 0.18], [-1, 0, h], [1, 0, h], [1, 0, 0.18], [-1, 0, 0.18]])
        tubes = [bars(loop * (w / 2, 1, 1), 0.018)]
        for x in np.arange(-w / 2 + 0.12, w / 2, rng.uniform(0.1, 0.2)):
            tubes.append(shapes.rod(np.array([x, 0, 0.18]), np.array([x, 0, h]), 0.008))
        legs = [shapes.moved(shapes.cylinder(0.018, 0.2), s * w * 0.4) for s in (-1, 1)]
        return [part(shapes.joined(*tubes, *feet, *legs), iron(stage))]
    pale, red = stage.flat(np.full(3, 0.9)), stage.flat(tone(rng, "goods"))
    legs = [shapes.moved(shapes.box(0.05, 0.05, h), s * w * 0.4) for s in (-1, 1)]
    boards, stripes = [], []
    for z in (h - 0.22, h - 0.6) if rng.random() < 0.6 else (h - 0.22,):
        boards.append(shapes.moved(shapes.box(w, 0.025, 0.2, z), 0, -0.04))
        for x in np.arange(-w / 2 + 0.12, w / 2 - 0.1, 0.32):
            stripes.append(shapes.moved(shapes.box(0.16, 0.028, 0.2, z), x, -0.0405))
    return [
        part(shapes.joined(*boards), pale),
        part(shapes.joined(*stripes), red),
        part(shapes.joined(*feet, *legs), iron(stage)),
    ]


def a_board(stage: Stage) -> list[Part]:
    """A folding board before a shop."""
    rng = stage.rng
    w, h, lean = rng.uniform(0.45, 0.75), rng.uniform(0.8, 1.2), rng.uniform(0.15, 0.3)
    sign = stage.textured(textures.signboard(rng), fit=True)
    sheet: list[Shape] = []
    frame: list[Shape] = []
    for s in (-1, 1):
        posts = [shapes.moved(shapes.box(0.04, 0.025, h), k * w / 2) for k in (-1, 1)]
        board = shapes.box(w * 0.88, 0.012, h * 0.85, h * 0.1)
        for shape in (*posts, board):
            shape[0][:, 1] += s * lean * (1 - shape[0][:, 2] / h)
        sheet.append(board)
        frame += [*posts, shapes.box(w, 0.025, 0.04, h - 0.04)]
    return [part(shapes.joined(*sheet), sign), part(shapes.joined(*frame), stage.furniture_skin())]


def meter(stage: Stage) -> list[Part]:
    """A parking meter or ticket machine."""
    rng = stage.rng
    h, w = rng.uniform(1.05, 1.6), rng.uniform(0.16, 0.4)
    head = shapes.box(w, w * 0.7, h * 0.4, h * 0.6)
    shown = shapes.moved(shapes.box(w * 0.7, 0.01, h * 0.12, h * 0.82), 0, -w * 0.355)
    skin = iron(stage)
    pole = shapes.cylinder(rng.uniform(0.035, w * 0.45), h * 0.62)
    sign = stage.textured(textures.signboard(rng), fit=True)
    return [part(head, skin), part(pole, skin, True), part(shown, sign)]


def crates(stage: Stage) -> list[Part]:
    """One to four slatted crates or boxes upon each other."""
    rng = stage.rng
    w, d, h = rng.uniform(0.3, 0.6), rng.uniform(0.3, 0.5), rng.uniform(0.2, 0.4)
    wood = stage.textured(textures.wood(rng), 0.8) if rng.random() < 0.6 else stage.surface()
    inner, slats, z = [], [], 0.0
    for _ in range(int(rng.integers(1, 5))):
        x, turn = rng.normal(0, 0.02), rng.normal(0, 0.08)
        inner.append(shapes.moved(shapes.box(w * 0.96, d * 0.96, h * 0.97, 0.005), x, 0, z, turn))
        for k in np.linspace(0, h * 0.78, 3):
            slats.append(shapes.moved(shapes.box(w, d, h * 0.18, k), x, 0, z, turn))
        z += h
    dark = stage.flat(tone(rng, "goods") * 0.5)
    return [part(shapes.joined(*slats), wood), part(shapes.joined(*inner), dark)]


def cone(stage: Stage) -> list[Part]:
    rng = stage.rng
    h, r = rng.uniform(0.35, 1.0), rng.uniform(0.12, 0.2)
    base = shapes.box(2.4 * r, 2.4 * r, 0.03)
    body = shapes.moved(shapes.cylinder(r, h, 0.025, 20), z=0.02)
    orange = (
        np.array([0.95, rng.uniform(0.25, 0.5), 0.1]) if rng.random() < 0.8 else tone(rng, "goods")
    )
    parts = [part(shapes.joined(body, base), stage.flat(orange), False)]
    for z in (0.35, 0.65) if rng.random() < 0.6 else (0.5,):
        r1, r2 = (r + (0.025 - r) * k + 0.003 for k in (z, z + 0.16))
        band = shapes.moved(shapes.cylinder(r1, h * 0.16, r2, 20), z=0.02 + h * z)
        parts.append(part(band, stage.flat(np.full(3, 0.9))))
    return parts


def bench(stage: Stage) -> list[Part]:
    """A bench of slats with a back."""
    piece = furniture.bench(stage.rng)
    body, detail = furniture.skins(stage, piece.kind)
    assert piece.detail is not None
    return [part(piece.body, body), part(piece.detail, detail)]
