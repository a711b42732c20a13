# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts/ablate.py wrote, as sections of the card.

Each ``*.json`` may hold ``title``, ``text`` (a sentence or several), ``rows`` (a list of flat
objects, a table) and ``matrices`` (by name, square lists of numbers 0..1, drawn).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import SecondEyeError

from . import pictures


def read_ablations(folder: Path, public: Path) -> list[dict[str, Any]]:
    """``title``, ``text``, ``lines`` (a markdown table) and ``pictures`` (paths) of each file."""
    if not folder.is_dir():
        raise SecondEyeError(f"{folder} is no folder: give the one that scripts/ablate.py wrote.")
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SecondEyeError(f"{path} is not readable JSON: run the ablation again.") from error
        if not isinstance(content, dict):
            raise SecondEyeError(f"{path} is no ablation's report: remove it from the folder.")
        drawn = []
        for name, values in (content.get("matrices") or {}).items():
            picture = pictures.heat(np.array(values, float), name)
            drawn.append(
                pictures.save(public / f"{path.stem}-{name.replace(' ', '-')}.jpg", picture)
            )
        found.append(
            {
                "title": content.get("title", path.stem),
                "text": content.get("text", ""),
                "lines": table(content.get("rows") or []),
                "pictures": drawn,
            }
        )
    return found


def table(rows: list[dict[str, Any]]) -> list[str]:
    """A markdown table of flat objects, columns in the order of the first."""
    if not rows:
        return []
    columns = list(rows[0])
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    return lines + ["| " + " | ".join(_cell(row.get(c)) for c in columns) + " |" for row in rows]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
