# SPDX-License-Identifier: GPL-3.0-or-later
"""Made clips with known depth, and estimates of it that flicker as a network's do."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from core.repair import Frame, Repaired, RepairSettings
from core.repair.repair import Repair

HEIGHT, WIDTH = 72, 96
TEMPORAL = RepairSettings(0.0, 1.0, 0.0, 4)
STREAMING = RepairSettings(0.0, 1.0, 0.0, 0)


def texture(seed: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """uint8 (h, w, 3) with detail of several sizes."""
    random = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3))
    for size, strength in ((3, 25.0), (8, 40.0), (24, 50.0)):
        cells = random.normal(0.0, strength, (height // size + 2, width // size + 2, 3))
        picture += cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture + 128, 0, 255).astype(np.uint8)


def hills(seed: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Inverse depth float32 (h, w), 0.1..1: a floor that comes nearer downwards, with boxes."""
    random = np.random.default_rng(seed)
    depth = np.linspace(0.15, 0.7, height, dtype=np.float32)[:, None].repeat(width, 1)
    for _ in range(6):
        y, x = random.integers(0, height - 16), random.integers(0, width - 16)
        h, w = random.integers(10, 30, 2)
        depth[y : y + h, x : x + w] = depth[min(y + h, height - 1), x] + random.uniform(0.05, 0.25)
    return depth


@dataclass
class Made:
    """A clip: pictures and true inverse depth."""

    pictures: list[np.ndarray] = field(default_factory=list)
    depths: list[np.ndarray] = field(default_factory=list)

    def __add__(self, other: "Made") -> "Made":
        return Made(self.pictures + other.pictures, self.depths + other.depths)

    def estimated(
        self, seed: int = 0, scale: float = 0.05, shift: float = 0.02, noise: float = 0.02
    ) -> list[Frame]:
        """Frames whose scale and shift flicker, with errors of some pixels' size on top."""
        random = np.random.default_rng(seed)
        frames = []
        for picture, depth in zip(self.pictures, self.depths, strict=True):
            height, width = depth.shape
            blotches = random.normal(0.0, noise, (height // 4, width // 4)).astype(np.float32)
            told = depth * np.float32(np.exp(random.normal(0.0, scale)))
            told += np.float32(random.normal(0.0, shift)) + cv2.resize(blotches, (width, height))
            told = np.maximum(told, 0.0)
            frames.append(Frame(picture, told, np.full_like(told, 0.05**2)))
        return frames


def pan(
    frames: int, seed: int = 1, step: float = 1.5, height: int = HEIGHT, width: int = WIDTH
) -> Made:
    """A camera that turns to the right by ``step`` pixels a frame."""
    wide = width + int(abs(step) * frames) + 2
    picture, depth = texture(seed, height, wide), hills(seed, height, wide)
    made = Made()
    for t in range(frames):
        move = np.float32([[1, 0, -abs(step) * t], [0, 1, 0]])
        made.pictures.append(cv2.warpAffine(picture, move, (width, height)))
        made.depths.append(cv2.warpAffine(depth, move, (width, height)))
    return made


def repaired(
    frames: list[Frame], settings: RepairSettings = TEMPORAL, unit: str = "relative"
) -> list[Repaired]:
    """All of one shot."""
    repair = Repair(settings, unit=unit)
    sequence = repair.sequence()
    results = [r for frame in frames for r in sequence.push(repair.prepare(frame))]
    return results + sequence.finish()


def errors(results: list[np.ndarray], made: Made) -> np.ndarray:
    """Mean |depth - truth| of each frame, after the best scale and shift of that frame."""
    found = []
    for told, truth in zip(results, made.depths, strict=True):
        slope, offset = np.polyfit(told.ravel().astype(float), truth.ravel(), 1)
        found.append(float(np.abs(slope * told + offset - truth).mean()))
    return np.array(found)
