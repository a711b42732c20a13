# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth models that users bring as ONNX files, run by onnxruntime (an optional package).

A sidecar ``FILE.json`` beside ``FILE.onnx`` may say what the model expects; every key is optional:

    {"scale": 255, "mean": [0, 0, 0], "std": [1, 1, 1],   input = (rgb 0..1 * scale - mean) / std
     "size": 518, "multiple": 14,                         for models of no fixed input size
     "output": "inverse_depth"}                           or "depth"

Without one, the input is RGB 0..255 and the first output inverse depth. The input is NCHW.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SecondEyeError
from .model import DepthEstimate, network_size, resize_picture

_KEYS = {"scale", "mean", "std", "size", "multiple", "output"}
_SIZE = 448


class OnnxModel:
    """An ONNX file as a depth model; implements `DepthModel`. It tells no uncertainty (0)."""

    def __init__(self, path: Path, size: int | None = None) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise SecondEyeError(
                f"{path} needs the package onnxruntime: install it into the engine, or leave the "
                "model away to use Second Eye's own."
            ) from error
        self._settings = _read_sidecar(path.with_suffix(".json"))
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SecondEyeError(f"{path} can't be read ({error.strerror}): check it.") from error
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            # onnxruntime raises a type of its own for each kind of damage, all plain Exceptions.
            raise SecondEyeError(
                f"{path} is not a depth model that onnxruntime can run: export it again."
            ) from error
        given = self._session.get_inputs()[0]
        if len(given.shape) != 4 or (
            given.shape[1] not in (3, "3") and isinstance(given.shape[1], int)
        ):
            raise SecondEyeError(
                f"{path} takes an input of shape {given.shape}: a depth model takes (N, 3, H, W)."
            )
        self._input = given.name
        self._fixed = given.shape[2:] if all(isinstance(n, int) for n in given.shape[2:]) else None
        self._size = size or self._settings.get("size", _SIZE)
        self.name = path.stem
        described = json.dumps([self._settings, None if self._fixed else self._size])
        self.sha256 = hashlib.sha256(content + described.encode()).hexdigest()

    def infer(self, rgb: np.ndarray) -> DepthEstimate:
        """See `DepthModel.infer`. A model of fixed input size sees the picture stretched to it."""
        if self._fixed:
            height, width = self._fixed
        else:
            multiple = int(self._settings.get("multiple", 32))
            height, width = network_size(rgb.shape[0], rgb.shape[1], int(self._size), multiple)
        x = resize_picture(rgb, height, width) * np.float32(self._settings.get("scale", 255))
        x = (x - np.float32(self._settings.get("mean", 0))) / np.float32(
            self._settings.get("std", 1)
        )
        batch = np.ascontiguousarray(x.transpose(2, 0, 1)[None], dtype=np.float32)
        out = np.asarray(self._session.run(None, {self._input: batch})[0], np.float32).squeeze()
        if out.ndim != 2:
            raise SecondEyeError(
                f"The model {self.name} answers with shape {out.shape}: one value per pixel is "
                "wanted; choose another model."
            )
        if self._settings.get("output") == "depth":
            out = 1 / np.maximum(out, np.float32(1e-6))
        inverse = np.maximum(np.nan_to_num(out, posinf=0.0), 0)
        return DepthEstimate(inverse, np.zeros_like(inverse))


def _read_sidecar(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SecondEyeError(f"{path} is not readable JSON: correct it or remove it.") from error
    unknown = set(settings) - _KEYS if isinstance(settings, dict) else {"not an object"}
    if unknown:
        raise SecondEyeError(
            f"{path} holds '{sorted(unknown)[0]}', which is unknown: use "
            f"{', '.join(sorted(_KEYS))}."
        )
    if settings.get("output", "inverse_depth") not in ("inverse_depth", "depth"):
        raise SecondEyeError(f"{path}: output must be inverse_depth or depth; correct it.")
    return settings
