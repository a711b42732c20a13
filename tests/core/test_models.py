# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye models``: what is added is checked first, kept whole, and used by its name."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from added_models import add, run
from analysed import tiny_model
from onnx_writer import FLOAT, FLOAT16, mean_model, node, port, weights, write

from core.cli import main
from core.depth import load_model
from core.errors import UsageError
from core.jobs.models import RemoveModelJob, suggest_preset
from core.models import Registry, Source, find_source

pytest.importorskip("onnxruntime")


def test_add_list_info_use_remove(
    data: Path, onnx: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, added = run(capsys, "add", onnx, "--preset", "tcmonodepth", "--name", "grey")
    assert code == 0 and added["name"] == "grey" and not added["copied"]
    assert added["path"] == str(onnx) and "stays at" in added["message"]
    code, listed = run(capsys, "list")
    assert [model["name"] for model in listed["models"]][-1] == "grey"
    assert listed["models"][0]["bundled"] and listed["folder"] == str(data / "models")
    code, info = run(capsys, "info", "grey")
    assert info["inputs"] == [{"name": "picture", "shape": [1, 3, 32, 48], "type": "tensor(float)"}]
    wanted = {
        "kind": "onnx", "layout": "NCHW", "dtype": "float32", "unit": "relative", "window": 1,
        "parameters": 1, "licence": "CC0-1.0", "answer": [32, 48], "problem": None,
    }  # fmt: skip
    assert {key: info[key] for key in wanted} == wanted
    assert info["settings"]["preset"] == "tcmonodepth"
    model = load_model("grey")
    assert model.name == "grey"
    assert np.allclose(model.infer(np.full((32, 48, 3), 7, np.uint8)).inverse_depth, 7, atol=1e-4)
    code, _ = run(capsys, "remove", "grey")
    assert code == 0 and onnx.is_file() and not list((data / "models").iterdir())
    with pytest.raises(UsageError, match="'grey' is no known depth model"):
        load_model("grey")


def test_in_words(data: Path, onnx: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "add", str(onnx), "--preset", "midas"]) == 0
    assert "The model mean is added: relative depth" in capsys.readouterr().out
    assert main(["models", "info", "mean"]) == 0
    said = capsys.readouterr().out
    assert "normalisation     (rgb in 0..1 * 1 - [0, 0, 0]) / [1, 1, 1]" in said
    assert "licence           CC0-1.0" in said
    assert main(["models", "list"]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert "ships with Second Eye" in first and str(onnx) in rest[-1]
    assert main(["models", "info", "second_eye_v3"]) == 0
    assert "parameters" in capsys.readouterr().out
    assert main(["models", "info", "none"]) == 2
    assert 'no model "none": the models are second_eye_v3' in capsys.readouterr().err
    assert main(["models", "remove", "none"]) == 2
    assert "the added models are mean" in capsys.readouterr().err


def test_an_onnx_alone_says_what_it_needs(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = mean_model(tmp_path / "depth_anything_v2_vits.onnx")
    code, answer = run(capsys, "add", path)
    assert code == 1 and "by its name perhaps depth-anything-v2)" in answer["error"]
    assert "write depth_anything_v2_vits.json beside it" in answer["error"]
    path.with_suffix(".json").write_text('{"preset": "depth-anything-v2", "size": 70}')
    code, added = run(capsys, "add", path)
    assert code == 0 and added["settings"]["size"] == 70 and added["answer"] == [70, 70]
    assert suggest_preset("vda_metric_vits") == "video-depth-anything-metric"
    assert suggest_preset("DA3MONO-LARGE") == "depth-anything-v3"
    assert suggest_preset("model") is None


def test_a_preset_and_a_sidecar(data: Path, tmp_path: Path) -> None:
    """The preset is the base; what the sidecar says is said on purpose."""
    path = mean_model(tmp_path / "m.onnx")
    path.with_suffix(".json").write_text('{"size": 64}')
    settings = add(path, preset="midas-v2")["settings"]
    assert settings["size"] == 64 and settings["mean"] == [0.485, 0.456, 0.406]


def test_what_a_sidecar_says_outranks_even_as_a_default(data: Path, tmp_path: Path) -> None:
    """Inverse depth and 0..255 are what a file without settings has; here they are said."""
    said = {"output": "inverse_depth", "scale": 255, "mean": 0, "std": 1}
    path = mean_model(tmp_path / "m.onnx")
    sidecar = path.with_suffix(".json")
    sidecar.write_text(json.dumps({"preset": "depth-anything-v3", **said}))
    add(path, name="alone")
    sidecar.write_text(json.dumps({"preset": "midas", **said}))
    add(path, name="both", preset="depth-anything-v3")
    for name in ("alone", "both"):
        settings = load_model(name).settings
        assert settings.preset == "depth-anything-v3" and settings.size == 504
        assert (settings.output, settings.scale) == ("inverse_depth", 255)
        assert (settings.mean, settings.std) == ((0, 0, 0), (1, 1, 1))


def test_a_copy_is_the_registrys_own(data: Path, onnx: Path) -> None:
    added = add(onnx, preset="midas", copy=True)
    copy = Path(added["path"])
    assert copy.is_relative_to(data) and copy.read_bytes() == onnx.read_bytes()
    onnx.unlink()
    assert load_model("mean").infer(np.zeros((8, 8, 3), np.uint8)).inverse_depth.shape == (32, 48)
    data.rename(data.with_name("moved"))
    assert load_model("mean", data=data.with_name("moved")).name == "mean"
    RemoveModelJob("mean", str(data.with_name("moved"))).run(print, lambda: False)
    assert not copy.exists()


def test_a_copy_with_weights_beside_it(data: Path, tmp_path: Path) -> None:
    nodes = [
        node("Mul", "picture w", "more"),
        node("ReduceMean", "more", "depth", axes=[1], keepdims=1),
    ]
    values = np.ones((1, 3, 1, 1), np.float32)
    path = write(
        tmp_path / "big.onnx", nodes, [port("picture", [1, 3, 32, 32])],
        [port("depth", [1, 1, 32, 32])], [weights("w", values, external="big.data")],
    )  # fmt: skip
    (tmp_path / "big.data").write_bytes(values.tobytes())
    added = add(path, preset="midas", copy=True)
    assert (Path(added["path"]).parent / "big.data").is_file()
    (tmp_path / "big.data").unlink()
    assert load_model("big").name == "big"


def test_own_weights_and_transformers(data: Path, tmp_path: Path) -> None:
    own = add(tiny_model(tmp_path), name="small")
    assert own["kind"] == "second-eye" and load_model("small").name == "small"
    pytest.importorskip("transformers")
    import transformers_folders as tiny

    folder = tiny.save(tmp_path / "net", tiny.glpn(), {"size_divisor": 32})
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A model\n")
    for copy in (False, True):
        added = add(folder / "config.json", name=f"glpn-{copy}", copy=copy)
        assert (added["unit"], added["licence"]) == ("metres", "apache-2.0")
        assert load_model(added["name"]).unit == "metres"
    with pytest.raises(UsageError, match="describes itself"):
        add(folder, preset="midas")


def test_names(data: Path, onnx: Path) -> None:
    for name, words in (
        ("../x", "can't be a model's name"),
        ("second_eye_v3", 'a model "second_eye_v3" already'),
        ("con/sole", "can't be a model's name"),
    ):
        with pytest.raises(UsageError, match=words):
            add(onnx, preset="midas", name=name)
    add(onnx, preset="midas", name="Mine")
    with pytest.raises(UsageError, match='a model "mine" already: give another --name'):
        add(onnx, preset="midas", name="mine")
    assert Registry().names() == ["Mine"]


def test_an_added_model_is_read_once(data: Path, onnx: Path, monkeypatch) -> None:
    add(onnx, preset="midas")
    read, whole = [], Source.fingerprint
    monkeypatch.setattr(Source, "fingerprint", lambda *a: read.append(1) or whole(*a))
    assert load_model("mean").fingerprint == Registry().entry("mean").fingerprint
    assert len(read) == 1


def test_the_sources_of_a_half_precision_file(tmp_path: Path) -> None:
    path = mean_model(tmp_path / "half.onnx", "NCHW", 32, 32, kind=FLOAT16, answer=FLOAT)
    source = find_source(path)
    assert (source.kind, source.parameters, source.files) == ("onnx", 1, (path,))
    assert source.bytes == os.path.getsize(path)
