# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's texts in other languages, by Blender's own means.

A file ``LOCALE.json`` holds one language: the English text and its translation. Blender looks a
text up as it draws it, so the code speaks English alone; what is put together at run time, with
names and numbers in it, stays English.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bpy

from .. import ROOT_PACKAGE

CONTEXT = "Second Eye"
"""For a word that Blender translates otherwise: its own table is asked first."""
CONTEXTS = ("*", "Operator", CONTEXT)
"""Blender's default context, that of the labels of operators' buttons, and ours."""


def read(locale: str) -> dict[str, str]:
    """English text to its translation into ``locale``, "zh_HANS" for example."""
    path = Path(__file__).with_name(f"{locale}.json")
    found: dict[str, str] = json.loads(path.read_text(encoding="utf8"))
    return found


def locales() -> list[str]:
    return sorted(path.stem for path in Path(__file__).parent.glob("*.json"))


def register() -> None:
    # The stubs of bpy have a text for a key; Blender wants its context beside it.
    table: Any = {
        locale: {
            (context, text): translated
            for text, translated in read(locale).items()
            for context in CONTEXTS
        }
        for locale in locales()
    }
    bpy.app.translations.register(ROOT_PACKAGE, table)


def unregister() -> None:
    bpy.app.translations.unregister(ROOT_PACKAGE)
