# SPDX-License-Identifier: GPL-3.0-or-later
"""One factory registers everything, in order, and takes it back in reverse."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import ModuleType

import bpy


def factory(modules: Iterable[ModuleType]) -> tuple[Callable[[], None], Callable[[], None]]:
    """``(register, unregister)`` for modules with ``CLASSES``, ``register`` and ``unregister``.

    Each is optional; classes come before the module's own ``register`` and go after its
    ``unregister``. When one part fails to register, what came before it is taken back and the
    error goes on to Blender: an add-on is there whole or not at all.
    """
    done: list[Callable[[], None]] = []

    def register() -> None:
        try:
            for module in modules:
                for cls in getattr(module, "CLASSES", ()):
                    _describe(cls)
                    bpy.utils.register_class(cls)
                    done.append(lambda cls=cls: bpy.utils.unregister_class(cls))
                if hasattr(module, "register"):
                    module.register()
                if hasattr(module, "unregister"):
                    done.append(module.unregister)
        except BaseException:
            unregister()
            raise

    def unregister() -> None:
        while done:
            done.pop()()

    return register, unregister


def _describe(cls: type) -> None:
    """An operator's tooltip is its docstring; the source's line breaks are none of the tooltip's,
    and would hide it from translations."""
    if issubclass(cls, bpy.types.Operator) and not hasattr(cls, "bl_description"):
        cls.bl_description = " ".join((cls.__doc__ or "").split())


def parts() -> list[ModuleType]:
    """What the add-on is made of, in the order in which one part needs another."""
    from . import (
        comfort_properties,
        command_line,
        convert_properties,
        edit_properties,
        grade_properties,
        manual,
        move_properties,
        operators,
        overlay,
        preferences,
        preview_properties,
        properties,
        render_properties,
        shot_properties,
        translations,
        ui,
    )

    own = [
        preferences,
        properties,
        edit_properties,
        shot_properties,
        preview_properties,
        render_properties,
        convert_properties,
        grade_properties,
        comfort_properties,
        move_properties,
    ]
    others = [*overlay.MODULES, command_line, manual, translations]
    return [*own, *operators.MODULES, *ui.MODULES, *others]


register, unregister = factory(parts())
