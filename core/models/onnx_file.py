# SPDX-License-Identifier: GPL-3.0-or-later
"""An ONNX file's weights, counted without loading them; and the files beside it that hold them.

Reads the few protobuf fields it needs (numbers from onnx.proto: ModelProto.graph 7,
GraphProto.initializer 5, TensorProto.dims 1 and external_data 13, StringStringEntryProto.key 1
and value 2), so a file of many gigabytes costs a few pages.
"""

import math
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import SecondEyeError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class Weights:
    """How many parameters the graph holds, and which files beside it hold them."""

    parameters: int
    files: tuple[Path, ...]


def read_weights(path: Path) -> Weights:
    """Count the initializers of ``path``.

    Raises SecondEyeError where it is missing, no ONNX file, or lacks a file of weights.
    """
    try:
        with open(path, "rb") as stream:
            if stream.read(8) == b"version ":
                raise SecondEyeError(
                    f"{path} is only a Git LFS pointer, not the model: run git lfs pull in its "
                    "folder, or download the file itself."
                )
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                parameters, names = _count(data)
    except OSError as error:
        raise SecondEyeError(f"{path} can't be read ({error.strerror}): check it.") from error
    except (ValueError, IndexError) as error:
        raise SecondEyeError(
            f"{path} is not an ONNX file, or cut short: download it or export it again."
        ) from error
    files = tuple(path.parent / name for name in sorted(names))
    for name, file in zip(sorted(names), files, strict=True):
        inside = file.resolve().is_relative_to(path.parent.resolve())
        if not inside or Path(name).is_absolute() or ".." in Path(name).parts:
            raise SecondEyeError(
                f"{path} wants its weights from {file}, outside its folder: export it again with "
                "its weights beside it."
            )
        if not file.is_file():
            raise SecondEyeError(
                f"{path} keeps its weights in {file.name}, which is missing: put that file "
                "beside it."
            )
    return Weights(parameters, files)


def _count(data: mmap.mmap) -> tuple[int, set[str]]:
    parameters, names = 0, set()
    for graph in _messages(data, 0, len(data), 7):
        for tensor in _messages(data, *graph, 5):
            dims = 1
            for number, kind, start, end in _fields(data, *tensor):
                if number == 1 and kind == _VARINT:
                    dims *= start
                elif number == 1:
                    dims *= math.prod(_packed(data, start, end))
                elif number == 13:
                    pair = {n: data[s:e] for n, k, s, e in _fields(data, start, end) if k == _BYTES}
                    if pair.get(1) == b"location":
                        names.add(pair.get(2, b"").decode())
            parameters += dims
    return parameters, names


def _messages(data: mmap.mmap, start: int, end: int, wanted: int) -> Iterator[tuple[int, int]]:
    for number, kind, first, last in _fields(data, start, end):
        if number == wanted and kind == _BYTES:
            yield first, last


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(field number, wire type, start, end) of each field; of a varint (number, 0, value, 0)."""
    while at < end:
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield tag >> 3, kind, value, 0
            continue
        if kind == _BYTES:
            length, at = _varint(data, at)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {kind}")
        if at + length > end or tag >> 3 == 0:
            raise ValueError("a field beyond the end")
        yield tag >> 3, kind, at, at + length
        at += length


def _packed(data: mmap.mmap, at: int, end: int) -> Iterator[int]:
    while at < end:
        value, at = _varint(data, at)
        yield value


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise ValueError("a number without end")
