# SPDX-License-Identifier: GPL-3.0-or-later
"""The menu of models: added from a file by the worker's check, chosen, analysed with, removed."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import bpy
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module, engine_python: Path) -> Path:
    """A folder of added models of this test's own; skipped where the engine has no onnxruntime."""
    code = "import importlib.util as u, sys; sys.exit(u.find_spec('onnxruntime') is None)"
    if subprocess.run([engine_python, "-c", code]).returncode:
        pytest.skip("the engine has no onnxruntime")
    monkeypatch.setenv("SECOND_EYE_DATA", str(tmp_path / "data"))
    module("addon.engine.models").forget()
    yield tmp_path / "data"
    module("addon.engine.models").forget()


@pytest.fixture
def onnx(tmp_path: Path) -> Path:
    """A model whose answer is the mean colour."""
    spec = importlib.util.spec_from_file_location(
        "onnx_writer", ROOT / "tests" / "core" / "onnx_writer.py"
    )
    writer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(writer)
    return writer.mean_model(tmp_path / "mean.onnx", "NCHW", 32, 48)


def items() -> dict[str, str]:
    """The menu as the panel shows it: identifier -> title."""
    models = sys.modules["bl_ext.user_default.second_eye.addon.engine.models"]
    listed = models.choices(bpy.context.scene.second_eye.model_name)
    return {choice.identifier: choice.title for choice in listed}


def test_the_model_that_ships_is_chosen_first(second_eye, data: Path) -> None:
    settings = bpy.context.scene.second_eye
    assert settings.model == "second_eye_v3" and settings.model_name == ""
    assert items() == {"second_eye_v3": "second_eye_v3 (ships)"}
    assert not bpy.ops.second_eye.remove_model.poll()
    with pytest.raises(RuntimeError, match="Choose a model that was added"):
        bpy.ops.second_eye.remove_model()


def test_the_model_that_ships_called_by_its_name(second_eye, module, clip: Path, data, tmp_path):
    """From a shell: the same item of the menu, not a second one that is said to be missing."""
    ships = module("addon.engine.models").DEFAULT
    command = ["depth", str(clip), "--frames", "1:1", "--model", ships]
    command += ["--project", str(tmp_path / "p.secondeye")]
    assert module("addon.command_line").main(command) == 0
    settings = bpy.context.scene.second_eye
    assert (settings.model_name, settings.model) == ("", ships)
    settings.model_name = ships
    assert settings.model == ships and items() == {ships: f"{ships} (ships)"}


def test_add_choose_analyse_remove(
    second_eye, data: Path, onnx: Path, clip: Path, tmp_path
) -> None:
    settings = bpy.context.scene.second_eye
    assert bpy.ops.second_eye.choose_model(
        filepath=str(onnx), preset="tcmonodepth", model_name="grey"
    ) == {"FINISHED"}
    assert (settings.model_name, settings.model) == ("grey", "grey")
    assert list(items()) == ["second_eye_v3", "grey"]
    assert (data / "models" / "grey" / "model.json").is_file()
    bpy.ops.second_eye.import_clip(filepath=str(clip))
    settings.first, settings.last = 1, 2
    settings.project_folder = str(tmp_path / "grey.secondeye")
    assert bpy.ops.second_eye.analyse() == {"FINISHED"}
    manifest = json.loads((tmp_path / "grey.secondeye" / "project.json").read_text())
    assert manifest["model"]["name"] == "grey"
    # The scene keeps its choice by name, through saving and loading.
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    settings.model = "second_eye_v3"
    assert settings.model_name == ""
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    settings = bpy.context.scene.second_eye
    assert settings.model == "grey"
    assert bpy.ops.second_eye.remove_model() == {"FINISHED"}
    assert (settings.model_name, list(items())) == ("", ["second_eye_v3"])
    assert onnx.is_file()


def test_a_vanished_model_stays_chosen_and_says_so(
    second_eye, module, data: Path, onnx: Path, clip: Path, tmp_path: Path
) -> None:
    settings = bpy.context.scene.second_eye
    for name in ("one", "two"):
        bpy.ops.second_eye.add_model(filepath=str(onnx), preset="midas", model_name=name)
    settings.model = "one"
    module("addon.engine.models").registry().remove("one")  # as another Blender would
    module("addon.engine.models").forget()
    assert settings.model == "one" and items()["one"] == "one (missing)"
    bpy.ops.second_eye.import_clip(filepath=str(clip))
    settings.project_folder = str(tmp_path / "p.secondeye")
    with pytest.raises(RuntimeError, match='The model "one" is not among the added models'):
        bpy.ops.second_eye.analyse()
    assert not (tmp_path / "p.secondeye").exists()
    settings.model = "two"
    assert settings.model_name == "two" and "one" not in items()
    settings.last = 1
    assert bpy.ops.second_eye.analyse() == {"FINISHED"}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("alone.onnx", None, "does not say how its picture's colours"),
        ("weights.pth", b"x", "pickled file, which can run any code"),
        ("broken.onnx", b"not an onnx", "broken.onnx is not an ONNX file"),
        ("gone.onnx", b"", "no model file at .*gone.onnx"),
    ],
)
def test_what_the_file_needs_is_said(
    second_eye, data: Path, onnx: Path, tmp_path: Path, name: str, content, words: str
) -> None:
    path = tmp_path / name
    if content is None:
        path.write_bytes(onnx.read_bytes())
    elif content:
        path.write_bytes(content)
    with pytest.raises(RuntimeError, match=words) as caught:
        bpy.ops.second_eye.choose_model(filepath=str(path))
    assert "Traceback" not in str(caught.value)
    assert bpy.context.scene.second_eye.model_name == "" and list(items()) == ["second_eye_v3"]
    assert not (data / "models").exists()


