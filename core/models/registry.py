# SPDX-License-Identifier: GPL-3.0-or-later
"""The models that the user has added: one folder a model, in the user's data folder.

``models/NAME/model.json`` says where the model lies and what its check found; ``models/NAME``
holds the files themselves too where they were copied. A model that is only referred to is never
changed or removed.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import SecondEyeError, UsageError
from .settings import Settings, from_plain
from .sources import Source

ENTRY = "model.json"
FORMAT = "second-eye-model-1"
VARIABLE = "SECOND_EYE_DATA"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Entry:
    """One added model.

    Attributes:
        name: what the user calls it.
        kind: "onnx", "transformers" or "second-eye".
        path: its file or folder; relative to the entry's folder where ``copied``.
        fingerprint: sha256 of its files when it was added.
        settings: how its pictures are made and what its answer means, as a sidecar holds it.
        facts: what the check found, for people: inputs, outputs, bytes, parameters, dtypes, unit,
            window, device, licence.
    """

    name: str
    kind: str
    path: str
    copied: bool
    fingerprint: str
    settings: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def parsed_settings(self) -> Settings:
        """The settings. Raises SecondEyeError where somebody edited them wrongly."""
        return from_plain(self.settings, f"the entry of the model {self.name}")


def data_folder() -> Path:
    """Where this user's data lies: SECOND_EYE_DATA, else the system's place for it."""
    given = os.environ.get(VARIABLE)
    if given:
        return Path(given).expanduser()
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "Second Eye"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "Second Eye"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "second-eye"


class Registry:
    """The added models below ``data`` (None: `data_folder`)."""

    def __init__(self, data: str | Path | None = None) -> None:
        self.folder = (data_folder() if data is None else Path(data).expanduser()) / "models"

    def names(self) -> list[str]:
        """Names of all entries, damaged ones too."""
        try:
            found = [p.name for p in self.folder.iterdir() if (p / ENTRY).is_file()]
        except OSError:  # none was ever added
            return []
        return sorted((name for name in found if _NAME.fullmatch(name)), key=str.lower)

    def entry(self, name: str) -> Entry | None:
        """The entry ``name``; None where there is none. Raises SecondEyeError for a damaged one."""
        if not _NAME.fullmatch(name) or not (self.folder / name / ENTRY).is_file():
            return None
        return read_entry(self.folder / name)

    def location(self, entry: Entry) -> Path:
        """Its file or folder as an absolute path."""
        return self.folder / entry.name / entry.path if entry.copied else Path(entry.path)

    def check_name(self, name: str, taken: list[str]) -> None:
        """Raise UsageError for a name that can't be given; ``taken``: those of bundled models."""
        if not _NAME.fullmatch(name):
            raise UsageError(
                f'"{name}" can\'t be a model\'s name: use up to 64 letters, digits, ".", "-", "_".'
            )
        if name.lower() in (other.lower() for other in [*taken, *self.names()]):
            raise UsageError(
                f'There is a model "{name}" already: give another --name, or remove that one first.'
            )

    def add(
        self,
        entry: Entry,
        source: Source,
        copy: bool,
        step: Callable[[int, int], None] | None = None,
    ) -> Entry:
        """Keep ``entry``, with a copy of its files where asked; whole or not at all.

        ``step(done, total)`` hears of copied bytes and may raise. Raises SecondEyeError where the
        folder can't be written.
        """
        place = self.folder / entry.name
        new = self.folder / f".{entry.name}.{os.getpid()}.part"
        try:
            self._clear(entry.name)
            new.mkdir(parents=True)
            if copy:
                entry = dataclasses.replace(entry, copied=True, path=_copy(source, new, step))
            plain = {"format": FORMAT, **dataclasses.asdict(entry)}
            text = json.dumps(plain, indent=1, ensure_ascii=False) + "\n"
            (new / ENTRY).write_text(text, encoding="utf-8")
            os.replace(new, place)
        except OSError as error:
            reason = error.strerror or str(error)
            raise SecondEyeError(
                f"The model {entry.name} can't be kept in {place} ({reason}): free some space, or "
                f"name another folder by {VARIABLE}."
            ) from error
        finally:
            shutil.rmtree(new, ignore_errors=True)
        return entry

    def _clear(self, name: str) -> None:
        """Take away what killed processes left of this name: unfinished copies, half removals."""
        part = re.compile(rf"\.{re.escape(name)}\.(\d+)\.part")
        for left in self.folder.iterdir() if self.folder.is_dir() else ():
            written = part.fullmatch(left.name)
            half = left.name == name and left.is_dir() and not (left / ENTRY).is_file()
            if half or (written and not _lives(int(written[1]))):
                shutil.rmtree(left)

    def remove(self, name: str) -> bool:
        """Forget ``name`` and its copy, if any; whether there was one.

        Raises SecondEyeError where its folder can't be removed.
        """
        place = self.folder / name
        if name not in self.names():
            return False
        try:
            (place / ENTRY).unlink()  # first: what stays of the rest is no model any more
            shutil.rmtree(place)
        except OSError as error:
            raise SecondEyeError(
                f"The model {name} can't be removed from {place} ({error.strerror}): close what "
                "uses it and try again."
            ) from error
        return True


def read_entry(folder: Path) -> Entry:
    """The entry in ``folder``. Raises SecondEyeError for a damaged or newer one."""
    path = folder / ENTRY
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        plain = json.loads(path.read_text(encoding="utf-8"))
        if plain.pop("format", "") == FORMAT:
            known = {f.name for f in dataclasses.fields(Entry)}
            entry = Entry(**{key: value for key, value in plain.items() if key in known})
            if entry.name == folder.name and _is_whole(entry):
                return entry
    raise SecondEyeError(
        f"{path} is damaged, or of a newer Second Eye: remove the model {folder.name} and add it "
        "again."
    )


def _is_whole(entry: Entry) -> bool:
    """Whether everything is there, and of the type, that listing and loading rely on."""
    texts = (entry.kind, entry.path, entry.fingerprint)
    if not all(isinstance(text, str) for text in texts) or not isinstance(entry.settings, dict):
        return False
    facts = entry.facts
    numbers = [facts.get(key) for key in ("bytes", "parameters", "window")]
    return isinstance(facts.get("unit"), str) and all(type(n) is int for n in numbers)


def _lives(process: int) -> bool:
    """Whether another process of that number runs, as far as the system tells."""
    if process == os.getpid():
        return False  # of a former process of this number: this one has not begun yet
    if sys.platform == "win32":
        # os.kill would end it there; an open handle of 0 says that there is none.
        kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 (known on Windows only)
        handle = kernel.OpenProcess(0x1000, False, process)  # PROCESS_QUERY_LIMITED_INFORMATION
        if handle:
            kernel.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def suggest_name(source: Source) -> str:
    """A name made of the file's or folder's own."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", source.name).strip("._-")[:64] or "model"


def _copy(source: Source, new: Path, step: Callable[[int, int], None] | None) -> str:
    """Copy the model's files into ``new``; the path that the entry then holds."""
    base = source.path if source.kind == "transformers" else source.path.parent
    done, total = 0, source.bytes
    for file in source.files:
        target = new / "files" / file.relative_to(base)
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "rb") as taken, open(target, "wb") as written:
            while block := taken.read(1 << 22):
                written.write(block)
                done += len(block)
                if step is not None:
                    step(done, total)
    return "files" if source.kind == "transformers" else f"files/{source.path.name}"
