# SPDX-License-Identifier: GPL-3.0-or-later
"""What several jobs are told of a movie's stereo, and the names that a person gives it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


def of_rig(told: Spatial, rig: dict[str, Any]) -> Spatial:
    """``told`` with the numbers of a rig where it has none of its own.

    ``rig``: interocular and convergence in scene units, focal_over_width, metres_per_unit (or None:
    no one knows), parallel (whether its pictures don't converge yet). Raises UsageError.
    """
    from ..delivery.rig_tags import rig_spatial
    from ..stereo import StereoRig

    try:
        made = rig_spatial(
            StereoRig(rig["interocular"], rig["convergence"], rig["focal_over_width"]),
            rig["metres_per_unit"],
            told.layout,
            told.projection,
            parallel=rig["parallel"],
        )
    except (KeyError, TypeError) as error:
        raise UsageError(f"The rig {rig} lacks numbers: see TagJob.") from error
    if told.layout == "mono":
        return replace(told, field_of_view=told.field_of_view or made.field_of_view)
    return replace(
        told,
        baseline=made.baseline if told.baseline is None else told.baseline,
        disparity=made.disparity if told.disparity is None else told.disparity,
        field_of_view=told.field_of_view or made.field_of_view,
    )


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
