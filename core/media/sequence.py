# SPDX-License-Identifier: GPL-3.0-or-later
"""A numbered image sequence as a clip."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..errors import SecondEyeError, UsageError
from .clip import Clip, ClipInfo
from .headers import PictureHeader, read_header
from .metadata import over_width
from .pictures import read_picture, to_bits
from .run import find_run
from .timeline import Timeline

SEQUENCE_RATE = Fraction(24)
_SAMPLED_FILES = 32
_SAMPLE = 1 << 16


class ImageSequence(Clip):
    """Pictures whose names differ in a number only; a missing number holds the one before."""

    kind: ClassVar[str] = "sequence"

    def __init__(self, path: Path, rate: Fraction | int | None = None) -> None:
        self.path = path
        rate = SEQUENCE_RATE if rate is None else Fraction(rate)
        if rate <= 0:
            raise UsageError(f"{rate} is no frame rate: give frames a second, as 24 or 24000/1001.")
        try:
            self._files, notes = find_run(path)
            headers = {number: read_header(file) for number, file in self._files.items()}
        except OSError as error:
            raise SecondEyeError(
                f"{error.filename} can't be read ({error.strerror}): check the permissions."
            ) from error
        cut = [number for number, header in headers.items() if not header.whole]
        good = sorted(set(headers) - set(cut))
        if not good:
            raise SecondEyeError(
                f"{path} has no whole picture among its {len(cut)}: copy them again from their"
                " source."
            )
        if cut:
            names = ", ".join(self._files[number].name for number in cut[:3])
            more = ", ..." if len(cut) > 3 else ""
            notes.append(
                f"{len(good)} good pictures are kept, {len(cut)} are cut short: {names}{more}"
            )
        shown: list[int] = []
        for number in range(good[0], good[-1] + 1):
            shown.append(number if headers.get(number, _MISSING).whole else shown[-1])
        gaps = len(shown) - len(set(shown))
        if gaps:
            notes.append(f"{gaps} numbers have no picture: the one before is held")
        self.timeline = Timeline(rate=rate, time_base=1 / rate, source_pts=tuple(shown))
        sample = read_picture(self._files[good[0]])
        focal = headers[good[0]].focal_35mm
        self.info = ClipInfo(
            width=sample.shape[1],
            height=sample.shape[0],
            bit_depth=sample.dtype.itemsize * 8,
            kind="sequence",
            has_audio=False,
            focal_over_width=over_width(focal, sample.shape[1], sample.shape[0]),
            notes=tuple(notes),
        )
        for number in good:
            size = headers[number].size
            if size:
                self._check_size(number, *size)

    def _check_size(self, number: int, width: int, height: int) -> None:
        if (width, height) != (self.info.width, self.info.height):
            raise SecondEyeError(
                f"{self._files[number]} is {width}x{height} but the sequence began with"
                f" {self.info.width}x{self.info.height}: bring all pictures to one size."
            )

    def _stream(self, first: int, last: int) -> Iterator[tuple[int, np.ndarray]]:
        for n in range(first, last + 1):
            number = self.timeline.source_pts[n - 1]
            rgb = read_picture(self._files[number])
            self._check_size(number, rgb.shape[1], rgb.shape[0])
            yield n, to_bits(rgb, self.info.bit_depth)

    def fingerprint(self) -> str:
        """SHA-256 over every file's name and size, and the beginnings of up to 32 files.

        Neither the folder's name nor the files' dates count.
        """
        digest = hashlib.sha256(b"sequence\n")
        numbers = sorted(self._files)
        sampled = {numbers[i * (len(numbers) - 1) // _SAMPLED_FILES] for i in range(33)}
        try:
            for number in numbers:
                file = self._files[number]
                digest.update(f"{file.name} {file.stat().st_size}\n".encode())
                if number in sampled:
                    with file.open("rb") as stream:
                        digest.update(stream.read(_SAMPLE))
        except OSError as error:
            raise SecondEyeError(
                f"{error.filename} can't be read ({error.strerror}): was it moved?"
            ) from error
        return digest.hexdigest()


_MISSING = PictureHeader(whole=False)
