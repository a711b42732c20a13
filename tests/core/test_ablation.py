# SPDX-License-Identifier: GPL-3.0-or-later
"""Ablations with tiny budgets: each run once, resumed, comparable."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from training_scenes import SMALL, scene, write_scene

from core.depth.network import NetworkConfig
from core.errors import UsageError
from core.training.ablation import Ablation, Budget, Variant, table, variants
from core.training.losses import LossWeights
from core.training.teacher import Teacher

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "ablate.py"


def small(variant: Variant) -> Variant:
    """The variant on a network of the same kind that trains in no time."""
    config = replace(SMALL, shared=variant.config.shared)
    if variant.config.groups != NetworkConfig().groups:
        config = replace(config, groups=variant.config.groups)
    return replace(variant, config=config)


def test_the_runs_are_those_that_the_card_asks_for() -> None:
    found = {v.name: v for v in variants([1, 2, 4, 8], 2, 0)}
    assert len(found) == 4 + 4 + len(vars(LossWeights())) - 1 + 1
    assert found["G = 8"].config.groups == (8, 8, 8, 8)
    assert found["without edges"].loss == LossWeights(edges=0.0)
    assert found["shared at random"].config.tying not in (None, NetworkConfig().plan())
    assert not found["unshared"].config.shared and found["base, seed 1"].seed == 1
    with pytest.raises(UsageError, match=r"G = 5: the 48 channels of stage 1 can't be cut into 5"):
        variants([5], 1, 0)


def test_runs_stop_go_on_and_are_not_repeated(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    budget = Budget(images=32, size=(32, 64), batch=8)
    frames, held = [scene(i) for i in range(4)], [scene(20), scene(21)]
    wanted = ("base", "unshared", "shared by CKA", "G = 2", "without labels")
    chosen = [small(v) for v in variants([2], 1, 0) if v.name in wanted]

    def ablation(limit: Budget = budget) -> Ablation:
        return Ablation(tmp_path, limit, frames, held, say=said.append)

    said: list[str] = []
    assert not ablation().run(chosen, lambda: True), "stopped before the first step"
    whole = ablation()
    assert whole.run(chosen, lambda: False)
    assert list(whole.results) == list(wanted)
    kept = json.loads((tmp_path / "ablation.json").read_text())
    assert kept == whole.results
    sizes = {name: result["encoder"] for name, result in kept.items()}
    assert sizes["unshared"] > sizes["base"] == sizes["shared by CKA"] == sizes["G = 2"]
    assert kept["without labels"]["made_of"]["loss"]["labels"] == 0
    tying = json.loads((tmp_path / "similarity.json").read_text())["tying"]
    assert kept["shared by CKA"]["made_of"]["config"]["tying"] == tying
    assert (tmp_path / "similarity.png").stat().st_size > 1000
    lines = (tmp_path / "ablation.md").read_text().splitlines()
    assert len(lines) == 2 + len(wanted) and lines[2].startswith("| base | 0.")
    assert table(kept) == "\n".join(lines) + "\n"
    said.clear()
    again = ablation()
    assert again.run(chosen, lambda: False) and again.results == whole.results
    assert not any("image steps" in line for line in said), "nothing was run a second time"
    assert ablation(replace(budget, images=40)).run(chosen[:1], lambda: False)
    assert any("0 of 40 image steps" in line for line in said), "another budget is another run"


def test_other_frames_or_another_teacher_make_another_run(tmp_path: Path) -> None:
    frames, held = [scene(i) for i in range(4)], [scene(20), scene(21)]
    variant = small(Variant("base"))
    torch.manual_seed(0)
    teachers = [None, Teacher(), Teacher()]

    def made_of(renders=frames, judged=held, teacher=None):
        one = Ablation(tmp_path, Budget(), renders, judged, teacher, say=print)
        return json.dumps(one._made_of(variant))

    assert made_of() == made_of()
    assert made_of() != made_of(renders=[*frames[:3], scene(9)]), "as many, but others"
    assert made_of() != made_of(judged=[scene(20), scene(22)])
    assert len({made_of(teacher=teacher) for teacher in teachers}) == 3
    placed = Ablation(tmp_path, Budget(), frames, held, device="cuda", say=print)
    assert json.dumps(placed._made_of(variant)) != made_of(), "augmented elsewhere"


def test_the_tying_by_similarity_needs_the_twin(tmp_path: Path) -> None:
    chosen = [v for v in variants([], 1, 0) if v.name == "shared by CKA"]
    one = Ablation(tmp_path, Budget(images=8), [scene(0)], [scene(1)], say=lambda _: None)
    with pytest.raises(UsageError, match="run 'unshared' first"):
        one.run(chosen, lambda: False)


def test_the_script_runs_from_frames_to_table(tmp_path: Path) -> None:
    for seed in (1, 20):
        write_scene(tmp_path / "renders", seed)
    command = [sys.executable, str(SCRIPT), "--renders", str(tmp_path / "renders")]
    command += ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
    command += ["--images", "2", "--batch", "2", "--size", "32x64", "--only", "G = 8"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "| G = 8 | " in said
    assert json.loads((tmp_path / "out" / "frames.json").read_text()) == [
        "renders/scene_000001/view_000"
    ]
    wrong = subprocess.run([*command, "--slices", "7"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2 and "no network with G = 7" in wrong.stderr
