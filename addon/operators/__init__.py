# SPDX-License-Identifier: GPL-3.0-or-later
"""bpy.ops.second_eye: one operator a file. Each has an ``execute`` that does the whole job."""

from ..engine import session
from . import (
    analyse,
    bake_camera,
    build_scene,
    cancel,
    check_engine,
    import_clip,
    install_engine,
    render_stereo,
)

MODULES = (
    session,
    import_clip,
    analyse,
    build_scene,
    bake_camera,
    render_stereo,
    check_engine,
    install_engine,
    cancel,
)
