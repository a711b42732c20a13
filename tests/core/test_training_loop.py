# SPDX-License-Identifier: GPL-3.0-or-later
"""The training loop on made-up scenes: it learns, stops and resumes to the bit."""

import importlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from training_scenes import SMALL, scene, write_scene

from core.depth import load_model
from core.depth.labels import IGNORE
from core.depth.network import DepthNetwork
from core.depth.weights import read_weights
from core.errors import SecondEyeError, UsageError
from core.training.augment import random_view, training_view
from core.training.averaging import (
    average,
    averaged_by_name,
    names,
    read_checkpoint,
    start_from,
    tensors,
)
from core.training.curves import draw_curves
from core.training.dataset import Sample, load_renders, normalise
from core.training.export import calibrate, network_of
from core.training.loop import Trainer
from core.training.running import run, save_checkpoint
from core.training.settings import Phase, Settings
from core.training.teacher import Lite0Encoder, SameConv, Teacher
from core.training.teacher_file import read_teacher
from core.training.validation import validate

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "train.py"


def trainer(images: int = 8 * 20, look_ahead: bool = False) -> Trainer:
    torch.manual_seed(0)
    phases = (Phase(((32, 32), (32, 64)), images, 8, 4e-3, 4e-3),)
    samples = [scene(i) for i in range(12)]
    settings = Settings(phases, warm_up=1)
    return Trainer(DepthNetwork(SMALL), settings, samples, look_ahead=look_ahead)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_twenty_steps_lower_the_loss() -> None:
    one = trainer()
    losses = [one.train_step()["loss"] for _ in range(20)]
    assert np.mean(losses[-4:]) < 0.8 * np.mean(losses[:4])
    assert one.done and one.images == 160


def test_resumed_run_equals_an_undisturbed_one(tmp_path: Path) -> None:
    whole = trainer()
    while not whole.done:
        whole.train_step()
    broken = trainer()
    for _ in range(7):
        broken.train_step()
    save_checkpoint(tmp_path / "c.pt", broken)
    resumed = trainer(look_ahead=True)
    resumed.restore(read_checkpoint(tmp_path / "c.pt"))
    while not resumed.done:
        resumed.train_step()
    for a, b in zip(whole.averaged, resumed.averaged, strict=True):
        assert torch.equal(a, b)
    for a, b in zip(
        whole.network.state_dict().values(), resumed.network.state_dict().values(), strict=True
    ):
        assert torch.equal(a, b)
    assert not list(tmp_path.glob("*.part"))


def test_run_stops_when_asked_and_leaves_a_checkpoint(tmp_path: Path) -> None:
    one = trainer()
    run(one, tmp_path, [], stopped=lambda: one.step >= 3, say=lambda _: None)
    assert read_checkpoint(tmp_path / "checkpoint.pt")["step"] == 3


def test_run_validates_and_logs_and_the_curves_are_drawn(tmp_path: Path) -> None:
    one = trainer(8 * 50)
    held = [scene(100), scene(101)]
    run(one, tmp_path, held, say=lambda _: None, validate_images=200)
    lines = [json.loads(s) for s in (tmp_path / "log.jsonl").read_text().splitlines()]
    scores = [line for line in lines if "absrel" in line]
    assert [line["images"] for line in scores] == [200, 400]
    assert scores[0]["ramp"] == scores[1]["ramp"] > 0
    draw_curves(tmp_path / "log.jsonl", tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 2000


def test_student_learns_the_teachers_maps_and_answers() -> None:
    torch.manual_seed(0)
    photo = Sample("p", scene(3).rgb, None, 0.0, "photo")
    phases = (Phase(((64, 64),), 4 * 3, 4, 1e-3, 1e-3),)
    settings = Settings(phases, photo_share=0.5)
    every = {"features", "distil", "distil labels"}
    for teacher, wanted in ((Lite0Encoder(), {"features"}), (Teacher(), every)):
        one = Trainer(DepthNetwork(SMALL), settings, [scene(1)], [photo], teacher)
        seen: set[str] = set()
        while not one.done:
            seen |= set(one.train_step())
        assert seen & every == wanted


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (5, 1), (3, 2), (5, 2)])
def test_depthwise_gradients_are_the_convolutions_own(kernel: int, stride: int) -> None:
    torch.manual_seed(0)
    layer = SameConv(6, 6, kernel, stride, groups=6, bias=False)
    gradients = []
    for training in (True, False):
        layer.train(training).zero_grad()
        x = torch.randn(2, 6, 11, 14, generator=torch.Generator().manual_seed(1)).requires_grad_()
        (layer(x) ** 2).sum().backward()
        assert x.grad is not None and layer.weight.grad is not None
        gradients.append((x.grad, layer.weight.grad.clone()))
    for own, other in zip(*gradients, strict=True):
        assert torch.allclose(own, other, atol=1e-4)
    x = torch.randn(2, 6, 11, 14)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer.train()(x).dtype == torch.bfloat16


