# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's side of Second Eye: it asks core, and builds Blender data from the answer."""

ROOT_PACKAGE = __package__.rpartition(".")[0]
"""The extension's own package (``bl_ext.user_default.second_eye``): the key of its preferences."""


def register() -> None:
    from . import registration

    registration.register()


def unregister() -> None:
    from . import registration

    registration.unregister()
