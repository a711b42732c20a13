# SPDX-License-Identifier: GPL-3.0-or-later
"""The depth models that this Blender can choose from: those that ship and those that were added.

Nothing is loaded here: what an added model is stands in its entry (``core.models``).
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import bpy

from ...core.errors import SecondEyeError, UsageError
from ...core.models import ENTRY, Registry, bundled
from ...core.models.bundled import DEFAULT
from ...core.models.registry import VARIABLE
from .. import ROOT_PACKAGE


@dataclass(frozen=True)
class Choice:
    """``name`` as the scene keeps it: "" for the model that ships; ``about`` for its tooltip."""

    name: str
    title: str
    about: str
    missing: bool = False

    @property
    def identifier(self) -> str:
        return self.name or DEFAULT

    @property
    def number(self) -> int:
        """The same for a name for ever, whatever other models come and go."""
        return zlib.crc32(self.identifier.encode()) & 0x7FFFFFFF


_known: tuple[Path, float, list[Choice]] | None = None


def data_folder() -> Path:
    """The folder of added models: SECOND_EYE_DATA, else the extension's own user folder."""
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given).expanduser()
    return Path(bpy.utils.extension_path_user(ROOT_PACKAGE))


def registry() -> Registry:
    return Registry(data_folder())


def forget() -> None:
    """Read the registry anew: a model was added or removed."""
    global _known
    _known = None


def choices(chosen: str = "") -> list[Choice]:
    """What the menu offers. A ``chosen`` model that has vanished stays in it and says so."""
    global _known
    found = registry()
    try:
        stamp = found.folder.stat().st_mtime
    except OSError:
        stamp = 0.0
    if _known is None or _known[:2] != (found.folder, stamp):
        _known = (found.folder, stamp, _read(found))
    listed, chosen = _known[2], stored_name(chosen)
    if any(choice.name == chosen for choice in listed):
        return listed
    about = "This model was removed, or added in another Blender: add it again or choose another"
    return [*listed, Choice(chosen, f"{chosen} (missing)", about, missing=True)]


def _read(found: Registry) -> list[Choice]:
    listed = [Choice("", f"{DEFAULT} (ships)", "Second Eye's own network; needs nothing more")]
    for name in bundled.names():
        if name != DEFAULT:
            listed.append(Choice(name, f"{name} (ships)", "Second Eye's own network"))
    for name in found.names():
        try:
            entry = found.entry(name)
        except SecondEyeError as error:
            listed.append(Choice(name, name, str(error)))
            continue
        if entry is not None:
            unit = "metres" if entry.facts.get("unit") == "metres" else "relative depth"
            about = f"{entry.kind}, {unit}, {found.location(entry)}"
            listed.append(Choice(name, name, about))
    return listed


def stored_name(given: str) -> str:
    """``given`` as the scene keeps it: "" for the model that ships, called by its name or not."""
    return "" if given == DEFAULT else given


def argument(chosen: str) -> str | None:
    """The ``model`` that a job is given: None for the one that ships.

    Raises UsageError where the chosen model has vanished.
    """
    if not chosen or chosen in bundled.names():
        return chosen or None
    folder = registry().folder / chosen
    if not (folder / ENTRY).is_file():
        raise UsageError(
            f'The model "{chosen}" is not among the added models any more: choose another one in '
            "the Analyse section, or add it again."
        )
    return str(folder)


def is_added(chosen: str) -> bool:
    """Whether ``chosen`` can be removed."""
    return bool(chosen) and chosen in registry().names()


def unregister() -> None:
    forget()
