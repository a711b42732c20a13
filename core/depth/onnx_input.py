# SPDX-License-Identifier: GPL-3.0-or-later
"""An ONNX graph's input: axes, size and type of number, read from the graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SecondEyeError
from ..models import Settings

_DTYPES: dict[str, np.dtype[Any]] = {
    "tensor(float)": np.dtype(np.float32),
    "tensor(float16)": np.dtype(np.float16),
    "tensor(double)": np.dtype(np.float64),
    "tensor(uint8)": np.dtype(np.uint8),
}
# By the number of axes, in order of preference: the axis C must be 3, or free in the first.
_LAYOUTS = {3: ("CHW", "HWC"), 4: ("NCHW", "NHWC"), 5: ("NTCHW", "NCTHW", "NTHWC")}
_AXES = {"T": 0, "H": 1, "W": 2, "C": 3}


@dataclass(frozen=True)
class GraphInput:
    """``layout`` names its axes; ``size`` (height, width) and ``window`` are None where free."""

    name: str
    layout: str
    dtype: np.dtype[Any]
    size: tuple[int, int] | None
    window: int | None

    def arrange(self, pictures: np.ndarray) -> np.ndarray:
        """float32 (T, H, W, 3) as the graph wants it: axes in order, numbers in its type.

        Whole numbers are rounded and kept in their range.
        """
        order = [_AXES[axis] for axis in self.layout if axis != "N"]
        if "T" not in self.layout:
            pictures, order = pictures[0], [axis - 1 for axis in order]
        batch = pictures.transpose(order)
        if "N" in self.layout:
            batch = batch[None]
        if self.dtype.kind == "u":
            batch = np.clip(np.rint(batch), 0, 255)
        return np.ascontiguousarray(batch, dtype=self.dtype)


def describe(inputs: list[Any], path: Path, settings: Settings) -> GraphInput:
    """The one input of the graph in ``path``; ``inputs`` as onnxruntime lists them.

    Raises SecondEyeError, in words, where they are not those of a depth model.
    """
    if len(inputs) != 1:
        named = ", ".join(f"{i.name} {_shape(i.shape)}" for i in inputs) or "none"
        raise SecondEyeError(
            f"{path} wants {len(inputs)} inputs ({named}): a depth model takes the picture alone; "
            "export it without the others, or choose another file."
        )
    given = inputs[0]
    if given.type not in _DTYPES:
        raise SecondEyeError(
            f"{path} takes an input of type {given.type}: a depth model takes float, float16, "
            "double or uint8; export it again."
        )
    layout = _layout(given.shape, path, settings)
    at = dict(zip(layout, given.shape, strict=True))
    size = (at["H"], at["W"])
    if "N" in at and isinstance(at["N"], int) and at["N"] != 1:
        raise SecondEyeError(
            f"{path} takes {at['N']} pictures at once {_shape(given.shape)}: export it for a batch "
            "of 1."
        )
    fixed = all(isinstance(n, int) for n in size)
    frames = at.get("T", 1)
    return GraphInput(
        given.name,
        layout,
        _DTYPES[given.type],
        size if fixed else None,
        frames if isinstance(frames, int) else None,
    )


def _layout(shape: list[Any], path: Path, settings: Settings) -> str:
    layouts = _LAYOUTS.get(len(shape), ())
    if settings.layout is not None and settings.layout in layouts:
        layouts = (settings.layout,)
    elif settings.layout is not None:
        layouts = ()
    for layout in layouts:
        if shape[layout.index("C")] == 3:
            return layout
    if layouts and not isinstance(shape[layouts[0].index("C")], int):
        return layouts[0]
    wanted = "(N, 3, H, W), (N, H, W, 3) or, for video, (N, T, 3, H, W)"
    if settings.layout is not None:
        wanted = f"{settings.layout} by its settings"
    raise SecondEyeError(
        f"{path} takes an input of shape {_shape(shape)}: a depth model takes {wanted}; choose "
        "another file."
    )


def _shape(shape: list[Any]) -> str:
    return "(" + ", ".join(str(n) if n is not None else "?" for n in shape) + ")"
