# SPDX-License-Identifier: GPL-3.0-or-later
"""Views that Blender rendered, put together to both eyes' equirectangular pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SecondEyeError, UsageError
from .progress import IsCancelled, Progress, Report, stop_if

if TYPE_CHECKING:
    from ..geometry.views import View

EYES = ("left", "right")


@dataclass(frozen=True)
class SphereJob:
    """Make the picture ``frames``/000001.png of each frame of ``numbers`` from its views.

    ``views`` is the folder of the views: 000001_NAME_left.png and _right.png for a column,
    000001_NAME.png for a cap (`geometry.views`), PNG of 8 or 16 bits. ``coverage``: "vr180" or
    "vr360". ``width`` x ``height``: of one eye. ``packing``: "sbs" or "top-bottom"; None: a file
    an eye, 000001_L.png and 000001_R.png. Views are removed when their frame is whole.
    """

    views: str
    frames: str
    numbers: Sequence[int]
    coverage: str
    width: int
    height: int
    packing: str | None = "sbs"

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers frames, message. Raises SecondEyeError (a view is missing or damaged),
        UsageError, Cancelled; whole frames and the other views stay."""
        from ..delivery import pack
        from ..delivery.sphere import Stitcher
        from ..geometry.views import views
        from ..media import write_image
        from ..media.pictures import read_picture

        stop_if(cancelled)
        if min(self.width, self.height) < 2:
            raise UsageError(f"An eye of {self.width}x{self.height} pixels shows nothing.")
        wanted = views(self.coverage)
        folder = Path(self.frames)
        stitcher: Stitcher | None = None
        sizes: list[tuple[int, int]] = []
        report(Progress("sphere", 0, len(self.numbers)))
        for done, number in enumerate(self.numbers, start=1):
            pictures: dict[str, np.ndarray] = {}
            for eye in EYES:
                seen = []
                for view in wanted:
                    stop_if(cancelled)
                    seen.append(read_picture(self._file(number, view, eye)))
                found = [(p.shape[1], p.shape[0]) for p in seen]
                if stitcher is None:
                    sizes = found
                    stitcher = Stitcher(self.coverage, self.width, self.height, sizes)
                if found != sizes:
                    raise SecondEyeError(
                        f"The views of frame {number} in {self.views} differ in size: "
                        "render again with Start Over."
                    )
                pictures[eye] = stitcher(seen)
            if self.packing is None:
                write_image(folder / f"{number:06d}_L.png", pictures["left"])
                write_image(folder / f"{number:06d}_R.png", pictures["right"])
            else:
                packed = pack(pictures["left"], pictures["right"], self.packing)
                write_image(folder / f"{number:06d}.png", packed)
            self._forget(number, wanted)
            report(Progress("sphere", done, len(self.numbers)))
        return {
            "frames": len(self.numbers),
            "message": f"{folder}: {len(self.numbers)} frames are put together.",
        }

    def _file(self, number: int, view: View, eye: str) -> Path:
        return Path(self.views) / f"{view_stem(number, view, eye)}.png"

    def _forget(self, number: int, wanted: Sequence[View]) -> None:
        for view in wanted:
            for eye in EYES:
                with contextlib.suppress(OSError):
                    self._file(number, view, eye).unlink()


def view_stem(number: int, view: View, eye: str) -> str:
    """The name of a view's file, without its suffix."""
    return f"{number:06d}_{view.name}_{eye}" if view.stereo else f"{number:06d}_{view.name}"
