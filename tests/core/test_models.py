# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye models``: what is added is checked first, kept whole, and used by its name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from analysed import second_eye, tiny_model, tree
from clips import make_movie
from onnx_writer import FLOAT, FLOAT16, mean_model, node, port, weights, write

from core.cli import main
from core.depth import load_model
from core.errors import SecondEyeError, UsageError
from core.jobs.models import AddModelJob, RemoveModelJob, suggest_preset
from core.jobs.progress import Progress
from core.models import Registry, Source, find_source
from core.project import Project

pytest.importorskip("onnxruntime")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This test's own folder of added models."""
    monkeypatch.setenv("SECOND_EYE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def onnx(tmp_path: Path) -> Path:
    """A model whose answer is the mean colour, fixed to 32x48."""
    return mean_model(tmp_path / "mean.onnx", "NCHW", 32, 48, metadata={"license": "CC0-1.0"})


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict]:
    code = main(["models", *map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def add(path: Path, **more: object) -> dict:
    return AddModelJob(str(path), **more).run(lambda progress: None, lambda: False)


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
    assert main(["models", "info", "second_eye_v1"]) == 0
    assert "parameters" in capsys.readouterr().out
    assert main(["models", "info", "none"]) == 2
    assert 'no model "none": the models are second_eye_v1' in capsys.readouterr().err
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
        ("second_eye_v1", 'a model "second_eye_v1" already'),
        ("con/sole", "can't be a model's name"),
    ):
        with pytest.raises(UsageError, match=words):
            add(onnx, preset="midas", name=name)
    add(onnx, preset="midas", name="Mine")
    with pytest.raises(UsageError, match='a model "mine" already: give another --name'):
        add(onnx, preset="midas", name="mine")
    assert Registry().names() == ["Mine"]


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


def test_an_added_model_is_read_once(data: Path, onnx: Path, monkeypatch) -> None:
    add(onnx, preset="midas")
    read, whole = [], Source.fingerprint
    monkeypatch.setattr(Source, "fingerprint", lambda *a: read.append(1) or whole(*a))
    assert load_model("mean").fingerprint == Registry().entry("mean").fingerprint
    assert len(read) == 1


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


def test_the_sources_of_a_half_precision_file(tmp_path: Path) -> None:
    path = mean_model(tmp_path / "half.onnx", "NCHW", 32, 32, kind=FLOAT16, answer=FLOAT)
    source = find_source(path)
    assert (source.kind, source.parameters, source.files) == ("onnx", 1, (path,))
    assert source.bytes == os.path.getsize(path)
