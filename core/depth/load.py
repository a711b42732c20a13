# SPDX-License-Identifier: GPL-3.0-or-later
"""From what the user calls a model to the model: a bundled name, a file, or a folder with one."""

from pathlib import Path

from ..errors import SecondEyeError, UsageError
from .model import DepthModel
from .onnx_model import OnnxModel
from .sliced_model import SlicedModel

WEIGHTS = Path(__file__).parent / "weights"
DEFAULT = "second_eye_v0"
_SUFFIXES = (".safetensors", ".onnx")


def bundled_models() -> list[str]:
    """Names of the models that ship."""
    return sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))


def load_model(name_or_path: str | Path | None = None, size: int | None = None) -> DepthModel:
    """Load a depth model.

    Args:
        name_or_path: None for the one that ships; a name of `bundled_models`; a .safetensors or
            .onnx file; or a folder holding exactly one such file.
        size: longer side of the picture that the model sees; None for the model's own.

    Raises:
        UsageError: an unknown name, or a size below 32.
        SecondEyeError: weights missing, damaged, or of a kind that can't be run.
    """
    if size is not None and size < 32:
        raise UsageError(f"A model size of {size} is too small: give 32 pixels or more.")
    path = _find(DEFAULT if name_or_path is None else name_or_path)
    return OnnxModel(path, size) if path.suffix == ".onnx" else SlicedModel(path, size)


def _find(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix in _SUFFIXES)
        if len(files) != 1:
            raise SecondEyeError(
                f"{path} holds {len(files)} model files: name one .safetensors or .onnx file in it."
            )
        return files[0]
    if path.suffix in _SUFFIXES:
        if not path.is_file():
            raise SecondEyeError(f"There is no model file at {path}: check the path.")
        return path
    known = bundled_models()
    if str(name_or_path) != DEFAULT and str(name_or_path) not in known:
        raise UsageError(
            f"'{name_or_path}' is no known depth model: use {', '.join(known) or DEFAULT}, or a "
            ".safetensors or .onnx file."
        )
    return WEIGHTS / f"{name_or_path}.safetensors"
