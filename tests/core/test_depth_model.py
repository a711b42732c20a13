# SPDX-License-Identifier: GPL-3.0-or-later
"""Loading depth models and asking them: sizes, repeatable bits, and what bad files get."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from training_scenes import SMALL

from core.depth import DepthEstimate, bundled_models, load_model, upsample_to
from core.depth.device import pick_device, stream_count, thread_count
from core.depth.labels import CLASSES
from core.depth.model import network_size, resize_picture
from core.depth.network import DepthNetwork
from core.depth.sliced_model import SlicedModel
from core.depth.weights import read_weights, save_weights
from core.errors import SecondEyeError, UsageError
from core.models import memory


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(1)
    network = DepthNetwork(SMALL)
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    tensors = dict(network.named_parameters())
    tensors |= {n: b for n, b in network.named_buffers() if n.split(".")[-1].startswith("running")}
    save_weights(path, SMALL, tensors, {"name": "small", "size": "160", "note": "made in a test"})
    return path


def test_the_bundled_weights_load_and_answer() -> None:
    assert "second_eye_v3" in bundled_models()
    model = load_model(size=128)
    estimate = model.infer(picture(90, 160))
    assert model.name == "second_eye_v3" and len(model.sha256) == 64
    assert estimate.inverse_depth.shape == estimate.uncertainty.shape == (64, 128)
    assert estimate.inverse_depth.dtype == estimate.uncertainty.dtype == np.float32
    assert estimate.inverse_depth.min() >= 0 and estimate.uncertainty.min() > 0


def test_the_bundled_weights_see_near_below_and_far_above() -> None:
    """A floor that runs to a horizon: the plainest depth cue there is."""
    v = np.linspace(0, 1, 240)[:, None]
    tiles = ((np.arange(320)[None] - 160) / (0.1 + v) // 40 + (1 / (0.1 + v)) * 3 // 1) % 2
    ground = np.where(v > 0.35, 90 + 90 * tiles, 200).astype(np.uint8)
    depth = load_model(size=256).infer(np.repeat(ground[..., None], 3, 2)).inverse_depth
    assert depth[-16:].mean() > 1.3 * depth[:48].mean()


def test_weights_survive_the_file(weights: Path) -> None:
    network, metadata = read_weights(weights)
    assert metadata["note"] == "made in a test"
    assert network.config == SMALL and not network.training
    torch.manual_seed(1)
    original = DepthNetwork(SMALL).eval()
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(network(x)[0], original(x)[0], atol=2e-3)


@pytest.mark.parametrize("size", [(1, 1), (7, 501), (300, 3), (121, 77)])
def test_any_picture_size(weights: Path, size: tuple[int, int]) -> None:
    estimate = load_model(weights, 96).infer(picture(*size))
    assert estimate.inverse_depth.shape == network_size(*size, 96)
    assert np.isfinite(estimate.inverse_depth).all() and np.isfinite(estimate.uncertainty).all()


def test_same_picture_same_bits_whatever_came_before(weights: Path) -> None:
    first = load_model(weights, 128)
    alone = first.infer(picture(100, 140, 5))
    torch.set_num_threads(1)
    second = load_model(weights, 128)
    for seed in range(3):
        second.infer(picture(60 + seed, 200, seed))
    after = second.infer(picture(100, 140, 5))
    assert alone.inverse_depth.tobytes() == after.inverse_depth.tobytes()
    assert alone.uncertainty.tobytes() == after.uncertainty.tobytes()


def test_pictures_at_once_have_the_bits_of_pictures_one_by_one(weights: Path) -> None:
    model = load_model(weights, 128)
    pictures = [picture(90, 128, seed) for seed in range(12)]
    alone = [model.infer(rgb).inverse_depth.tobytes() for rgb in pictures]
    torch.set_num_threads(2)
    with ThreadPoolExecutor(4) as pool:
        assert [e.inverse_depth.tobytes() for e in pool.map(model.infer, pictures)] == alone


def test_pictures_at_once_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "6")
    assert stream_count(128) == 6
    gib = 1 << 30
    monkeypatch.setattr(memory, "available", lambda: gib)
    assert stream_count(384) == 6 and 1 <= stream_count(768) < 6 and stream_count(4096) == 1


def test_sixteen_bit_pictures_mean_the_same_as_eight(weights: Path) -> None:
    model, small = load_model(weights, 96), picture(64, 96)
    wide = model.infer(small.astype(np.uint16) * 257)
    assert np.allclose(wide.inverse_depth, model.infer(small).inverse_depth, atol=1e-3)


def test_the_digest_tells_models_and_sizes_apart(weights: Path) -> None:
    same = load_model(weights, 96).sha256
    assert load_model(str(weights), 96).sha256 == same != load_model(weights, 128).sha256


def test_the_file_names_the_size_it_was_trained_for(weights: Path) -> None:
    assert load_model(weights).infer(picture(90, 160)).inverse_depth.shape == (96, 160)


def test_network_size_keeps_the_aspect() -> None:
    assert network_size(1080, 1920, 448) == (256, 448)
    assert network_size(1920, 1080, 448) == (448, 256)
    assert network_size(3, 5000, 448) == (32, 448)


def test_pictures_shrink_without_aliasing() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.allclose(resize_picture(stripes, 16, 16), 0.5, atol=0.01)
    assert resize_picture(stripes, 128, 32).shape == (128, 32, 3)


def test_upsample_to_the_projects_size() -> None:
    rows = np.repeat(np.arange(8, dtype=np.float32)[:, None], 16, 1)
    estimate = upsample_to(DepthEstimate(rows, rows / 10), 48, 96)
    assert estimate.inverse_depth.shape == estimate.uncertainty.shape == (48, 96)
    assert np.allclose(estimate.inverse_depth[24], 3.5833, atol=0.01)


def test_an_unknown_name_is_bad_use() -> None:
    with pytest.raises(UsageError, match=r"'midas' is no known depth model.*second_eye_v3"):
        load_model("midas")
    with pytest.raises(UsageError, match="too small"):
        load_model(size=16)


def test_missing_and_damaged_files_are_named(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(SecondEyeError, match=r"no model file at .*none.safetensors"):
        load_model(tmp_path / "none.safetensors")
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(SecondEyeError, match=r"cut.safetensors is damaged"):
        load_model(cut)
    with pytest.raises(SecondEyeError, match="holds 0 model files"):
        load_model(_folder(tmp_path / "empty"))


def test_weights_of_something_else_are_refused(weights: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    other = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(2)}, other)
    with pytest.raises(SecondEyeError, match=r"other.safetensors holds no weights"):
        load_model(other)
    for size in ("448.0", "-3"):
        odd = tmp_path / "odd.safetensors"
        save_weights(odd, SMALL, load_file(weights), {"size": size})
        with pytest.raises(SecondEyeError, match=r"network that .*odd.safetensors describes"):
            load_model(odd)
    misfit = tmp_path / "misfit.safetensors"
    save_weights(misfit, SMALL, {"encoder.stem.0.weight": torch.zeros(8, 3, 3, 3)}, {})
    with pytest.raises(SecondEyeError, match=r"misfit.safetensors don't fit"):
        load_model(misfit)


def test_missing_bundled_weights_name_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("core.depth.load.WEIGHTS", tmp_path)
    with pytest.raises(SecondEyeError, match=r"missing at .*second_eye_v3.safetensors: install"):
        load_model()


def test_a_folder_with_one_model_is_that_model(weights: Path, tmp_path: Path) -> None:
    folder = _folder(tmp_path / "mine")
    (folder / "small.safetensors").write_bytes(weights.read_bytes())
    assert load_model(folder).name == "small"


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_threads_follow_the_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert thread_count() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "none")
    assert 1 <= thread_count() <= 8


@pytest.mark.skipif(pick_device().type == "cpu", reason="this torch finds no accelerator")
def test_an_accelerator_answers_as_the_cpu_does(weights):
    shown = picture(64, 96)
    cpu = SlicedModel(weights, device=torch.device("cpu")).infer(shown)
    other = SlicedModel(weights).infer(shown)
    np.testing.assert_allclose(other.inverse_depth, cpu.inverse_depth, rtol=1e-2, atol=1e-3)


def test_labels_come_from_a_network_that_has_the_head(weights: Path) -> None:
    estimate = load_model(weights, 96).infer(picture(90, 160, 2))
    assert estimate.labels is not None and estimate.labels.dtype == np.uint8
    assert estimate.labels.shape == estimate.inverse_depth.shape
    assert estimate.labels.max() < len(CLASSES)
    network = read_weights(weights)[0]
    seen = torch.from_numpy(resize_picture(picture(90, 160, 2), *network_size(90, 160, 96)))
    with torch.no_grad():
        logits = network(seen.permute(2, 0, 1)[None]).labels
        full = torch.nn.functional.interpolate(logits, scale_factor=4.0, mode="bilinear")
    assert (full[0].argmax(0).numpy() == estimate.labels).mean() > 0.995
    larger = upsample_to(estimate, 180, 320).labels
    assert larger is not None and larger.shape == (180, 320)
    assert set(np.unique(larger)) == set(np.unique(estimate.labels))


def test_weights_from_before_the_head_give_no_labels(tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    network = DepthNetwork(replace(SMALL, labels=0))
    tensors = dict(network.named_parameters())
    tensors |= {n: b for n, b in network.named_buffers() if n.split(".")[-1].startswith("running")}
    save_weights(path, network.config, tensors, {})
    estimate = load_model(path, 96).infer(picture(90, 160))
    assert estimate.labels is None and upsample_to(estimate, 30, 40).labels is None
