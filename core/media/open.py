# SPDX-License-Identifier: GPL-3.0-or-later
"""One door for every clip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from ..errors import SecondEyeError
from .clip import Clip
from .movie import Movie
from .run import PICTURE_SUFFIXES
from .sequence import ImageSequence


def open_clip(path: str | Path, rate: Fraction | int | None = None) -> Clip:
    """Open a movie, a folder of numbered pictures, or one file of a numbered sequence.

    ``rate``: frames a second of an image sequence (24 where not given); a movie has its own.
    Raises SecondEyeError, in one sentence, where there is nothing to show.
    """
    path = Path(path).expanduser()
    try:
        if not path.exists():
            raise SecondEyeError(f"{path} does not exist: check the name and the drive.")
        if path.is_dir():
            return ImageSequence(path, rate)
        if not path.is_file():
            raise SecondEyeError(f"{path} is not a file or a folder: give a clip.")
        if path.stat().st_size == 0:
            raise SecondEyeError(f"{path} is empty: copy it again from its source.")
        with path.open("rb"):
            pass
    except OSError as error:
        raise SecondEyeError(
            f"{path} can't be opened ({error.strerror}): check the permissions."
        ) from error
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return ImageSequence(path, rate)
    return Movie(path)
