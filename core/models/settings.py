# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model file doesn't say about itself: its sidecar, and presets for well-known models.

A sidecar is a small JSON object: ``FILE.json`` beside ``FILE.onnx``, ``second_eye.json`` in a
folder. Every key is optional; docs/models.md explains each.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from ..errors import SecondEyeError, UsageError
from .presets import PRESETS

OUTPUTS = ("inverse_depth", "depth", "metric_depth", "metric_inverse_depth")
SIDES = ("longer", "shorter")
LAYOUTS = ("NCHW", "NHWC", "CHW", "HWC", "NTCHW", "NCTHW", "NTHWC")


@dataclass(frozen=True)
class Settings:
    """How a model wants its pictures, and what its answer means.

    Attributes:
        scale, mean, std: input = (rgb in 0..1 * scale - mean) / std, the last two per channel.
        size: pixels of the side ``side`` of the picture that the model sees; None: no wish.
        multiple: what both sides are multiples of.
        layout: axes of the input, a word of LAYOUTS; None: as the file's shape says.
        output: what the answer is: "inverse_depth" and "depth" in a unit of the model's own,
            "metric_depth" in metres, "metric_inverse_depth" in 1/metre.
        factor: the answer is multiplied by it first.
        answer: name of the output to take; None: the first.
        window: frames of one call of a model for video; None: as the file's shape says.
        context: places in the window before whose frames begin the next window.
        licence: of the weights, in words.
        preset: the preset that these settings began with.
    """

    scale: float = 255.0
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    size: int | None = None
    side: str = "longer"
    multiple: int = 32
    layout: str | None = None
    output: str = "inverse_depth"
    factor: float = 1.0
    answer: str | None = None
    window: int | None = None
    context: tuple[int, ...] = ()
    licence: str | None = None
    preset: str | None = None

    @property
    def metric(self) -> bool:
        """Whether the answer is in metres, or in 1/metre."""
        return self.output.startswith("metric")

    def to_plain(self) -> dict[str, Any]:
        """As JSON holds it: every key, so that no default or preset comes in between again."""
        return {
            field.name: list(value) if isinstance(value, tuple) else value
            for field in fields(self)
            for value in [getattr(self, field.name)]
        }

    def changed(self) -> dict[str, Any]:
        """The keys that differ from the defaults, to tell two settings apart by."""
        default = Settings().to_plain()
        return {key: value for key, value in self.to_plain().items() if value != default[key]}


def preset(name: str) -> Settings:
    """The settings of a preset. Raises UsageError for an unknown name."""
    if name not in PRESETS:
        raise UsageError(f'There is no preset "{name}": the presets are {", ".join(PRESETS)}.')
    return from_plain({**PRESETS[name].settings, "preset": name}, f"preset {name}")


def from_plain(plain: Any, where: str) -> Settings:
    """Settings of a parsed sidecar; its "preset" comes first, its other keys on top.

    Raises SecondEyeError naming ``where`` and the key that is wrong.
    """
    known = [field.name for field in fields(Settings)]
    unknown = sorted(set(plain) - set(known)) if isinstance(plain, dict) else ["not an object"]
    if unknown:
        raise SecondEyeError(
            f"{where} holds '{unknown[0]}', which is unknown: use {', '.join(known)}."
        )
    base = Settings()
    named = plain.get("preset")
    if named is not None and not where.startswith("preset "):
        base = preset(str(named))
    for key, value in plain.items():
        fault = _fault(key, value)
        if fault:
            raise SecondEyeError(f"{where}: {key} must be {fault}; correct it.")
    values: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in plain.items()
    }
    for key in ("mean", "std"):
        if isinstance(values.get(key), (int, float)):
            values[key] = (float(values[key]),) * 3
    settings = replace(base, **values)
    if settings.window is not None and any(i >= settings.window for i in settings.context):
        raise SecondEyeError(f"{where}: context must name places below window; correct it.")
    if settings.window is not None and len(settings.context) >= settings.window:
        raise SecondEyeError(f"{where}: context must be shorter than window; correct it.")
    return settings


def read_sidecar(path: Path) -> Settings | None:
    """The sidecar at ``path``; None where there is none. Raises SecondEyeError."""
    plain = read_written(path)
    return None if plain is None else from_plain(plain, str(path))


def read_written(path: Path) -> dict[str, Any] | None:
    """The keys really written in the sidecar at ``path``, checked; None where there is none.

    A key that is written with its default's value outranks what lies below it; one that is not
    written doesn't. Raises SecondEyeError.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SecondEyeError(f"{path} is not readable JSON: correct it or remove it.") from error
    from_plain(plain, str(path))
    return dict(plain)


def with_sidecar(base: Settings, path: Path) -> Settings:
    """``base`` with what the sidecar at ``path`` says on top, its preset's numbers too."""
    written = read_written(path)
    if written is None:
        return base
    own = from_plain(written, str(path))
    keys = set(written)
    if own.preset is not None:
        keys |= PRESETS[own.preset].settings.keys()
    return replace(base, **{key: getattr(own, key) for key in keys})


def _fault(key: str, value: Any) -> str:
    """What ``value`` should have been, in words; "" where it is right."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    right: bool
    match key:
        case "scale" | "factor":
            right, words = number and math.isfinite(value) and value > 0, "a number above 0"
        case "mean" | "std":
            listed = value if isinstance(value, (list, tuple)) else [value] * 3
            right = len(listed) == 3 and all(
                isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v)
                and (key == "mean" or v > 0) for v in listed
            )  # fmt: skip
            words = "three numbers" if key == "mean" else "three numbers above 0"
        case "size":
            right = value is None or (type(value) is int and value >= 32)
            words = "a whole number of pixels from 32 on"
        case "multiple" | "window":
            right = (type(value) is int and value >= 1) or (value is None and key == "window")
            words = "a whole number from 1 on"
        case "side":
            right, words = value in SIDES, " or ".join(SIDES)
        case "layout":
            right, words = value is None or value in LAYOUTS, f"one of {', '.join(LAYOUTS)}"
        case "output":
            right, words = value in OUTPUTS, " or ".join(OUTPUTS)
        case "context":
            right = isinstance(value, (list, tuple)) and all(
                type(v) is int and v >= 0 for v in value
            )
            words = "a list of places in the window before, from 0"
        case _:
            right, words = value is None or isinstance(value, str), "a text"
    return "" if right else words
