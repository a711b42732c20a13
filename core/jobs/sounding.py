# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a clip sounds where a movie is made of it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from ..media.audio import sounds_within
from ..media.join import Sound


def silence(sound: Sound, seconds: Fraction, output: Path) -> str:
    """A sentence where the source has no sound for ``seconds`` of ``output``, else "".

    Sound may end before the pictures do, or begin later: no movie is refused for that. Raises
    SecondEyeError where it can't be read, or ``output`` can't hold it.
    """
    if sounds_within(sound.source, sound.start, seconds, output, sound.origin):
        return ""
    return (
        f"{sound.source.name} has no sound in these frames ({float(sound.start):.2f} to"
        f" {float(sound.start + seconds):.2f} s): the movie is silent."
    )
