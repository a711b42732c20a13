# SPDX-License-Identifier: GPL-3.0-or-later
"""Transformers folders: tiny networks with random weights, saved by the package itself."""

from __future__ import annotations

import json
import math
import socket
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("transformers")

import transformers_folders as tiny

from core.depth import load_model
from core.depth.transformers_kinds import settings_for
from core.errors import SecondEyeError
from core.models import find_source

HALVES = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}


def noise(height: int = 64, width: int = 96) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each kind once; the sizes are those the tiny networks were made for."""
    root = tmp_path_factory.mktemp("transformers")
    kept = {"keep_aspect_ratio": True, "ensure_multiple_of": 14}
    return {
        "relative": tiny.save(
            root / "relative", tiny.depth_anything(), {"size": {"height": 56, "width": 56}, **kept}
        ),
        "metric": tiny.save(root / "metric", tiny.depth_anything("metric", 20)),
        "dpt": tiny.save(root / "dpt", tiny.dpt(), {"size": {"height": 64, "width": 64}, **HALVES}),
        "glpn": tiny.save(
            root / "glpn", tiny.glpn(), {"do_rescale": True, "size_divisor": 32, "do_resize": True}
        ),
        "zoedepth": tiny.save(root / "zoedepth", tiny.zoedepth()),
        "depth_pro": tiny.save(
            root / "depth_pro", tiny.depth_pro(), {"size": {"height": 64, "width": 64}, **HALVES}
        ),
        "canonical": tiny.save(
            root / "canonical", tiny.depth_pro(False), {"size": {"height": 64, "width": 64}}
        ),
    }


@pytest.mark.parametrize(
    ("name", "size", "unit", "shape"),
    [
        ("relative", None, "relative", (56, 84)),
        ("metric", 84, "metres", (56, 84)),
        ("dpt", None, "relative", (64, 64)),
        ("glpn", 96, "metres", (64, 96)),
        ("zoedepth", 96, "metres", (64, 96)),
        ("depth_pro", None, "metres", (128, 128)),
        ("canonical", None, "relative", (128, 128)),
    ],
)
def test_each_kind_answers_in_its_unit(
    folders: dict[str, Path], name: str, size: int | None, unit: str, shape: tuple[int, int]
) -> None:
    model = load_model(folders[name], size)
    estimate = model.infer(noise())
    assert (model.name, model.unit, model.window) == (name, unit, 1)
    assert estimate.inverse_depth.shape == shape and estimate.inverse_depth.dtype == np.float32
    assert (estimate.inverse_depth >= 0).all() and estimate.uncertainty is None
    again = load_model(str(folders[name]), size)
    assert again.sha256 == model.sha256
    assert np.array_equal(again.infer(noise()).inverse_depth, estimate.inverse_depth)


@pytest.mark.parametrize("name", ["relative", "metric", "glpn"])
def test_the_answer_is_the_networks_own(folders: dict[str, Path], name: str) -> None:
    """Against the package itself, on a picture that needs no resizing."""
    from transformers import AutoModelForDepthEstimation

    rgb = noise(56, 84) if name != "glpn" else noise(64, 96)
    pixels = rgb.astype(np.float32) / 255
    if name != "glpn":
        pixels = (pixels - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    network = AutoModelForDepthEstimation.from_pretrained(folders[name]).eval()
    batch = torch.from_numpy(pixels.transpose(2, 0, 1)[None].astype(np.float32))
    with torch.inference_mode():
        expected = network(pixel_values=batch).predicted_depth[0].numpy()
    if name != "relative":
        assert expected.max() <= (20 if name == "metric" else 10)
        expected = 1 / expected
    got = load_model(folders[name], max(rgb.shape)).infer(rgb).inverse_depth
    assert np.allclose(got, expected, rtol=1e-4, atol=1e-6) and np.ptp(got) > 1e-4


def test_depth_pro_is_scaled_by_its_field_of_view() -> None:
    from core.depth.transformers_model import _metric

    canonical = np.array([[0.1, 0.5]], np.float32)
    # 90 degrees: the width is twice the focal length.
    assert np.allclose(_metric(canonical, torch.tensor([90.0])), [[0.2, 1.0]])
    assert np.allclose(
        _metric(canonical, torch.tensor([[60.0]])), canonical * 2 * math.tan(math.pi / 6)
    )


def test_a_size_asked_for_keeps_the_aspect(folders: dict[str, Path]) -> None:
    assert load_model(folders["relative"], 112).infer(noise()).inverse_depth.shape == (70, 112)
    assert load_model(folders["dpt"], 96).infer(noise()).inverse_depth.shape == (96, 96)


def test_a_sidecar_outranks_what_is_known(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = copied(folders["relative"], tmp_path / "mine")
    plain = load_model(folder).infer(noise()).inverse_depth
    (folder / "second_eye.json").write_text('{"factor": 2}')
    assert np.allclose(load_model(folder).infer(noise()).inverse_depth, plain * 2)
    (folder / "second_eye.json").write_text('{"output": "metric_depth", "size": 84}')
    model = load_model(folder)
    assert model.unit == "metres" and model.infer(noise()).inverse_depth.shape == (84, 126)


def test_a_sidecar_says_a_default_on_purpose(folders: dict[str, Path], tmp_path: Path) -> None:
    """GLPN answers metres unless its sidecar says otherwise, be it in a default's words."""
    folder = copied(folders["glpn"], tmp_path / "mine")
    (folder / "second_eye.json").write_text('{"output": "inverse_depth", "scale": 255}')
    settings = settings_for(find_source(folder))
    assert (settings.output, settings.scale) == ("inverse_depth", 255)
    (folder / "second_eye.json").write_text('{"preset": "midas-dpt"}')
    settings = settings_for(find_source(folder))
    assert (settings.output, settings.size, settings.mean) == ("inverse_depth", 384, (0.5,) * 3)


