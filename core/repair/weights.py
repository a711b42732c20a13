# SPDX-License-Identifier: GPL-3.0-or-later
"""Repair's three networks on disk: one safetensors file, half precision."""

import os
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from ..depth.fold import channels_last
from ..errors import SecondEyeError
from .fusion_network import FusionNetwork
from .semantic_network import SemanticNetwork
from .spatial_network import SpatialNetwork

FORMAT = "second-eye-repair-1"
_NETWORKS: dict[str, type[nn.Module]] = {
    "spatial": SpatialNetwork,
    "fusion": FusionNetwork,
    "semantic": SemanticNetwork,
}


@dataclass(frozen=True)
class RepairNetworks:
    """In evaluation mode, in float32; None where the file holds none: its branch does without."""

    spatial: SpatialNetwork | None
    fusion: FusionNetwork | None
    semantic: SemanticNetwork | None
    metadata: dict[str, str]


def new_network(part: str) -> nn.Module:
    """An untrained network of ``part``: "spatial", "fusion" or "semantic"."""
    return _NETWORKS[part]()


def save_networks(
    path: Path, networks: dict[str, dict[str, Tensor]], metadata: dict[str, str]
) -> None:
    """Write the tensors of each part by name, atomically.

    Matrices are stored in half precision; norms and biases in single. ``metadata`` says how the
    weights were made, in strings.
    """
    stored = {
        f"{part}.{name}": (t.half() if t.dim() > 1 else t.float()).contiguous().cpu()
        for part, tensors in networks.items()
        for name, t in tensors.items()
    }
    temporary = path.with_name(f".{path.name}.part")
    save_file(stored, temporary, {**metadata, "format": FORMAT})
    os.replace(temporary, path)


def read_tensors(path: Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, str]]:
    """Each part's tensors by name, as they are stored, and the file's metadata.

    Raises `SecondEyeError` when the file is missing, damaged, or another kind of file.
    """
    if not path.is_file():
        raise SecondEyeError(
            f"Repair's weights are missing at {path}: install Second Eye again, or choose a file "
            "that exists."
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
            f"{path} holds no weights of Second Eye's repair: choose a file made by "
            "scripts/train.py export-repair."
        )
    parts: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        part, _, own = name.partition(".")
        parts.setdefault(part, {})[own] = tensor
    return parts, metadata


def read_networks(path: Path) -> RepairNetworks:
    """The networks of a file of `save_networks`. Raises `SecondEyeError`, see `read_tensors`."""
    parts, metadata = read_tensors(path)
    if not parts.keys() <= _NETWORKS.keys():
        raise SecondEyeError(
            f"{path} holds networks that this version of Second Eye doesn't know: install the "
            "newest, or copy the file anew."
        )
    networks = {name: _filled(path, name, tensors) for name, tensors in parts.items()}
    spatial, fusion, semantic = (networks.get(part) for part in _NETWORKS)
    assert spatial is None or isinstance(spatial, SpatialNetwork)
    assert fusion is None or isinstance(fusion, FusionNetwork)
    assert semantic is None or isinstance(semantic, SemanticNetwork)
    return RepairNetworks(spatial, fusion, semantic, metadata)


def _filled(path: Path, part: str, tensors: dict[str, Tensor]) -> nn.Module:
    network = new_network(part)
    own = {n: t for n, t in network.state_dict().items() if t.is_floating_point()}
    if {n: t.shape for n, t in own.items()} != {n: t.shape for n, t in tensors.items()}:
        raise SecondEyeError(
            f"The tensors in {path} don't fit repair's {part} network: copy the file anew."
        )
    with torch.no_grad():
        for name, tensor in tensors.items():
            own[name].copy_(tensor)
    return channels_last(network.eval())
