# SPDX-License-Identifier: GPL-3.0-or-later
"""Repair's training on made-up scenes: estimates cached, steps resumed to the bit, weights out."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from training_scenes import SMALL, write_scene

from core.depth.labels import IGNORE
from core.depth.network import DepthNetwork
from core.depth.weights import save_weights
from core.errors import SecondEyeError
from core.repair.spatial_network import SpatialNetwork
from core.repair.weights import read_networks, read_tensors
from core.training.averaging import load_averaged, names, tensors
from core.training.repair_estimates import Estimated, Estimator, load_estimates
from core.training.repair_export import calibrate_spatial, export_repair
from core.training.repair_loop import RepairTrainer, run_repair, save_repair
from core.training.repair_spatial import SpatialTask, SpatialWeights, spatial_loss
from core.training.repair_task import RepairSchedule

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "train.py"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``renders/`` with seven scenes, two of them held out, and ``base.safetensors``."""
    root = tmp_path_factory.mktemp("repair")
    for seed in (1, 2, 3, 4, 5, 20, 40):
        write_scene(root / "renders", seed)
    torch.manual_seed(0)
    network = DepthNetwork(SMALL)
    stored = dict(zip(names(network), tensors(network), strict=True))
    save_weights(root / "base.safetensors", SMALL, stored, {"size": "96"})
    return root


def estimates(folder: Path, clean: bool = False) -> list[Estimated]:
    estimator = Estimator(folder / "base.safetensors", 7, clean)
    return load_estimates([folder / "renders"], estimator, folder / "cache")


def task(folder: Path) -> SpatialTask:
    """Its base estimates are the truth, blurred: what an untrained network says is none."""
    torch.manual_seed(0)
    scenes = []
    for scene in estimates(folder):
        records = np.array(scene.records)
        for record in records:
            blurred = cv2.GaussianBlur(record["truth"].astype(np.float32), (0, 0), 2)
            record["base"], record["scale"] = blurred, 0.05
        scenes.append(replace(scene, records=records))
    return SpatialTask(scenes, estimates(folder, clean=True))


def test_estimates_are_made_once_and_keep_scenes_apart(folder: Path) -> None:
    made, held = estimates(folder), estimates(folder, clean=True)
    assert sorted(s.seed for s in made) == [1, 2, 3, 4, 5]
    assert sorted(s.seed for s in held) == [20, 40]
    files = {p: p.stat().st_mtime_ns for p in (folder / "cache" / "estimates").iterdir()}
    assert len(files) == 7
    again = estimates(folder)
    assert {p: p.stat().st_mtime_ns for p in (folder / "cache" / "estimates").iterdir()} == files
    np.testing.assert_array_equal(again[0].records["base"], made[0].records["base"])
    record = made[0].records[0]
    assert record["base"].std() > 0 and (record["scale"] > 0).all()
    assert set(np.unique(record["classes"])) <= {1, 4, IGNORE}
    assert float(record["truth"].min()) > 0.09 and float(record["truth"].max()) <= 1.001


def test_damaged_estimates_are_named(folder: Path, tmp_path: Path) -> None:
    estimates(folder, clean=True)
    estimator = Estimator(folder / "base.safetensors", 7, True)
    copied = tmp_path / "estimates"
    copied.mkdir()
    for path in (folder / "cache" / "estimates").iterdir():
        (copied / path.name).write_bytes(path.read_bytes()[:100])
    with pytest.raises(SecondEyeError, match="delete it"):
        load_estimates([folder / "renders"], estimator, tmp_path)


def test_loss_rewards_sharper_steps_and_right_depth() -> None:
    target = torch.full((1, 1, 24, 32), 0.2)
    target[..., 12:] = 0.8
    kernel = torch.ones(1, 1, 1, 5) / 5
    padded = torch.nn.functional.pad(target, (2, 2, 0, 0), mode="replicate")
    base = torch.nn.functional.conv2d(padded, kernel)
    quiet = torch.full_like(target, -3.0)
    weights = SpatialWeights()

    def terms(answer: torch.Tensor) -> dict[str, float]:
        return spatial_loss(answer, quiet, base, target, weights)[1]

    kept, halfway, right = terms(base), terms((base + target) / 2), terms(target)
    for name in ("error", "gradient", "edges"):
        assert right[name] < halfway[name] < kept[name]
    # A base that has nothing to do with the truth teaches nothing.
    total, nothing = spatial_loss(target, quiet, 1 - target, target, weights)
    assert nothing["error"] == nothing["edges"] == 0 and bool(torch.isfinite(total))