def test_weights_in_pieces(folders: dict[str, Path], tmp_path: Path) -> None:
    from transformers import AutoModelForDepthEstimation

    network = AutoModelForDepthEstimation.from_pretrained(folders["glpn"])
    network.save_pretrained(tmp_path / "pieces", max_shard_size="50KB")
    pieces = sorted((tmp_path / "pieces").glob("*.safetensors"))
    assert len(pieces) > 1
    expected = load_model(folders["glpn"], 96).infer(noise()).inverse_depth
    assert np.array_equal(
        load_model(tmp_path / "pieces", 96).infer(noise()).inverse_depth, expected
    )
    pieces[1].unlink()
    with pytest.raises(SecondEyeError, match=rf"pieces lacks {pieces[1].name}"):
        load_model(tmp_path / "pieces")


def test_half_precision_on_disk(folders: dict[str, Path], tmp_path: Path) -> None:
    from transformers import AutoModelForDepthEstimation

    network = AutoModelForDepthEstimation.from_pretrained(folders["glpn"]).half()
    network.save_pretrained(tmp_path / "half")
    model = load_model(tmp_path / "half", 96)
    assert model.source.dtypes[0] == "F16"
    full = load_model(folders["glpn"], 96).infer(noise()).inverse_depth
    assert np.allclose(model.infer(noise()).inverse_depth, full, rtol=0.02)


def test_a_folder_without_weights(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = copied(folders["glpn"], tmp_path / "bare")
    (folder / "model.safetensors").rename(tmp_path / "model.safetensors")
    with pytest.raises(SecondEyeError, match=r"bare has a config.json but no weights: download"):
        load_model(folder)
    torch.save({"weight": torch.zeros(1)}, folder / "pytorch_model.bin")
    with pytest.raises(SecondEyeError, match=r"pytorch_model.bin is a pickled file.*any code"):
        load_model(folder)
    (folder / "model.safetensors").write_bytes(
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    )
    with pytest.raises(SecondEyeError, match=r"only a Git LFS pointer.*git lfs pull"):
        load_model(folder)
    (folder / "model.safetensors").write_bytes((tmp_path / "model.safetensors").read_bytes()[:-50])
    with pytest.raises(SecondEyeError, match=r"model.safetensors is damaged"):
        load_model(folder)


def test_weights_of_another_network(folders: dict[str, Path], tmp_path: Path) -> None:
    """What the weights lack would be filled with random numbers by the package."""
    folder = copied(folders["glpn"], tmp_path / "mixed")
    (folder / "config.json").write_bytes((folders["metric"] / "config.json").read_bytes())
    with pytest.raises(SecondEyeError, match=r"weights in .*mixed don't fit its config.json"):
        load_model(folder)


def test_types_that_answer_no_depth(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = copied(folders["glpn"], tmp_path / "other")
    for kind, words in (
        ("prompt_depth_anything", "depth sensor's measurements"),
        ("vit", "not known to answer depth"),
        (None, "names no model_type"),
    ):
        config = json.loads((folders["glpn"] / "config.json").read_text())
        config["model_type"] = kind
        if kind is None:
            del config["model_type"]
        (folder / "config.json").write_text(json.dumps(config))
        with pytest.raises(SecondEyeError, match=words):
            load_model(folder)


def test_code_of_the_folders_own_is_never_run(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = copied(folders["glpn"], tmp_path / "tricky")
    config = json.loads((folder / "config.json").read_text())
    config["model_type"] = "trap"
    config["auto_map"] = {
        "AutoConfig": "trap.TrapConfig", "AutoModelForDepthEstimation": "trap.Trap",
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "trap.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w')\n")
    (folder / "second_eye.json").write_text('{"output": "depth"}')
    with pytest.raises(SecondEyeError, match=r"model tricky does not load"):
        load_model(folder)
    assert not (tmp_path / "sprung").exists()


def test_no_server_is_asked(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A config may name a backbone that lies on a server."""
    asked: list[object] = []

    def connect(self: object, address: object) -> None:
        asked.append(address)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: asked.append(a) or [])
    folder = copied(folders["relative"], tmp_path / "far")
    config = json.loads((folder / "config.json").read_text())
    del config["backbone_config"]
    config |= {"backbone": "facebook/dinov2-small", "use_pretrained_backbone": True}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(SecondEyeError, match=r"far"):
        load_model(folder).infer(noise())
    assert load_model(folders["glpn"], 64).infer(noise()) is not None
    assert not asked


def test_answers_that_are_no_numbers_are_told(folders: dict[str, Path], tmp_path: Path) -> None:
    from transformers import AutoModelForDepthEstimation

    network = AutoModelForDepthEstimation.from_pretrained(folders["glpn"])
    with torch.no_grad():
        next(network.parameters()).fill_(float("nan"))
    network.save_pretrained(tmp_path / "sick")
    with pytest.raises(SecondEyeError, match=r"The model sick answers with .*\(NaN\)"):
        load_model(tmp_path / "sick", 64).infer(noise())


def test_a_processor_only_torch_asked_for_cuda(folders: dict[str, Path]) -> None:
    if torch.cuda.is_available():
        pytest.skip("this torch finds CUDA")
    for model in (folders["glpn"], None):
        with pytest.raises(SecondEyeError, match=r"can't run on cuda, since torch .*--device"):
            load_model(model, device="cuda")
    with pytest.raises(SecondEyeError, match='no device "gpu"'):
        load_model(device="gpu")


def copied(folder: Path, target: Path) -> Path:
    target.mkdir()
    for path in folder.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return target
