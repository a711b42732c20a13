# SPDX-License-Identifier: GPL-3.0-or-later
"""The child process as Blender meets it: its messages, its end, and nothing else on its stdout."""

import os
import signal
import sys
import time
from pathlib import Path

import numpy
import pytest
from analysed import Worker, tiny_model
from clips import make_movie

from core.jobs.check import _installed
from core.media import MovieWriter
from core.project import Project
from core.threads import BACKGROUND_NICE

# A job that neither asks `cancelled` nor comes back from a C call, as in the middle of a frame.
STUCK = """
import dataclasses, sys, time, types
from core import worker
from core.jobs import registry
from core.jobs.progress import Progress

@dataclasses.dataclass(frozen=True)
class StuckJob:
    def run(self, report, cancelled):
        report(Progress("stuck", 0, 1))
        time.sleep(60)
        return {}

module = types.ModuleType("core.jobs.stuck")
module.StuckJob = StuckJob
sys.modules["core.jobs.stuck"] = module
registry.JOBS["stuck"] = (".stuck", "StuckJob")
worker.main()
"""
NOISY = """
import ctypes, os
from core import worker
from core.jobs.check import CheckJob
quiet = CheckJob.run

def run(self, report, cancelled):
    print("a library says hello")
    os.write(1, b"and so does C\\n")
    os.system("echo and a grandchild")
    return quiet(self, report, cancelled)

CheckJob.run = run
worker.main()
"""

# A job in the middle of a movie that doesn't come back: so long can a frame take.
WRITING = STUCK.replace(
    "        time.sleep(60)",
    """        import numpy
        from core.media import MovieWriter
        with MovieWriter(sys.argv[1], 96, 64, 24) as movie:
            movie.write(numpy.zeros((64, 96, 3), numpy.uint8))
            report(Progress("writing", 0, 1))
            time.sleep(60)""",
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_movie(tmp_path_factory.mktemp("clip") / "clip.mp4", range(1, 13))


def test_a_job_from_hello_to_result(clip, model, tmp_path):
    with Worker() as worker:
        hello = worker.next()
        assert hello == {
            "version": 1,
            "type": "hello",
            "pid": worker.process.pid,
            "python": sys.version.split()[0],
        }
        worker.start("analyse", clip=clip, project=tmp_path / "p", model=model, last=3)
        messages = []
        while (message := worker.next()) is not None:
            messages.append(message)
        *progress, result = messages
        assert {m["type"] for m in progress} == {"progress"}
        assert all(
            set(m) == {"version", "type", "stage", "done", "total", "message"} for m in progress
        )
        ends = {m["stage"]: (m["done"], m["total"]) for m in progress}
        assert ends["plate"] == ends["depth"] == (3, 3)
        assert (result["type"], result["version"]) == ("result", 1)
        assert result["value"]["frames"] == 3
        assert worker.process.wait(timeout=20) == 0
    assert Project.open(tmp_path / "p").manifest.complete


def test_stdout_is_the_protocol_only():
    with Worker("-c", NOISY) as worker:
        worker.start("check")
        kinds = []
        while (message := worker.next()) is not None:  # every line parses as JSON
            kinds.append(message["type"])
        assert kinds[0] == "hello"
        assert kinds[-1] == "result"
        assert set(kinds[1:-1]) == {"progress"}
        said = worker.close()
    for words in (b"a library says hello", b"and so does C", b"and a grandchild"):
        assert words in said


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="the parent lowers it on Windows")
def test_a_job_leaves_the_cores_to_the_window():
    """In a session of its own, as Blender starts it, and in ours, whose priority must stay."""
    group = Path("/proc/self/autogroup")
    ours = group.read_text() if group.exists() else ""
    for leader in (True, False):
        with Worker("-c", STUCK, new_session=leader) as worker:
            worker.start("stuck")
            worker.until("progress")
            pid = worker.process.pid
            own = os.getpriority(os.PRIO_PROCESS, 0)
            assert os.getpriority(os.PRIO_PROCESS, pid) == min(own + BACKGROUND_NICE, 19)
            if ours and leader:
                nice = Path(f"/proc/{pid}/autogroup").read_text().split()[-1]
                assert nice == str(BACKGROUND_NICE)
            worker.send({"type": "cancel"})
            worker.until("cancelled")
    assert not ours or group.read_text() == ours


@pytest.mark.parametrize("how", ["line", "terminate", "interrupt", "parent gone"])
@pytest.mark.skipif(os.name != "posix", reason="signals as on Linux and macOS")
def test_cancel_answers_even_in_the_middle_of_a_frame(how):
    with Worker("-c", STUCK) as worker:
        worker.start("stuck")
        worker.until("progress")
        asked = time.monotonic()
        if how == "line":
            worker.send({"type": "cancel"})
        elif how == "parent gone":
            worker.process.stdin.close()
        else:
            worker.process.send_signal(signal.SIGTERM if how == "terminate" else signal.SIGINT)
        assert worker.until("cancelled") == {"version": 1, "type": "cancelled"}
        assert worker.next() is None
        assert worker.process.wait(timeout=20) == 1
        # The job sleeps for a minute: this says that nobody waited for it, not how quick it was.
        assert time.monotonic() - asked < 20


