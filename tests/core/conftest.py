# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository root and this folder on the path, for `core` and for `clips`."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parents[1]):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This test's own folder of added models."""
    monkeypatch.setenv("SECOND_EYE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def onnx(tmp_path: Path) -> Path:
    """A model whose answer is the mean colour, fixed to 32x48."""
    from onnx_writer import mean_model

    return mean_model(tmp_path / "mean.onnx", "NCHW", 32, 48, metadata={"license": "CC0-1.0"})
