# SPDX-License-Identifier: GPL-3.0-or-later
"""The fast warp: how fast it is, and how much memory a long clip takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

WIDTH, HEIGHT, FRAMES = 1280, 720, 40


def speed_figures() -> dict[str, float]:
    """One eye at 1280x720 with simple fill; processor time, so other programs don't count."""
    import cv2

    from core.synthesis import render_eye

    cv2.setNumThreads(1)
    rgb, shift, order = made_frame()
    render_eye(rgb, shift, order)
    started = time.process_time()
    for _ in range(FRAMES):
        render_eye(rgb, shift, order)
    spent = (time.process_time() - started) / FRAMES
    return {
        f"{WIDTH}x{HEIGHT}: one eye with simple fill, processor time a frame [s]": spent,
        f"{WIDTH}x{HEIGHT}: frames a second that is on two cores": 2.0 / spent,
    }


def made_frame() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Noise of several sizes, and discs before a receding floor, soft as a network sees them."""
    import cv2

    rng = np.random.default_rng(3)
    parts = [
        cv2.resize(rng.integers(0, 256, (9 * n, 16 * n, 3), np.uint8), (WIDTH, HEIGHT))
        for n in (1, 8, 40)
    ]
    rgb = np.mean(parts, axis=0).astype(np.uint8)
    near = np.linspace(0.1, 0.6, HEIGHT, dtype=np.float32)[:, None].repeat(WIDTH, 1)
    for _ in range(12):
        centre = (int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT)))
        cv2.circle(near, centre, int(rng.integers(40, 160)), float(rng.uniform(0.4, 1.0)), -1)
    order = 0.05 + cv2.GaussianBlur(near, (0, 0), 2) * 0.45
    return rgb, (0.02 / 0.45 / 2) * (order - np.float32(0.2)), order


def memory_figures(
    folder: Path,
    make_clip: Callable[[Path, int, int, int], Path],
    command: Callable[..., tuple[float, int]],
) -> dict[str, float]:
    """Peak memory of `second-eye convert` after depth, of 40 frames and of ten times as many."""
    peaks = []
    for frames in (40, 400):
        clip = make_clip(folder / f"convert{frames}.mp4", 160, 96, frames)
        project = folder / f"convert{frames}.secondeye"
        command("depth", clip, "--project", project)
        _, peak = command("convert", "--project", project, "-o", folder / f"c{frames}.mp4")
        peaks.append(peak)
    return {
        "convert: peak memory of 40 frames [MB]": peaks[0] / 1e6,
        "convert: peak memory of 400 frames over that": peaks[1] / peaks[0],
    }
