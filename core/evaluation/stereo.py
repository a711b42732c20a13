# SPDX-License-Identifier: GPL-3.0-or-later
"""The warp alone: a second view made from the first with the true disparity, and compared.

A pair is left.png, right.png and disp_x64.png: 16-bit, the left picture's disparity
(x_left - x_right) in pixels times 64, 0 = no value.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SecondEyeError
from ..synthesis import render_eye
from .layouts import read_grey, read_rgb

DISPARITY_SCALE = 64.0
BEST_PSNR = 100.0  # dB; what equal pictures get, so that reports stay plain JSON
_SSIM_WINDOW = 7
FILES = ("left.png", "right.png", "disp_x64.png")


def evaluate_stereo(folder: Path, *, step: Callable[[int, int], None]) -> dict[str, Any]:
    """The report on the pair in ``folder``, or on the pairs in its sub-folders.

    A row a pair and the means, for our warp ("warp") and for plain backward warping
    ("backward"): PSNR in dB and SSIM as skimage computes them on uint8 RGB (data range 255, a
    7x7 window, the channels' mean), and seconds. Raises SecondEyeError.
    """
    pairs = _find(folder)
    scored = []
    for done, pair in enumerate(pairs):
        step(done, len(pairs))
        scored.append(score_pair(*read_pair(pair)))
    step(len(pairs), len(pairs))
    means = {
        method: {key: float(np.mean([row[method][key] for row in scored])) for key in scores}
        for method, scores in scored[0].items()
    }
    return {
        "layout": "stereo",
        "folder": str(folder),
        "settings": {"disparity_scale": DISPARITY_SCALE, "ssim_window": _SSIM_WINDOW},
        "count": len(scored),
        "mean": means,
        "images": [{"name": p.name, **row} for p, row in zip(pairs, scored, strict=True)],
    }


def score_pair(
    left: np.ndarray, right: np.ndarray, disparity: np.ndarray
) -> dict[str, dict[str, float]]:
    """PSNR, SSIM and seconds of "warp" and "backward"; uint8 (H, W, 3) twice, float (H, W) in
    pixels, 0 = no value (filled from the background before the clock starts)."""
    filled = fill_from_background(disparity)
    scores = {}
    for name, method in (("warp", forward_warp), ("backward", backward_warp)):
        started = time.perf_counter()
        made = method(left, filled)
        seconds = time.perf_counter() - started
        scores[name] = {**similarity(made, right), "seconds": seconds}
    return scores


def forward_warp(left: np.ndarray, disparity: np.ndarray) -> np.ndarray:
    """The right view by ``core.synthesis``; disparity float (H, W) in pixels, none missing."""
    pixels = disparity.astype(np.float32)
    return render_eye(left, -pixels / np.float32(left.shape[1]), pixels)


def backward_warp(left: np.ndarray, disparity: np.ndarray) -> np.ndarray:
    """Plain backward warping, the baseline: each pixel of the right view looks up the left one at
    the disparity of the *left* picture's pixel in the same place.

    As that baseline is commonly written: bilinear, the border repeated, disparity in picture
    widths on a grid whose -1 and 1 are the centres of the outer columns, which makes a
    displacement (W - 1)/W of its true length.
    """
    height, width = disparity.shape
    column = np.arange(width) + disparity * ((width - 1) / width)
    column = column.clip(0, width - 1)
    before = np.minimum(column.astype(np.int64), max(width - 2, 0))
    after = np.minimum(before + 1, width - 1)
    share = (column - before)[..., None]
    row = np.arange(height)[:, None]
    return np.rint(left[row, before] * (1 - share) + left[row, after] * share).astype(np.uint8)


def fill_from_background(disparity: np.ndarray) -> np.ndarray:
    """Float64 (H, W): missing values (0) take the smaller of their row's neighbours, that is, of
    what is seen beside the gap, the farther; a row without any takes the picture's smallest."""
    known = disparity > 0.0
    if not known.any():
        raise SecondEyeError("The disparity map holds no value above 0.")
    width = disparity.shape[1]
    column = np.broadcast_to(np.arange(width), disparity.shape)
    left = np.maximum.accumulate(np.where(known, column, -1), axis=1)
    right = np.minimum.accumulate(np.where(known, column, width)[:, ::-1], axis=1)[:, ::-1]
    row = np.arange(disparity.shape[0])[:, None]
    from_left = np.where(left >= 0, disparity[row, np.maximum(left, 0)], np.inf)
    from_right = np.where(right < width, disparity[row, np.minimum(right, width - 1)], np.inf)
    filled = np.minimum(from_left, from_right)
    filled = np.where(np.isfinite(filled), filled, disparity[known].min())
    return np.where(known, disparity, filled)


def similarity(made: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """PSNR (dB) and SSIM between two uint8 (H, W, 3). Raises SecondEyeError below 7x7 pixels."""
    from skimage.metrics import structural_similarity

    if min(true.shape[:2]) < _SSIM_WINDOW:
        raise SecondEyeError(f"SSIM needs pictures of at least {_SSIM_WINDOW}x{_SSIM_WINDOW}.")
    error = np.mean((made.astype(np.float64) - true) ** 2)
    psnr = BEST_PSNR if error == 0.0 else min(BEST_PSNR, 10.0 * np.log10(255.0**2 / error))
    ssim = structural_similarity(made, true, win_size=_SSIM_WINDOW, channel_axis=2, data_range=255)
    return {"psnr": float(psnr), "ssim": float(ssim)}


def read_pair(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """left, right uint8 (H, W, 3) and disparity float64 (H, W) in pixels. Raises SecondEyeError."""
    left, right = read_rgb(folder / FILES[0]), read_rgb(folder / FILES[1])
    disparity = read_grey(folder / FILES[2]) / DISPARITY_SCALE
    if not left.shape == right.shape == (*disparity.shape, 3):
        raise SecondEyeError(f"{folder}: {', '.join(FILES)} differ in size; they must be one size.")
    return left, right, disparity


def _find(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise SecondEyeError(f"{folder} is no folder: give one with {', '.join(FILES)}.")
    candidates = [folder, *sorted(p for p in folder.iterdir() if p.is_dir())]
    pairs = [p for p in candidates if all((p / name).is_file() for name in FILES)]
    if not pairs:
        raise SecondEyeError(f"{folder} holds no stereo pair: it needs {', '.join(FILES)}.")
    return pairs
