# SPDX-License-Identifier: GPL-3.0-or-later
"""bpy.ops.second_eye: one operator a file. Each has an ``execute`` that does the whole job."""

from ..engine import models, session
from . import (
    add_model,
    analyse,
    bake_camera,
    build_scene,
    cancel,
    check_engine,
    import_clip,
    install_engine,
    remove_model,
    render_stereo,
)

MODULES = (
    session,
    models,
    import_clip,
    analyse,
    build_scene,
    bake_camera,
    render_stereo,
    check_engine,
    install_engine,
    add_model,
    remove_model,
    cancel,
)
