# SPDX-License-Identifier: GPL-3.0-or-later
"""MV-HEVC: whether both views keep their bits, and what stitching costs beside encoding."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT, FRAMES, GOP = 1280, 720, 96, 24
RATE = Fraction(24)
PRESETS = ("medium", "ultrafast")


def multiview_figures(folder: Path) -> dict[str, float]:
    """Processor time is of this process and all its threads, encoder included."""
    from core.delivery.multiview import stitch_movies

    figures: dict[str, float] = {}
    size = f"{WIDTH}x{HEIGHT}"
    for preset in PRESETS:
        eyes = [folder / f"{preset}_{eye}.mp4" for eye in ("left", "right")]
        started = time.process_time()
        for shift, path in enumerate(eyes):
            encode(path, FRAMES, WIDTH, HEIGHT, 12 * shift, preset)
        encoding = time.process_time() - started
        output = folder / f"{preset}.mp4"
        started = time.process_time()
        stitch_movies(*eyes, output)
        stitching = time.process_time() - started
        figures[f"{size} {preset}: both views bit-exact (1: yes)"] = float(exact(output, *eyes))
        figures[f"{size} {preset}: stitching, % of both encodes' processor time"] = (
            100 * stitching / encoding
        )
        figures[f"{size} {preset}: stitched, MB/s of processor time"] = (
            output.stat().st_size / 1e6 / stitching
        )
    peaks = {}
    for frames in (200, 2000):
        eyes = [folder / f"{frames}_{eye}.mp4" for eye in ("left", "right")]
        for shift, path in enumerate(eyes):
            encode(path, frames, 192, 108, 12 * shift, "ultrafast")
        peaks[frames] = peak("stitch", *eyes, "-o", folder / f"{frames}.mp4")
    figures["stitch and check, peak MB for 200 frames"] = peaks[200] / 1e6
    figures["the same for 2,000 frames over that for 200"] = peaks[2000] / peaks[200]
    return figures


def peak(*arguments: str | Path) -> int:
    """Bytes of memory that one `second-eye` command held at most.

    As the process itself tells: what its parent is told of it counts the parent's memory too,
    which encoding has filled here.
    """
    code = (
        "import sys; from core.cli import main; code = main(sys.argv[1:]); "
        "print([line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line][0]); "
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout.split()[-1]) * 1024


def encode(path: Path, frames: int, width: int, height: int, shift: int, preset: str) -> None:
    """A drifting texture with grain, as one eye sees it ``shift`` pixels aside."""
    import cv2

    from core.delivery.hevc import FIXED_GOP

    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 256, (height // 16, width // 8, 3), np.uint8)
    texture = cv2.resize(coarse, (2 * width, height), interpolation=cv2.INTER_CUBIC)
    grain = rng.normal(0, 4, texture.shape)
    texture = np.clip(texture + grain, 0, 255).astype(np.uint8)
    options = {"preset": preset, "x265-params": f"{FIXED_GOP.format(GOP)}:log-level=error"}
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx265", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.codec_tag = "hvc1"
        for number in range(frames):
            rgb = np.roll(texture, -2 * number - shift, axis=1)[:, :width]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = number, 1 / RATE
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def exact(both: Path, left: Path, right: Path) -> bool:
    """Whether each view of ``both`` decodes to the pictures of its own encode, bit for bit."""
    views = decoded(both, {"view_ids": "0,1"})
    for first, second in zip(decoded(left), decoded(right), strict=True):
        for wanted in (first, second):
            got = next(views, None)
            if got is None or not np.array_equal(got, wanted):
                return False
    return next(views, None) is None


def decoded(path: Path, options: dict[str, str] | None = None) -> Iterator[np.ndarray]:
    """Pictures as FFmpeg's decoder gives them."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.options = options or {}
        for frame in container.decode(stream):
            yield frame.to_ndarray()
