# SPDX-License-Identifier: GPL-3.0-or-later
"""From checkpoints of `repair_loop` to the file of repair's networks that ships."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import SecondEyeError
from ..evaluation.renders import calibrates
from ..repair.spatial import SpatialBranch
from ..repair.spatial_network import SpatialNetwork
from ..repair.weights import new_network, read_tensors, save_networks
from .averaging import load_averaged, names, read_checkpoint, tensors
from .repair_estimates import Estimated
from .repair_spatial import score_branch


def calibrate_spatial(network: SpatialNetwork, held: Sequence[Estimated]) -> float:
    """Bring the expected error to the mean error that is left, on clean frames of held-out scenes
    that the evaluation doesn't judge uncertainty by (see `export.calibrate`).

    One factor for all pixels goes into the head's bias. Returns it.
    """
    scenes = [scene for scene in held if calibrates(scene.seed)]
    if not scenes:
        raise SecondEyeError(
            "The renders hold no held-out scene to calibrate on (a seed that 20 divides, but not "
            "40): render one."
        )
    count = sum(len(scene.records) for scene in scenes)
    factor = score_branch(SpatialBranch(network), scenes, count)["spread"]
    bias = network.head.bias
    assert bias is not None
    with torch.no_grad():
        # The last of each sub-pixel's four maps is the change of the log scale.
        bias[3::4] += math.log(factor)
    return factor


def export_repair(
    checkpoints: Sequence[Path],
    output: Path,
    held: Sequence[Estimated],
    metadata: dict[str, str],
) -> dict[str, float]:
    """Write ``output`` with the averaged weights of ``checkpoints``, one a part.

    Parts without a checkpoint are taken from ``output`` as it is, where it exists. Returns the
    calibration's factor where the spatial network is among them. Raises `SecondEyeError`.
    """
    parts: dict[str, dict[str, Tensor]] = {}
    told: dict[str, str] = {}
    if output.exists():
        parts, told = read_tensors(output)
    factors = {}
    for path in checkpoints:
        state: dict[str, Any] = read_checkpoint(path)
        part = str(state.get("part"))
        if part not in ("spatial", "fusion", "semantic"):
            raise SecondEyeError(f"{path} is no checkpoint of repair: name one of train.py repair.")
        network = new_network(part).eval()
        if state["names"] != names(network):
            raise SecondEyeError(
                f"{path} was trained with another {part} network than this version's: train anew."
            )
        load_averaged(network, state["averaged"])
        if isinstance(network, SpatialNetwork):
            factors["calibration"] = calibrate_spatial(network, held)
            told["spatial calibration"] = f"{factors['calibration']:.4f}"
        parts[part] = dict(zip(names(network), tensors(network), strict=True))
        told[f"{part} samples"] = str(state["step"] * state["schedule"]["batch"])
        told[f"{part} schedule"] = json.dumps(state["schedule"])
    save_networks(output, parts, told | metadata)
    return factors
