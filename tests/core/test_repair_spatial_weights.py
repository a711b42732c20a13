# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of repair's networks: what goes in comes out, and what is wrong with it is told."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from core.errors import SecondEyeError
from core.repair.frame import Frame
from core.repair.spatial import SpatialBranch
from core.repair.spatial_network import SpatialNetwork
from core.repair.weights import FORMAT, read_networks, read_tensors, save_networks
from core.training.averaging import names, tensors

WEIGHTS = Path(__file__).resolve().parents[2] / "core/repair/weights/repair_v2.safetensors"


def stored(network: SpatialNetwork) -> dict[str, torch.Tensor]:
    return dict(zip(names(network), tensors(network), strict=True))


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network, path = SpatialNetwork(), tmp_path / "r.safetensors"
    save_networks(path, {"spatial": stored(network)}, {"name": "r"})
    assert path.stat().st_size < 4_000_000
    assert [p.name for p in tmp_path.iterdir()] == ["r.safetensors"]
    read = read_networks(path)
    assert read.metadata["name"] == "r" and read.fusion is None and read.semantic is None
    assert read.spatial is not None and not read.spatial.training
    for name, tensor in stored(read.spatial).items():
        torch.testing.assert_close(tensor, stored(network)[name], atol=1e-3, rtol=1e-3)
    parts, _ = read_tensors(path)
    assert parts["spatial"]["head.weight"].dtype == torch.float16


def test_file_without_networks_is_one_of_none(tmp_path: Path) -> None:
    save_file({}, tmp_path / "empty", {"format": FORMAT})
    assert read_networks(tmp_path / "empty").spatial is None


def test_wrong_files_say_so(tmp_path: Path) -> None:
    def told(path: Path) -> str:
        with pytest.raises(SecondEyeError) as error:
            read_networks(path)
        assert str(path) in str(error.value)
        return str(error.value)

    assert "missing" in told(tmp_path / "absent")
    whole = tmp_path / "whole"
    save_networks(whole, {"spatial": stored(SpatialNetwork())}, {})
    (tmp_path / "cut").write_bytes(whole.read_bytes()[:-1000])
    assert "damaged" in told(tmp_path / "cut")
    save_file({"a": torch.zeros(2)}, tmp_path / "other", {"format": "other"})
    assert "no weights of" in told(tmp_path / "other")
    save_file({"new.a": torch.zeros(2)}, tmp_path / "newer", {"format": FORMAT})
    assert "doesn't know" in told(tmp_path / "newer")
    save_file({"spatial.a": torch.zeros(2)}, tmp_path / "unfit", {"format": FORMAT})
    assert "don't fit" in told(tmp_path / "unfit")


def test_weights_that_ship_sharpen_a_blurred_step() -> None:
    shipped = read_networks(WEIGHTS)
    assert shipped.spatial is not None and shipped.metadata["name"] == WEIGHTS.stem
    truth = np.full((96, 128), 0.2, np.float32)
    truth[20:70, 40:90] = 0.7
    rgb = np.stack([60 + 200 * truth, 200 - 150 * truth, np.full_like(truth, 90)], -1)
    blurred = cv2.GaussianBlur(truth, (0, 0), 2.0)
    labels = np.where(truth > 0.5, 4, 2).astype(np.uint8)
    frame = Frame(rgb.astype(np.uint8), blurred, np.full_like(truth, 0.002), labels)
    told = SpatialBranch(shipped.spatial)(frame).inverse_depth
    steepest = [np.abs(np.diff(d[30:60], axis=1)).max(1).mean() for d in (blurred, told)]
    assert steepest[1] > 1.2 * steepest[0]
    assert np.abs(told - truth).mean() < np.abs(blurred - truth).mean()
