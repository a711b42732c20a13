# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth models that users bring as folders of the package Transformers (an optional package).

A folder holds config.json and .safetensors. Nothing is downloaded and no code of the folder's own
is run: the classes are those of the installed package.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from ..errors import SecondEyeError
from ..models import Source, memory
from .brought import Brought
from .device import choose_device, thread_count
from .frames import PictureModel
from .model import DepthEstimate
from .pictures import input_size, inverse_depth, normalised
from .transformers_kinds import fixed_size
from .trouble import lacks, told

REMEDY = "download it again, or choose another model"
FLOAT = 4  # bytes of a weight as it is loaded, whatever the file stores
LEAST_INVERSE, MOST_INVERSE = 1e-4, 1e4  # Depth Pro's own bounds of 1/metre


class TransformersModel(PictureModel):
    """A Transformers folder as a depth model; implements `DepthModel`. It tells no uncertainty."""

    def __init__(self, brought: Brought) -> None:
        self.name, self.unit = brought.name, brought.unit
        self.source, self.settings = source, settings = brought.source, brought.settings
        # While it loads, the file's pages and the weights made of them stand side by side.
        memory.check(self.name, source.path, source.parameters * FLOAT + source.bytes // 4)
        self._device = choose_device(brought.device, self.name)
        self._network = _load(source, self.name).to(self._device)
        self._threads = thread_count()
        self._fixed = fixed_size(source, settings, brought.size)
        self._asked = brought.size
        self.size = max(self._fixed) if self._fixed else brought.size or settings.size
        self.fingerprint = brought.fingerprint
        self.sha256 = brought.sha256(brought.size)

    def facts(self) -> dict[str, Any]:
        """What the folder says of itself, for people."""
        seen: list[Any] = list(self._fixed or ("height", "width"))
        return {
            "inputs": [{"name": "pixel_values", "shape": [1, 3, *seen], "type": "tensor(float)"}],
            "outputs": [{"name": "predicted_depth", "shape": [1, *seen], "type": "tensor(float)"}],
            "layout": "NCHW",
            "dtype": "float32",
            "device": self._device.type,
            "model_type": self.source.config["model_type"],
            "licence": _licence(self.source),
        }

    def infer(self, rgb: np.ndarray) -> DepthEstimate:
        """See `DepthModel.infer`."""
        if torch.get_num_threads() != self._threads:
            torch.set_num_threads(self._threads)
        with told(self.name, REMEDY):
            height, width = self._fixed or input_size(
                rgb.shape[0], rgb.shape[1], self.settings, self._asked
            )
            picture = normalised(rgb, height, width, self.settings).transpose(2, 0, 1)[None]
            pixels = torch.from_numpy(np.ascontiguousarray(picture)).to(self._device)
            with torch.inference_mode():
                answer = self._network(pixel_values=pixels)
            values = answer.predicted_depth.squeeze().float().cpu().numpy()
            if values.ndim != 2:
                raise SecondEyeError(
                    f"The model {self.name} answers with shape {list(values.shape)}: one value per "
                    "pixel is wanted; choose another model."
                )
            if self.settings.output == "metric_inverse_depth":
                values = _metric(values, getattr(answer, "field_of_view", None))
            return DepthEstimate(inverse_depth(self.name, values, self.settings))


def _metric(canonical: np.ndarray, field: torch.Tensor | None) -> np.ndarray:
    """Depth Pro's canonical inverse depth in 1/metre, by the horizontal field of view in degrees.

    Bochkovskii et al. 2024, "Depth Pro", section 3: 1/Z = C * width / focal length in pixels,
    and width / focal = 2 tan(field / 2), whatever the picture's size.
    """
    if field is None:
        return canonical
    degrees = float(field.reshape(-1)[0])
    values: np.ndarray = canonical * np.float32(2 * math.tan(math.radians(degrees) / 2))
    return np.clip(values, LEAST_INVERSE, MOST_INVERSE)


def _load(source: Source, name: str) -> torch.nn.Module:
    # Read when the package is first imported; what is imported already is told by _offline.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        from transformers import AutoModelForDepthEstimation
        from transformers.utils import logging
    except ImportError as error:
        raise lacks(source.path, "transformers") from error
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with told(name, f"{source.path}: {REMEDY}", "load"), _offline():
        network, found = AutoModelForDepthEstimation.from_pretrained(
            str(source.path),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            dtype=torch.float32,
        )
    missing = sorted(found["missing_keys"]) + sorted(str(k) for k in found["mismatched_keys"])
    if missing:
        raise SecondEyeError(
            f"The weights in {source.path} don't fit its config.json ({len(missing)} are missing, "
            f"such as {missing[0]}): download both again from one place."
        )
    module: torch.nn.Module = network.eval()
    return module


@contextlib.contextmanager
def _offline() -> Iterator[None]:
    """Ask no server, whatever a config names: a backbone's name alone would have its description
    looked for, in spite of local_files_only."""
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def _licence(source: Source) -> str | None:
    """The licence that the folder's model card names in its first lines."""
    for name in ("README.md", "readme.md"):
        try:
            text = (source.path / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for line in text.splitlines()[:60]:
            key, colon, value = line.partition(":")
            if colon and key.strip().lower() == "license" and value.strip():
                return value.strip()
    return None
