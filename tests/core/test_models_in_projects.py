# SPDX-License-Identifier: GPL-3.0-or-later
"""Added models in depth projects: bound by name, metres kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from added_models import add
from analysed import tree
from clips import make_movie
from onnx_writer import mean_model

from core.cli import main
from core.project import Project

pytest.importorskip("onnxruntime")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_movie(tmp_path / "clip.mp4", range(1, 5))


def test_a_project_takes_the_added_model(data: Path, onnx: Path, clip: Path, capsys) -> None:
    add(onnx, preset="tcmonodepth", name="grey")
    project = clip.with_name("p.secondeye")
    base = ["depth", str(clip), "--project", str(project)]
    assert main([*base, "--model", "grey", "--frames", "1:2", "--json"]) == 0
    manifest = Project.open(project).manifest
    assert manifest.model.name == "grey" and manifest.model.unit == "relative"
    assert manifest.metres_per_unit is None
    before = tree(project)
    # Other models, and this one where it can't run, leave the finished project as it was.
    other = mean_model(onnx.with_name("nan.onnx"), "NCHW", 32, 32, times=float("nan"))
    for model, words in (
        (other, "was analysed with the model grey"),
        ("nothing", "no known depth model"),
        ("grey --device cuda", "can't run on cuda"),
    ):
        capsys.readouterr()
        assert main([*base, "--frames", "1:4", "--model", *str(model).split()]) in (1, 2)
        assert words in capsys.readouterr().err
        assert tree(project) == before
    assert main([*base, "--frames", "1:4", "--model", "grey"]) == 0
    assert Project.open(project).manifest.last == 4


def test_a_model_that_fails_binds_no_project(data: Path, onnx: Path, clip: Path, capsys) -> None:
    """Its first frame failed: the plates stay, and the earlier model takes the project."""
    project = clip.with_name("p.secondeye")
    base = ["depth", str(clip), "--project", str(project)]
    sick = mean_model(onnx.with_name("sick.onnx"), "NCHW", 32, 32, times=float("nan"))
    assert main([*base, "--model", str(sick)]) == 1
    assert "The model sick answers with 1024 values that are no numbers" in capsys.readouterr().err
    assert not list((project / "depth").iterdir())
    assert main([*base, "--model", str(onnx)]) == 0
    assert "mean.onnx does not say how its picture's colours" in capsys.readouterr().err
    assert Project.open(project).manifest.model.name == "mean"


def test_metric_models_keep_their_metres(data: Path, clip: Path, tmp_path: Path) -> None:
    """Scene distance is the model's depth in metres, for every pixel of the measured range."""
    from core.geometry import inverse_distance

    path = mean_model(tmp_path / "metric.onnx", "NCHW", 64, 96)
    path.with_suffix(".json").write_text('{"scale": 9, "output": "metric_depth"}')
    add(path)
    project = clip.with_name("p.secondeye")
    assert main(["depth", str(clip), "--project", str(project), "--model", "metric"]) == 0
    opened = Project.open(project)
    manifest, shot = opened.manifest, opened.manifest.shots[0]
    assert (manifest.model.unit, manifest.metres_per_unit) == ("metres", 1.0)
    stored = opened.read_depth(2)
    inside = (stored >= shot.low) & (stored <= shot.high)
    z = 1 / inverse_distance(opened.normalised(2), shot.near, shot.far, shot.strength)
    assert inside.mean() > 0.9
    assert np.allclose(z[inside], 1 / stored[inside], rtol=1e-3)
    # The clip's dark and light blocks, as the model measures them.
    assert 1 < np.percentile(z, 5) < 3 and 6 < np.percentile(z, 95) < 9


def test_an_artists_near_and_far_outrank_the_metres(data: Path, clip: Path, tmp_path: Path) -> None:
    path = mean_model(tmp_path / "metric.onnx", "NCHW", 64, 96)
    path.with_suffix(".json").write_text('{"scale": 9, "output": "metric_depth"}')
    project = clip.with_name("p.secondeye")
    base = ["depth", str(clip), "--project", str(project), "--model", str(path)]
    assert main([*base, "--frames", "1:2"]) == 0
    assert main([*base, "--frames", "1:3"]) == 0
    opened = Project.open(project)
    shot = opened.manifest.shots[0]
    assert shot.near == 1 / shot.high and shot.far == 1 / shot.low
    shot.near, shot.far = 1.5, 30.0
    opened.save()
    assert main([*base, "--frames", "1:4"]) == 0
    shot = Project.open(project).manifest.shots[0]
    assert (shot.near, shot.far) == (1.5, 30.0)
