# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model costs: parameters and arithmetic for one picture.

Multiplications and additions of convolutions and matrix products, each counted as one operation
(a multiply-add as two); element-wise work is left out, as is usual. torch's own counter serves
models that run in torch; of an ONNX file, onnxruntime's profile tells the shapes.
"""

import json
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..depth import DepthModel
from ..depth.onnx_model import OnnxModel
from ..depth.pictures import input_size
from ..depth.trouble import told
from ..errors import SecondEyeError


@dataclass(frozen=True)
class Cost:
    """``parameters`` and ``flops`` for a picture; None where they can't be told."""

    parameters: int | None
    flops: int | None


def cost_of(model: DepthModel, rgb: np.ndarray, path: Path | None = None) -> Cost:
    """The cost of one picture (H, W, 3) at the size that the model gives it.

    ``path``: the model's file; needed for the parameters of Second Eye's networks, whose norms are
    folded into the convolutions when they run.
    """
    if isinstance(model, OnnxModel):
        return _onnx_cost(model, rgb)
    from torch import nn
    from torch.utils.flop_counter import FlopCounterMode

    networks = [v for v in vars(model).values() if isinstance(v, nn.Module)]
    if not networks:
        return Cost(None, None)
    with FlopCounterMode(display=False) as counter:
        model.infer(rgb)
    if path is not None and path.suffix == ".safetensors":
        parameters = sum(parameters_by_part(path).values())
    else:
        parameters = sum(p.numel() for network in networks for p in network.parameters())
    return Cost(parameters, counter.get_total_flops() or None)


def parameters_by_part(path: Path) -> dict[str, int]:
    """Parameters of each top-level part of a Second Eye network, shared ones once, norms and all.

    Raises SecondEyeError when the file is none.
    """
    from ..depth.weights import read_weights

    network, _ = read_weights(path)
    return {
        name: sum(p.numel() for p in part.parameters()) for name, part in network.named_children()
    }


def _onnx_cost(model: OnnxModel, rgb: np.ndarray) -> Cost:
    """Both None where the file doesn't run without optimisation: a report must not be lost."""
    try:
        with told(model.name, "choose another model"):
            return _profiled(model, rgb)
    except SecondEyeError:
        return Cost(None, None)


def _profiled(model: OnnxModel, rgb: np.ndarray) -> Cost:
    import onnxruntime

    # At the size that the model gives a picture, which its answer may not have.
    size = model.input.size or input_size(rgb.shape[0], rgb.shape[1], model.settings, model._asked)
    batch = model.input.arrange(np.zeros((model.input.window or 1, *size, 3), np.float32))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # As the file says it: fused nodes would hide their shapes.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.enable_profiling = True
    with tempfile.TemporaryDirectory(prefix="second-eye-") as folder:
        options.profile_file_prefix = str(Path(folder) / "profile")
        session = onnxruntime.InferenceSession(
            str(model.source.path), options, providers=["CPUExecutionProvider"]
        )
        session.run(None, {model.input.name: batch})
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    nodes = [e["args"] for e in events if e.get("cat") == "Node" and "kernel" in e["name"]]
    parameters = sum(int(n["parameter_size"]) for n in nodes)
    parameters //= 2 if batch.dtype == np.float16 else 4
    return Cost(parameters or None, sum(map(_node_flops, nodes)) or None)


def _node_flops(node: dict[str, Any]) -> int:
    if node["op_name"] not in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
        return 0
    shapes = [next(iter(shape.values())) for shape in node["input_type_shape"]]
    out = math.prod(next(iter(node["output_type_shape"][0].values())))
    weight = shapes[1]
    if node["op_name"] == "Conv":
        return 2 * out * math.prod(weight[1:])
    if node["op_name"] == "ConvTranspose":
        return 2 * math.prod(shapes[0]) * math.prod(weight[1:])
    return 2 * out * shapes[0][-1]
