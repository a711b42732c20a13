# SPDX-License-Identifier: GPL-3.0-or-later
"""`second-eye inspect`: what a movie says of itself, in words."""

from .inspect import inspect_movie
from .report import Hdr, Inspection
from .words import box_lines, lines

__all__ = ["Hdr", "Inspection", "box_lines", "inspect_movie", "lines"]