def test_the_check_can_be_cancelled(second_eye, module, data: Path, onnx: Path) -> None:
    client = module("addon.engine.client")
    python = module("addon.engine.interpreter").find("GIVEN", second_eye.engine_python)
    arguments = {"path": str(onnx), "preset": "midas", "data": str(data)}
    job = client.EngineJob(python, "add_model", arguments)
    job.cancel()
    while job.poll():
        job.pause()
    assert job.state is client.State.CANCELLED
    assert not (data / "models" / "mean").exists()


def test_another_project_folder_is_asked_for(
    second_eye, data: Path, onnx: Path, analysed: Path
) -> None:
    """The finished project of another model is left as it was."""
    bpy.ops.second_eye.add_model(filepath=str(onnx), preset="midas", model_name="grey")
    settings = bpy.context.scene.second_eye
    bpy.ops.second_eye.import_clip(filepath=str(analysed.with_name("clip.mp4")))
    settings.project_folder = str(analysed)
    before = (analysed / "project.json").read_bytes()
    with pytest.raises(RuntimeError, match=r"was analysed with the model .*, not with grey"):
        bpy.ops.second_eye.analyse()
    assert (analysed / "project.json").read_bytes() == before
    settings.model = "second_eye_v3"
    assert bpy.ops.second_eye.analyse() == {"FINISHED"}


def test_a_model_that_failed_makes_way_for_the_one_that_ships(
    second_eye, data: Path, onnx: Path, clip: Path, tmp_path: Path
) -> None:
    """Its first frame failed: back in the menu, the project is the bundled model's."""
    settings = bpy.context.scene.second_eye
    assert bpy.ops.second_eye.choose_model(
        filepath=str(onnx), preset="tcmonodepth", model_name="sick"
    ) == {"FINISHED"}
    # What it answers is no number from now on: the added entry is edited, not its file.
    entry = data / "models" / "sick" / "model.json"
    plain = json.loads(entry.read_text())
    plain["settings"]["factor"] = 1e39
    entry.write_text(json.dumps(plain))
    bpy.ops.second_eye.import_clip(filepath=str(clip))
    settings.last = 2
    folder = tmp_path / "p.secondeye"
    settings.project_folder = str(folder)
    with pytest.raises(RuntimeError, match="The model sick answers with infinite values"):
        bpy.ops.second_eye.analyse()
    manifest = json.loads((folder / "project.json").read_text())
    assert manifest["model"]["name"] == "sick"
    settings.model = "second_eye_v3"
    assert bpy.ops.second_eye.analyse() == {"FINISHED"}
    manifest = json.loads((folder / "project.json").read_text())
    assert manifest["model"]["name"] == "second_eye_v3"
    assert len(list((folder / "base").iterdir())) == 2


def test_the_extensions_user_folder_holds_them(second_eye, module, monkeypatch) -> None:
    monkeypatch.delenv("SECOND_EYE_DATA", raising=False)
    folder = module("addon.engine.models").data_folder()
    engine = module("addon.engine.interpreter").engine_folder()
    assert folder == engine.parent


def test_the_findings_name_the_packages_for_models(second_eye, module) -> None:
    bpy.ops.second_eye.check_engine()
    assert "onnxruntime" in second_eye.findings and "transformers" in second_eye.findings
    words = module("addon.operators.check_engine").models_words
    assert words({"onnxruntime": "1.0", "transformers": None}) == (
        "For models of your own it has onnxruntime 1.0. "
        "Without transformers some models of your own can't be run."
    )


def test_the_engine_may_be_installed_with_them(second_eye, module) -> None:
    install = module("addon.engine.install")
    plain, more = install.requirements(), install.requirements(install.MODELS)
    assert more[: len(plain)] == plain
    assert [wanted.split("==")[0] for wanted in more[len(plain) :]] == [
        "onnxruntime", "transformers",
    ]  # fmt: skip


def test_poll_waits_for_the_running_job(second_eye, module, data: Path, onnx: Path) -> None:
    client, session = module("addon.engine.client"), module("addon.engine.session")
    python = module("addon.engine.interpreter").find("GIVEN", second_eye.engine_python)
    session.begin("Check Engine", client.EngineJob(python, "check", {}))
    try:
        with pytest.raises(RuntimeError, match="Check Engine is running"):
            bpy.ops.second_eye.choose_model(filepath=str(onnx))
    finally:
        session.unregister()


def test_nothing_of_torch_is_loaded_in_blender(second_eye, data: Path, module) -> None:
    """Listing models reads their entries, nothing else. (This Python may have torch itself.)"""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import core.models, core.models.bundled; "
        "sys.exit(any(n in sys.modules for n in ('torch', 'numpy', 'onnxruntime')))"
    )
    folder = module("addon.engine.interpreter").extension_folder()
    assert subprocess.run([sys.executable, "-c", code, str(folder)]).returncode == 0