@pytest.mark.parametrize("how", ["line", "terminate"])
@pytest.mark.skipif(os.name != "posix", reason="Windows keeps a file that is open")
def test_a_forced_end_leaves_no_half_written_movie(how, tmp_path):
    movie = tmp_path / "a.mp4"
    movie.write_bytes(b"an earlier movie")
    with Worker("-c", WRITING, str(movie)) as worker:
        worker.start("stuck")
        while worker.until("progress")["stage"] != "writing":
            pass
        assert len(list(tmp_path.iterdir())) == 2
        if how == "line":
            worker.send({"type": "cancel"})
        else:
            worker.process.send_signal(signal.SIGTERM)
        worker.until("cancelled")
        assert worker.process.wait(timeout=20) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]
    assert movie.read_bytes() == b"an earlier movie"


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps a file that is open")
def test_what_a_killed_writer_left_goes_with_the_next_run(tmp_path):
    movie = tmp_path / "a [1].mp4"
    with Worker("-c", WRITING, str(movie)) as worker:
        worker.start("stuck")
        while worker.until("progress")["stage"] != "writing":
            pass
        other = MovieWriter(movie, 96, 64, 24)
        other.check()
        assert len(list(tmp_path.iterdir())) == 1, "a living process keeps its file"
        worker.process.kill()
        worker.process.wait(timeout=20)
    for name in (".b.999999999.part.mp4", ".a [1].x.part.mp4"):
        (tmp_path / name).write_bytes(b"another's")
    assert len(list(tmp_path.iterdir())) == 3
    other.check()
    left = {p.name for p in tmp_path.iterdir()}
    assert left == {".b.999999999.part.mp4", ".a [1].x.part.mp4"}


def test_a_cancelled_analysis_is_resumable(clip, model, tmp_path):
    with Worker() as worker:
        worker.start("analyse", clip=clip, project=tmp_path / "p", model=model)
        while worker.until("progress")["stage"] != "plate":
            pass
        worker.send({"type": "cancel"})
        worker.until("cancelled")
        assert worker.process.wait(timeout=20) == 1
    assert not Project.open(tmp_path / "p").manifest.complete
    with Worker() as worker:
        worker.start("analyse", clip=clip, project=tmp_path / "p", model=model)
        assert worker.until("result", "error")["value"]["last"] == 12


def test_an_error_is_a_sentence_and_a_traceback(tmp_path):
    with Worker() as worker:
        worker.start("analyse", clip=tmp_path / "none.mp4", project=tmp_path / "p")
        message = worker.until("error")
        assert "none.mp4" in message["message"]
        assert message["exit_code"] == 1
        assert "Traceback" in message["traceback"]
        assert worker.process.wait(timeout=20) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"not json", "one line of JSON"),
        (b"[]", "version 1"),
        (b'{"version": 2, "job": "check"}', "version 1"),
        (b'{"version": 1, "job": 3}', '"job" as a name'),
        (b'{"version": 1, "job": "dance"}', "the jobs are analyse"),
        (b'{"version": 1, "job": "check", "arguments": {"x": 1}}', 'no argument "x"'),
        (b'{"version": 1, "job": "analyse", "arguments": {"clip": "a"}}', 'needs the argument "pr'),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(line, words):
    with Worker() as worker:
        worker.send(line)
        message = worker.until("error")
        assert words in message["message"]
        assert message["exit_code"] == 2
        assert worker.process.wait(timeout=20) == 2


def test_no_request_at_all_ends_it():
    with Worker() as worker:
        worker.process.stdin.close()
        assert worker.until("error", "cancelled")
        assert worker.process.wait(timeout=20) != 0


# The engine's Check button


def test_check_says_what_this_python_can_do():
    import av
    import torch

    with Worker() as worker:
        worker.start("check")
        value = worker.until("result")["value"]
    assert value["python"] == sys.version.split()[0]
    assert value["executable"] == sys.executable
    assert value["packages"]["torch"] == torch.__version__
    assert value["packages"]["av"] == av.__version__
    assert all(value["packages"][name] for name in ("numpy", "cv2", "OpenEXR", "safetensors"))
    assert value["device"].split()[0] in ("cpu", "cuda", "mps")
    # Ready, or the one sentence about weights that are not there.
    assert value["ready"] == (value["model"] is not None) == (not value["problems"])
    assert value["message"]


def test_a_package_of_another_name_than_its_module_is_found(tmp_path, monkeypatch):
    """As onnxruntime-gpu, which brings the module onnxruntime."""
    (tmp_path / "eye_runtime").mkdir()
    (tmp_path / "eye_runtime" / "__init__.py").write_text("")
    info = tmp_path / "eye_runtime_gpu-1.2.3.dist-info"
    info.mkdir()
    described = "Metadata-Version: 2.1\nName: eye-runtime-gpu\nVersion: 1.2.3\n"
    (info / "METADATA").write_text(described)
    (info / "RECORD").write_text("eye_runtime/__init__.py,,\n")
    assert _installed("eye_runtime") is None
    monkeypatch.syspath_prepend(str(tmp_path))
    assert _installed("eye_runtime") == "1.2.3"
    assert _installed("numpy") == numpy.__version__


def test_check_without_torch_says_what_to_do():
    code = "import sys\nsys.modules['torch'] = None\nfrom core import worker\nworker.main()"
    with Worker("-c", code) as worker:
        worker.start("check")
        value = worker.until("result")["value"]
    assert value["ready"] is False
    assert value["packages"]["torch"] is None
    assert value["problems"] == [
        f"{sys.executable} has no torch: install the engine, or install torch there."
    ]


def test_a_bare_python_still_answers(tmp_path):
    """-S: no site-packages, so not even numpy, as an interpreter chosen by mistake."""
    with Worker(python=(sys.executable, "-S")) as worker:
        worker.start("check")
        value = worker.until("result")["value"]
        assert value["ready"] is False
        assert not any(value["packages"].values())
        assert "has no numpy" in value["message"]
    with Worker(python=(sys.executable, "-S")) as worker:
        worker.start("analyse", clip="a.mp4", project=tmp_path / "p")
        message = worker.until("error")
        assert "has no numpy: install the engine" in message["message"]
        assert message["exit_code"] == 1
    assert not list(tmp_path.iterdir())
