# SPDX-License-Identifier: GPL-3.0-or-later
"""Comfort as plain numbers for a file, and as sentences for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..project import Manifest
from .comfort import CLOSE, ENDS, GOOD, JUMP, NEARBY, OUTSIDE, SPEED, VERTICAL, Border, FrameComfort
from .rig import StereoRig
from .viewing import Viewing

REPORT = "comfort.json"
WORDS = {GOOD: "comfortable", CLOSE: "close", OUTSIDE: "outside"}
_NAMES = ("nearest", "near", "middle", "far", "farthest")  # of ENDS


def as_report(
    told: Sequence[FrameComfort],
    rigs: Mapping[int, StereoRig],
    viewing: Viewing,
    manifest: Manifest,
    source: str,
) -> dict[str, Any]:
    """JSON-able. Parallax in percent of the picture's width, in pixels of the clip, in degrees on
    the screen; positive behind it. ``source``: where the rigs come from ("baked", "suggested",
    "scene")."""
    limits = viewing.limits
    names = {n: s.name for s in manifest.shots for n in range(s.first, s.last + 1)}
    return {
        "screen": {
            "name": viewing.name,
            "width_metres": viewing.width,
            "distance_metres": viewing.distance,
        },
        "limits": {
            key: _measures(value, viewing, manifest.clip.width)
            for key, value in vars(limits).items()
        }
        | {
            "vertical_degrees": VERTICAL,
            "jump_degrees": JUMP,
            "speed_degrees_a_second": SPEED,
            "close_from": NEARBY,
        },
        "percentages": dict(zip(_NAMES, ENDS, strict=True)),
        "rig": source,
        "summary": summary(told),
        "frames": [
            _frame(frame, names[frame.frame], rigs[frame.frame], viewing, manifest.clip.width)
            for frame in told
        ],
    }


def summary(told: Sequence[FrameComfort]) -> dict[str, Any]:
    """Frames of each verdict, how often each reason stands, the 5 to 95 % span in percent."""
    spans = [100.0 * frame.span for frame in told]
    reasons = [name for frame in told for name in frame.reasons]
    return {
        "frames": len(told),
        **{word: sum(f.verdict == level for f in told) for level, word in WORDS.items()},
        "reasons": {name: reasons.count(name) for name in sorted(set(reasons))},
        "span_percent": {
            "least": _short(min(spans)),
            "mean": _short(float(np.mean(spans))),
            "most": _short(max(spans)),
        },
    }


def summary_line(told: Sequence[FrameComfort], viewing: Viewing) -> str:
    """One sentence of a clip on a screen."""
    found = summary(told)
    width, distance = f"{viewing.width:.3g} m", f"{viewing.distance:.3g} m"
    name = "A screen" if viewing.name == "own" else _title(viewing.name)
    return (
        f"{name} {width} wide from {distance}: {found['comfortable']} of {found['frames']} frames "
        f"comfortable, {found['close']} close to a limit or cut by the window, "
        f"{found['outside']} outside."
    )


def sentences(frame: FrameComfort, viewing: Viewing) -> list[str]:
    """What the verdict rests on and what helps, the worst first; one sentence where all is well."""
    limits = viewing.limits
    near, far, diverging = (
        f"{100 * limit:+.1f} %" for limit in (limits.near, limits.far, limits.diverging)
    )

    def cut(side: str, border: Border) -> str:
        return (
            f"The {side} edge cuts what stands before the screen, over {100 * border.share:.0f} % "
            "of its height: bring the convergence nearer, or the window forward by "
            f"{100 * border.depth:.1f} %"
        )

    def part(share: float) -> str:
        return f"{100 * share:.1f} % of the picture"

    jump, speed = abs(frame.jump or 0.0), abs(frame.speed)
    higher = f"The corners stand {frame.vertical:.2f} degrees higher for one eye, as toe-in has it"
    said = {
        "vertical": f"{higher}: choose Off-Axis, or bring the eyes closer together",
        "near": f"{part(frame.too_near)} stands nearer than {near}: bring the convergence nearer, "
        "or the eyes closer together",
        "far": f"{part(frame.too_far)} lies farther than {far}: move the convergence away, or "
        "bring the eyes closer together",
        "diverging": f"{part(frame.diverging)} turns the eyes outwards, beyond {diverging}: move "
        "the convergence away, or bring the eyes closer together",
        "jump": f"At the cut the eyes have to turn by {jump:.1f} degrees at once: bring the "
        "convergence of both shots together",
        "speed": f"The eyes have to turn by {speed:.1f} degrees a second: move slower in depth",
        "left": cut("left", frame.left),
        "right": cut("right", frame.right),
    }
    close = {
        "vertical": higher,
        "near": f"Close to the near limit, {near}",
        "far": f"Close to the far limit, {far}",
        "diverging": f"Close to where eyes turn outwards, {diverging}",
        "jump": f"At the cut the eyes have to turn by {jump:.1f} degrees at once",
        "speed": f"The eyes have to turn by {speed:.1f} degrees a second",
    }
    if not frame.reasons:
        return ["Comfortable"]
    return [said[n] if n in outside(frame) else close.get(n, said[n]) for n in frame.reasons]


def outside(frame: FrameComfort) -> set[str]:
    """Those of its reasons that break a limit."""
    rest = ENDS[0] / 100.0 + 1e-6
    found = {"near": frame.too_near, "far": frame.too_far, "diverging": frame.diverging}
    broken = {name for name, share in found.items() if share > rest}
    broken |= {"vertical"} if frame.vertical > VERTICAL else set()
    broken |= {"jump"} if abs(frame.jump or 0.0) > JUMP else set()
    broken |= {"speed"} if abs(frame.speed) > SPEED else set()
    return broken & set(frame.reasons)


def _frame(
    frame: FrameComfort, shot: str, rig: StereoRig, viewing: Viewing, width: int
) -> dict[str, Any]:
    return {
        "frame": frame.frame,
        "shot": shot,
        "verdict": WORDS[frame.verdict],
        "reasons": list(frame.reasons),
        "interocular": rig.interocular,
        "convergence": rig.convergence,
        "parallax": {
            name: _measures(value, viewing, width)
            for name, value in zip(_NAMES, frame.parallax, strict=True)
        },
        "span_percent": _short(100.0 * frame.span),
        "outside_percent": {
            name: _short(100.0 * getattr(frame, name))
            for name in ("too_near", "too_far", "diverging")
        },
        "window": {
            side: {
                "cut_percent_of_height": _short(100.0 * border.share),
                "depth_percent": _short(100.0 * border.depth),
            }
            for side, border in (("left", frame.left), ("right", frame.right))
        },
        "vertical_degrees": _short(frame.vertical),
        "jump_degrees": None if frame.jump is None else _short(frame.jump),
        "speed_degrees_a_second": _short(frame.speed),
    }


def _measures(parallax: float, viewing: Viewing, width: int) -> dict[str, float]:
    return {
        "percent": _short(100.0 * parallax),
        "pixels": _short(parallax * width),
        "degrees": _short(float(viewing.degrees(parallax))),
    }


def _short(value: float) -> float:
    return round(float(value), 4)


def _title(name: str) -> str:
    return {"tv": "TV"}.get(name, name.capitalize())
