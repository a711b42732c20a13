# SPDX-License-Identifier: GPL-3.0-or-later
"""The data set on the training device, and batches cut and augmented there.

A GPU trains many times faster than processors augment. Views are drawn as by `augment`; only the
arithmetic differs (bilinear over a finer grid for areas, JPEG without its coder).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..depth.labels import IGNORE
from ..errors import SecondEyeError
from .dataset import Sample
from .device_camera import degrade_batch

_PHOTO = (480, 640)


class DeviceBatch(NamedTuple):
    """Pictures (N, 3, H, W) in 0..1, normalised targets (N, 1, H, W) and class indices
    (N, H, W) uint8; both empty (N = 0) for photos."""

    picture: Tensor
    target: Tensor
    labels: Tensor


class DeviceFrames:
    """Frames of one size in the memory of ``device``: 6 bytes a pixel, 3 for photos.

    Raises `SecondEyeError` where they have several sizes or don't fit.
    """

    def __init__(self, samples: Sequence[Sample], device: torch.device) -> None:
        if not samples:
            raise SecondEyeError("There are no frames to train on: render some first.")
        sizes = {s.rgb.shape[:2] for s in samples}
        if len(sizes) > 1:
            raise SecondEyeError(
                f"The frames have {len(sizes)} sizes, and the training device takes one: pass "
                "--augment cpu."
            )
        self.device = device
        ((self.height, self.width),) = sizes
        try:
            self._rgb = self._gather([s.rgb for s in samples])
            self._unit = torch.tensor([s.unit for s in samples], dtype=torch.float32, device=device)
            self._depth = self._labels = None
            if samples[0].depth is not None:
                # torch's arithmetic knows no uint16: the bits travel as int16.
                self._depth = self._gather([_depth(s).view(np.int16) for s in samples])
                self._labels = self._gather([_labels(s) for s in samples])
        except torch.OutOfMemoryError as error:
            raise SecondEyeError(
                f"{len(samples)} frames don't fit into the memory of {device}: pass --augment cpu."
            ) from error

    def _gather(self, arrays: Sequence[np.ndarray]) -> Tensor:
        """One tensor on the device, copied there frame by frame: no second copy in between."""
        first = torch.from_numpy(np.ascontiguousarray(arrays[0]))
        out = torch.empty((len(arrays), *first.shape), dtype=first.dtype, device=self.device)
        for i, array in enumerate(arrays):
            out[i].copy_(torch.from_numpy(np.ascontiguousarray(array)))
        return out

    def batch(
        self, count: int, height: int, width: int, rng: np.random.Generator, seed: int
    ) -> DeviceBatch:
        """``count`` random views at (height, width), multiples of 16, the grain from ``seed``."""
        chosen = rng.integers(len(self._rgb), size=count)
        index = torch.from_numpy(chosen).to(self.device)
        theta = torch.from_numpy(self._views(count, height, width, rng)).to(self.device)
        finer = max(1, round(self.height / height))
        grid = F.affine_grid(theta, [count, 1, height * finer, width * finer], False)
        rgb = self._rgb[index].permute(0, 3, 1, 2).float() / 255
        rgb = F.grid_sample(rgb, grid, "bilinear", "border", False)
        noise = torch.Generator(self.device).manual_seed(seed)
        picture = degrade_batch(F.avg_pool2d(rgb, finer), rng, noise)
        if self._depth is None or self._labels is None:
            none = picture.new_zeros((0, 1, height, width))
            return DeviceBatch(picture, none, none[:, 0].to(torch.uint8))
        grid = F.affine_grid(theta, [count, 1, height, width], False)
        values = (self._depth[index].int() & 0xFFFF).float() * self._unit[index, None, None]
        both = torch.stack([values, self._labels[index].float()], 1)
        both = F.grid_sample(both, grid, "nearest", "border", False)
        return DeviceBatch(picture, normalise_batch(both[:, :1]), both[:, 1].to(torch.uint8))

    def _views(self, count: int, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
        """Float32 (count, 2, 3): from the view's coordinates in -1..1 to the frame's."""
        h, w = self.height, self.width
        photo = self._depth is None
        angle = np.where(rng.random(count) < 0.35, np.radians(rng.normal(0, 3, count)), 0.0)
        zoom = rng.uniform(0.3 if photo else 0.5, 1.0, count)
        if not photo:
            zoom = np.where(rng.random(count) < 0.35, 1.0, zoom)
        stretch = np.exp(rng.uniform(-0.12, 0.12, count))
        fit = min(h / height, w / width)
        ch = np.clip(height * fit * zoom * stretch, 8, h)
        cw = np.clip(width * fit * zoom / stretch, 8, w)
        y, x = ((rng.random(count) - 0.5) * room for room in (h - ch, w - cw))
        flip = np.where(rng.random(count) < 0.5, -1.0, 1.0)
        inside = np.cos(np.abs(angle)) + max(h / w, w / h) * np.sin(np.abs(angle))
        cut = np.zeros((count, 2, 3))
        cut[:, 0, 0], cut[:, 0, 2] = flip * cw / 2, x
        cut[:, 1, 1], cut[:, 1, 2] = ch / 2, y
        turn = np.empty((count, 2, 2))
        turn[:, 0, 0] = turn[:, 1, 1] = np.cos(angle) / inside
        turn[:, 1, 0] = np.sin(angle) / inside
        turn[:, 0, 1] = -turn[:, 1, 0]
        size = np.diag([2 / w, 2 / h])
        views: np.ndarray = (size @ turn @ cut).astype(np.float32)
        return views


def of_one_size(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Frames of several sizes as frames of the commonest: of the others two windows each, at the
    ends, of the commonest's proportions."""
    sizes = Counter(s.rgb.shape[:2] for s in samples)
    if len(sizes) < 2:
        return samples
    ((height, width), _), *_ = sizes.most_common(1)
    same = []
    for sample in samples:
        h, w = sample.rgb.shape[:2]
        if (h, w) == (height, width):
            same.append(sample)
            continue
        ch, cw = min(h, w * height // width), min(w, h * width // height)

        def cut(
            picture: np.ndarray | None, how: int, y: int, x: int, ch: int = ch, cw: int = cw
        ) -> np.ndarray | None:
            if picture is None:
                return None
            part = np.ascontiguousarray(picture[y : y + ch, x : x + cw])
            return cv2.resize(part, (width, height), interpolation=how)

        for number, (y, x) in enumerate(((0, 0), (h - ch, w - cw))):
            rgb = cut(sample.rgb, cv2.INTER_LINEAR, y, x)
            assert rgb is not None
            same.append(
                replace(
                    sample,
                    name=f"{sample.name}#{number}",
                    rgb=rgb,
                    depth=cut(sample.depth, cv2.INTER_NEAREST_EXACT, y, x),
                    labels=cut(sample.labels, cv2.INTER_NEAREST_EXACT, y, x),
                )
            )
    return same


def _depth(sample: Sample) -> np.ndarray:
    if sample.depth is None:
        raise SecondEyeError(f"{sample.name} has no depth: keep photos and frames apart.")
    return np.ascontiguousarray(sample.depth)


def _labels(sample: Sample) -> np.ndarray:
    if sample.labels is not None:
        return sample.labels
    return np.full(sample.rgb.shape[:2], IGNORE, np.uint8)


def normalise_batch(inverse_depth: Tensor) -> Tensor:
    """`dataset.normalise` of each of (N, 1, H, W)."""
    flat = inverse_depth.flatten(1)
    solid = torch.where(flat > 0, flat, torch.full_like(flat, torch.nan))
    ends = torch.tensor([0.02, 0.98], device=flat.device)
    low, high = torch.nanquantile(solid, ends, dim=1).nan_to_num(0.0).view(2, -1, 1, 1, 1)
    span = torch.maximum(high - low, 0.15 * high).clamp(min=1e-6)
    return ((inverse_depth - low) / span).clamp(0, 1.5)


def photo_windows(photos: Sequence[Sample]) -> list[Sample]:
    """Photos of any size as windows of one: two a photo, at its ends, of 4:3."""
    windows = []
    for photo in photos:
        h, w = photo.rgb.shape[:2]
        ch, cw = min(h, w * _PHOTO[0] // _PHOTO[1]), min(w, h * _PHOTO[1] // _PHOTO[0])
        for number, (y, x) in enumerate(dict.fromkeys([(0, 0), (h - ch, w - cw)])):
            cut = photo.rgb[y : y + ch, x : x + cw]
            cut = cv2.resize(cut, _PHOTO[::-1], interpolation=cv2.INTER_AREA)
            windows.append(Sample(f"{photo.name}#{number}", cut, None, 0.0, photo.kind))
    return windows
