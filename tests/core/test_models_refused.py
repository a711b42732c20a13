# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that can't be added or used: one sentence each, and nothing is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from added_models import add, run
from analysed import second_eye, tiny_model, tree
from onnx_writer import mean_model, port, weights, write

from core.cli import main
from core.depth import load_model
from core.errors import SecondEyeError
from core.jobs.models import AddModelJob
from core.jobs.progress import Progress
from core.models import Registry

pytest.importorskip("onnxruntime")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda f: f / "gone.onnx", "no model file at .*gone.onnx"),
        (lambda f: _written(f / "m.pth", b"x"), "pickled file, which can run any code"),
        (lambda f: _written(f / "m.ckpt", b"x"), "pickled file"),
        (lambda f: _written(f / "m.txt", b"x"), "m.txt is no depth model"),
        (lambda f: _written(f / "m.onnx", b"not an onnx"), "not an ONNX file"),
        (lambda f: mean_model(f / "m.onnx", "NCHW", 32, 32, channels=4), "takes an input of shape"),
        (lambda f: mean_model(f / "m.onnx", "NCHW", 32, 32, times=float("nan")), r"\(NaN\)"),
        (lambda f: mean_model(f / "m.onnx", "NCHW", 1, 32), "one value per pixel is wanted"),
    ],
)
def test_what_can_not_be_run_is_not_kept(data: Path, tmp_path: Path, onnx, make, words) -> None:
    add(onnx, preset="tcmonodepth", name="good")
    before = tree(data)
    with pytest.raises(SecondEyeError, match=words) as caught:
        add(make(tmp_path), preset="tcmonodepth", name="bad")
    assert len(str(caught.value).splitlines()) == 1
    assert tree(data) == before
    assert load_model("good").name == "good"


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "named",
    [{"a": "../evil.safetensors"}, {"a": "/evil.safetensors"}, {"a": "in/evil.safetensors"},
     {"a": "..\\evil.safetensors"}, {"a": ".."}, {"a": 3}, ["evil.safetensors"], None],
)  # fmt: skip
def test_an_index_names_files_beside_it(data: Path, tmp_path: Path, named) -> None:
    """Others would be read, and copied, outside the folders that the model belongs to."""
    folder = tmp_path / "net"
    (folder / "in").mkdir(parents=True)
    for place in (tmp_path, folder / "in"):
        (place / "evil.safetensors").write_bytes(tiny_model(tmp_path).read_bytes())
    (folder / "config.json").write_text('{"model_type": "dpt"}')
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": named}))
    with pytest.raises(SecondEyeError, match=r"index\.json (wants weights from|holds no weight_m)"):
        add(folder, copy=True)
    assert not data.exists()


def test_weights_beside_an_onnx_file_have_plain_names(data: Path, tmp_path: Path) -> None:
    """A way out of the folder and in again is refused too: a copy would lie outside its own."""
    name = f"../{tmp_path.name}/big.data"
    path = write(
        tmp_path / "big.onnx", [], [port("picture", [1, 3, 32, 32])],
        [port("depth", [1, 1, 32, 32])],
        [weights("w", np.ones((1, 3, 1, 1), np.float32), external=name)],
    )  # fmt: skip
    (tmp_path / "big.data").write_bytes(bytes(12))
    with pytest.raises(SecondEyeError, match="outside its folder"):
        add(path, preset="midas", copy=True)


def test_a_cancelled_check_keeps_nothing(data: Path, onnx: Path) -> None:
    stages = []

    def report(progress: Progress) -> None:
        stages.append(progress.stage)

    with pytest.raises(SecondEyeError, match="Cancelled"):
        AddModelJob(str(onnx), preset="midas", copy=True).run(report, lambda: "run" in stages)
    assert not data.exists() or not tree(data)
    assert stages[:3] == ["look", "read", "load"]


