# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of rendered frames to a movie with the clip's sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SecondEyeError, UsageError
from .progress import IsCancelled, Progress, Report, stop_if

if TYPE_CHECKING:
    from ..media import ImageSequence


@dataclass(frozen=True)
class AssembleJob:
    """Write the numbered pictures ``first..last`` of ``frames`` as the movie ``output``.

    ``frames`` is a folder, or one file of the run where the folder holds several; a file's number
    is its timeline frame. ``rate`` is frames a second, a number or [numerator, denominator].
    Sound is copied from ``audio_from``, beginning ``audio_start`` seconds (a number or
    [numerator, denominator]) after frame 1 of that clip's timeline; None: where frame ``first`` is
    shown. With ``right``, a file of the right eye's run, ``frames`` is the left eye's, and both are
    packed as ``packing`` (`delivery.PACKINGS`).
    """

    frames: str
    output: str
    first: int
    last: int
    rate: float | Sequence[int]
    audio_from: str | None = None
    audio_start: float | Sequence[int] | None = None
    right: str | None = None
    packing: str = "sbs"

    def run(self, report: Report, cancelled: IsCancelled) -> dict[str, Any]:
        """Answers output, frames, width, height, sound, checked (one line), message.

        Raises SecondEyeError (a frame is missing or damaged), UsageError, Cancelled; no movie is
        left then.
        """
        from ..delivery import pack, packing_named
        from ..media import MovieWriter, to_bits
        from ..media.join import Sound
        from .movie_check import MovieCheck
        from .sounding import silence

        stop_if(cancelled)
        rate = _rational(self.rate, "rate")
        if rate <= 0:
            raise UsageError(f"A rate of {rate} frames a second shows nothing: give more than 0.")
        eyes = [self._clip(eye, rate) for eye in (self.frames, self.right) if eye is not None]
        width, height = eyes[0].info.width, eyes[0].info.height
        if (eyes[-1].info.width, eyes[-1].info.height) != (width, height):
            raise SecondEyeError(f"{self.frames} and {self.right} differ in size: render again.")
        if self.right is not None:
            width, height = packing_named(self.packing).size(width, height)
        total = self.last - self.first + 1
        start = Fraction(self.first - 1) / rate
        if self.audio_start is not None:
            start = _rational(self.audio_start, "start of the sound")
        origin, silent = self._sound_origin(), ""
        if self.audio_from is not None:
            sound = Sound(Path(self.audio_from), start, origin)
            silent = silence(sound, total / rate, Path(self.output))
        report(Progress("assemble", 0, total, silent))
        movie = MovieWriter(
            self.output,
            width,
            height,
            rate,
            audio_from=None if silent else self.audio_from,
            audio_start=start,
            audio_origin=origin,
            check=lambda whole: checked(whole),
        )
        checked = MovieCheck(
            self.output, total, (width, height), rate, lambda: movie.heard, report, cancelled
        )
        with movie:
            pictures = zip(*(self._pictures(eye) for eye in eyes), strict=True)
            for done, frame in enumerate(pictures, start=1):
                stop_if(cancelled)
                shown = [to_bits(rgb, 8) for rgb in frame]
                movie.write(pack(shown[0], shown[1], self.packing) if self.right else shown[0])
                report(Progress("assemble", done, total))
        return {
            "output": self.output,
            "frames": total,
            "width": width,
            "height": height,
            "sound": movie.heard,
            "checked": checked.line,
            "message": f"{self.output}: {total} frames. {checked.line} {silent}".rstrip(),
        }

    def _sound_origin(self) -> Fraction | None:
        from ..media import open_clip

        if self.audio_from is None:
            return None
        try:
            return open_clip(self.audio_from).origin
        except SecondEyeError:  # sound alone, without pictures; what can't be read says so later
            return None

    def _clip(self, frames: str, rate: Fraction) -> ImageSequence:
        """The run that ``frames`` names, with none of the frames missing."""
        from ..media import ImageSequence

        if self.first > self.last:
            raise UsageError(f"Frames {self.first} to {self.last} are no range.")
        path = Path(frames).expanduser()
        if not path.exists():
            raise SecondEyeError(f"{path} does not exist: render its frames first.")
        clip = ImageSequence(path, rate)
        numbers = set(clip.timeline.source_pts)
        missing = [n for n in range(self.first, self.last + 1) if n not in numbers]
        if missing:
            raise SecondEyeError(
                f"{frames} lacks {len(missing)} of the frames {self.first} to {self.last}, "
                f"the first is {missing[0]}: render them first."
            )
        return clip

    def _pictures(self, clip: ImageSequence) -> Iterator[np.ndarray]:
        skipped = clip.timeline.source_pts[0] - 1
        for _, rgb in clip.frames(self.first - skipped, self.last - skipped):
            yield rgb


def _rational(value: float | Sequence[int], name: str) -> Fraction:
    try:
        if isinstance(value, Sequence):
            numerator, denominator = value
            return Fraction(numerator, denominator)
        # 29.97 is no binary fraction: taken as it stands, no container's clock could hold it.
        return Fraction(value).limit_denominator(100_000)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
        raise UsageError(
            f"The {name} {value} is no number: give one, or [numerator, denominator]."
        ) from error
