# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts/ablate.py wrote, as sections of the card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2

from core.errors import SecondEyeError

from . import pictures


def read_ablations(folder: Path, public: Path) -> list[dict[str, Any]]:
    """``title``, ``text``, ``lines`` (a markdown table) and ``pictures`` (paths) of each part.

    Reads ``ablation.json`` and, where it is, ``similarity.json`` with ``similarity.png``. Raises
    SecondEyeError.
    """
    from core.training.ablation import table

    results = _read(folder / "ablation.json")
    if not results:
        raise SecondEyeError(f"{folder} holds no ablation.json: give ablate.py's --out folder.")
    made_of = next(iter(results.values()))["made_of"]
    budget = made_of["budget"]
    size = "x".join(map(str, budget["size"]))
    found = [
        {
            "title": "Ablations",
            "text": f"Short runs that differ in one thing, {budget['images']:,} image steps at "
            f"{size} each, learnt from {made_of['frames']:,} frames and scored on "
            f"{made_of['held_out']} held-out ones at that size; runs of the base with other seeds "
            "show what chance does.",
            "lines": table(results).strip().split("\n"),
            "pictures": [],
        }
    ]
    similarity = _read(folder / "similarity.json")
    drawn = cv2.imread(str(folder / "similarity.png"))
    if similarity and drawn is not None:
        path = pictures.save(public / "similarity.jpg", drawn[..., ::-1])
        tying = "; ".join(f"stage {i + 1}: {t}" for i, t in enumerate(similarity["tying"]))
        found.append(
            {
                "title": "Which layers are alike",
                "text": "Linear CKA between the blocks of the unshared twin on held-out frames (S. "
                'Kornblith et al., "Similarity of neural network representations revisited", ICML '
                f"2019); the sliced MLPs that it ties together, by block: {tying}.",
                "lines": [],
                "pictures": [path],
            }
        )
    return found


def _read(path: Path) -> Any:
    """The JSON of a file; None where there is none. Raises SecondEyeError."""
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SecondEyeError(f"{path} is not readable JSON: run the ablation again.") from error
