# SPDX-License-Identifier: GPL-3.0-or-later
"""A model that a user brings, as it was asked for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from ..models import Settings, Source


@dataclass(frozen=True)
class Brought:
    """What a model of another house is loaded by.

    Attributes:
        source: its file or folder.
        settings: what its files don't say of themselves.
        size: longer side of the picture that it sees; None for the model's own. A model of fixed
            input size sees the picture stretched to it and ignores both.
        device: "cpu", "cuda" or "mps"; None for the quickest that works.
        own_name: what it is called; None for the name of its file or folder.
        known_fingerprint: the source's, where it is known; reading gigabytes for it takes a while.
    """

    source: Source
    settings: Settings
    size: int | None = None
    device: str | None = None
    own_name: str | None = None
    known_fingerprint: str | None = None

    @property
    def name(self) -> str:
        return self.own_name or self.source.name

    @property
    def unit(self) -> str:
        """As `DepthModel.unit`."""
        return "metres" if self.settings.metric else "relative"

    @cached_property
    def fingerprint(self) -> str:
        """Hex digest of the files, read once."""
        return self.known_fingerprint or self.source.fingerprint()

    def sha256(self, size: int | None) -> str:
        """Hex digest of all that the answers depend on; ``size``: None where it plays no part."""
        described = json.dumps([self.settings.changed(), size])
        return hashlib.sha256((self.fingerprint + described).encode()).hexdigest()
