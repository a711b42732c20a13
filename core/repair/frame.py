# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes through repair: frames, what the branches say of them, and what comes out.

All arrays of one sequence have one size (h, w), that of the depth files. Inverse depth is >= 0,
larger = nearer, in the unit of the depth model; a variance is in that unit squared.
"""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Frame:
    """One frame with its estimate.

    Attributes:
        rgb: uint8 (h, w, 3).
        inverse_depth: float32 (h, w), as the depth model estimated it.
        variance: float32 (h, w), > 0: expected squared error of ``inverse_depth``.
        labels: uint8 (h, w), index into `depth.labels.CLASSES`; None from a model without them.
        told: whether the variance is what the model told; False: it told none, and it is assumed.
    """

    rgb: np.ndarray
    inverse_depth: np.ndarray
    variance: np.ndarray
    labels: np.ndarray | None = None
    told: bool = True


@dataclass(frozen=True)
class Candidate:
    """What one branch says of a frame.

    Attributes:
        name: "base", "spatial", "semantic", "past" or "future".
        inverse_depth: float32 (h, w), finite everywhere.
        variance: float32 (h, w), > 0; infinite where the branch has nothing to say.
        evidence: float32 (h, w) in 0..1 maps by name, 1 = trusted ("flow", "photometric"), for the
            fusion network; a branch without them leaves them away.
    """

    name: str
    inverse_depth: np.ndarray
    variance: np.ndarray
    evidence: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Prepared:
    """A frame with the candidates that need no other frame; ``candidates[0]`` is the base."""

    frame: Frame
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Repaired:
    """inverse_depth float32 (h, w) >= 0; confidence float32 (h, w) in 0..1, 1 = sure."""

    inverse_depth: np.ndarray
    confidence: np.ndarray


@dataclass(frozen=True)
class Past:
    """The frame before, read back as it was stored (half floats), so that a resumed sequence goes
    on with the same bits: its ``rgb``, repaired ``inverse_depth`` and ``confidence``.

    ``earlier``: where that picture is blank, those of the shot before it, newest first, until
    `shown.enough`.
    """

    rgb: np.ndarray
    inverse_depth: np.ndarray
    confidence: np.ndarray
    earlier: tuple[np.ndarray, ...] = ()
