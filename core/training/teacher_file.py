# SPDX-License-Identifier: GPL-3.0-or-later
"""A trained teacher kept as one safetensors file, or found in the checkpoint of its run.

The repository's own is in core/training/weights; the extension's zip leaves core/training away.
"""

import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ..depth.labels import CLASSES
from ..errors import SecondEyeError
from .averaging import LABEL_HEAD, averaged_by_name, read_checkpoint, start_from
from .teacher import Teacher

FORMAT = "second-eye-teacher-1"


def save_teacher(path: Path, state: dict[str, Any], metadata: dict[str, str]) -> None:
    """Write the moving average of a teacher's checkpoint atomically, convolutions in half
    precision. ``metadata`` says how it was made. Raises SecondEyeError where ``state`` is another
    network's."""
    network = _network(averaged_by_name(Teacher(), state))
    stored = {
        name: (t.half() if t.dim() > 1 else t).contiguous()
        for name, t in network.state_dict().items()
        if t.is_floating_point()
    }
    temporary = path.with_name(f".{path.name}.part")
    save_file(stored, temporary, {**metadata, "format": FORMAT, "image_steps": _steps(state)})
    os.replace(temporary, path)


def read_teacher(path: Path) -> tuple[Teacher, int]:
    """The teacher of a .safetensors file or a checkpoint, in evaluation mode, in float32, and the
    image steps that it learnt. Raises SecondEyeError where ``path`` is neither."""
    if path.suffix != ".safetensors":
        state = read_checkpoint(path)
        return _network(averaged_by_name(Teacher(), state)), int(_steps(state))
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = dict(file.metadata() or {})
            values = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        unread = f"{path} can't be read as a teacher's weights: copy it anew."
        raise SecondEyeError(unread) from error
    if metadata.get("format") != FORMAT:
        raise SecondEyeError(
            f"{path} holds no teacher: name a file of train.py export, made of a teacher's run."
        )
    return _network(values), int(metadata["image_steps"])


def _network(values: dict[str, torch.Tensor]) -> Teacher:
    """Teachers of before the semantic head have no say on labels."""
    teacher = Teacher(len(CLASSES) if any(n.startswith(LABEL_HEAD) for n in values) else 0)
    start_from(teacher, values)
    teacher.eval()
    return teacher


def _steps(state: dict[str, Any]) -> str:
    return str(state["images"])
