# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's contact sheet: frame, depth before and after repair, relief from the side, left |
right, anaglyph."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def make(path: Path, project_folder: Path, stills: Path, frame: int) -> None:
    """``stills`` holds left.png, right.png (Blender's eyes at ``frame``) and side_*.png."""
    import cv2

    from core.delivery import pack
    from core.project import Project

    from .contact_sheet import Tile, colour_depth, save

    def picture(file: Path) -> np.ndarray:
        bgr = cv2.imread(str(file), cv2.IMREAD_COLOR)
        if bgr is None:
            raise FileNotFoundError(f"{file} was not rendered; run the demo again")
        return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)

    def grey(values: np.ndarray) -> np.ndarray:
        return np.repeat(np.round(values * 255).astype(np.uint8)[..., None], 3, axis=2)

    project = Project.open(project_folder)
    left, right = picture(stills / "left.png"), picture(stills / "right.png")
    sides = [
        Tile(file.stem.replace("_", " "), picture(file))
        for file in sorted(stills.glob("relief_*.png"))
    ]
    save(
        path,
        [
            [
                Tile(f"frame {frame}", project.read_plate(frame)),
                Tile("confidence (white = sure)", grey(project.read_confidence(frame))),
            ],
            [
                Tile(
                    "inverse depth (red = near) as estimated",
                    colour_depth(project.normalise(frame, project.read_base(frame))),
                ),
                Tile("repaired", colour_depth(project.normalised(frame))),
            ],
            sides,
            [Tile("left", left), Tile("right", right)],
            [Tile("anaglyph (red / cyan)", pack(left, right, "anaglyph"))],
        ],
    )
