# SPDX-License-Identifier: GPL-3.0-or-later
"""Furniture made of boxes and lathed parts: variety beside the catalogue, and all there is
without it. Fronts look along -y, like the catalogue's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from . import shapes, textures
from .palette import tone
from .shapes import Shape


@dataclass(frozen=True)
class Piece:
    """A procedural piece: its size (x, y, z in metres) and its parts by material."""

    kind: str
    size: tuple[float, float, float]
    body: Shape
    detail: Shape | None

    category = "Miscellaneous"


def piece(rng: np.random.Generator, role: str) -> Piece | None:
    """A random piece for the role, or None when the role has no procedural pieces."""
    makers = _MAKERS.get(role)
    return makers[int(rng.integers(len(makers)))](rng) if makers else None


def skins(stage, kind: str) -> tuple:
    """(body, detail) materials that suit the kind."""
    rng = stage.rng
    if kind == "plant":
        leaves = textures.speckle(rng, tone(rng, "leaf"), 0.7, start=8)
        return stage.flat(tone(rng, "tile")), stage.textured(leaves, 0.5)
    if kind in ("sofa", "bed"):
        weave = textures.speckle(rng, tone(rng, "carpet"), rng.uniform(0.1, 0.4), start=16)
        cover = textures.stripes(rng, "cloth") if rng.random() < 0.15 else weave
        bedding = tone(rng, "wall" if kind == "bed" else "cloth")
        second = stage.textured(textures.speckle(rng, bedding, 0.15, start=8), 0.8)
        return stage.textured(cover, 0.7), second if rng.random() < 0.7 else stage.surface(0.05)
    if rng.random() < 0.1:
        return stage.surface(0.15), stage.surface(0.15)
    return stage.furniture_skin(), stage.furniture_skin()


def _legs(w: float, d: float, h: float, thick: float) -> list[Shape]:
    return [
        shapes.moved(shapes.box(thick, thick, h), x * (w - thick) / 2, y * (d - thick) / 2)
        for x in (-1, 1)
        for y in (-1, 1)
    ]


def _table(rng: np.random.Generator) -> Piece:
    w, d, h = rng.uniform(0.6, 2.0), rng.uniform(0.5, 1.0), rng.uniform(0.4, 0.95)
    if rng.random() < 0.25:
        top = shapes.moved(shapes.cylinder(d / 2, 0.04, segments=24), z=h - 0.04)
        foot = shapes.joined(shapes.cylinder(0.05, h - 0.04), shapes.cylinder(d * 0.3, 0.03))
        return Piece("table", (d, d, h), top, foot)
    legs = shapes.joined(*_legs(w - 0.1, d - 0.1, h - 0.04, rng.uniform(0.03, 0.09)))
    return Piece("table", (w, d, h), shapes.box(w, d, 0.04, h - 0.04), legs)


def _chair(rng: np.random.Generator) -> Piece:
    w, seat, tall = rng.uniform(0.38, 0.5), rng.uniform(0.42, 0.5), rng.uniform(0.75, 1.1)
    thick = rng.uniform(0.02, 0.05)
    back = shapes.moved(
        shapes.box(w, thick, (tall - seat) * 0.6, seat + (tall - seat) * 0.4), 0, (w - thick) / 2
    )
    posts = [
        shapes.moved(
            shapes.box(thick, thick, tall - seat, seat), x * (w - thick) / 2, (w - thick) / 2
        )
        for x in (-1, 1)
    ]
    body = shapes.joined(shapes.box(w, w, 0.04, seat - 0.04), back)
    return Piece(
        "chair", (w, w, tall), body, shapes.joined(*_legs(w, w, seat - 0.04, thick), *posts)
    )


def _cabinet(rng: np.random.Generator) -> Piece:
    w, d = rng.uniform(0.4, 1.8), rng.uniform(0.3, 0.65)
    h = rng.uniform(0.5, 1.1) if rng.random() < 0.5 else rng.uniform(1.5, 2.2)
    columns, rows = max(1, round(w / 0.5)), int(rng.integers(1, 5))
    doors = []
    for i in range(columns):
        for k in range(rows):
            x, z = -w / 2 + w * (i + 0.5) / columns, 0.08 + (h - 0.1) * k / rows
            tall = (h - 0.1) / rows
            doors.append(
                shapes.moved(shapes.box(w / columns - 0.02, 0.02, tall - 0.02, z), x, -d / 2 + 0.01)
            )
            knob = shapes.box(0.1, 0.03, 0.015, z + tall * 0.75)
            doors.append(shapes.moved(knob, x, -d / 2 - 0.015))
    return Piece(
        "cabinet",
        (w, d, h),
        shapes.moved(shapes.box(w, d - 0.04, h), 0, 0.02),
        shapes.joined(*doors),
    )


def _bookcase(rng: np.random.Generator) -> Piece:
    w, d, h = rng.uniform(0.5, 1.6), rng.uniform(0.22, 0.4), rng.uniform(0.8, 2.2)
    rows = max(2, int(h / 0.35))
    boards = [shapes.box(w, d, 0.02, z) for z in np.linspace(0, h - 0.02, rows + 1)]
    boards += [shapes.moved(shapes.box(0.02, d, h), x) for x in (-w / 2 + 0.01, w / 2 - 0.01)]
    boards.append(shapes.moved(shapes.box(w, 0.01, h), 0, d / 2 - 0.005))
    books = []
    for z in np.linspace(0, h - 0.02, rows + 1)[:-1]:
        x = -w / 2 + 0.04
        while x < w / 2 - 0.08 and rng.random() < 0.93:
            thick, tall = rng.uniform(0.015, 0.06), (h / rows - 0.05) * rng.uniform(0.5, 0.95)
            book = shapes.box(thick, d * rng.uniform(0.5, 0.8), tall, z + 0.02)
            books.append(shapes.moved(book, x + thick / 2, rng.uniform(-0.02, 0.03)))
            x += thick + 0.003
    return Piece(
        "bookcase", (w, d, h), shapes.joined(*boards), shapes.joined(*books) if books else None
    )


def _sofa(rng: np.random.Generator) -> Piece:
    w, d, h = rng.uniform(0.8, 2.4), rng.uniform(0.75, 1.0), rng.uniform(0.65, 0.95)
    seat, arm = rng.uniform(0.35, 0.45), rng.uniform(0.1, 0.22)
    body = [shapes.box(w, d, seat * 0.7, 0.06), shapes.moved(shapes.box(w, 0.2, h), 0, d / 2 - 0.1)]
    body += [shapes.moved(shapes.box(arm, d, seat + 0.2), x * (w - arm) / 2) for x in (-1, 1)]
    count = max(1, round((w - 2 * arm) / 0.65))
    wide = (w - 2 * arm) / count
    cushions = [
        shapes.moved(
            shapes.box(wide - 0.02, d - 0.25, seat * 0.3, seat * 0.7 + 0.06),
            (i - (count - 1) / 2) * wide,
            -0.1,
        )
        for i in range(count)
    ]
    return Piece("sofa", (w, d, h), shapes.joined(*body), shapes.joined(*cushions))


def _bed(rng: np.random.Generator) -> Piece:
    w, d, h = rng.uniform(0.8, 1.9), rng.uniform(1.9, 2.15), rng.uniform(0.6, 1.2)
    frame = [shapes.box(w, d, 0.25, 0.08), shapes.moved(shapes.box(w, 0.06, h), 0, d / 2 - 0.03)]
    soft = [shapes.box(w - 0.06, d - 0.1, 0.2, 0.33)]
    pillow = shapes.moved(shapes.blob(rng, 0.18, 0.1), 0, 0, 0)
    for x in (-0.25, 0.25) if w > 1.2 else (0.0,):
        flat = (pillow[0] * (1.6, 1.0, 0.35), pillow[1])
        soft.append(shapes.moved(flat, x * w, d / 2 - 0.35, 0.55))
    return Piece("bed", (w, d, h), shapes.joined(*frame), shapes.joined(*soft))


def _plant(rng: np.random.Generator) -> Piece:
    h = rng.uniform(0.6, 1.9)
    pot = shapes.lathe(np.array([[0.12, 0], [0.18, h * 0.25]]), 16)
    leaves = []
    for _ in range(int(rng.integers(8, 22))):
        turn, lean = rng.uniform(0, 6.28), rng.uniform(0.1, 0.6)
        t = np.linspace(0, 1, 5)
        reach, up = t * lean * h * 0.6, h * 0.22 + t * (h * 0.78 - lean * h * 0.5 * t)
        wide = np.sin(t * 2.6 + 0.3) * 0.05 * (0.5 + h / 2)
        points = np.vstack([np.column_stack([reach, s * wide, up]) for s in (1, -1)])
        leaves.append(
            shapes.moved((points, [[i, i + 1, i + 6, i + 5] for i in range(4)]), turn=turn)
        )
    return Piece("plant", (0.4, 0.4, h), pot, shapes.joined(*leaves))


def _barrel(rng: np.random.Generator) -> Piece:
    r, h = rng.uniform(0.18, 0.35), rng.uniform(0.5, 1.1)
    belly = rng.uniform(1.0, 1.25)
    profile = np.array([[r, 0], [r * belly, h / 2], [r, h]])
    bands = [shapes.moved(shapes.cylinder(r * belly * 1.01, 0.04), z=h * 0.48)]
    return Piece(
        "barrel",
        (2 * r * belly, 2 * r * belly, h),
        shapes.lathe(profile, 20),
        shapes.joined(*bands),
    )


def _crate(rng: np.random.Generator) -> Piece:
    w, d, h = rng.uniform(0.3, 1.0, 3)
    frame = [shapes.box(w + 0.03, d + 0.03, 0.05, z) for z in (0, h - 0.05)]
    return Piece("crate", (w + 0.03, d + 0.03, h), shapes.box(w, d, h), shapes.joined(*frame))


def bench(rng: np.random.Generator) -> Piece:
    w, d, h = rng.uniform(1.2, 2.2), rng.uniform(0.4, 0.6), rng.uniform(0.75, 0.95)
    slats = [
        shapes.moved(shapes.box(w, 0.09, 0.03, 0.43), 0, y)
        for y in np.arange(-d / 2 + 0.06, d / 2 - 0.08, 0.11)
    ]
    slats += [
        shapes.moved(shapes.box(w, 0.03, 0.09, z), 0, d / 2) for z in np.arange(0.5, h - 0.08, 0.12)
    ]
    sides = [shapes.moved(shapes.box(0.06, d, 0.43), x) for x in (-w / 2 + 0.1, w / 2 - 0.1)]
    sides += [
        shapes.moved(shapes.box(0.06, 0.05, h), x, d / 2 + 0.03)
        for x in (-w / 2 + 0.1, w / 2 - 0.1)
    ]
    return Piece("bench", (w, d + 0.1, h), shapes.joined(*slats), shapes.joined(*sides))


def _rods(ends: Sequence[tuple[Sequence[float], Sequence[float]]], r: float) -> Shape:
    """Thin round bars between pairs of points."""
    return shapes.joined(*[shapes.rod(np.array(a), np.array(b), r) for a, b in ends])


def _rack(rng: np.random.Generator) -> Piece:
    """A rail on feet with hangers, or a wire shelf."""
    w, d, h = rng.uniform(0.6, 1.4), rng.uniform(0.3, 0.5), rng.uniform(0.9, 1.8)
    r = rng.uniform(0.006, 0.016)
    x, y = w / 2 - r, d / 2 - r
    ends = [((s * x, t * y, 0), (s * x, t * y, h)) for s in (-1, 1) for t in (-1, 1)]
    for z in np.linspace(h * 0.15, h - r, int(rng.integers(2, 5))):
        ends += [((-x, t * y, z), (x, t * y, z)) for t in (-1, 1)]
        ends += [((s * x, -y, z), (s * x, y, z)) for s in (-1, 1)]
        ends += [((u, -y, z), (u, y, z)) for u in np.linspace(-x, x, int(rng.integers(0, 14)))]
    return Piece("rack", (w, d, h), _rods(ends, r), None)


def _floor_lamp(rng: np.random.Generator) -> Piece:
    h, r = rng.uniform(1.2, 1.9), rng.uniform(0.12, 0.24)
    pole = shapes.joined(shapes.cylinder(0.012, h - 0.1, segments=8), shapes.cylinder(0.14, 0.02))
    shade = shapes.moved(shapes.cylinder(r, 0.24, r * rng.uniform(0.4, 1.0)), z=h - 0.24)
    return Piece("lamp", (2 * r, 2 * r, h), pole, shade)


def _ladder(rng: np.random.Generator) -> Piece:
    w, d, h = rng.uniform(0.35, 0.55), rng.uniform(0.5, 0.8), rng.uniform(0.9, 2.0)
    ends = []
    for s in (-1, 1):
        ends.append(((s * w / 2, -d / 2, 0), (s * w / 2.4, 0, h)))
        ends.append(((s * w / 2, d / 2, 0), (s * w / 2.4, 0, h)))
    for t in np.arange(0.12, 1.0, 0.25 / h):
        ends.append(((-w / 2.2, -d / 2 * (1 - t), h * t), (w / 2.2, -d / 2 * (1 - t), h * t)))
    return Piece("ladder", (w, d, h), _rods(ends, rng.uniform(0.012, 0.022)), None)


def _railing(rng: np.random.Generator) -> Piece:
    """A balustrade, a cot's side, a radiator guard."""
    w, h, r = rng.uniform(0.8, 2.5), rng.uniform(0.6, 1.1), rng.uniform(0.006, 0.014)
    ends = [((-w / 2, 0, z), (w / 2, 0, z)) for z in (0.08, h)]
    ends += [((x, 0, 0.08), (x, 0, h)) for x in np.arange(-w / 2, w / 2, rng.uniform(0.08, 0.16))]
    ends += [((s * w / 2, 0, 0), (s * w / 2, 0, h)) for s in (-1, 1)]
    return Piece("railing", (w, 0.1, h), _rods(ends, r), None)


_MAKERS: dict[str, list[Callable[[np.random.Generator], Piece]]] = {
    "table": [_table],
    "chair": [_chair],
    "thin": [_rack, _floor_lamp, _ladder, _plant, _railing],
    "floor": [_table, _cabinet, _cabinet, _bookcase, _sofa, _bed, _plant, _chair, _crate],
    "street": [_barrel, _crate, bench, _plant],
    "lawn": [_barrel, _crate, bench, _table],
}
