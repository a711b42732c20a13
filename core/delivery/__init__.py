# SPDX-License-Identifier: GPL-3.0-or-later
"""Packings: what leaves the house."""

from .packing import PACKINGS, Packing, pack, packing_named

__all__ = ["PACKINGS", "Packing", "pack", "packing_named"]
