# SPDX-License-Identifier: GPL-3.0-or-later
"""The fast warp: how fast and how good it is, and how much memory a long clip takes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT, FRAMES = 1280, 720, 40


def quality_figures(stereo: list[Path], renders: list[Path]) -> dict[str, float]:
    """PSNR and SSIM with true disparity: of stereo pairs, and of pairs that rendered scenes give
    (`rendered_pairs`), their mean and the worst, beside the picture that is not moved."""
    from core.evaluation.stereo import forward_warp, read_pair, score_pair

    from .rendered_pairs import rendered_pairs

    figures: dict[str, float] = {}
    for folder in stereo:
        for method, scores in score_pair(*read_pair(folder)).items():
            for key in ("psnr", "ssim"):
                figures[f"{folder.name}, {method}: {key}"] = scores[key]
    rows: list[tuple[dict[str, float], dict[str, float]]] = []
    for left, right, disparity, inside in rendered_pairs(renders):
        views = (forward_warp(left, disparity), left)
        warped, still = (inner_similarity(view, right, inside) for view in views)
        rows.append((warped, still))
    if rows:
        figures["rendered pairs"] = len(rows)
        for key in ("psnr", "ssim"):
            for name, index in (("warp", 0), ("not moved", 1)):
                values = [row[index][key] for row in rows]
                figures[f"rendered pairs, {name}: {key}, mean"] = float(np.mean(values))
                figures[f"rendered pairs, {name}: {key}, worst"] = float(np.min(values))
    return figures


def inner_similarity(made: np.ndarray, true: np.ndarray, inside: np.ndarray) -> dict[str, float]:
    """PSNR (dB) and SSIM as `core.evaluation.stereo.similarity` has them, of the pixels ``inside``
    alone."""
    from skimage.metrics import structural_similarity

    error = np.mean((made[inside].astype(np.float64) - true[inside]) ** 2)
    whole = np.where(inside[..., None], made, true)
    _, parts = structural_similarity(
        whole, true, win_size=7, channel_axis=2, data_range=255, full=True
    )
    return {
        "psnr": float(10.0 * np.log10(255.0**2 / error)),
        "ssim": float(parts[inside].mean()),
    }


def speed_figures() -> dict[str, float]:
    """One eye at 1280x720 with simple fill, frames side by side in threads as `convert` has them.

    Processor time, so other programs don't count much; frames/s by the clock are of this moment.
    """
    import cv2

    from core.synthesis import render_eye

    cv2.setNumThreads(1)
    rgb, shift, order = made_frame()
    render_eye(rgb, shift, order)
    figures: dict[str, float] = {}
    size = f"{WIDTH}x{HEIGHT}"
    for workers in (1, 2):
        with ThreadPoolExecutor(workers) as pool:
            clock, started = time.perf_counter(), time.process_time()
            for _ in pool.map(lambda _: render_eye(rgb, shift, order), range(FRAMES)):
                pass
            spent = (time.process_time() - started) / FRAMES
            clock = (time.perf_counter() - clock) / FRAMES
        name = f"{size}, {workers} worker{'s' * (workers > 1)}: one eye, simple fill"
        figures[f"{name}, processor ms a frame"] = 1e3 * spent
        figures[f"{name}, frames/s by the clock"] = 1.0 / clock
        figures[f"{name}, frames/s of as many free cores"] = workers / spent
    return figures


def repeated_figures() -> dict[str, float]:
    """Peak memory of one process after 100 and after 1,000 warps, made at 320x180."""
    code = """
import sys
sys.path[:0] = sys.argv[1:]
import cv2
from delivery.warp import made_frame
from core.synthesis import render_eye
rgb, *rest = made_frame()
rgb, shift, order = (cv2.resize(part, (320, 180)) for part in (rgb, *rest))
for number in range(1, 1001):
    render_eye(rgb, shift * (1 + number % 9), order)
    if number in (100, 1000):
        print([line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line][0])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT), str(ROOT / "scripts")],
        check=True,
        capture_output=True,
        text=True,
    )
    few, many = (int(line) for line in done.stdout.split())
    return {
        "warps in one process, 320x180: peak MB after 100": few * 1024 / 1e6,
        "warps in one process, 320x180: peak after 1,000 over that": many / few,
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
