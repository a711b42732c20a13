# SPDX-License-Identifier: GPL-3.0-or-later
"""The depth project: a folder with one manifest and numbered picture files."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..errors import SecondEyeError
from . import atomic, lock, rules, serial, swap
from .files import FOLDERS, SAMPLING, FrameFiles
from .manifest import SCHEMA, Manifest, Shot

MANIFEST_NAME = "project.json"


class Project(FrameFiles):
    """A depth project on disk; make one with ``create`` or ``open``.

    Only reading depth and plates needs OpenEXR and cv2; manifest, shots and paths need numpy.
    """

    def __init__(self, folder: Path, manifest: Manifest, stored: bytes) -> None:
        super().__init__(folder, manifest)
        self._stored = _digest(stored)
        self._held = False

    @classmethod
    def create(cls, folder: str | os.PathLike[str], manifest: Manifest) -> "Project":
        """Make a project in a new or empty folder. Nothing is left behind when that fails.

        Raises SecondEyeError where the folder holds other things or can't be written.
        """
        folder = Path(folder)
        _refuse_occupied(folder)
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        data = _encode(folder, manifest)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with lock.hold(folder):
                _refuse_occupied(folder)  # again: another run may have been quicker
                atomic.write_bytes(folder / MANIFEST_NAME, data)
        except BaseException as error:
            for path in missing:
                with contextlib.suppress(OSError):  # not empty: somebody else's, it stays
                    path.rmdir()
            if isinstance(error, OSError):
                raise atomic.cannot_write(folder, error) from error
            raise
        return cls(folder, manifest, data)

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "Project":
        """Read the manifest of an existing project.

        Raises SecondEyeError where there is none, it is damaged, wrongly edited or newer.
        """
        folder = Path(folder)
        path = folder / MANIFEST_NAME
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise SecondEyeError(
                f"{folder} is no depth project (it has no {MANIFEST_NAME}): "
                "make one with second-eye depth."
            ) from error
        except OSError as error:
            raise SecondEyeError(f"{path} can't be read ({error.strerror}).") from error
        return cls(folder, _decode(path, data), data)

    @staticmethod
    def exists(folder: str | os.PathLike[str]) -> bool:
        """Whether a manifest stands in ``folder``."""
        return (Path(folder) / MANIFEST_NAME).is_file()

    def save(self) -> None:
        """Write the manifest, atomically; takes the lock where this project doesn't hold it.

        Raises SecondEyeError where a rule is broken, another run holds the project, or
        somebody changed the file since it was read: their change would be lost.
        """
        path = self.folder / MANIFEST_NAME
        data = _encode(self.folder, self.manifest)
        with contextlib.nullcontext() if self._held else self._hold():
            self._check_unchanged()
            if _digest(data) != self._stored:
                atomic.write_bytes(path, data)
            self._stored = _digest(data)

    def _check_unchanged(self) -> None:
        path = self.folder / MANIFEST_NAME
        try:
            current = _digest(path.read_bytes())
        except OSError as error:
            raise SecondEyeError(f"{path} can't be read ({error.strerror}).") from error
        if current != self._stored:
            raise SecondEyeError(
                f"{path} was changed by somebody else since it was read: open it again."
            )

    def _read_again(self) -> None:
        again = Project.open(self.folder)
        self.manifest, self._stored = again.manifest, again._stored

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the project as its only writer; finishes or clears away what a killed one left.

        Where a killed writer had changed the manifest, it is read again.

        Raises SecondEyeError where another run holds it.
        """
        with self._hold() as swapped:
            if swapped:
                self._read_again()
            yield

    @contextlib.contextmanager
    def _hold(self) -> Iterator[bool]:
        """The lock; yields whether the manifest on disk is another one now."""
        with lock.hold(self.folder):
            self._held = True
            try:
                swapped = swap.finish(self.folder)
                for folder in (self.folder, *(self.folder / name for name in (*FOLDERS, SAMPLING))):
                    atomic.remove_temporaries(folder)
                yield swapped
            finally:
                self._held = False

    def replace_depth(self, manifest: Manifest) -> None:
        """Put the frames made in ``swap.begin``'s folder in the place of the old ones, and
        ``manifest``, which describes them, in that of the old one; all or nothing.

        Raises SecondEyeError as `save` does; then the old ones stay.
        """
        data = _encode(self.folder, manifest)
        self._check_unchanged()
        swap.commit(self.folder, data)
        self.manifest, self._stored = manifest, _digest(data)

    def clip_path(self) -> Path:
        """Where the clip lies now: beside the project as stored, else at its absolute path.

        Raises SecondEyeError where it is at neither.
        """
        clip = self.manifest.clip
        for candidate in (self.folder / clip.path, Path(clip.absolute)):
            if candidate.exists():
                return candidate
        raise SecondEyeError(
            f"{clip.absolute}, the clip of {self.folder}, is not there any more: "
            "put it back or correct clip.path in its project.json."
        )

    # Meaning

    def shot_at(self, frame: int) -> Shot:
        """The shot that shows ``frame``. Raises SecondEyeError outside the analysed range."""
        for shot in self.manifest.shots:
            if shot.first <= frame <= shot.last:
                return shot
        raise SecondEyeError(
            f"Frame {frame} of {self.folder} is not analysed (frames {self.manifest.first} to "
            f"{self.manifest.last} are): run depth for it."
        )

    def scale_and_shift(self, frame: int) -> tuple[float, float]:
        """d = scale * V + shift for ``frame``, which must lie in the analysed range."""
        index = frame - self.manifest.first
        return self.manifest.depth.scale[index], self.manifest.depth.shift[index]

    def normalised(self, frame: int) -> np.ndarray:
        """Inverse depth in 0..1 of the shot's range, float32 (h, w), clipped; 1 = nearest."""
        return self.normalise(frame, self.read_depth(frame))

    def normalise(self, frame: int, stored: np.ndarray) -> np.ndarray:
        """As `normalised`, from inverse depth of ``frame`` as stored that was read elsewhere."""
        shot = self.shot_at(frame)
        scale, shift = self.scale_and_shift(frame)
        values = np.float32(scale) * stored + np.float32(shift)
        normalised = (values - np.float32(shot.low)) / np.float32(shot.high - shot.low)
        return normalised.clip(0, 1).astype(np.float32)


