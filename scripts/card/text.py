# SPDX-License-Identifier: GPL-3.0-or-later
"""Small things that every section of the card needs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

Report = dict[str, Any]


def missing(title: str, option: str) -> list[str]:
    """The section of something that was not asked for."""
    return [f"## {title}", "", f"Not measured in this run: `{option}` was not given."]


def three(value: float) -> str:
    """.123, as the field prints it."""
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"


def image(title: str, path: Path, out: Path) -> str:
    """A picture of the card, by its path from the card."""
    return f"![{title}]({relative(path, out)})"


def relative(path: Path, out: Path) -> str:
    """``path`` as seen from the card's folder."""
    return Path(os.path.relpath(path.resolve(), out.resolve().parent)).as_posix()


def is_idle(run: Report) -> bool:
    """Whether a speed was measured beside little else; its own threads count in the load, too."""
    return run["load"] <= (os.cpu_count() or 1) + 1.5
