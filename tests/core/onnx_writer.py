# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiny ONNX files, written field by field of the format (onnx.proto): no package is needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

FLOAT, UINT8, FLOAT16, INT64 = 1, 2, 10, 7
_NUMPY = {FLOAT: np.float32, UINT8: np.uint8, FLOAT16: np.float16, INT64: np.int64}

Shape = list[int | str]


def _varint(n: int) -> bytes:
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


def field(number: int, value: int | bytes | str) -> bytes:
    """One protobuf field: an integer as a varint, anything else with its length before it."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def port(name: str, shape: Shape, kind: int = FLOAT) -> bytes:
    """An input or output; a text in ``shape`` is a free dimension."""
    dims = b"".join(field(1, field(1 if isinstance(n, int) else 2, n)) for n in shape)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, dims)))


def node(operator: str, inputs: str, outputs: str, **attributes: int | list[int] | str) -> bytes:
    """An operator; names of inputs and outputs parted by spaces."""
    out = b"".join(field(1, n) for n in inputs.split())
    out += b"".join(field(2, n) for n in outputs.split()) + field(4, operator)
    for name, value in attributes.items():
        if isinstance(value, list):
            held = b"".join(field(8, n) for n in value) + field(20, 7)
        elif isinstance(value, str):
            held = field(4, value) + field(20, 3)
        else:
            held = field(3, value) + field(20, 2)
        out += field(5, field(1, name) + held)
    return out


def weights(name: str, values: np.ndarray, kind: int = FLOAT, external: str = "") -> bytes:
    """An initializer; with ``external`` its numbers are said to lie in that file."""
    out = b"".join(field(1, n) for n in values.shape) + field(2, kind) + field(8, name)
    if external:
        pairs = {"location": external, "offset": "0", "length": str(values.nbytes)}
        held = b"".join(field(13, field(1, k) + field(2, v)) for k, v in pairs.items())
        return out + held + field(14, 1)
    return out + field(9, np.ascontiguousarray(values, _NUMPY[kind]).tobytes())


def write(
    path: Path,
    nodes: list[bytes],
    inputs: list[bytes],
    outputs: list[bytes],
    tensors: list[bytes] = (),  # type: ignore[assignment]
    metadata: dict[str, str] | None = None,
) -> Path:
    """The file of a graph in opset 13."""
    graph = b"".join(field(1, n) for n in nodes) + field(2, "test")
    graph += b"".join(field(5, t) for t in tensors)
    graph += b"".join(field(11, i) for i in inputs) + b"".join(field(12, o) for o in outputs)
    data = field(1, 7) + field(7, graph) + field(8, field(1, "") + field(2, 13))
    for key, value in (metadata or {}).items():
        data += field(14, field(1, key) + field(2, value))
    path.write_bytes(data)
    return path


def mean_model(
    path: Path,
    layout: str = "NCHW",
    height: int | str = "h",
    width: int | str = "w",
    *,
    channels: int | str = 3,
    frames: int | str = "t",
    kind: int = FLOAT,
    times: float | None = None,
    answer: int = FLOAT,
    metadata: dict[str, str] | None = None,
) -> Path:
    """The answer is the mean over the colours, times ``times``; axes as ``layout`` names them."""
    lengths = {"N": 1, "T": frames, "C": channels, "H": height, "W": width}
    shape = [lengths[axis] for axis in layout]
    kept = [lengths[axis] for axis in layout if axis != "C"]
    nodes = [
        node("Cast", "picture", "as_float", to=FLOAT),
        node("ReduceMean", "as_float", "mean", axes=[layout.index("C")], keepdims=0),
        node("Mul", "mean factor", "scaled"),
        node("Cast", "scaled", "depth", to=answer),
    ]
    factor = weights("factor", np.array([1.0 if times is None else times], np.float32))
    return write(
        path, nodes, [port("picture", shape, kind)], [port("depth", kept, answer)], [factor],
        metadata,
    )  # fmt: skip
