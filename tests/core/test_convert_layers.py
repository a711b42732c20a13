# SPDX-License-Identifier: GPL-3.0-or-later
"""`convert --layers`: what stands behind the foreground is made on the way, once, wide enough."""

import pytest
import torch
from analysed import stamps
from converted import copied_project, never, quiet

from core.errors import Cancelled
from core.jobs.convert import ConvertJob
from core.jobs.eye_settings import EyeSettings
from core.jobs.eyes import Eyes
from core.jobs.layers import PARALLAX, LayersJob
from core.project import behind as files
from core.synthesis import learned
from core.synthesis.network import SynthesisNetwork


@pytest.fixture(autouse=True)
def weights(tmp_path, monkeypatch):
    """Weights of the real network, untrained: the bundled ones are slow for a test."""
    torch.manual_seed(4)
    tensors = {n: t for n, t in SynthesisNetwork().state_dict().items() if t.is_floating_point()}
    path = tmp_path / "weights.safetensors"
    learned.save_network(path, tensors, {"name": "test"})
    monkeypatch.setattr(learned, "bundled_path", lambda: path)


def convert(project, output, report=quiet, cancelled=never, **arguments):
    return ConvertJob(
        project=str(project.folder), output=str(output), last=3, layers=True, speed="ultrafast",
        **arguments,
    ).run(report, cancelled)  # fmt: skip


def reach(project):
    (shot,) = project.manifest.shots
    return files.made_with_now(project.folder, project.manifest, shot)[2]


def test_layers_are_made_on_the_way_and_used(converted, tmp_path):
    project = copied_project(converted, tmp_path)
    stages = []
    first = convert(project, tmp_path / "a.mp4", lambda p: stages.append(p.stage))
    assert first["layers"] == 12, "of the whole shot, since later frames fill earlier ones"
    assert list(dict.fromkeys(stages))[:4] == ["statistics", "look ahead", "layers", "convert"]
    assert reach(project) == PARALLAX
    made = stamps(project.folder / "behind")
    assert convert(project, tmp_path / "b.mp4")["layers"] == 0
    assert stamps(project.folder / "behind") == made
    bare = Eyes(copied_project(converted, tmp_path / "bare"), EyeSettings(interocular=1.5))
    with_layers = Eyes(project, EyeSettings(interocular=1.5))
    assert any(
        (a != b).any() for a, b in zip(bare.pair(2), with_layers.pair(2), strict=True)
    )  # fmt: skip


def test_layers_are_wide_enough_for_the_rig_and_no_wider_ones_are_lost(converted, tmp_path):
    project = copied_project(converted, tmp_path)
    (shot,) = project.manifest.shots
    LayersJob(str(project.folder), parallax=0.2).run(quiet, never)
    assert convert(project, tmp_path / "a.mp4")["layers"] == 0 and reach(project) == 0.2
    # f/w 1: b * (1/near - 1/far)
    asked = {"interocular": 0.5, "convergence": 4.0, "near": 1.0, "far": 2.0}
    assert convert(project, tmp_path / "b.mp4", **asked)["layers"] == 12
    gain = project.manifest.lens.focal_over_width * 0.5 * (1.0 - 0.5)
    assert reach(project) == pytest.approx(gain * shot.strength)


def test_a_stop_in_the_layers_goes_on_there(converted, tmp_path):
    project = copied_project(converted, tmp_path)
    done = []

    def told(progress):
        if progress.stage == "layers":
            done.append(progress.done)

    with pytest.raises(Cancelled):
        convert(project, tmp_path / "a.mp4", told, lambda: bool(done) and done[-1] >= 5)
    assert not (tmp_path / "a.mp4").exists()
    assert convert(project, tmp_path / "a.mp4")["layers"] == 7


def test_a_picture_with_depth_needs_none(converted, tmp_path):
    project = copied_project(converted, tmp_path)
    assert convert(project, tmp_path / "a.mp4", format="rgbd")["layers"] == 0
    assert not (project.folder / "behind").exists()
