# SPDX-License-Identifier: GPL-3.0-or-later
"""The synthesis network at work, and its weights on disk: one safetensors file, half precision."""

import hashlib
import os
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..depth.fold import channels_last, fold_norms
from ..errors import SecondEyeError
from .band import Band
from .guess import Guess, first_guess
from .network import SynthesisNetwork

FORMAT = "second-eye-synthesis-1"
BUNDLED = "synthesis_v1.safetensors"
_SURE = 0.08  # of full scale: an expected error of the colour that is half sure


def bundled_path() -> Path:
    """The weights that ship."""
    return Path(__file__).parent / "weights" / BUNDLED


class LearnedFill:
    """Fills bands with the synthesis network, see `guess.Fill`.

    Args:
        source: weights file, None for what ships; or a network, which is copied.

    Raises:
        SecondEyeError: the file is missing, damaged or another kind of file.
    """

    def __init__(self, source: Path | SynthesisNetwork | None = None) -> None:
        if isinstance(source, SynthesisNetwork):
            network, self.sha256 = source, ""
        else:
            path = source or bundled_path()
            network = read_network(path)
            self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self._network = channels_last(fold_norms(network))

    def __call__(self, rgb: np.ndarray, depth: np.ndarray, band: Band) -> Guess:
        guessed, guessed_depth = first_guess(rgb, depth, band)
        colour = torch.from_numpy(np.ascontiguousarray(guessed)).permute(2, 0, 1)[None] / 255
        inverse, known, wanted = (
            torch.from_numpy(np.ascontiguousarray(x, np.float32))[None, None]
            for x in (guessed_depth, ~band.unseen, band.wanted)
        )
        with torch.inference_mode():
            filled = self._network(colour, inverse, known, wanted)
        error = filled.log_error[0, 0].clamp(-7, 3).exp().numpy()
        return Guess(
            filled.colour[0].permute(1, 2, 0).clamp(0, 1).numpy() * np.float32(255),
            filled.depth[0, 0].clamp(0, 1).numpy(),
            (1.0 / (1.0 + error / _SURE)).astype(np.float32),
        )


def save_network(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write the network's tensors by name, atomically: matrices in half precision, norms and
    biases in single. ``metadata`` says how they were made, in strings."""
    stored = {
        name: (t.half() if t.dim() > 1 else t.float()).contiguous().cpu()
        for name, t in tensors.items()
    }
    temporary = path.with_name(f".{path.name}.part")
    save_file(stored, temporary, {**metadata, "format": FORMAT})
    os.replace(temporary, path)


def read_network(path: Path) -> SynthesisNetwork:
    """The network of `save_network`'s file, in evaluation mode, float32. Raises SecondEyeError."""
    if not path.is_file():
        raise SecondEyeError(
            f"The synthesis network's weights are missing at {path}: install Second Eye again."
        )
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise SecondEyeError(
            f"{path} is damaged and can't be read as weights: install Second Eye again."
        ) from error
    network = SynthesisNetwork().eval()
    own = {n: t for n, t in network.state_dict().items() if t.is_floating_point()}
    fits = {n: t.shape for n, t in own.items()} == {n: t.shape for n, t in tensors.items()}
    if metadata.get("format") != FORMAT or not fits:
        raise SecondEyeError(
            f"{path} holds no weights of this version's synthesis network: install Second Eye "
            "again."
        )
    with torch.no_grad():
        for name, tensor in tensors.items():
            own[name].copy_(tensor)
    return network
