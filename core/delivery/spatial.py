# SPDX-License-Identifier: GPL-3.0-or-later
"""What a movie says of its stereo and its projection, and both families of boxes that say it.

Google's: st3d and sv3d (Spherical Video V2). Apple's: vexu and hfov (Apple HEVC Stereo Video and
its extensions). A file with both holds them in that order, or FFmpeg refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import UsageError
from .boxes.build import Node, box, full_box, parse
from .boxes.errors import BoxError

# The order in a sample entry.
KINDS = ("st3d", "sv3d", "vexu", "hfov")
LAYOUTS = ("mono", "multiview", "left-right", "right-left", "top-bottom")
PROJECTIONS = {"rectangular": b"rect", "vr360": b"equi", "vr180": b"hequ", "fisheye": b"fish"}
HEROES = ("none", "left", "right")

_ST3D = {"mono": 0, "top-bottom": 1, "left-right": 2, "right-left": 4}
_PACKINGS = {"left-right": b"side", "right-left": b"side", "top-bottom": b"over"}
_HAS_LEFT, _HAS_RIGHT, _REVERSED = 1, 2, 8
# VR180 shows the middle half of a full turn: a quarter is cut off at the left and the right (0.32).
_QUARTER = 0x40000000
_FULL_DISPARITY = 10_000  # of dadj: one eye's picture width
_DEGREE = 1_000  # of hfov


@dataclass(frozen=True)
class Spatial:
    """What is told of a movie's views; None: not told.

    ``baseline`` in metres between the eyes; ``disparity`` a shift of the two eyes against each
    other in picture widths of one eye, positive away from the viewer (docs/delivery.md);
    ``field_of_view`` horizontal, of one eye, in degrees; ``hero`` the eye for flat players.
    """

    layout: str = "mono"
    projection: str = "rectangular"
    hero: str = "left"
    baseline: float | None = None
    disparity: float | None = None
    field_of_view: float | None = None

    def check(self) -> Spatial:
        """Itself. Raises UsageError for what no box can say."""
        for value, known, what in (
            (self.layout, LAYOUTS, "layout"),
            (self.projection, tuple(PROJECTIONS), "projection"),
            (self.hero, HEROES, "hero eye"),
        ):
            if value not in known:
                raise UsageError(f'There is no {what} "{value}": it is one of {", ".join(known)}.')
        if self.baseline is not None and not 0 < self.baseline < 4000:
            raise UsageError("The baseline must be over 0 and below 4,000 metres.")
        if self.disparity is not None and not -1 <= self.disparity <= 1:
            raise UsageError("The disparity adjustment must lie within -1 and 1 picture widths.")
        if self.field_of_view is not None and not 0 < self.field_of_view <= 360:
            raise UsageError("The field of view must be over 0 and at most 360 degrees.")
        return self

    def with_projected_view(self) -> Spatial:
        """With the field of view that its projection means, where none is told."""
        turns = {"vr180": 180.0, "vr360": 360.0}
        if self.field_of_view is None and self.projection in turns:
            return replace(self, field_of_view=turns[self.projection])
        return self


def spatial_boxes(told: Spatial) -> list[Node]:
    """The boxes for a sample entry, in the order that they must have.

    Multiview streams get Apple's alone: Google's st3d has no word for them.
    """
    told = told.check().with_projected_view()
    boxes = []
    if told.layout in _ST3D and told != Spatial():
        boxes.append(full_box("st3d", bytes([_ST3D[told.layout]])))
        if told.projection in ("vr180", "vr360"):
            boxes.append(_sv3d(told.projection))
    if told.layout != "mono" or told.projection != "rectangular":
        boxes.append(_vexu(told))
    if told.field_of_view is not None:
        boxes.append(box("hfov", round(told.field_of_view * _DEGREE).to_bytes(4, "big")))
    return parse(b"".join(boxes), "the new metadata")


def _sv3d(projection: str) -> bytes:
    side = _QUARTER if projection == "vr180" else 0
    bounds = b"".join(bound.to_bytes(4, "big") for bound in (0, 0, side, side))
    return box(
        "sv3d",
        full_box("svhd", b"Second Eye\0"),
        box("proj", full_box("prhd", bytes(12)), full_box("equi", bounds)),
    )


def _vexu(told: Spatial) -> bytes:
    parts = []
    if told.layout != "mono":
        views = _HAS_LEFT | _HAS_RIGHT
        if told.layout == "right-left":
            views |= _REVERSED
        eyes = [
            full_box("stri", bytes([views])),
            full_box("hero", bytes([HEROES.index(told.hero)])),
        ]
        if told.baseline is not None:
            micrometres = round(told.baseline * 1e6).to_bytes(4, "big")
            eyes.append(box("cams", full_box("blin", micrometres)))
        if told.disparity is not None:
            shift = round(told.disparity * _FULL_DISPARITY).to_bytes(4, "big", signed=True)
            eyes.append(box("cmfy", full_box("dadj", shift)))
        parts.append(box("eyes", *eyes))
    parts.append(box("proj", full_box("prji", PROJECTIONS[told.projection])))
    if told.layout in _PACKINGS:
        parts.append(box("pack", full_box("pkin", _PACKINGS[told.layout])))
    return box("vexu", *parts)


@dataclass(frozen=True)
class Read:
    """What the boxes of a sample entry say; None: there is no such box."""

    st3d: str | None = None
    spherical: tuple[int, int, int, int] | None = None  # equi's top, bottom, left, right in 0.32
    views: int | None = None  # the bits of stri
    hero: str | None = None
    baseline: float | None = None  # metres
    disparity: float | None = None  # picture widths
    apple_projection: str | None = None
    apple_packing: str | None = None
    field_of_view: float | None = None  # degrees

    @property
    def has_vexu(self) -> bool:
        return self.views is not None or self.apple_projection is not None

    @property
    def spatial(self) -> Spatial:
        """The same as a request for `spatial_boxes`."""
        layout = self.st3d or "mono"
        if self.views is not None and self.views & 3 == 3 and layout == "mono":
            layout = {"over": "top-bottom", "side": "left-right", None: "multiview"}.get(
                self.apple_packing, "multiview"
            )
            if layout == "left-right" and self.views & _REVERSED:
                layout = "right-left"
        projection = self.apple_projection or "rectangular"
        if self.spherical is not None:
            projection = "vr180" if any(self.spherical) else "vr360"
        return Spatial(
            layout,
            projection,
            self.hero or "left",
            self.baseline,
            self.disparity,
            self.field_of_view,
        )


def read_spatial(children: list[Node]) -> Read:
    """From the boxes of a sample entry. Raises BoxError for one that is too short."""
    entry = Node("", b"", children)
    values: dict[str, object] = {}
    if st3d := entry.find("st3d"):
        mode = _payload(st3d, 1)[0]
        names = {number: name for name, number in _ST3D.items()}
        values["st3d"] = names.get(mode, f"of an unknown kind ({mode})")
    if equi := entry.find("sv3d", "proj", "equi"):
        data = _payload(equi, 16)
        values["spherical"] = tuple(
            int.from_bytes(data[at : at + 4], "big") for at in range(0, 16, 4)
        )
    if stri := entry.find("vexu", "eyes", "stri"):
        values["views"] = _payload(stri, 1)[0]
    if hero := entry.find("vexu", "eyes", "hero"):
        number = _payload(hero, 1)[0]
        values["hero"] = HEROES[number] if number < len(HEROES) else f"unknown ({number})"
    if blin := entry.find("vexu", "eyes", "cams", "blin"):
        values["baseline"] = int.from_bytes(_payload(blin, 4)[:4], "big") / 1e6
    if dadj := entry.find("vexu", "eyes", "cmfy", "dadj"):
        shift = int.from_bytes(_payload(dadj, 4)[:4], "big", signed=True)
        values["disparity"] = shift / _FULL_DISPARITY
    if prji := entry.find("vexu", "proj", "prji"):
        values["apple_projection"] = _word(prji, PROJECTIONS)
    if pkin := entry.find("vexu", "pack", "pkin"):
        values["apple_packing"] = _payload(pkin, 4)[:4].decode("latin-1")
    if hfov := entry.find("hfov"):
        if len(hfov.data) < 4:
            raise BoxError('The "hfov" box is too short.')
        values["field_of_view"] = int.from_bytes(hfov.data[:4], "big") / _DEGREE
    return Read(**values)  # type: ignore[arg-type]


def _payload(full: Node, size: int) -> bytes:
    """Behind version and flags."""
    if len(full.data) < 4 + size:
        raise BoxError(f'The "{full.kind}" box is too short.')
    return full.data[4:]


def _word(full: Node, words: dict[str, bytes]) -> str:
    code = _payload(full, 4)[:4]
    return next((word for word, known in words.items() if known == code), code.decode("latin-1"))
