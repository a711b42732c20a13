# SPDX-License-Identifier: GPL-3.0-or-later
"""The model card: the one command on small data, and the rules by which frames are chosen."""

import json
import subprocess
import sys
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from analysed import ROOT, tiny_model

from core.errors import SecondEyeError
from core.training.frames import FrameWriter

sys.path.insert(0, str(ROOT / "scripts"))

from card import ablations, choose, depth_text
from card.contenders import RAMP, contenders


@dataclass(frozen=True)
class Named:
    name: str


def scene(near=0.5, far=0.2, post=None):
    """Inverse depth of a card before a wall, (96, 128), perhaps with a post."""
    inverse = np.full((96, 128), far)
    inverse[30:70, 40:90] = near
    if post is not None:
        inverse[10:, post : post + 2] = near
    return inverse


def picture(inverse, seed=0):
    rng = np.random.default_rng(seed)
    grain = rng.integers(0, 40, inverse.shape)
    return np.repeat((inverse * 300 + grain)[..., None], 3, axis=2).clip(0, 255).astype(np.uint8)


def test_traits_tell_texture_light_and_thin_things():
    plain = np.full((96, 128, 3), 120, np.uint8)
    assert choose.trait(plain, scene()).gradient == 0.0
    assert choose.trait(picture(scene()), scene()).gradient > 5.0
    burnt = plain.copy()
    burnt[:24] = 255
    assert choose.trait(burnt, scene()).clipped == pytest.approx(0.25, abs=0.02)
    assert choose.trait(plain, scene()).thin < 0.002, "corners of the card at most"
    assert choose.trait(plain, scene(post=10)).thin == pytest.approx(2 / 128 * 86 / 96, rel=0.1)


def test_holes_of_a_measured_map_are_no_thin_structures():
    holed = scene()
    holed[:, 60:64] = 0
    holed[20:60:7] = 0
    plain = np.zeros((96, 128, 3), np.uint8)
    assert choose.trait(plain, holed).thin < 0.004


def test_rules_choose_by_value_one_a_scene_and_never_what_lacks_the_trait():
    frames = [Named("a/1"), Named("a/2"), Named("b/1"), Named("c/1")]
    traits = [
        choose.Trait(gradient=g, clipped=c, thin=0.0)
        for g, c in ((3, 0.2), (1, 0.5), (2, 0.0), (4, 0.1))
    ]
    chosen = choose.by_rule("low texture", frames, traits, 2)
    assert [f.name for f in chosen] == ["a/2", "b/1"]
    chosen = choose.by_rule("strong light", frames, traits, 4)
    assert [f.name for f in chosen] == ["a/2", "c/1"]
    assert choose.by_rule("thin structures", frames, traits, 4) == []
    errors = [0.1, 0.4, 0.3, 0.2]
    assert [f.name for f in choose.worst(frames, errors, 2)] == ["a/2", "b/1"]
    assert [f.name for f in choose.quartiles(frames, errors)] == ["c/1", "b/1"]
    sequence = [Named(f"{i:04d}") for i in range(40)]
    chosen = choose.worst(sequence, [float(i) for i in range(40)], 3)
    assert [f.name for f in chosen] == ["0039", "0035", "0031"]


def test_the_verdict_says_what_is_not_reached():
    def row(abs_rel, delta1):
        return {"abs_rel": abs_rel, "delta1": delta1}

    sets = {"kitchen": {"net": row(0.14, 0.8), "peer": row(0.13, 0.82), RAMP: row(0.18, 0.66)}}
    report = {"ours": "net", "peer": "peer", "sets": sets, "mean": sets["kitchen"]}
    gate, goal, ramp = depth_text._verdict(report)
    assert "NOT reached" in gate and ".140 against .130" in gate
    assert "NOT reached" in goal and "7.7% above" in goal and "on each" in ramp
    for line in (gate, goal):
        assert "Tried: " in line and "Would close it: " in line
    assert "Tried" not in ramp
    sets["kitchen"]["net"] = row(0.11, 0.9)
    gate, goal, _ = depth_text._verdict(report)
    assert "**reached**" in gate and "**reached**" in goal
    sets["kitchen"][RAMP] = row(0.11, 0.5)
    assert "NOT on kitchen" in depth_text._verdict(report)[2]


def test_ablations_are_a_table_and_the_matrix(tmp_path):
    made_of = {"budget": {"images": 4000, "size": [96, 128]}, "frames": 900, "held_out": 77}
    scores = {"absrel": 0.21234, "delta1": 0.7, "edges": 0.2, "spread": 1.0}
    run = {"made_of": made_of, "scores": scores, "encoder": 2443344, "decoder": 1019592}
    (tmp_path / "ablation.json").write_text(json.dumps({"base": run, "G = 1": run}))
    (tmp_path / "similarity.json").write_text(json.dumps({"tying": [[0, 0], [0, 1]]}))
    cv2.imwrite(str(tmp_path / "similarity.png"), np.full((40, 60, 3), 90, np.uint8))
    runs, alike = ablations.read_ablations(tmp_path, tmp_path / "public")
    assert "4,000 image steps at 96x128" in runs["text"]
    assert any("| G = 1 | 0.212 |" in line for line in runs["lines"])
    assert "stage 2: [0, 1]" in alike["text"] and alike["pictures"][0].is_file()
    (tmp_path / "ablation.json").write_text("{")
    with pytest.raises(SecondEyeError, match="not readable JSON"):
        ablations.read_ablations(tmp_path, tmp_path / "public")
    with pytest.raises(SecondEyeError, match=r"holds no ablation\.json"):
        ablations.read_ablations(tmp_path / "public", tmp_path / "public")


