# SPDX-License-Identifier: GPL-3.0-or-later
"""Training frames packed into chunks that can travel: colour, inverse depth and labels only."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from .frames import FrameRef, list_frames, read_frame

LARGEST_CHUNK = 60_000_000  # bytes
FULL_SCALE = 8.0  # 1/m at 65535: nothing nearer than 0.125 m is rendered
_FRAMES_AT_ONCE = 240


def write_packs(root: Path, folder: Path, say: Callable[[str], None] = print) -> list[Path]:
    """Write ``pack_000.npz`` ... under ``folder``, each at most 60 MB.

    Keys: ``rgb`` N x H x W x 3 uint8, ``inverse_depth`` N x H x W uint16 (value * 8 / 65535 = 1/m),
    ``labels`` N x H x W uint8, ``names`` N texts (scene/stem). Frames of other sizes than the
    first are left out.
    """
    frames = list_frames(root)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    waiting = [frames[i : i + _FRAMES_AT_ONCE] for i in range(0, len(frames), _FRAMES_AT_ONCE)]
    while waiting:
        group = waiting.pop(0)
        path = folder / f"pack_{len(written):03d}.npz"
        part = path.with_suffix(".part.npz")
        np.savez_compressed(part, **_arrays(group))
        if part.stat().st_size > LARGEST_CHUNK and len(group) > 1:
            part.unlink()
            half = len(group) // 2
            waiting[:0] = [group[:half], group[half:]]
            continue
        part.replace(path)
        written.append(path)
        say(f"{path.name}: {len(group)} frames, {path.stat().st_size / 1e6:.1f} MB")
    return written


def _arrays(group: list[FrameRef]) -> dict[str, np.ndarray]:
    frames = [read_frame(ref) for ref in group]
    shape = frames[0]["inverse_depth"].shape
    kept = [(r, f) for r, f in zip(group, frames, strict=True) if f["inverse_depth"].shape == shape]
    inverse = np.stack([frame["inverse_depth"] for _, frame in kept])
    return {
        "rgb": np.stack([frame["rgb"] for _, frame in kept]),
        "inverse_depth": np.rint(np.clip(inverse / FULL_SCALE, 0, 1) * 65535).astype(np.uint16),
        "labels": np.stack([frame["labels"] for _, frame in kept]),
        "names": np.array([f"{ref.folder.name}/{ref.stem}" for ref, _ in kept]),
    }
