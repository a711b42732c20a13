# SPDX-License-Identifier: GPL-3.0-or-later
"""From a checkpoint to the weights that ship, their uncertainty calibrated."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from ..depth.model import network_size
from ..depth.network import DepthNetwork, NetworkConfig
from ..errors import SecondEyeError
from ..evaluation.renders import calibrates
from .averaging import averaged_by_name, start_from, tensors
from .dataset import HELD_OUT, Sample, load_renders
from .validation import validate


def network_of(state: dict[str, Any]) -> DepthNetwork:
    """The network that a student's checkpoint describes, with its averaged weights.

    Checkpoints of before the semantic head don't describe theirs. Raises `SecondEyeError`.
    """
    described = state.get("config")
    config = NetworkConfig.from_dict(described) if described else NetworkConfig(labels=0)
    network = DepthNetwork(config)
    start_from(network, averaged_by_name(network, state))
    return network.eval()


def calibrate(network: DepthNetwork, samples: Sequence[Sample], size: tuple[int, int]) -> float:
    """Bring the expected error to the mean error that is left after the fit, on ``samples``.

    Training pictures are degraded, so that a network expects larger errors than clean pictures
    give. One factor for all pixels (after the temperature scaling of Guo et al. 2017, "On
    Calibration of Modern Neural Networks") goes into the bias of the head: nothing else changes.
    Returns that factor; 1 was calibrated already.
    """
    factor = validate(network, tensors(network), samples, size, len(samples))["spread"]
    bias = network.decoder.head.bias
    assert bias is not None
    with torch.no_grad():
        # The head's first four maps are the sub-pixels of inverse depth, the others of log scale.
        bias[4:] += math.log(factor)
    return factor


def calibration_frames(roots: Sequence[Path], cache: Path | None) -> list[Sample]:
    """Frames of the held-out scenes under all ``roots`` that the evaluation doesn't judge
    uncertainty by (`evaluation.renders.calibrates`). Raises `SecondEyeError` where there is none.
    """
    samples = [s for root in roots for s in load_renders(root, cache, held=True)]
    chosen = [s for s in samples if s.seed is not None and calibrates(s.seed)]
    if not chosen:
        raise SecondEyeError(
            f"{', '.join(map(str, roots))}: no held-out scene to calibrate on (a seed that "
            f"{HELD_OUT} divides, but not {2 * HELD_OUT}): render one, or leave --calibrate away."
        )
    return chosen


def calibration_size(samples: Sequence[Sample], size: int) -> tuple[int, int]:
    """(height, width) at which the network sees the first sample when its longer side is size."""
    height, width = samples[0].rgb.shape[:2]
    return network_size(height, width, size)
