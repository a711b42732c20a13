# SPDX-License-Identifier: GPL-3.0-or-later
"""Scene-linear OpenEXR pictures as display pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import SecondEyeError


def read_exr(path: Path) -> np.ndarray:
    """An OpenEXR picture as uint16 RGB (H, W, 3), full scale.

    Linear light from 0 to 1 is encoded by the sRGB curve (IEC 61966-2-1); what is brighter
    is clipped. The picture is that of the display window; where no data are it is black.
    Channels R, G, B are taken, or those of the first layer that has them, or Y.
    """
    import OpenEXR

    try:
        with OpenEXR.File(str(path), separate_channels=True) as file:
            header = dict(file.header())
            channels = {name: channel.pixels for name, channel in file.channels().items()}
    except (RuntimeError, ValueError, OSError) as error:
        raise SecondEyeError(
            f"{path} is not an OpenEXR picture that can be read: replace or remove it."
        ) from error
    names = _colour_channels(list(channels))
    if not names:
        raise SecondEyeError(f"{path} has no channels R, G, B: export it as an RGB picture.")
    (left, top), (right, bottom) = header["displayWindow"]
    data_left, data_top = header["dataWindow"][0]
    shown = np.zeros((bottom - top + 1, right - left + 1, 3), dtype=np.float32)
    data = np.stack([channels[name].astype(np.float32) for name in names], axis=2)
    y, x = int(data_top - top), int(data_left - left)
    part = shown[max(0, y) : max(0, y + data.shape[0]), max(0, x) : max(0, x + data.shape[1])]
    part[:] = data[max(0, -y) :, max(0, -x) :][: part.shape[0], : part.shape[1]]
    return np.rint(srgb_encode(shown) * 65535).astype(np.uint16)


def srgb_encode(linear: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1: linear light clipped to 0..1 (not a number: 0) to display values 0..1."""
    light = np.clip(np.nan_to_num(linear, nan=0.0), 0.0, 1.0)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def _colour_channels(names: list[str]) -> tuple[str, ...]:
    if {"R", "G", "B"} <= set(names):
        return "R", "G", "B"
    for name in names:
        if name.endswith(".R") and {name[:-1] + "G", name[:-1] + "B"} <= set(names):
            return name, name[:-1] + "G", name[:-1] + "B"
    return ("Y", "Y", "Y") if "Y" in names else ()