def test_numbers_that_run_away_stop_the_run() -> None:
    one = trainer()
    with torch.no_grad():
        one.network.decoder.head.bias.fill_(float("nan"))
    with pytest.raises(SecondEyeError, match="lower the learning rate"):
        one.train_step()


def test_a_run_begins_with_weights_of_before_the_semantic_head(tmp_path: Path) -> None:
    torch.manual_seed(1)
    old = Trainer(DepthNetwork(replace(SMALL, labels=0)), Settings(()), [])
    state = old.state()
    for given in (state, {k: v for k, v in state.items() if k not in ("names", "config")}):
        new = DepthNetwork(SMALL)
        missing = start_from(new, averaged_by_name(new, given))
        assert missing and all("decoder.labels" in name for name in missing)
        own = dict(zip(names(new), tensors(new), strict=True))
        for name, value in old.averaged_state().items():
            assert torch.equal(own[name], value)
    with pytest.raises(SecondEyeError, match="begin with it by --start"):
        trainer().restore(state)
    with pytest.raises(SecondEyeError, match="another kind of network"):
        averaged_by_name(Teacher(), {"averaged": state["averaged"]})
    larger = DepthNetwork(replace(SMALL, stem=16))
    with pytest.raises(SecondEyeError, match="another network's"):
        start_from(larger, averaged_by_name(larger, state))


def test_what_ships_may_be_the_mean_with_what_it_began_with() -> None:
    torch.manual_seed(4)
    first, second = DepthNetwork(SMALL), DepthNetwork(SMALL)
    expected = [(a + b) / 2 for a, b in zip(tensors(first), tensors(second), strict=True)]
    average(second, first)
    assert all(torch.allclose(a, b) for a, b in zip(tensors(second), expected, strict=True))
    with pytest.raises(SecondEyeError, match="Only networks of one shape"):
        average(second, DepthNetwork(replace(SMALL, stem=16)))


def test_a_teacher_is_kept_without_its_run(tmp_path: Path) -> None:
    state = Trainer(Teacher(), Settings(()), []).state() | {"images": 48}
    checkpoint, kept = tmp_path / "checkpoint.pt", tmp_path / "teacher.safetensors"
    torch.save(state, checkpoint)
    command = [sys.executable, str(SCRIPT), "export", str(checkpoint), "-o", str(kept)]
    subprocess.run(command, check=True, timeout=120)
    assert kept.stat().st_size < 0.6 * checkpoint.stat().st_size
    picture = torch.rand(1, 3, 64, 96)
    (whole, steps), (half, same_steps) = read_teacher(checkpoint), read_teacher(kept)
    assert steps == same_steps == 48
    with torch.inference_mode():
        expected, got = whole(picture).inverse_depth, half(picture).inverse_depth
    assert (expected - got).abs().max() < 0.02 * expected.max()
    kept.write_bytes(kept.read_bytes()[:-100])
    with pytest.raises(SecondEyeError, match="copy it anew"):
        read_teacher(kept)
    save_file({"a": torch.zeros(2)}, kept)
    with pytest.raises(SecondEyeError, match="holds no teacher"):
        read_teacher(kept)


