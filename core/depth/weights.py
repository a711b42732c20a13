# SPDX-License-Identifier: GPL-3.0-or-later
"""The network's weights on disk: one safetensors file, half precision, configuration inside."""

import json
import os
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..errors import SecondEyeError
from .network import DepthNetwork, NetworkConfig

FORMAT = "second-eye-depth-1"


def save_weights(
    path: Path, config: NetworkConfig, tensors: dict[str, Tensor], metadata: dict[str, str]
) -> None:
    """Write ``tensors`` (each shared one once) atomically.

    Convolutions are stored in half precision; norms and biases, a percent of the file, in single.
    ``metadata`` says how the weights were made, in strings.
    """
    stored = {
        name: (t.half() if t.dim() > 1 else t.float()).contiguous().cpu()
        for name, t in tensors.items()
    }
    own = {"format": FORMAT, "config": json.dumps(config.to_dict())}
    temporary = path.with_name(f".{path.name}.part")
    save_file(stored, temporary, {**metadata, **own})
    os.replace(temporary, path)


def read_weights(path: Path) -> tuple[DepthNetwork, dict[str, str]]:
    """The network in evaluation mode, in float32, and the file's metadata.

    Raises `SecondEyeError` when the file is missing, damaged, or not this network's.
    """
    if not path.is_file():
        raise SecondEyeError(
            f"The depth network's weights are missing at {path}: install Second Eye again, or "
            "choose a file that exists."
        )
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise SecondEyeError(
            f"{path} is damaged and can't be read as weights: install Second Eye again, or copy "
            "the file anew."
        ) from error
    if metadata.get("format") != FORMAT:
        raise SecondEyeError(
            f"{path} holds no weights of Second Eye's depth network: choose a file made by "
            "scripts/train.py export, or an .onnx model."
        )
    try:
        config = NetworkConfig.from_dict(json.loads(metadata["config"]))
        if int(metadata.get("size", 448)) < 1:
            raise ValueError("size")
    except (KeyError, TypeError, ValueError) as error:
        raise SecondEyeError(
            f"The network that {path} describes is unknown to this version of Second Eye: install "
            "the newest, or copy the file anew."
        ) from error
    network = DepthNetwork(config)
    own = dict(network.named_parameters()) | {
        name: b for name, b in network.named_buffers() if name in network.state_dict()
    }
    expected = {n: t.shape for n, t in own.items() if t.is_floating_point()}
    if expected != {n: t.shape for n, t in tensors.items()}:
        raise SecondEyeError(
            f"The tensors in {path} don't fit the network it describes: copy the file anew."
        )
    with torch.no_grad():
        for name, tensor in tensors.items():
            own[name].copy_(tensor)
    return network.eval(), metadata
