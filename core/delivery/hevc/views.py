# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameter sets of a single-layer stream, gathered from where they stand."""

from __future__ import annotations

from collections.abc import Iterable

from .errors import BitstreamError
from .nal import PPS, SPS, VPS, Nal
from .pps import Pps, read_pps
from .slices import SliceHeader, read_slice
from .sps import Sps, read_sps
from .vps import Vps, read_vps

_SETS = (VPS, SPS, PPS)


class View:
    """One eye's encode. Its parameter sets may be told again, but never change."""

    def __init__(self) -> None:
        self.vps: Vps | None = None
        self.sps: dict[int, Sps] = {}
        self.pps: dict[int, Pps] = {}
        self.units: dict[int, list[Nal]] = {VPS: [], SPS: [], PPS: []}

    @property
    def complete(self) -> bool:
        """Whether decoding could begin."""
        return self.vps is not None and bool(self.sps) and bool(self.pps)

    def take(self, units: Iterable[Nal]) -> list[Nal]:
        """The units of layer 0 that are no parameter sets; those are remembered.

        Raises BitstreamError where a set changes: one sample description couldn't tell of it.
        """
        rest = []
        for unit in units:
            if unit.type in _SETS:
                if unit.layer == 0:
                    self._remember(unit)
            else:
                rest.append(unit)
        return rest

    def slice_header(self, unit: Nal) -> SliceHeader:
        """Raises BitstreamError."""
        return read_slice(unit, self.pps, self.sps)

    def main_sps(self) -> Sps:
        """The first one. Raises BitstreamError."""
        if not self.sps:
            raise BitstreamError("no sequence parameter set was found")
        return next(iter(self.sps.values()))

    def _remember(self, unit: Nal) -> None:
        known = self.units[unit.type]
        if any(unit.data == other.data for other in known):
            return
        if unit.type == VPS:
            vps = read_vps(unit)
            clash, self.vps = self.vps is not None, vps
        elif unit.type == SPS:
            sps = read_sps(unit)
            clash = sps.identifier in self.sps
            self.sps[sps.identifier] = sps
        else:
            pps = read_pps(unit)
            clash = pps.identifier in self.pps
            self.pps[pps.identifier] = pps
        if clash:
            raise BitstreamError("the encoder's settings change in mid-stream")
        known.append(unit)
