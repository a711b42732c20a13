# SPDX-License-Identifier: GPL-3.0-or-later
"""From what the user calls a model to the model: a name, a file, or a folder with one."""

from __future__ import annotations

from pathlib import Path

from ..errors import SecondEyeError, UsageError
from ..models import ENTRY, Entry, Registry, Settings, Source, find_source, memory
from ..models.bundled import DEFAULT, WEIGHTS
from ..models.registry import read_entry
from ..models.settings import read_sidecar
from .brought import Brought
from .device import choose_device
from .model import DepthModel
from .onnx_model import OnnxModel
from .sliced_model import SlicedModel
from .transformers_kinds import settings_for
from .transformers_model import TransformersModel

GUESSED = (
    "{path} does not say how its picture's colours are scaled or what its answer means: it is "
    "taken to want RGB of 0..255 and to answer inverse depth; write {sidecar} beside it, or add it "
    "with a preset (docs/models.md)."
)


def bundled_models() -> list[str]:
    """Names of the models that ship."""
    return sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))


def bundled_path(name: str) -> Path:
    """The weights of a model that ships."""
    return WEIGHTS / f"{name}.safetensors"


def load_model(
    name_or_path: str | Path | None = None,
    size: int | None = None,
    device: str | None = None,
    data: str | Path | None = None,
) -> DepthModel:
    """Load a depth model.

    Args:
        name_or_path: None for the one that ships; a name of `bundled_models` or of a model that
            was added; a .safetensors or .onnx file; or a folder holding one.
        size: longer side of the picture that the model sees; None for the model's own.
        device: "cpu", "cuda" or "mps"; None for the quickest there is.
        data: the folder with the added models; None for this user's own.

    Raises:
        UsageError: an unknown name or device, or a size below 32.
        SecondEyeError: weights missing, damaged, of a kind that can't be run, or too large.
    """
    if size is not None and size < 32:
        raise UsageError(f"A model size of {size} is too small: give 32 pixels or more.")
    given = DEFAULT if name_or_path is None else name_or_path
    entry, folder = _entry(given, Registry(data))
    if entry is not None:
        return load_entry(entry, folder, size, device)
    return load_source(find_source(_path(given, data)), None, size, device)


def load_source(
    source: Source,
    settings: Settings | None,
    size: int | None = None,
    device: str | None = None,
    name: str | None = None,
    fingerprint: str | None = None,
) -> DepthModel:
    """The model of ``source``; without ``settings`` its sidecar's, or the defaults.

    ``fingerprint``: the source's, where the caller has read it already.
    """
    if source.kind == "onnx":
        own = settings or read_sidecar(source.sidecar)
        model = OnnxModel(Brought(source, own or Settings(), size, device, name, fingerprint))
        if own is None:
            model.notes = (GUESSED.format(path=source.path, sidecar=source.sidecar.name),)
        return model
    if source.kind == "transformers":
        own = settings or settings_for(source)
        return TransformersModel(Brought(source, own, size, device, name, fingerprint))
    memory.check(source.name, source.path, source.parameters * 8)
    where = None if device is None else choose_device(device, source.name)
    sliced = SlicedModel(source.path, size, where)
    sliced.name = name or sliced.name
    return sliced


def load_entry(
    entry: Entry, folder: Path, size: int | None = None, device: str | None = None
) -> DepthModel:
    """An added model whose entry lies in ``folder``.

    Raises SecondEyeError where its files are gone, or are no longer those that were checked.
    """
    place = folder / entry.path if entry.copied else Path(entry.path)
    again = f"second-eye models remove {entry.name}, and add it again"
    if not place.exists():
        raise SecondEyeError(
            f"The model {entry.name} was added from {place}, which is gone: put it back, or run "
            f"{again}."
        )
    source = find_source(place)
    fingerprint = source.fingerprint()
    if fingerprint != entry.fingerprint:
        raise SecondEyeError(
            f"{place} has changed since it was added as the model {entry.name}: put the former "
            f"file back, or run {again}."
        )
    return load_source(source, entry.parsed_settings(), size, device, entry.name, fingerprint)


def _entry(name_or_path: str | Path, registry: Registry) -> tuple[Entry | None, Path]:
    """The added model of that name, or whose folder in the registry that is."""
    path = Path(name_or_path)
    if path.is_dir() and (path / ENTRY).is_file():
        return read_entry(path), path
    name = str(name_or_path)
    if name in bundled_models() or name == DEFAULT:
        return None, path
    return registry.entry(name), registry.folder / name


def _path(name_or_path: str | Path, data: str | Path | None) -> Path:
    name = str(name_or_path)
    known = bundled_models()
    if name == DEFAULT or name in known:
        path = bundled_path(name)
        if not path.is_file():
            raise SecondEyeError(
                f"The depth network's weights are missing at {path}: install Second Eye again, or "
                "choose a file that exists."
            )
        return path
    path = Path(name_or_path).expanduser()
    if path.suffix or path.exists() or "/" in name or "\\" in name:
        return path
    added = Registry(data).names()
    raise UsageError(
        f"'{name}' is no known depth model: use {', '.join([*known, *added]) or DEFAULT}, or a "
        ".safetensors or .onnx file, or a Transformers folder."
    )
