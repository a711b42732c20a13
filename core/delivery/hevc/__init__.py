# SPDX-License-Identifier: GPL-3.0-or-later
"""HEVC bitstreams: headers read and rewritten, two encodes stitched into MV-HEVC."""

from .config import Configuration, hvcc, lhvc, read_hvcc, read_lhvc
from .errors import BitstreamError, UnlikeError
from .nal import Nal, join_annex_b, join_prefixed, split_annex_b, split_prefixed
from .stitch import FIXED_GOP, Stitcher
from .views import View

__all__ = [
    "FIXED_GOP",
    "BitstreamError",
    "Configuration",
    "Nal",
    "Stitcher",
    "UnlikeError",
    "View",
    "hvcc",
    "join_annex_b",
    "join_prefixed",
    "lhvc",
    "read_hvcc",
    "read_lhvc",
    "split_annex_b",
    "split_prefixed",
]
