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
    compare,
    edit_cuts,
    export_relief,
    forget_solve,
    import_clip,
    install_engine,
    remove_model,
    render_stereo,
    repair_shot,
    sample_shot,
    set_lens,
    show_flicker,
    use_solve,
)

MODULES = (
    session,
    models,
    import_clip,
    analyse,
    build_scene,
    set_lens,
    use_solve,
    forget_solve,
    sample_shot,
    repair_shot,
    edit_cuts,
    compare,
    show_flicker,
    bake_camera,
    export_relief,
    render_stereo,
    check_engine,
    install_engine,
    add_model,
    remove_model,
    cancel,
)