def test_a_teacher_of_another_shape_is_refused(tmp_path):
    import torch

    path = tmp_path / "checkpoint.pt"
    torch.save({"averaged": [torch.zeros(3)], "images": 4}, path)
    with pytest.raises(SecondEyeError, match="another kind of network"):
        contenders(str(tiny_model(tmp_path)), None, [], path)


@pytest.fixture
def data(tmp_path):
    """A set of four frames and a held-out scene of three views."""
    for name in ("rgb", "depth"):
        (tmp_path / "sets" / "room" / name).mkdir(parents=True)
    for k in range(4):
        inverse = scene(0.4 + 0.1 * k, post=100)
        millimetres = np.rint(1000 / inverse).astype(np.uint16)
        cv2.imwrite(str(tmp_path / f"sets/room/rgb/{k}.png"), picture(inverse, k))
        cv2.imwrite(str(tmp_path / f"sets/room/depth/{k}.png"), millimetres)
    zeros = np.zeros((96, 128, 3), np.float32)
    with FrameWriter(tmp_path / "renders", 40, "room") as writer:
        for k in range(3):
            inverse = scene(0.5 + 0.2 * k).astype(np.float32)
            inverse[:8] = 0
            labels = np.where(inverse > 0.3, 5, np.where(inverse > 0, 3, 1)).astype(np.uint8)
            rgb = picture(inverse, k)
            eye = np.eye(4)
            writer.add_view(rgb, inverse, zeros, zeros[..., :2], labels, 90.0, eye, eye)
        writer.finish(sources=[], generator=4)
    return tmp_path


def test_one_command_writes_card_and_pictures(data, tmp_path):
    model, out = tiny_model(tmp_path), tmp_path / "docs" / "model-card.md"
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "scripts" / "model_card.py"), "--model", str(model)),
            *("--sets", str(data / "sets"), "--renders", str(data / "renders")),
            *("--out", str(out), "--private", str(tmp_path / "private")),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    text = out.read_text()
    assert str(tmp_path) not in text, "no path of this machine"
    assert "of 1 held-out scenes that the calibration of the uncertainty did not see" in text
    assert "| room | 4 |" in text and "vertical ramp" in text
    for words in ("## Edges", "AUSE", "## Cost", "the same bits from every inference", "NOT"):
        assert words in text
    assert "`--log` was not given" in text and "Quoted, not measured here" in text
    shown = {path.name for path in (out.parent / "pictures" / "model-card").iterdir()}
    assert shown >= {"renders-quartiles.jpg", "renders-failures.jpg", "uncertainty.jpg"}
    for name in shown:
        assert f"pictures/model-card/{name}" in text
    hidden = {path.name for path in (tmp_path / "private").iterdir()}
    assert {"room-quartiles.jpg", "room-thin-structures.jpg", "report.json"} <= hidden
    assert not any(name.startswith("room") for name in shown), "measured sets stay out of docs"
    report = json.loads((tmp_path / "private" / "report.json").read_text())
    assert report["speed"][0]["digest"] and report["sets"]["room"]["count"] == 4


def test_cost_alone_leaves_the_rest_of_the_card(tmp_path, monkeypatch):
    import model_card
    from card import run

    def speed(model, threads, size=None):
        # The real processes are measured in the test above.
        return {
            **{"threads": threads, "size": size, "load": 0.5, "median": 20.0, "fastest": 21.0},
            **{"processor": 0.1, "streams": threads, "peak": 5e8, "digest": "same"},
        }

    monkeypatch.setattr(run, "measure_speed", speed)
    out = tmp_path / "card.md"
    out.write_text(
        "# Card\n\n## Depth\n\nas it was\n\n## Cost\n\nold\n\n## Training\n\nas it was\n"
    )
    arguments = ["--only", "cost", "--out", str(out), "--private", str(tmp_path / "private")]
    assert model_card.main(arguments) == 0
    text = out.read_text()
    assert "## Depth\n\nas it was\n" in text and "## Training\n\nas it was\n" in text
    assert (
        "\nold\n" not in text
        and "at least 15 frames/s at 256x448 on two threads: **reached**" in text
    )
    parts = {
        w[1].strip(): w[2].strip() for w in (x.split("|") for x in text.splitlines() if "|" in x)
    }
    assert parts["synthesis"] == "2,454,932" and parts["repair"] == "2,169,807"


def test_missing_data_is_one_sentence(tmp_path, capsys):
    import model_card

    assert model_card.main(["--sets", str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
