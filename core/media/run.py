# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding a numbered run of pictures in a folder."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from ..errors import SecondEyeError

PICTURE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".exr", ".dpx", ".tga"}
)
# A longer stretch of missing numbers is taken as the end of a take, not as dropped frames.
LONGEST_GAP = 100
# The last number of a name counts: A001_C004_0017.png is number 17.
_NUMBERED = re.compile(r"^(.*?)(\d+)(\D*)$", re.DOTALL)


def find_run(path: Path) -> tuple[dict[int, Path], list[str]]:
    """Files of a sequence by number, and what was odd, in words.

    ``path`` is a folder (its largest run is taken; of equals the first by name) or one file
    (its own run, or itself alone if it has no number). Raises SecondEyeError for a folder
    without numbered pictures.
    """
    folder = path if path.is_dir() else path.parent
    groups = _groups(folder)
    if not path.is_dir():
        match = _NUMBERED.match(path.stem)
        if not match:
            return {1: path}, ["a picture without a number: a clip of one frame"]
        number = int(match[2])
        runs = split_runs(groups[match[1], match[3], path.suffix.lower()])
        run = next((r for r in runs if r.get(number) == path), {number: path})
        return run, []
    runs = [run for _, group in sorted(groups.items()) for run in split_runs(group)]
    if not runs:
        raise SecondEyeError(
            f"{path} holds no numbered pictures: put frames named like shot_0001.png in it."
        )
    best = max(runs, key=len)
    left = sum(len(run) for run in runs) - len(best)
    names = f"{best[min(best)].name} to {best[max(best)].name}"
    return best, [f"{left} other pictures are left out; taken are {names}"] if left else []


def _groups(folder: Path) -> dict[tuple[str, str, str], dict[int, Path]]:
    """Numbered pictures by what their names share (before, after, extension), then number."""
    groups: dict[tuple[str, str, str], dict[int, Path]] = defaultdict(dict)
    for file in sorted(folder.iterdir()):
        match = _NUMBERED.match(file.stem)
        suffix = file.suffix.lower()
        if match and suffix in PICTURE_SUFFIXES and file.name[0] != "." and file.is_file():
            groups[match[1], match[3], suffix].setdefault(int(match[2]), file)
    return groups


def split_runs(group: dict[int, Path]) -> list[dict[int, Path]]:
    """The group split where more than LONGEST_GAP numbers are missing."""
    runs: list[dict[int, Path]] = []
    previous: int | None = None
    for number in sorted(group):
        if previous is None or number - previous - 1 > LONGEST_GAP:
            runs.append({})
        runs[-1][number] = group[number]
        previous = number
    return runs
