# SPDX-License-Identifier: GPL-3.0-or-later
"""Repair of estimated depth: a spatial, a temporal and a semantic branch, fused by uncertainty."""

from .frame import Candidate, Frame, Past, Prepared, Repaired
from .settings import OFF, RepairSettings

__all__ = ["OFF", "Candidate", "Frame", "Past", "Prepared", "RepairSettings", "Repaired"]
