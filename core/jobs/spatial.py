# SPDX-License-Identifier: GPL-3.0-or-later
"""What several jobs are told of a movie's stereo, and the names that a person gives it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SecondEyeError, UsageError

if TYPE_CHECKING:
    from ..delivery.spatial import Spatial

# Names of packings -> (layout, projection); the layouts' own names are known too.
LAYOUT_NAMES = {
    "sbs": ("left-right", None),
    "half-sbs": ("left-right", None),
    "half-top-bottom": ("top-bottom", None),
    "vr180": ("left-right", "vr180"),
    "mv-hevc": ("multiview", None),
}


def spatial_named(
    layout: str,
    projection: str | None,
    hero: str,
    baseline: float | None,
    disparity: float | None,
    field_of_view: float | None,
) -> Spatial:
    """``layout``: a layout or the name of a packing. Raises UsageError."""
    from ..delivery.spatial import LAYOUTS, Spatial

    plain, implied = LAYOUT_NAMES.get(layout, (layout, None))
    if plain not in LAYOUTS:
        known = ", ".join([*LAYOUTS, *LAYOUT_NAMES])
        raise UsageError(f'There is no layout "{layout}": it is one of {known}.')
    if implied and projection not in (None, implied):
        raise UsageError(f"{layout} is no {projection}: leave one of them out.")
    shown = projection or implied or "rectangular"
    return Spatial(plain, shown, hero, baseline, disparity, field_of_view).check()


def checked_input(name: str) -> Path:
    """Raises SecondEyeError."""
    path = Path(name).expanduser()
    if not path.is_file():
        raise SecondEyeError(f"{path} is no file: give a movie.")
    return path


def checked_output(name: str) -> Path:
    """Raises UsageError, SecondEyeError."""
    path = Path(name).expanduser()
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name the file to write.")
    if not path.parent.is_dir():
        raise SecondEyeError(f"{path.parent} is no folder: make it, or choose another.")
    return path


def rational(rate: object) -> Fraction | None:
    """Frames a second from a number or [numerator, denominator]; None stays. Raises UsageError."""
    if rate is None:
        return None
    try:
        value = Fraction(*rate) if isinstance(rate, (list, tuple)) else Fraction(rate)  # type: ignore[call-overload]
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise UsageError(f"The rate {rate} is no number: give one, such as 24000/1001.") from error
    if value <= 0:
        raise UsageError(f"A rate of {value} frames a second shows nothing: give more than 0.")
    return Fraction(value)
