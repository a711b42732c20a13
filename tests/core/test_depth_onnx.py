# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that users bring as ONNX: a tiny one is written here, field by field of the format."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.depth import load_model
from core.errors import SecondEyeError

pytest.importorskip("onnxruntime")


def _varint(n: int) -> bytes:
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


def _field(number: int, value: int | bytes | str) -> bytes:
    """One protobuf field: an integer as a varint, anything else with its length before it."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _tensor(name: str, shape: list[int | str]) -> bytes:
    dims = b"".join(_field(1, _field(1 if isinstance(n, int) else 2, n)) for n in shape)
    kind = _field(1, _field(1, 1) + _field(2, dims))
    return _field(1, name) + _field(2, kind)


def mean_model(path: Path, height: int | str, width: int | str, channels: int = 3) -> Path:
    """Inverse depth = the mean over the three colours (ReduceMean over axis 1)."""
    axes = _field(1, "axes") + _field(8, 1) + _field(20, 7)
    keep = _field(1, "keepdims") + _field(3, 1) + _field(20, 2)
    node = _field(1, "picture") + _field(2, "depth") + _field(4, "ReduceMean")
    node += _field(5, axes) + _field(5, keep)
    graph = _field(1, node) + _field(2, "mean")
    graph += _field(11, _tensor("picture", [1, channels, height, width]))
    graph += _field(12, _tensor("depth", [1, 1, height, width]))
    path.write_bytes(_field(1, 7) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 13)))
    return path


def test_fixed_size_gets_the_picture_from_0_to_255(tmp_path: Path) -> None:
    model = load_model(mean_model(tmp_path / "fixed.onnx", 32, 64))
    rgb = np.full((90, 200, 3), (10, 20, 60), np.uint8)
    estimate = model.infer(rgb)
    assert model.name == "fixed" and estimate.inverse_depth.shape == (32, 64)
    assert np.allclose(estimate.inverse_depth, 30, atol=1e-3)
    assert estimate.inverse_depth.dtype == np.float32 and not estimate.uncertainty.any()


def test_dynamic_size_keeps_the_aspect(tmp_path: Path) -> None:
    path = mean_model(tmp_path / "free.onnx", "h", "w")
    rgb = np.zeros((90, 160, 3), np.uint8)
    assert load_model(path, 128).infer(rgb).inverse_depth.shape == (64, 128)
    path.with_suffix(".json").write_text(json.dumps({"size": 140, "multiple": 14}))
    assert load_model(path).infer(rgb).inverse_depth.shape == (84, 140)


def test_sidecar_sets_normalisation_and_kind_of_output(tmp_path: Path) -> None:
    path = mean_model(tmp_path / "metric.onnx", 32, 32)
    plain = load_model(path).sha256
    sidecar = {"scale": 1, "mean": [0, 0, 0], "std": [0.5, 0.5, 0.5], "output": "depth"}
    path.with_suffix(".json").write_text(json.dumps(sidecar))
    model = load_model(path)
    depth = model.infer(np.full((32, 32, 3), 255, np.uint8)).inverse_depth
    assert np.allclose(depth, 1 / 2, atol=1e-4)
    assert model.sha256 != plain


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not readable JSON"),
        ('{"men": 1}', "'men', which is unknown"),
        ("[]", "not an object"),
    ],
)
def test_a_bad_sidecar_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = mean_model(tmp_path / "m.onnx", 32, 32)
    path.with_suffix(".json").write_text(text)
    with pytest.raises(SecondEyeError, match=message):
        load_model(path)


def test_damaged_and_unfit_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "noise.onnx").write_bytes(b"\x08\x07noise")
    with pytest.raises(SecondEyeError, match=r"noise.onnx is not a depth model"):
        load_model(tmp_path / "noise.onnx")
    with pytest.raises(SecondEyeError, match=r"four.onnx takes an input of shape"):
        load_model(mean_model(tmp_path / "four.onnx", 32, 32, channels=4))
