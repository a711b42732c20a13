# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth models that users bring as ONNX files, run by onnxruntime (an optional package)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import SecondEyeError
from ..models import Source, memory
from .brought import Brought
from .device import thread_count
from .frames import VideoModel
from .model import DepthEstimate
from .onnx_input import GraphInput, describe
from .pictures import input_size, inverse_depth, normalised
from .trouble import lacks, told

# onnxruntime holds the weights as stored and once more as it has packed them.
MEMORY_SHARE = 2.0
REMEDY = "export it again, or choose another model"


class OnnxModel(VideoModel):
    """An ONNX file as a depth model; implements `DepthModel`. It tells no uncertainty."""

    def __init__(self, brought: Brought) -> None:
        self.name, self.unit = brought.name, brought.unit
        self.notes: tuple[str, ...] = ()  # what its user should hear before it runs
        self.source, self.settings = source, settings = brought.source, brought.settings
        memory.check(self.name, source.path, int(source.bytes * MEMORY_SHARE))
        self._session = _session(source, self.name, brought.device)
        self.input: GraphInput = describe(self._session.get_inputs(), source.path, settings)
        self._answer = self._pick_answer()
        self.window = self.input.window or settings.window or 1
        self.context = _context(settings.context, self.window)
        self.size = None if self.input.size else (brought.size or settings.size)
        self._asked = brought.size
        self.fingerprint = brought.fingerprint
        self.sha256 = brought.sha256(None if self.input.size else brought.size)

    def facts(self) -> dict[str, Any]:
        """What the graph says of itself, for people."""
        own = self._session.get_modelmeta().custom_metadata_map
        return {
            "inputs": [_port(port) for port in self._session.get_inputs()],
            "outputs": [_port(port) for port in self._session.get_outputs()],
            "layout": self.input.layout,
            "dtype": self.input.dtype.name,
            "device": self._session.get_providers()[0].removesuffix("ExecutionProvider").lower(),
            "licence": own.get("license") or own.get("licence"),
        }

    def infer_frames(self, frames: Sequence[np.ndarray]) -> list[DepthEstimate]:
        """See `DepthModel.infer_frames`. Fewer frames than a fixed window are filled up with the
        last one, as Video Depth Anything does."""
        with told(self.name, REMEDY):
            return self._infer(frames)

    def _infer(self, frames: Sequence[np.ndarray]) -> list[DepthEstimate]:
        if not 1 <= len(frames) <= self.window:
            raise ValueError(f"{len(frames)} frames for a window of {self.window}")
        size = self.input.size
        pictures: list[np.ndarray] = []
        for rgb in frames:  # each one is let go before the next is read
            size = size or input_size(rgb.shape[0], rgb.shape[1], self.settings, self._asked)
            pictures.append(normalised(rgb, *size, self.settings))
        pictures += pictures[-1:] * ((self.input.window or 1) - len(pictures))
        batch = self.input.arrange(np.stack(pictures))
        answer = self._session.run([self._answer], {self.input.name: batch})[0]
        maps = self._maps(np.asarray(answer), len(pictures))[: len(frames)]
        return [DepthEstimate(inverse_depth(self.name, one, self.settings)) for one in maps]

    def _maps(self, answer: np.ndarray, count: int) -> np.ndarray:
        """The answer as (count, h, w): axes of length 1 dropped."""
        if answer.ndim >= 2 and answer.dtype.kind in "fiu":
            lengths = [n for n in answer.shape if n != 1]
            if count == 1 and len(lengths) == 2:
                return answer.reshape(1, *lengths)
            if count > 1 and len(lengths) == 3 and lengths[0] == count:
                return answer.reshape(lengths)
        raise SecondEyeError(
            f"The model {self.name} answers with shape {list(answer.shape)}: one value per pixel "
            'is wanted; name the right output as "answer" in its settings, or choose another '
            "model."
        )

    def _pick_answer(self) -> str:
        names = [output.name for output in self._session.get_outputs()]
        wanted = self.settings.answer
        if wanted is not None and wanted not in names:
            raise SecondEyeError(
                f"{self.source.path} has no output '{wanted}': its outputs are "
                f'{", ".join(names)}; correct "answer" in its settings.'
            )
        return wanted or names[0]


def _session(source: Source, name: str, device: str | None) -> Any:
    path = source.path
    try:
        import onnxruntime
    except ImportError as error:
        raise lacks(path, "onnxruntime") from error
    cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if device == "cuda" and not cuda:
        raise SecondEyeError(
            f"The model {name} can't run on cuda, since onnxruntime {onnxruntime.__version__} is a "
            "CPU-only build: install onnxruntime-gpu into the engine, or leave --device away."
        )
    if device not in (None, "cpu", "cuda"):
        raise SecondEyeError(
            f"The model {name} can't run on {device}: ONNX files run on cpu or cuda; leave "
            "--device away."
        )
    providers: list[Any] = ["CPUExecutionProvider"]
    if cuda and device != "cpu":
        # A search by timing may choose other kernels, and so other bits, on a second run.
        providers.insert(0, ("CUDAExecutionProvider", {"cudnn_conv_algo_search": "HEURISTIC"}))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = thread_count()
    remedy = "it is no depth model that this onnxruntime can run; export it again"
    with told(name, f"{path}: {remedy}", "load"):
        session = onnxruntime.InferenceSession(str(path), options, providers=providers)
        if device == "cuda" and session.get_providers()[0] != "CUDAExecutionProvider":
            raise SecondEyeError(
                f"The model {name} can't run on cuda: onnxruntime finds no CUDA card or library; "
                "check the driver, or leave --device away."
            )
        return session


def _context(wanted: tuple[int, ...], window: int) -> tuple[int, ...]:
    """The places of the settings; the last quarter where they name none, or a file of another
    window than its preset's is at hand."""
    if window == 1 or (wanted and max(wanted) < window and len(wanted) < window):
        return wanted if window > 1 else ()
    return tuple(range(window - max(window // 4, 1), window))


def _port(port: Any) -> dict[str, Any]:
    return {"name": port.name, "shape": list(port.shape), "type": port.type}
