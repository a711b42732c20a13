# SPDX-License-Identifier: GPL-3.0-or-later
"""A small real movie with sound, for tests of the add-on: make_clip.py PATH FRAMES WIDTH HEIGHT.

Run by the engine's Python, which has PyAV; Blender's has not.
"""

import sys

import av
import numpy as np

path, frames, width, height = sys.argv[1], *map(int, sys.argv[2:5])
with av.open(path, "w") as container:
    stream = container.add_stream("libx264", rate=24)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    sound = container.add_stream("aac", rate=48000, layout="mono")
    y, x = np.mgrid[:height, :width]
    for number in range(frames):
        picture = np.stack([x * 255 // width, y * 255 // height, 0 * x + number * 20], 2)
        near = (abs(x - width // 2 - 2 * number) < width // 8) & (y > height // 3)
        picture[near] = (230, 60, 40)
        picture = av.VideoFrame.from_ndarray(picture.astype(np.uint8), "rgb24")
        container.mux(stream.encode(picture))
    container.mux(stream.encode())
    for start in range(0, 48000 * frames // 24, 1024):
        tone = np.sin(np.arange(start, start + 1024) * 0.05).astype(np.float32)[None]
        block = av.AudioFrame.from_ndarray(tone, "fltp", layout="mono")
        block.sample_rate, block.pts = 48000, start
        container.mux(sound.encode(block))
    container.mux(sound.encode())
