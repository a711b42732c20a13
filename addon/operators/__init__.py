# SPDX-License-Identifier: GPL-3.0-or-later
"""bpy.ops.second_eye: one operator a file. Each has an ``execute`` that does the whole job."""

from ..engine import session
from . import cancel, check_engine, install_engine

MODULES = (session, cancel, check_engine, install_engine)
