# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's entry into the extension."""

from . import addon


def register() -> None:
    addon.register()


def unregister() -> None:
    addon.unregister()
