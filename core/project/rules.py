# SPDX-License-Identifier: GPL-3.0-or-later
"""What a manifest must obey beyond its types; also said of a file that somebody edited by hand."""

from collections.abc import Iterator

from .manifest import DONE, PENDING, STAGES, Manifest
from .serial import FieldError

_SOURCES = ("mask", "image", "sphere", "box")
_KINDS = ("offset", "constant", "plane")


def check(manifest: Manifest) -> None:
    """Raise FieldError naming the first field that breaks a rule."""
    for holds, sentence in _rules(manifest):
        if not holds:
            raise FieldError(sentence)


def _rules(m: Manifest) -> Iterator[tuple[bool, str]]:
    """Lazily, in order: a later rule may rely on the earlier ones."""
    yield m.clip.kind in ("movie", "sequence"), 'clip.kind must be "movie" or "sequence"'
    yield m.clip.width >= 1, "clip.width must be at least 1"
    yield m.clip.height >= 1, "clip.height must be at least 1"
    yield 1 <= m.clip.bit_depth <= 32, "clip.bit_depth must lie in 1..32"
    if (colour := m.clip.colour) is not None:
        yield colour.matrix in (1, 9), "clip.colour.matrix must be 1 or 9"
        for name, count in (("mastering", 10), ("light", 2)):
            fits = len(getattr(colour, name)) in (0, count)
            yield fits, f"clip.colour.{name} must hold {count} numbers, or none"
    yield m.timeline.rate > 0, "timeline.rate must be above 0"
    yield m.timeline.time_base > 0, "timeline.time_base must be above 0"
    length = len(m.timeline.source_pts)
    yield length >= 1, "timeline.source_pts must hold at least one picture"
    yield 1 <= m.first <= length, f"first must lie in 1..{length}"
    yield m.first <= m.last <= length, f"last must lie in {m.first}..{length}"
    yield m.depth.width >= 1, "depth.width must be at least 1"
    yield m.depth.height >= 1, "depth.height must be at least 1"
    frames = m.last - m.first + 1
    for name in ("scale", "shift"):
        values = getattr(m.depth, name)
        yield len(values) == frames, _count(f"depth.{name}", frames, len(values))
    yield from _shot_rules(m)
    yield m.lens.focal_over_width > 0, "lens.focal_over_width must be above 0"
    yield m.model.unit in ("relative", "metres"), 'model.unit must be "relative" or "metres"'
    yield m.model.window >= 1, "model.window must be at least 1"
    yield m.repair.look_ahead >= 0, "repair.look_ahead must be at least 0"
    yield m.metres_per_unit is None or m.metres_per_unit > 0, "metres_per_unit must be above 0"
    if m.camera is not None:
        for name in ("interocular", "convergence", "lateral_offset"):
            values = getattr(m.camera, name)
            yield len(values) == frames, _count(f"camera.{name}", frames, len(values))
        yield all(c > 0 for c in m.camera.convergence), "camera.convergence must be above 0"
        for name in ("pivot", "shift"):
            fits = len(getattr(m.camera, name)) in (0, frames)
            yield fits, f"camera.{name} must hold {frames} numbers, or none"
        yield all(-1 <= p <= 1 for p in m.camera.pivot), "camera.pivot must lie in -1..1"
    if m.ranges is not None:
        for name in ("near", "far", "strength", "bias", "contrast"):
            values = getattr(m.ranges, name)
            yield len(values) == frames, _count(f"ranges.{name}", frames, len(values))
        spans = zip(m.ranges.near, m.ranges.far, strict=True)
        yield all(0 < n < f for n, f in spans), "ranges.near must be above 0 and below ranges.far"
    if m.window is not None:
        for name in ("left", "right"):
            values = getattr(m.window, name)
            yield len(values) == frames, _count(f"window.{name}", frames, len(values))
            yield all(0 <= v < 0.5 for v in values), f"window.{name} must lie in 0..0.5"
        yield 0 <= m.window.softness < 0.5, "window.softness must lie in 0..0.5"
    yield from _edit_rules(m)
    if m.solve is not None:
        path = m.solve.path
        yield len(path) == frames, _count("solve.path", frames, len(path))
        yield all(len(row) == 7 for row in path), "solve.path must hold seven numbers a frame"
        for name in ("scale", "shift"):
            values = getattr(m.solve.earlier, name)
            yield len(values) == frames, _count(f"solve.earlier.{name}", frames, len(values))
    for name, stage in m.stages.items():
        yield stage.state in (PENDING, DONE), f'stages.{name}.state must be "pending" or "done"'
    for name in STAGES:
        yield name in m.stages, f"stages.{name} is missing"


def _shot_rules(m: Manifest) -> Iterator[tuple[bool, str]]:
    yield bool(m.shots), "shots must hold at least one shot"
    expected = m.first
    for i, shot in enumerate(m.shots):
        name = f"shots[{i}]"
        yield shot.first == expected, f"{name}.first must be {expected}: shots follow without gaps"
        yield shot.last >= shot.first, f"{name}.last must be at least {shot.first}"
        yield shot.low < shot.high, f"{name}.low must be below {name}.high"
        yield 0 < shot.near < shot.far, f"{name}.near must be above 0 and below {name}.far"
        yield shot.strength >= 0, f"{name}.strength must be at least 0"
        for curve in ("bias", "contrast"):
            yield -1 < getattr(shot, curve) < 1, f"{name}.{curve} must lie between -1 and 1"
        for branch in ("spatial", "temporal", "semantic"):
            yield 0 <= getattr(shot, branch) <= 1, f"{name}.{branch} must lie in 0..1"
        expected = shot.last + 1
    last = len(m.shots) - 1
    yield expected - 1 == m.last, f"shots[{last}].last must be {m.last}, the last analysed frame"


def _edit_rules(m: Manifest) -> Iterator[tuple[bool, str]]:
    for i, edit in enumerate(m.edits):
        name, count = f"edits[{i}]", edit.last - edit.first + 1
        yield count >= 1, f"{name}.last must be at least {edit.first}"
        for key, allowed in (("source", _SOURCES), ("kind", _KINDS)):
            known = getattr(edit, key) in allowed
            yield known, f"{name}.{key} must be one of {', '.join(allowed)}"
        for key in ("strength", "amount", "feather", "level", "tilt_x", "tilt_y"):
            fits = len(getattr(edit, key)) in (1, count)
            yield fits, f"{name}.{key} must hold 1 or {count} numbers"
        if edit.source in ("sphere", "box"):
            fits = len(edit.matrix) in (1, count) and all(len(row) == 12 for row in edit.matrix)
            yield fits, f"{name}.matrix must hold 1 or {count} rows of twelve numbers"
        else:
            plain = edit.folder not in ("", ".", "..") and not set(edit.folder) & set("/\\:\0")
            yield plain, f"{name}.folder must be the name of a folder"


def _count(name: str, frames: int, got: int) -> str:
    return f"{name} must hold {frames} numbers, one a frame of first..last, not {got}"
