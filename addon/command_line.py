# SPDX-License-Identifier: GPL-3.0-or-later
"""``blender --command second_eye depth|scene|render``: the operators, from a shell."""

from __future__ import annotations


def register() -> None:
    pass


def unregister() -> None:
    pass
