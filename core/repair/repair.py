# SPDX-License-Identifier: GPL-3.0-or-later
"""Repair of a clip's depth: the branches, in the order in which a frame meets them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from ..depth.device import thread_count
from ..errors import SecondEyeError
from .frame import Candidate, Frame, Past, Prepared
from .fusion_network import Corrector
from .semantic import SemanticBranch
from .semantic_network import Judge
from .sequence import Sequence
from .settings import RepairSettings
from .spatial import SpatialBranch
from .weights import read_networks

VERSION = 7  # of the algorithm: raised with every change of what comes out
WEIGHTS = Path(__file__).resolve().parent / "weights" / "repair_v2.safetensors"


class Repair:
    """Repairs depth shot by shot.

    Args:
        settings: what to do.
        weights: of the three networks; None for those that ship. A branch whose network the file
            lacks does without.
        unit: of the inverse depth: "metres" keeps every frame's scale, "relative" aligns it.

    Raises SecondEyeError where the file of weights is missing or damaged.

    Attributes:
        name, sha256: of what comes out; the hash covers the weights and the algorithm, not the
            settings.
        streams: how many threads are worth calling `prepare` at once.
    """

    def __init__(
        self, settings: RepairSettings, weights: Path | None = None, *, unit: str = "relative"
    ) -> None:
        self.settings, self._unit = settings, unit
        digest = hashlib.sha256(f"second-eye-repair {VERSION}".encode())
        path = WEIGHTS if weights is None else weights
        networks = read_networks(path)
        digest.update(path.read_bytes())
        self.name = path.stem
        self.sha256 = digest.hexdigest()
        # The recursion runs in one thread and takes about as long as preparing in another two.
        self.streams = min(2, thread_count())
        self._spatial = self._semantic = None
        if settings.spatial > 0:
            self._spatial = SpatialBranch(networks.spatial)
        if settings.semantic > 0:
            judge = None if networks.semantic is None else Judge(networks.semantic)
            self._semantic = SemanticBranch(judge)
        self._fusion = None if networks.fusion is None else Corrector(networks.fusion)

    def prepare(self, frame: Frame) -> Prepared:
        """What can be said of a frame without others. May run in several threads at once.

        Raises SecondEyeError where an estimate isn't a finite number everywhere.
        """
        finite = np.isfinite(frame.inverse_depth).all() and (frame.variance > 0).all()
        if not finite:
            raise SecondEyeError(
                "The depth model gave no number for a pixel of a frame: use another model."
            )
        candidates = [Candidate("base", frame.inverse_depth, frame.variance)]
        if self._spatial is not None:
            candidates.append(self._spatial(frame))
        if self._semantic is not None:
            candidates += filter(None, [self._semantic(frame)])
        return Prepared(frame, tuple(candidates))

    def sequence(self, past: Past | None = None) -> Sequence:
        """A shot from its beginning, or from the frame after ``past`` on."""
        return Sequence(self.settings, self._fusion, self._unit, past)