def _refuse_occupied(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise SecondEyeError(f"{folder} is a file: name a folder for the depth project.")
    if (folder / MANIFEST_NAME).exists():
        raise SecondEyeError(f"{folder} already holds a depth project: open it instead.")
    if folder.is_dir():
        others = [e.name for e in os.scandir(folder) if not e.name.startswith(".")]
        if others:
            raise SecondEyeError(
                f"{folder} holds other files ({min(others)}): "
                "name an empty or a new folder for the depth project."
            )


def _encode(folder: Path, manifest: Manifest) -> bytes:
    try:
        rules.check(manifest)
        return serial.dump(manifest).encode()
    except serial.FieldError as error:
        raise SecondEyeError(f"{folder / MANIFEST_NAME} can't be saved: {error}.") from error
    except UnicodeEncodeError as error:
        raise SecondEyeError(
            f"{manifest.clip.absolute!r} has a name that is no valid text: rename it."
        ) from error


def _decode(path: Path, data: bytes) -> Manifest:
    try:
        plain = serial.load(data.decode("utf-8"))
        schema = plain.get("schema") if isinstance(plain, dict) else None
        if type(schema) is int and schema > SCHEMA:
            raise SecondEyeError(
                f"{path} was made by a newer version of Second Eye (schema {schema}, this one "
                f"reads {SCHEMA}): update Second Eye."
            )
        if schema == 1:
            raise SecondEyeError(
                f"{path} was made before depth was repaired (schema 1, this one reads {SCHEMA}): "
                "analyse the clip again, into another folder."
            )
        if schema != SCHEMA:
            raise serial.FieldError(f"schema must be {SCHEMA}")
        manifest = serial.from_plain(Manifest, plain)
        rules.check(manifest)
        return manifest
    except (serial.FieldError, UnicodeDecodeError) as error:
        detail = "it is not text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise SecondEyeError(
            f"{path} can't be used: {detail}; correct it, or give depth another folder."
        ) from error


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
