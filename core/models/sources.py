# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind of model lies at a path, which files it is made of, and what is not taken and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from ..errors import SecondEyeError
from . import onnx_file, safetensors_file

PICKLED = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".tar", ".pyth")
OWN_FORMAT = "second-eye-depth-"
SIDECAR = "second_eye.json"
_BLOCK = 1 << 22


@dataclass(frozen=True)
class Source:
    """A model on disk.

    Attributes:
        kind: "second-eye", "onnx" or "transformers".
        path: the file, or the folder of a "transformers" model.
        files: all that its answers depend on, but for the sidecar.
        parameters: how many numbers the weights are.
        dtypes: of the weights, the commonest first; empty where the file doesn't say.
        sidecar: where its settings would lie.
        metadata: what the weights say of themselves.
        config: config.json of a "transformers" model.
    """

    kind: str
    path: Path
    files: tuple[Path, ...]
    parameters: int
    dtypes: tuple[str, ...]
    sidecar: Path
    metadata: dict[str, str]
    config: dict[str, Any]

    @property
    def bytes(self) -> int:
        """The size of all its files."""
        return sum(file.stat().st_size for file in self.files)

    @property
    def name(self) -> str:
        """What it is called unless the user says otherwise."""
        return self.path.name if self.kind == "transformers" else self.path.stem

    def fingerprint(self, step: Callable[[int, int], None] | None = None) -> str:
        """sha256 of all files, hex; ``step(done, total)`` hears of bytes and may raise."""
        digest, done, total = hashlib.sha256(), 0, self.bytes
        for file in self.files:
            try:
                with open(file, "rb") as stream:
                    while block := stream.read(_BLOCK):
                        digest.update(block)
                        done += len(block)
                        if step is not None:
                            step(done, total)
            except OSError as error:
                raise SecondEyeError(
                    f"{file} can't be read ({error.strerror}): check it."
                ) from error
        return digest.hexdigest()


def find_source(path: Path) -> Source:
    """The model at ``path``: an .onnx or .safetensors file, or a folder that holds one.

    Raises SecondEyeError, in words: nothing there, a pickled file, missing weights.
    """
    if path.is_dir():
        return _folder(path)
    if path.suffix.lower() in PICKLED:
        raise _pickled(path)
    if not path.is_file():
        raise SecondEyeError(f"There is no model file at {path}: check the path.")
    if path.suffix.lower() == ".onnx":
        weights = onnx_file.read_weights(path)
        sidecar = path.with_suffix(".json")
        files = (path, *weights.files)
        return Source("onnx", path, files, weights.parameters, (), sidecar, {}, {})
    if path.suffix.lower() == ".safetensors":
        return _safetensors(path)
    if path.name in ("config.json", "model.safetensors.index.json"):
        return _folder(path.parent)
    raise SecondEyeError(
        f"{path} is no depth model: choose an .onnx file, a folder with config.json and "
        ".safetensors, or a .safetensors file of Second Eye's own."
    )


def _safetensors(path: Path) -> Source:
    header = safetensors_file.read_header(path)
    if not header.metadata.get("format", "").startswith(OWN_FORMAT):
        if (path.parent / "config.json").is_file():
            return _folder(path.parent)
        raise SecondEyeError(
            f"{path} holds no weights of Second Eye's depth network, and no config.json beside it "
            "says of which model: choose a folder that has both, or an .onnx model."
        )
    return Source(
        "second-eye", path, (path,), header.parameters, header.dtypes,
        path.with_suffix(".json"), header.metadata, {},
    )  # fmt: skip


def _folder(folder: Path) -> Source:
    if (folder / "config.json").is_file():
        return _transformers(folder)
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".onnx", ".safetensors"))
    if len(found) == 1:
        return find_source(found[0])
    pickled = _pickles(folder)
    if not found and pickled:
        raise _pickled(pickled[0])
    raise SecondEyeError(
        f"{folder} holds {len(found)} model files and no config.json: name one .onnx or "
        ".safetensors file in it, or a folder with config.json and weights."
    )


def _transformers(folder: Path) -> Source:
    config = read_object(folder / "config.json")
    if "model_type" not in config:
        raise SecondEyeError(
            f"{folder / 'config.json'} names no model_type: it is not a Transformers model; "
            "choose another folder, or an .onnx file."
        )
    index = folder / "model.safetensors.index.json"
    single = folder / "model.safetensors"
    if single.is_file():
        weights = [single]
    elif index.is_file():
        weights = [folder / name for name in _indexed(index)]
        missing = next((file for file in weights if not file.is_file()), None)
        if missing is not None or not weights:
            raise SecondEyeError(
                f"{folder} lacks {missing.name if missing else 'weights'}, which its index names: "
                "download that file into it."
            )
    elif _pickles(folder):
        raise _pickled(_pickles(folder)[0])
    else:
        raise SecondEyeError(
            f"{folder} has a config.json but no weights: download model.safetensors into it."
        )
    headers = [safetensors_file.read_header(file) for file in weights]
    dtypes = tuple(dict.fromkeys(name for header in headers for name in header.dtypes))
    described = [p for p in (folder / "preprocessor_config.json",) if p.is_file()]
    return Source(
        "transformers", folder, (folder / "config.json", *described, *weights),
        sum(header.parameters for header in headers), dtypes,
        folder / SIDECAR, headers[0].metadata, config,
    )  # fmt: skip


def _indexed(index: Path) -> list[str]:
    """The files of weights that an index names: files beside it, or it is not followed."""
    named = read_object(index).get("weight_map")
    if not isinstance(named, dict):
        raise SecondEyeError(f"{index} holds no weight_map: download it anew.")
    for name in named.values():
        if not isinstance(name, str) or name in (".", "..") or PureWindowsPath(name).name != name:
            raise SecondEyeError(
                f"{index} wants weights from {name!r}, which is no file beside it: download the "
                "model anew, from a place you trust."
            )
    return sorted(set(named.values()))


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object. Raises SecondEyeError where the file holds none."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SecondEyeError(f"{path} can't be read ({error.strerror}): check it.") from error
    except ValueError as error:
        raise SecondEyeError(f"{path} is not readable JSON: download it anew.") from error
    if not isinstance(plain, dict):
        raise SecondEyeError(f"{path} holds no JSON object: download it anew.")
    return plain


def _pickles(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in PICKLED)


def _pickled(path: Path) -> SecondEyeError:
    return SecondEyeError(
        f"{path} is a pickled file, which can run any code when it is opened, so it is not "
        "loaded: get the model as .safetensors or .onnx, or convert it where you trust it."
    )
