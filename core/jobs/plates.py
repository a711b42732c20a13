# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage "plate": the clip conformed to numbered pictures, and the shots found in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..errors import SecondEyeError
from ..project import Manifest
from ..project.shots import cuts_of, with_cuts
from .pipeline import mapped
from .work import Work, runs

if TYPE_CHECKING:
    from ..media import Clip

# Frames of the finished range that are looked at again where new ones follow it or come before.
BESIDE = 30


def make_plates(work: Work, clip: Clip) -> int:
    """Write the plates that are missing or cut; returns how many."""
    from ..media import write_image

    project, total = work.project, len(work.target.frames)
    missing = [n for n in work.target.frames if not project.plate_is_whole(n)]
    done = total - len(missing)

    def write(frame: tuple[int, np.ndarray]) -> None:
        number, rgb = frame
        write_image(project.plate_path(number), rgb)

    for first, last in runs(missing):
        made = 0
        with mapped(write, clip.frames(first, last), workers=2, ahead=4) as results:
            for made, _ in enumerate(results, start=1):
                work.stop_if_cancelled()
                work.tell("plate", done + made, total)
        if made < last - first + 1:
            raise SecondEyeError(
                f"{clip.path} ends at frame {first + made - 1}, before frame {last}: "
                "choose a range that ends there."
            )
        done += made
    return len(missing)


def with_shots(work: Work) -> Manifest:
    """The manifest with the shots found in the plates: all of an unfinished project's, in a
    finished one's added frames the new ones alone."""
    old, target = work.old, work.target
    if not work.promised:
        return with_cuts(target, find_cuts(work, target.first, target.last), fresh=True)
    cuts = cuts_of(target)
    if target.first < old.first:
        found = find_cuts(work, target.first, min(old.first + BESIDE, target.last))
        cuts += [cut for cut in found if cut <= old.first]
    if target.last > old.last:
        found = find_cuts(work, max(old.last - BESIDE, target.first), target.last)
        cuts += [cut for cut in found if cut > old.last]
    return with_cuts(target, cuts) if cuts != cuts_of(target) else target


def find_cuts(work: Work, first: int, last: int) -> list[int]:
    """The frames of first..last at which a new shot begins, rising, without ``first``."""
    from ..media.shots import detect_cuts

    total = last - first + 1

    def read(n: int) -> tuple[int, np.ndarray]:
        return n, work.project.read_plate(n)

    with mapped(read, range(first, last + 1), workers=2, ahead=4) as plates:

        def told() -> Iterator[tuple[int, np.ndarray]]:
            for done, plate in enumerate(work.until_cancelled(plates), start=1):
                yield plate
                work.tell("shots", done, total)

        return detect_cuts(told())
