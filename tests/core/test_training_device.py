# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames kept and augmented on the training device: the same pictures as on the processor."""

import cv2
import numpy as np
import pytest
import torch
from training_scenes import SMALL, scene

from core.depth.network import DepthNetwork
from core.errors import SecondEyeError
from core.training.averaging import read_checkpoint
from core.training.dataset import Sample, normalise
from core.training.device_camera import degrade_batch, jpeg
from core.training.device_frames import DeviceFrames, normalise_batch, of_one_size, photo_windows
from core.training.loop import Trainer
from core.training.running import save_checkpoint
from core.training.settings import Phase, Settings
from core.training.teacher import Teacher

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def smooth(seed: int, height: int = 64, width: int = 96) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 255, (height, width, 3)).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 3)
    return np.clip((blurred - 127) * 4 + 127, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("device", DEVICES)
def test_crop_roll_and_flip_move_picture_depth_and_labels_together(device: str) -> None:
    """Colour, depth and class are one function of the place, so that they can be compared."""
    x, y = np.meshgrid(np.arange(160), np.arange(120))
    values = (40 + 0.8 * x + 0.5 * y).astype(np.uint8)
    wide = values.astype(np.uint16) * 250
    sample = Sample("r", np.stack([values] * 3, -1), wide, 1e-5, "", values)
    frames = DeviceFrames([sample], torch.device(device))
    theta = torch.from_numpy(frames._views(30, 32, 64, np.random.default_rng(0))).to(device)
    assert len({tuple(t.flatten().tolist()) for t in theta}) == 30
    corners = theta @ torch.tensor([[-1.0, 1, -1, 1], [-1, -1, 1, 1], [1, 1, 1, 1]], device=device)
    assert float(corners.abs().max()) <= 1 + 1e-5, "no view shows the outside"
    batch = frames.batch(30, 32, 64, np.random.default_rng(0), 1)
    assert batch.picture.shape == (30, 3, 32, 64) and batch.target.shape == (30, 1, 32, 64)
    likeness = []
    for target, labels, picture in zip(batch.target, batch.labels, batch.picture, strict=True):
        wanted = normalise(labels.cpu().numpy().astype(np.float64) * 250 * 1e-5)
        assert np.abs(target[0].cpu().numpy() - wanted).max() < 1e-3
        grey = picture.mean(0).flatten()
        together = torch.stack([grey, labels.float().flatten()])
        likeness.append(float(torch.corrcoef(together)[0, 1]))
    # Grain and exposure spoil it a little, a picture turned or mirrored by itself would more.
    assert min(likeness) > 0.5 and np.mean(likeness) > 0.85


def test_targets_are_the_processors() -> None:
    depth = np.random.default_rng(0).uniform(0.1, 3, (4, 30, 40))
    depth[0, :10] = 0
    depth[1] = 1.0
    depth[2] = 0
    found = normalise_batch(torch.from_numpy(depth)[:, None].float())
    for one, own in zip(depth, found, strict=True):
        assert np.abs(normalise(one) - own[0].numpy()).max() < 1e-4


@pytest.mark.parametrize("quality", [30, 60, 90])
def test_jpeg_loses_what_the_coder_loses(quality: int) -> None:
    rgb = smooth(1)
    coded = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    wanted = cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1].astype(float)
    x = torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255
    found = jpeg(x, torch.full((1, 1, 1, 1), float(quality)))[0].permute(1, 2, 0).numpy() * 255
    lost = np.abs(wanted - rgb).mean()
    assert np.abs(found - wanted).mean() < 0.5 * lost
    assert np.abs(found - rgb).mean() == pytest.approx(lost, rel=0.25)


def test_degraded_pictures_differ_by_seed_and_stay_pictures() -> None:
    x = torch.from_numpy(np.stack([smooth(i) for i in range(16)])).permute(0, 3, 1, 2) / 255

    def once(seed: int) -> torch.Tensor:
        return degrade_batch(x, np.random.default_rng(seed), torch.Generator().manual_seed(seed))

    first = once(0)
    assert torch.equal(first, once(0)) and not torch.equal(first, once(1))
    assert float(first.min()) >= 0 and float(first.max()) <= 1
    assert torch.allclose(first * 255, (first * 255).round(), atol=1e-4)
    changed = (first - x).abs().mean(dim=(1, 2, 3))
    assert bool((changed > 0).all()) and float(changed.mean()) < 0.35


def test_frames_of_two_sizes_are_refused_and_photos_are_cut_to_one() -> None:
    tall = Sample("t", smooth(1, 200, 100), None, 0, "photo")
    wide = Sample("w", smooth(2, 100, 300), None, 0, "photo")
    windows = photo_windows([tall, wide])
    assert [w.name for w in windows] == ["t#0", "t#1", "w#0", "w#1"]
    batch = DeviceFrames(windows, torch.device("cpu")).batch(3, 32, 64, np.random.default_rng(0), 0)
    assert batch.picture.shape == (3, 3, 32, 64) and len(batch.target) == len(batch.labels) == 0
    with pytest.raises(SecondEyeError, match=r"2 sizes.*--augment cpu"):
        DeviceFrames([tall, wide], torch.device("cpu"))
    same = of_one_size([tall, wide, wide])
    assert {s.rgb.shape for s in same} == {wide.rgb.shape} and len(same) == 4
    assert same[2] is wide
    assert DeviceFrames(same, torch.device("cpu")).height == wide.rgb.shape[0]
    with pytest.raises(SecondEyeError, match="no frames"):
        DeviceFrames([], torch.device("cpu"))


@pytest.mark.parametrize("device", DEVICES)
def test_training_on_the_device_learns_and_resumes(device: str, tmp_path) -> None:
    torch.set_num_threads(1)
    samples = [scene(i) for i in range(12)]
    photos = [Sample("p", scene(3).rgb, None, 0.0, "photo")]
    teacher = Teacher()
    phases = (Phase(((32, 32), (32, 64)), 8 * 12, 8, 4e-3, 4e-3),)

    def trainer(share: float) -> Trainer:
        torch.manual_seed(0)
        settings = Settings(phases, warm_up=1, photo_share=share, on_device=True)
        one = Trainer(
            DepthNetwork(SMALL), settings, samples, photos, teacher if share else None, device
        )
        return one

    one = trainer(0.0)
    losses = [one.train_step()["loss"] for _ in range(12)]
    assert np.mean(losses[-3:]) < 0.9 * np.mean(losses[:3])
    taught = trainer(0.5)
    names: set[str] = set()
    for _ in range(2):
        names |= set(taught.train_step())
    assert {"labels", "features", "distil", "distil labels"} <= names
    save_checkpoint(tmp_path / "c.pt", taught)
    resumed = trainer(0.5)
    resumed.restore(read_checkpoint(tmp_path / "c.pt"))
    a, b = (t.batch(2, phases[0]) for t in (taught, resumed))
    assert torch.equal(a.picture, b.picture) and torch.equal(a.target, b.target)
    if device == "cpu":
        assert taught.train_step() == resumed.train_step()
