# SPDX-License-Identifier: GPL-3.0-or-later
"""A numbered image sequence as a clip."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..errors import SecondEyeError, UsageError
from .clip import Clip, ClipInfo
from .pictures import read_picture
from .timeline import Timeline

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
SEQUENCE_RATE = Fraction(24)
# A longer stretch of missing numbers is taken as the end of a take, not as dropped frames.
LONGEST_GAP = 100
_NUMBERED = re.compile(r"^(.*?)(\d+)(\D*)$", re.DOTALL)


class ImageSequence(Clip):
    """Pictures whose names differ in a number only; a missing number holds the one before."""

    kind: ClassVar[str] = "sequence"

    def __init__(self, path: Path, rate: Fraction | int | None = None) -> None:
        self.path = path
        rate = SEQUENCE_RATE if rate is None else Fraction(rate)
        if rate <= 0:
            raise UsageError(f"{rate} is no frame rate; give frames a second, as 24 or 24000/1001")
        self._files, notes = _find_run(path)
        numbers = sorted(self._files)
        shown: list[int] = []
        for number in range(numbers[0], numbers[-1] + 1):
            shown.append(number if number in self._files else shown[-1])
        missing = len(shown) - len(numbers)
        if missing:
            notes.append(f"{missing} missing numbers: the frame before each gap is held")
        self.timeline = Timeline(rate=rate, time_base=1 / rate, source_pts=tuple(shown))
        sample = read_picture(self._files[numbers[0]])
        self.info = ClipInfo(
            width=sample.shape[1],
            height=sample.shape[0],
            bit_depth=sample.dtype.itemsize * 8,
            kind="sequence",
            has_audio=False,
            notes=tuple(notes),
        )

    def _read(self, number: int) -> np.ndarray:
        rgb = read_picture(self._files[number])
        expected = (self.info.height, self.info.width)
        if rgb.shape[:2] != expected:
            raise SecondEyeError(
                f"{self._files[number]} is {rgb.shape[1]}x{rgb.shape[0]} but the sequence is"
                f" {expected[1]}x{expected[0]}; bring all pictures to one size"
            )
        if rgb.dtype == np.uint8 and self.info.bit_depth > 8:
            return rgb.astype(np.uint16) * 257
        if rgb.dtype == np.uint16 and self.info.bit_depth == 8:
            return ((rgb.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
        return rgb

    def _stream(self, first: int, last: int) -> Iterator[tuple[int, np.ndarray]]:
        for n in range(first, last + 1):
            yield n, self._read(self.timeline.source_pts[n - 1])

    def fingerprint(self) -> str:
        """SHA-256 over every file's number, name and size, and samples of some files' bytes."""
        digest = hashlib.sha256(b"sequence")
        numbers = sorted(self._files)
        try:
            for number in numbers:
                file = self._files[number]
                digest.update(f"{number} {file.name} {file.stat().st_size}\n".encode())
            for number in numbers[:: max(1, len(numbers) // 32)]:
                with self._files[number].open("rb") as stream:
                    digest.update(stream.read(1 << 16))
        except OSError as error:
            raise SecondEyeError(
                f"{error.filename} can't be read ({error.strerror}); was it moved?"
            ) from error
        return digest.hexdigest()


def _find_run(path: Path) -> tuple[dict[int, Path], list[str]]:
    """Files of the sequence by number: the largest run of a folder, or the one of a file."""
    folder = path if path.is_dir() else path.parent
    groups: dict[tuple[str, str, str], dict[int, Path]] = defaultdict(dict)
    for file in sorted(folder.iterdir()):
        suffix = file.suffix.lower()
        match = _NUMBERED.match(file.stem)
        if suffix not in PICTURE_SUFFIXES or file.name.startswith(".") or not match:
            continue
        if file.is_file():
            groups[match[1], match[3], suffix].setdefault(int(match[2]), file)
    if not path.is_dir():
        match = _NUMBERED.match(path.stem)
        if not match:
            return {1: path}, ["a single picture without a number: a clip of one frame"]
        group = groups[match[1], match[3], path.suffix.lower()]
        return next(r for r in _split(group) if int(match[2]) in r), []
    runs = [run for group in groups.values() for run in _split(group)]
    if not runs:
        raise SecondEyeError(
            f"{path} holds no numbered pictures; put frames named like shot_0001.png in it"
        )
    runs.sort(key=len, reverse=True)
    notes = []
    if len(runs) > 1:
        left = sum(len(run) for run in runs[1:])
        notes.append(f"{left} other numbered pictures in the folder are left out")
    return runs[0], notes


def _split(group: dict[int, Path]) -> list[dict[int, Path]]:
    runs: list[dict[int, Path]] = []
    previous: int | None = None
    for number in sorted(group):
        if previous is None or number - previous > LONGEST_GAP:
            runs.append({})
        runs[-1][number] = group[number]
        previous = number
    return runs
