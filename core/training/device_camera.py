# SPDX-License-Identifier: GPL-3.0-or-later
"""The camera's faults of `augment.degrade` for a whole batch at once, on the training device."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .augment import motion_kernel

_REACH = 4  # pixels: half of the blurs' kernels
# Quantisation tables of the JPEG standard (ITU-T T.81, annex K.1), luminance and chrominance.
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)


def degrade_batch(x: Tensor, rng: np.random.Generator, noise: torch.Generator) -> Tensor:
    """Pictures (N, 3, H, W) in 0..1, sides multiples of 16, as a camera would give them.

    What is drawn and how often is that of `augment.degrade`; ``noise`` is a generator of the
    pictures' device, for the grain. Values are rounded to 8 bits.
    """
    n = len(x)

    def column(values: np.ndarray) -> Tensor:
        """(N,) or (N, 3) to (N, 1 or 3, 1, 1) on the device."""
        return torch.from_numpy(values.astype(np.float32).reshape(n, -1, 1, 1)).to(x.device)

    gain = np.exp(rng.normal(0, 0.1, (n, 3))) * np.exp(rng.normal(0, 0.25, (n, 1)))
    gamma = np.exp(rng.normal(0, 0.25, n))
    x = (x * column(gain)).clamp(0, 1) ** column(gamma)
    contrast = np.where(rng.random(n) < 0.6, np.exp(rng.normal(0, 0.25, n)), 1.0)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = mean + (x - mean) * column(contrast)
    grey = x.mean(dim=1, keepdim=True)
    saturation = np.where(rng.random(n) < 0.06, 0.0, np.exp(rng.normal(0, 0.35, n)))
    x = grey + (x - grey) * column(saturation)
    orders = [rng.permutation(3) if rng.random() < 0.15 else np.arange(3) for _ in range(n)]
    order = torch.from_numpy(np.stack(orders)).to(x.device)
    x = torch.gather(x, 1, order[:, :, None, None].expand_as(x))
    x = _vignette(x, column(np.where(rng.random(n) < 0.2, rng.uniform(0.1, 0.5, n), 0.0)))
    x = _filter(x, np.stack([_blur_kernel(rng) for _ in range(n)]))
    sigma = np.where(rng.random(n) < 0.6, np.abs(rng.normal(0, 0.025, n)), 0.0)
    grain = torch.randn(x.shape, generator=noise, device=x.device)
    coarse = _filter(grain, np.repeat(gaussian_kernel(0.8)[None], n, 0)) * 2
    grain = torch.where(column(rng.random(n) < 0.3) > 0, coarse, grain)
    x = (x + column(sigma) * grain).clamp(0, 1)
    quality = column(rng.integers(25, 95, n))
    x = torch.where(column(rng.random(n) < 0.4) > 0, jpeg(x, quality), x)
    return (x * 255).round() / 255


def _vignette(x: Tensor, strength: Tensor) -> Tensor:
    h, w = x.shape[-2:]
    rows = torch.linspace(-1, 1, h, device=x.device)[:, None]
    columns = torch.linspace(-1, 1, w, device=x.device)[None]
    return x * (1 - strength * (rows**2 + columns**2) / 2)


def gaussian_kernel(sigma: float) -> np.ndarray:
    """Float (9, 9), sum 1."""
    line = np.exp(-0.5 * (np.arange(-_REACH, _REACH + 1) / sigma) ** 2)
    kernel = np.outer(line, line)
    return kernel / kernel.sum()


def _blur_kernel(rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.3:
        return gaussian_kernel(float(rng.uniform(0.3, 1.3)))
    kernel = np.zeros((2 * _REACH + 1,) * 2)
    if rng.random() < 0.15:
        moved = motion_kernel(int(rng.integers(2, 7)), float(rng.uniform(0, np.pi)))
        start = _REACH - len(moved) // 2
        kernel[start : start + len(moved), start : start + len(moved)] = moved
    else:
        kernel[_REACH, _REACH] = 1
    return kernel


def _filter(x: Tensor, kernels: np.ndarray) -> Tensor:
    """Each picture (N, C, H, W) with its own kernel (N, 9, 9), borders mirrored."""
    n, c, h, w = x.shape
    weight = torch.from_numpy(kernels.astype(np.float32)).to(x.device)
    weight = weight[:, None, None].expand(n, c, 1, -1, -1).reshape(n * c, 1, *weight.shape[1:])
    padded = F.pad(x.reshape(1, n * c, h, w), (_REACH,) * 4, mode="reflect")
    return F.conv2d(padded, weight, groups=n * c).view(n, c, h, w)


def jpeg(x: Tensor, quality: Tensor) -> Tensor:
    """What JPEG of ``quality`` (N, 1, 1, 1), 1..99, leaves of pictures (N, 3, H, W) in 0..1.

    Blocks of 8x8, the standard's tables scaled as libjpeg does, chrominance at half size; without
    the entropy coding, which loses nothing.
    """
    r, g, b = (x * 255).unbind(1)
    y = 0.299 * r + 0.587 * g + 0.114 * b - 128
    chrominance = torch.stack([(b - y - 128) / 1.772, (r - y - 128) / 1.402], 1)
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    y = _quantise_blocks(y[:, None], _table(_LUMINANCE, scale))
    half = _quantise_blocks(F.avg_pool2d(chrominance, 2), _table(_CHROMINANCE, scale))
    cb, cr = F.interpolate(half, scale_factor=2.0, mode="bilinear").unbind(1)
    y = y[:, 0] + 128
    red, blue = y + 1.402 * cr, y + 1.772 * cb
    green = (y - 0.299 * red - 0.114 * blue) / 0.587
    return (torch.stack([red, green, blue], 1) / 255).clamp(0, 1)


def _table(values: tuple[tuple[int, ...], ...], scale: Tensor) -> Tensor:
    base = torch.tensor(values, dtype=torch.float32, device=scale.device)
    return ((base * scale + 50) / 100).floor().clamp(1, 255)


def _quantise_blocks(x: Tensor, table: Tensor) -> Tensor:
    """Maps (N, C, H, W) through the cosine transform of 8x8 blocks, rounded by (N, 1, 8, 8)."""
    n, c, h, w = x.shape
    k = torch.arange(8, device=x.device, dtype=torch.float32)
    cosine = torch.cos((2 * k[None] + 1) * k[:, None] * torch.pi / 16) / 2
    cosine[0] /= 2**0.5
    blocks = x.reshape(n, c, h // 8, 8, w // 8, 8).permute(0, 1, 2, 4, 3, 5)
    found = cosine @ blocks @ cosine.T
    table = table[:, :, None, None]
    rounded = cosine.T @ ((found / table).round() * table) @ cosine
    return rounded.permute(0, 1, 2, 4, 3, 5).reshape(n, c, h, w)
