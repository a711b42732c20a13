# SPDX-License-Identifier: GPL-3.0-or-later
"""Two eyes of a moving texture, encoded by PyAV alone, and movies decoded by it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

FIXED = "keyint={0}:min-keyint={0}:scenecut=0:b-adapt=0:open-gop=0:repeat-headers=1"


def pictures(
    seed: int, count: int = 12, width: int = 96, height: int = 64, drift: int = 2
) -> list[np.ndarray]:
    """uint8 (height, width, 3): a smooth random texture that drifts, and brightens for weights."""
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (height // 4, width // 2, 3), np.uint8)
    texture = cv2.resize(noise, (width * 2, height), interpolation=cv2.INTER_CUBIC)
    return [
        np.clip(np.roll(texture, -drift * n, axis=1)[:, :width].astype(int) + 4 * n, 0, 255).astype(
            np.uint8
        )
        for n in range(count)
    ]


def encode(
    path: Path,
    frames: list[np.ndarray],
    *,
    gop: int = 6,
    more: str = "",
    codec: str = "libx265",
    parameters: str | None = None,
    pixels: str = "yuv420p",
    rate: Fraction = Fraction(24000, 1001),
    sound: bool = False,
    preset: str = "medium",
) -> Path:
    """A movie of uint8 (H, W, 3) pictures; ``more`` goes to x265 behind the fixed GOP."""
    options = {"preset": preset}
    if codec == "libx265":
        options["x265-params"] = (
            (FIXED.format(gop) if parameters is None else parameters) + more + ":log-level=error"
        )
    elif parameters:
        options["x264-params"] = parameters
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, options=options)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pixels
        if codec == "libx265" and path.suffix != ".hevc":
            stream.codec_context.codec_tag = "hvc1"
        audio = None
        if sound:
            audio = out.add_stream("aac", rate=48000)
            audio.layout = "stereo"
        for number, rgb in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
            frame = frame.reformat(format=pixels)
            frame.pts, frame.time_base = number, 1 / rate
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if audio is not None:
            _beep(out, audio, len(frames) / rate)
    return path


def _beep(out: av.container.OutputContainer, stream: av.AudioStream, seconds: Fraction) -> None:
    at = 0
    while at < seconds * 48000:
        wave = 0.2 * np.sin(np.arange(at, at + 1024) * (2 * np.pi * 440 / 48000))
        frame = av.AudioFrame.from_ndarray(
            np.stack([wave, wave]).astype(np.float32), format="fltp", layout="stereo"
        )
        frame.sample_rate, frame.pts = 48000, at
        out.mux(stream.encode(frame))
        at += 1024
    out.mux(stream.encode(None))


def decode(path: Path, views: str | None = None) -> list[np.ndarray]:
    """Every picture as FFmpeg gives it, views in turns where several are asked for."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        if views:
            stream.codec_context.options = {"view_ids": views}
        return [frame.to_ndarray() for frame in container.decode(stream)]


def times(path: Path) -> list[Fraction]:
    """When each picture is shown, in seconds."""
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def same(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    """Bit for bit."""
    return len(first) == len(second) and all(
        np.array_equal(a, b) for a, b in zip(first, second, strict=True)
    )