def test_steps_lower_the_loss_and_resume_to_the_bit(folder: Path, tmp_path: Path) -> None:
    schedule = RepairSchedule(4 * 24, 4, 2e-3, 1e-3, seed=5, warm_up=1)
    whole = RepairTrainer(task(folder), schedule)
    losses = [whole.train_step()["loss"] for _ in range(24)]
    assert whole.done and np.mean(losses[-6:]) < 0.95 * np.mean(losses[:4])
    broken = RepairTrainer(task(folder), schedule)
    for _ in range(10):
        broken.train_step()
    save_repair(tmp_path / "checkpoint.pt", broken)
    resumed = RepairTrainer(task(folder), schedule)
    resumed.restore(torch.load(tmp_path / "checkpoint.pt", weights_only=True))
    while not resumed.done:
        resumed.train_step()
    for a, b in zip(whole.averaged, resumed.averaged, strict=True):
        assert torch.equal(a, b)
    with pytest.raises(SecondEyeError, match="--out"):
        broken.restore(broken.state() | {"part": "fusion"})


def test_validation_leaves_the_weights_as_they_were(folder: Path) -> None:
    one = RepairTrainer(task(folder), RepairSchedule(8, 4, seed=1))
    one.train_step()
    before = [t.clone() for t in tensors(one.network)]
    scores = one.validate()
    assert {"absrel", "base_absrel", "edges", "base_edges", "spread"} <= scores.keys()
    assert all(torch.equal(a, b) for a, b in zip(before, tensors(one.network), strict=True))


def test_run_writes_a_log_and_a_checkpoint(folder: Path, tmp_path: Path) -> None:
    one = RepairTrainer(task(folder), RepairSchedule(8, 4))
    said: list[str] = []
    run_repair(one, tmp_path / "out", say=said.append)
    assert "absrel" in (tmp_path / "out" / "log.jsonl").read_text()
    assert "held-out scenes" in said[-1]
    assert (tmp_path / "out" / "checkpoint.pt").exists()


def test_calibration_brings_expected_errors_to_measured_ones(folder: Path) -> None:
    network = SpatialNetwork().eval()
    held = estimates(folder, clean=True)
    first = calibrate_spatial(network, held)
    assert abs(first - 1) > 0.05
    assert calibrate_spatial(network, held) == pytest.approx(1, abs=0.02)
    with pytest.raises(SecondEyeError, match="calibrate"):
        calibrate_spatial(network, [scene for scene in held if scene.seed == 40])


def test_export_replaces_one_part_and_keeps_the_others(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "repair.safetensors"
    one = RepairTrainer(task(folder), RepairSchedule(4, 4))
    one.train_step()
    save_repair(tmp_path / "checkpoint.pt", one)
    held = estimates(folder, clean=True)
    export_repair([tmp_path / "checkpoint.pt"], output, held, {"name": "repair"})
    parts, told = read_tensors(output)
    assert told["name"] == "repair" and told["spatial samples"] == "4"
    expected = SpatialNetwork()
    load_averaged(expected, one.averaged)
    read = read_networks(output).spatial
    assert read is not None
    torch.testing.assert_close(read.stem[0].weight, expected.stem[0].weight, atol=1e-3, rtol=1e-3)
    export_repair([], output, held, {"name": "again"})
    kept, told = read_tensors(output)
    assert told["name"] == "again" and told["spatial samples"] == "4"
    assert all(torch.equal(parts["spatial"][n], kept["spatial"][n]) for n in parts["spatial"])
    torch.save({"averaged": [], "part": "none"}, tmp_path / "wrong.pt")
    with pytest.raises(SecondEyeError, match="no checkpoint of repair"):
        export_repair([tmp_path / "wrong.pt"], output, held, {})


def test_command_stops_resumes_and_exports(folder: Path, tmp_path: Path) -> None:
    shared = ["--renders", folder / "renders", "--base", folder / "base.safetensors"]
    shared += ["--cache", folder / "cache", "--picture-seed", "7"]
    train = [sys.executable, SCRIPT, "repair", *shared, "--out", tmp_path / "out", "--batch", "2"]
    train = [*map(str, train), "--images"]
    log = tmp_path / "said"
    with open(log, "wb") as file:
        process = subprocess.Popen([*train, "100000"], stdout=file, stderr=subprocess.STDOUT)
        until = time.monotonic() + 120
        while not (tmp_path / "out" / "log.jsonl").exists() and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(60) == 0, log.read_text()
    assert "go on with --resume" in log.read_text()

    def told(*words: object) -> str:
        done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    assert "add --resume" in told(*train, "100000")
    assert "other settings" in told(*train, "8", "--resume")
    checkpoint, output = tmp_path / "out" / "checkpoint.pt", tmp_path / "r.safetensors"
    said = told(sys.executable, SCRIPT, "export-repair", checkpoint, *shared, "-o", output)
    assert "expected errors x" in said
    assert read_networks(output).spatial is not None
