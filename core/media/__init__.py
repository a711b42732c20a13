# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips in, movies out: the only room that knows containers, codecs and picture files."""

from .clip import Clip, ClipInfo
from .movie import Movie
from .open import open_clip
from .pictures import read_picture, to_bits, write_image
from .sequence import ImageSequence
from .tags import BT709, ColourTags
from .timeline import Timeline
from .writer import MovieWriter

__all__ = [
    "BT709",
    "Clip",
    "ClipInfo",
    "ColourTags",
    "ImageSequence",
    "Movie",
    "MovieWriter",
    "Timeline",
    "open_clip",
    "read_picture",
    "to_bits",
    "write_image",
]