def test_validation_knows_labels_edges_and_calibration() -> None:
    one = trainer()
    scores = validate(one.network, one.averaged, [scene(i) for i in range(4)], (64, 96))
    assert 0 <= scores["miou"] < 1 and 0 <= scores["edges"] <= 1 and scores["spread"] > 0


def test_calibration_changes_the_expected_error_only() -> None:
    one = trainer()
    network = network_of(one.state())
    frames = [scene(i) for i in range(4)]
    before = network(torch.full((1, 3, 32, 32), 0.5))
    factor = calibrate(network, frames, (64, 96))
    after = network(torch.full((1, 3, 32, 32), 0.5))
    assert factor != pytest.approx(1, abs=0.01)
    assert validate(network, tensors(network), frames, (64, 96))["spread"] == pytest.approx(1)
    assert torch.equal(before.inverse_depth, after.inverse_depth)
    shift = (after.log_scale - before.log_scale).flatten()
    assert torch.allclose(shift, torch.full_like(shift, np.log(factor)), atol=1e-5)


def test_a_cut_checkpoint_is_named(tmp_path: Path) -> None:
    for held in (b"PK\x03\x04", b"only words\n", b"hello", b"", b"Ka\nb\n", b"\x80\x02"):
        (tmp_path / "c.pt").write_bytes(held)
        with pytest.raises(SecondEyeError, match=r"c.pt can't be read"):
            read_checkpoint(tmp_path / "c.pt")
    torch.save([1, 2], tmp_path / "c.pt")
    with pytest.raises(SecondEyeError, match=r"c.pt can't be read"):
        read_checkpoint(tmp_path / "c.pt")


def test_phases_are_read_from_text() -> None:
    phase = Phase.parse("96x128,96x160:6000:32:1e-3:5e-4")
    assert phase == Phase(((96, 128), (96, 160)), 6000, 32, 1e-3, 5e-4)
    for wrong in ("96x128", "90x128:1:1:1:1", "96:1:1:1:1"):
        with pytest.raises(UsageError, match="is no training phase"):
            Phase.parse(wrong)


def test_rendered_frames_load_once_and_held_out_scenes_stay_out(tmp_path: Path) -> None:
    for seed in (19, 20):
        write_scene(tmp_path / "renders", seed)
    for _ in range(2):
        train = load_renders(tmp_path / "renders", tmp_path / "cache", held=False)
        held = load_renders(tmp_path / "renders", tmp_path / "cache", held=True)
        assert [s.name for s in train] == ["renders/scene_000019/view_000"]
        assert [s.name for s in held] == ["renders/scene_000020/view_000"]
        depth = train[0].depth
        original = scene(19)
        assert depth is not None and original.depth is not None
        assert train[0].labels is not None and original.labels is not None
        assert np.array_equal(train[0].labels[1:], original.labels[1:])
        assert set(train[0].labels[0]) == {IGNORE}
        assert np.allclose(depth * train[0].unit, original.depth * original.unit, atol=1e-3)
    with pytest.raises(SecondEyeError, match="no finished training frames"):
        (tmp_path / "empty").mkdir()
        load_renders(tmp_path / "empty", None, held=False)


def test_decoded_scenes_of_one_name_stay_apart_and_follow_a_new_render(tmp_path: Path) -> None:
    def loaded(root: Path) -> np.ndarray:
        return load_renders(root, tmp_path / "cache", held=False)[0].rgb

    first, second = tmp_path / "first", tmp_path / "second"
    for root in (first, second):
        write_scene(root, 19)
    path = second / "scene_000019" / "view_000.jpg"
    assert cv2.imwrite(str(path), np.full((60, 80, 3), 7, np.uint8))
    assert loaded(first).std() > 10
    assert (loaded(second) == 7).all()
    assert cv2.imwrite(str(path), np.full((60, 80, 3), 90, np.uint8))
    assert (loaded(second) == 7).all(), "the decoded scene serves as long as it is the same"
    described = second / "scene_000019" / "scene.json"
    os.utime(described, ns=(1, 1))
    assert (loaded(second) == 90).all()


