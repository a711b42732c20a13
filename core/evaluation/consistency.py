# SPDX-License-Identifier: GPL-3.0-or-later
"""How much the depth of one sequence flickers, and what was given up to have less of it.

OPW, the flow-warped inconsistency (Y. Wang et al., "Less is more: consistent video depth
estimation with masked frames modeling", ACM MM 2022; Y. Wang et al., "Neural video depth
stabilizer", ICCV 2023): each depth is compared with that of the frame before, carried along the
flow, where the flow is trusted. Here it is inverse depth, brought to the base by one scale and one
shift over the *whole sequence* and divided by the base's range (1st to 99th percentile), the same
for all rows: so a wandering scale is an error, scaling all of it changes nothing, and
stretching the nearest and the farthest few percent moves no more than that fit.

OPW alone is won by who says nothing. Two more figures stand beside it, which need no truth:
*away*, the mean distance from the base, and *detail*, the mean gradient as a share of the base's,
which a blurred depth loses; both after the same scale and shift and over the same range. What has
little to do with the base is brought to it by a small scale: its OPW and its detail are both low.
"""

from typing import Any

import cv2
import numpy as np

from .flow import Motion, looked_up
from .rgbd import align

_SAMPLES = 32  # across and down a frame, of what must be known of the whole sequence


class Consistency:
    """The inverse depths of one sequence, pushed in order; `result` has the figures.

    ``size``: (width, height) at which they are compared, that of the motions.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._before: np.ndarray | None = None
        self._errors: list[dict[str, float | None]] = []
        self._samples: list[np.ndarray] = []
        self._gradients: list[float] = []

    def add(self, inverse: np.ndarray, motion: Motion | None) -> None:
        """The next inverse depth, float (h, w), resized bilinearly, and how its frame follows the
        one before; the first frame has no motion."""
        given = np.ascontiguousarray(inverse, np.float32)
        values: np.ndarray = cv2.resize(given, self._size, interpolation=cv2.INTER_LINEAR)
        if motion is not None and self._before is not None:
            there, here = self._before, values
            if motion.forward:
                there, here = here, there
            change = np.abs(here - looked_up(there, motion.source))
            self._errors.append(
                {"opw_static": _mean(change, motion.static), "opw": _mean(change, motion.trusted)}
            )
        self._before = values
        self._samples.append(_sampled(values))
        self._gradients.append(_gradient(values))

    def result(self, base: "Consistency | None" = None) -> dict[str, Any]:
        """``opw_static`` and ``opw``, the means over the pairs of frames that have such pixels
        (None where none has); ``errors``, those of each pair; with ``base``, the same sequence
        unrepaired, brought to it and over its range, and with ``away`` and ``detail``."""
        scale, shift, span = 1.0, 0.0, self.span
        mine = np.concatenate(self._samples)
        if base is not None:
            its = np.concatenate(base._samples)
            (scale, shift), span = align(mine, its), base.span
        unit = abs(scale) / span
        errors = [
            {name: None if value is None else value * unit for name, value in row.items()}
            for row in self._errors
        ]
        found: dict[str, Any] = {name: mean_of(errors, name) for name in ("opw_static", "opw")}
        if base is not None:
            found["away"] = float(np.abs(scale * mine + shift - its).mean()) / span
            its_detail = float(np.mean(base._gradients)) / span
            mine_detail = float(np.mean(self._gradients)) * unit
            found["detail"] = mine_detail / its_detail if its_detail > 0 else 1.0
        return found | {"errors": errors}

    @property
    def span(self) -> float:
        """The range of inverse depth in the sequence; 1 for a constant."""
        low, high = np.percentile(np.concatenate(self._samples), [1, 99])
        return float(high - low) if high > low else 1.0


def mean_of(rows: list[dict[str, Any]], name: str) -> float | None:
    """The mean of an entry over the rows that have it; None where none has."""
    known = [row[name] for row in rows if row.get(name) is not None]
    return float(np.mean(known)) if known else None


def _mean(change: np.ndarray, counts: np.ndarray) -> float | None:
    return float(change[counts].mean(dtype=np.float64)) if counts.any() else None


def _sampled(values: np.ndarray) -> np.ndarray:
    rows = np.linspace(0, values.shape[0] - 1, _SAMPLES).round().astype(int)
    columns = np.linspace(0, values.shape[1] - 1, _SAMPLES).round().astype(int)
    return values[np.ix_(rows, columns)].ravel()


def _gradient(values: np.ndarray) -> float:
    across = np.abs(np.diff(values, axis=1)).mean(dtype=np.float64)
    return float(across + np.abs(np.diff(values, axis=0)).mean(dtype=np.float64))
