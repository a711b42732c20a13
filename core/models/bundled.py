# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the weights lie that ship, and which of them serve unless the user says otherwise."""

from pathlib import Path

WEIGHTS = Path(__file__).resolve().parents[1] / "depth" / "weights"
DEFAULT = "second_eye_v3"


def names() -> list[str]:
    """Names of the models that ship."""
    return sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))
