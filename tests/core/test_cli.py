# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: help, exit codes, one line for a failure, JSON for machines, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from analysed import ROOT, second_eye, tiny_model
from clips import make_movie

from core import cli
from core.commands.depth import parse_frames
from core.errors import UsageError
from core.project import Project


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_movie(tmp_path_factory.mktemp("clip") / "clip.mp4", range(1, 7))


def test_depth_prints_one_line_and_resumes(clip, model, tmp_path, capfd):
    command = ["depth", str(clip), "--project", str(tmp_path / "p"), "--model", str(model)]
    assert cli.main([*command, "--frames", "2:3"]) == 0
    out, err = capfd.readouterr()
    assert "frames 2 to 3 are analysed (2 estimated and 2 repaired now, 96x64, model tiny_1)" in out
    assert (out.count("\n"), err) == (1, "")
    assert cli.main([*command, "--frames", "2:3"]) == 0
    assert capfd.readouterr().out.startswith("Nothing to do")
    assert cli.main([*command, "--json"]) == 0
    answer = json.loads(capfd.readouterr().out)
    assert (answer["first"], answer["last"], answer["frames"]) == (1, 6, 4)
    assert Project.open(tmp_path / "p").manifest.complete


def test_depth_size_and_model_size(clip, model, tmp_path, capfd):
    arguments = ["--frames", "1", "--model", model, "--depth-size", "48", "--size", "64"]
    assert (
        cli.main(["depth", str(clip), "--project", str(tmp_path / "p"), *map(str, arguments)]) == 0
    )
    manifest = Project.open(tmp_path / "p").manifest
    assert (manifest.depth.width, manifest.depth.height, manifest.model.size) == (48, 32, 64)
    assert (manifest.first, manifest.last) == (1, 1)


@pytest.mark.parametrize("arguments", [(), ("depth",)])
def test_help_is_quick_to_import_and_names_everything(arguments):
    code = (
        "import atexit, sys\n"
        "heavy = ('torch', 'cv2', 'av', 'OpenEXR', 'numpy', 'tqdm')\n"
        "atexit.register(lambda: print([n for n in heavy if n in sys.modules]))\n"
    )
    done = second_eye(*arguments, "--help", code=code)
    assert done.returncode == 0
    assert done.stdout.endswith("[]\n")
    names = ("--project", "--frames", "--depth-size") if arguments else ("depth", "convert")
    assert all(name in done.stdout for name in (*names, "--json", "--debug"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["dance"], "dance"),
        (["depth"], "clip"),
        (["depth", "a.mp4"], "--project"),
        (["depth", "a.mp4", "--project", "p", "--frames", "x:y"], '"x:y" is no range'),
        (["depth", "a.mp4", "--project", "p", "--size", "big"], "--size"),
        (["depth", "a.mp4", "--project", "p", "--colour", "red"], "--colour"),
    ],
)
def test_bad_use_is_exit_code_2_and_one_line(arguments, words, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1
    assert cli.main([*arguments, "--json"]) == 2
    out, err = capfd.readouterr()
    assert json.loads(out)["exit_code"] == 2
    assert err == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("frames", ["0:3", "3:2", "7:7", "1:99"])
def test_frames_outside_the_clip_are_bad_use(clip, model, tmp_path, frames, capfd):
    command = ["depth", str(clip), "--project", str(tmp_path / "p"), "--model", str(model)]
    assert cli.main([*command, "--frames", frames]) == 2
    assert "has the frames 1 to 6" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())


def test_ranges_as_a_person_writes_them():
    assert parse_frames(None) == (None, None)
    assert parse_frames("3:8") == (3, 8)
    assert parse_frames("3:") == (3, None)
    assert parse_frames(":8") == (None, 8)
    assert parse_frames("5") == (5, 5)
    for text in ("", "a", "1:2:3", "1-2"):
        with pytest.raises(UsageError):
            parse_frames(text)


def test_a_failure_is_one_line_and_debug_shows_the_traceback(tmp_path, capfd):
    command = ["depth", str(tmp_path / "none.mp4"), "--project", str(tmp_path / "p")]
    assert cli.main(command) == 1
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("second-eye: ")
    assert "none.mp4" in err
    assert cli.main([*command, "--debug"]) == 1
    assert "Traceback" in capfd.readouterr().err
    assert cli.main(["--json", *command]) == 1
    assert "none.mp4" in json.loads(capfd.readouterr().out)["error"]


def test_a_fault_of_ours_is_one_line_too(monkeypatch, capfd, tmp_path):
    from core.jobs import analyse

    def broken(*_):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(analyse.AnalyseJob, "run", broken)
    assert cli.main(["depth", "a", "--project", str(tmp_path / "p")]) == 1
    err = capfd.readouterr().err
    assert "ZeroDivisionError: oh" in err
    assert err.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C as on Linux and macOS")
def test_a_reader_who_has_had_enough_is_no_failure():
    """What `second-eye models list | head -0` does: nobody reads the answer."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "core.cli", "models", "list", "--json"],
            cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_stops_resumably(model, tmp_path):
    clip = make_movie(tmp_path / "long.mp4", range(1, 400))
    command = ["depth", clip, "--project", tmp_path / "p", "--model", model]
    child = subprocess.Popen(
        [sys.executable, "-m", "core.cli", *map(str, command)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 200
    while not (tmp_path / "p" / "base" / "000002.exr").exists():
        assert child.poll() is None, child.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 1
    assert out == ""
    assert "run it again to resume" in err
    assert "Traceback" not in err
    project = Project.open(tmp_path / "p")
    assert not project.manifest.complete
    assert 2 <= len(list((tmp_path / "p" / "base").iterdir())) < 399
    assert not list((tmp_path / "p").rglob(".*"))


def test_a_terminal_gets_a_bar_and_the_result_stays_on_stdout(clip, model, tmp_path):
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    command = ["depth", clip, "--project", tmp_path / "p", "--model", model]
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", *map(str, command)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        timeout=300,
    )
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert "depth" in shown
    assert "6/6" in shown