def test_a_model_that_changed_or_went(data: Path, onnx: Path, capsys) -> None:
    add(onnx, preset="midas")
    content = onnx.read_bytes()
    mean_model(onnx, "NCHW", 32, 64)
    with pytest.raises(SecondEyeError, match="has changed since it was added as the model mean"):
        load_model("mean")
    onnx.unlink()
    with pytest.raises(SecondEyeError, match="which is gone: put it back"):
        load_model("mean")
    code, listed = run(capsys, "list")
    assert code == 0 and "is gone" in listed["models"][-1]["problem"]
    onnx.write_bytes(content)
    assert load_model("mean").name == "mean"


def test_a_damaged_entry_is_listed_and_removed(data: Path, onnx: Path, capsys) -> None:
    add(onnx, preset="midas")
    (data / "models" / "mean" / "model.json").write_text("{")
    code, listed = run(capsys, "list")
    assert code == 0 and "is damaged" in listed["models"][-1]["problem"]
    with pytest.raises(SecondEyeError, match="remove the model mean and add it"):
        load_model("mean")
    assert run(capsys, "remove", "mean")[0] == 0
    assert run(capsys, "list")[1]["models"][-1]["bundled"]


@pytest.mark.parametrize(
    "change",
    [{"facts": None}, {"facts": {}}, {"facts": {"parameters": "many"}}, {"kind": 3}, {"path": []}],
)
def test_an_entry_that_lacks_something_hides_no_other(
    data: Path, onnx: Path, capsys, change: dict
) -> None:
    for name in ("good", "poor"):
        add(onnx, preset="midas", name=name)
    path = data / "models" / "poor" / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    code, listed = run(capsys, "list")
    good, poor = listed["models"][-2:]
    assert code == 0 and good["problem"] is None and "is damaged" in poor["problem"]
    assert main(["models", "list"]) == 0
    assert "poor/model.json is damaged" in capsys.readouterr().out


def test_what_a_killed_process_left_is_no_hindrance(data: Path, onnx: Path) -> None:
    """An unfinished copy, and a folder whose entry was removed first."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for name in (f".mean.{gone.pid}.part", "mean"):
        (data / "models" / name / "files").mkdir(parents=True)
        (data / "models" / name / "files" / "mean.onnx").write_bytes(b"half")
    assert Registry().names() == []
    added = add(onnx, preset="midas", copy=True)
    assert Path(added["path"]).read_bytes() == onnx.read_bytes()
    assert [path.name for path in (data / "models").iterdir()] == ["mean"]


def test_what_another_process_is_writing_stays(data: Path, onnx: Path) -> None:
    """Another model whose name begins alike, and this one by a process that lives."""
    names = {".mean.b.999.part", f".mean.{os.getppid()}.part", ".mean.notes.part"}
    for name in names:
        (data / "models" / name).mkdir(parents=True)
    add(onnx, preset="midas")
    assert {path.name for path in (data / "models").iterdir()} == {*names, "mean"}


def test_a_data_folder_that_can_not_be_written(onnx: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SecondEyeError, match=r"The model mean can't be kept in .*SECOND_EYE_DATA"):
        add(onnx, preset="midas", data=str(tmp_path / "file"))


@pytest.mark.parametrize("package", ["onnxruntime", "transformers"])
def test_an_engine_without_the_package(tmp_path: Path, onnx: Path, package: str) -> None:
    path = onnx
    if package == "transformers":
        pytest.importorskip("transformers")
        import transformers_folders as tiny

        path = tiny.save(tmp_path / "net", tiny.glpn())
    blocked = f"import sys\nsys.modules['{package}'] = None"
    command = ["models", "add", path, "--data", tmp_path / "data"]
    command += ["--preset", "midas"] if package == "onnxruntime" else []
    done = second_eye(*command, code=blocked)
    assert done.returncode == 1 and f"needs the package {package}" in done.stderr
    assert "Install Engine" in done.stderr and not (tmp_path / "data").exists()