def test_target_is_0_far_and_1_near_whatever_the_unit() -> None:
    depth = np.linspace(0.2, 2.0, 6000).reshape(60, 100)
    target = normalise(depth)
    assert np.percentile(target, 2) == pytest.approx(0, abs=0.01)
    assert np.percentile(target, 98) == pytest.approx(1, abs=0.01)
    assert np.allclose(normalise(7 * depth), target, atol=1e-6)
    window = depth.copy()
    window[:6, :40] = 0
    assert np.abs(normalise(window) - target)[6:].max() < 0.1


def test_crop_roll_and_flip_move_picture_and_depth_together() -> None:
    """Depth is a function of the colour here, so that both can be compared after the move."""
    x, y = np.meshgrid(np.arange(160), np.arange(120))
    values = (40 + 0.8 * x + 0.5 * y).astype(np.uint8)
    wide = values.astype(np.uint16) * 250
    sample = Sample("r", np.stack([values] * 3, -1), wide, 1e-5, "", values)
    for seed in range(20):
        rgb, depth, labels = random_view(sample, 32, 64, np.random.default_rng(seed))
        assert depth is not None and labels is not None
        assert np.array_equal(labels, np.rint(depth / (250 * 1e-5)).astype(np.uint8))
        assert np.abs(rgb[..., 0] - depth / (250 * 1e-5)).max() < 5


def test_a_sample_is_a_function_of_its_seed() -> None:
    first, second, other = (
        training_view(scene(1), 32, 64, np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    assert first[0].shape == (32, 64, 3) and first[0].dtype == np.uint8
    assert first[1] is not None and first[1].shape == (32, 64)
    assert np.array_equal(first[0], second[0])
    assert not np.array_equal(first[0], other[0])


def test_a_run_resumed_at_the_border_of_two_phases_takes_the_new_frames(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    train = importlib.import_module("train")

    one = trainer(images=16)
    phases = one.settings.phases
    one.settings = replace(one.settings, phases=phases * 2)
    known = {sample.name for sample in one.renders}
    one.train_step()
    assert train.frames_at_hand(one, one.state()) == known, "within a phase nothing changes"
    one.train_step()
    assert one.phase()[0] == 1
    assert train.frames_at_hand(one, one.state()) == set(), "all that are finished by now"


def test_the_script_stops_on_a_signal_resumes_and_exports(tmp_path: Path) -> None:
    for seed in (1, 20):
        write_scene(tmp_path / "renders", seed)

    def student(images: int) -> list[str]:
        phase = f"32x32:{images}:2:1e-3:1e-3"
        given = ["--renders", tmp_path / "renders", "--out", tmp_path / "run", "--resume"]
        given += ["--cache", tmp_path / "cache", "--phase", phase]
        return [sys.executable, str(SCRIPT), "student", *map(str, given)]

    with subprocess.Popen(student(10**6), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "frames" in line:
                process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0 and "stopped" in line
    checkpoint = tmp_path / "run" / "checkpoint.pt"
    seen = read_checkpoint(checkpoint)["images"]
    said = subprocess.run(student(seen + 4), check=True, capture_output=True, text=True).stdout
    assert "done" in said
    assert read_checkpoint(checkpoint)["images"] == seen + 4
    exported = tmp_path / "mine.safetensors"
    command = [sys.executable, str(SCRIPT), "export", str(checkpoint), "-o", str(exported)]
    command += ["--calibrate", str(tmp_path / "renders"), "--cache", str(tmp_path / "cache")]
    subprocess.run([*command, "--size", "64"], check=True)
    model = load_model(exported, 64)
    assert model.infer(scene(5).rgb).inverse_depth.shape == (64, 64)
    metadata = read_weights(exported)[1]
    assert metadata["image_steps"] == str(seen + 4) and metadata["frames"] == "1"
    assert metadata["name"] == "mine" and float(metadata["calibration"]) > 0
