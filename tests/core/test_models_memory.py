# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that are too large: told before they are loaded, and where memory ends while they run."""

from __future__ import annotations

import json
import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from analysed import ROOT, second_eye, tiny_model
from onnx_writer import mean_model, node, port, weights, write

from core.depth import load_model
from core.errors import SecondEyeError
from core.jobs.models import AddModelJob
from core.models import memory

TERABYTES = 1 << 43


def sparse(path: Path, start: bytes, size: int) -> Path:
    """A file of ``size`` bytes that takes no room on the disk."""
    path.write_bytes(start)
    try:
        os.truncate(path, size)
    except OSError:
        pytest.skip("this file system holds no sparse file of that size")
    return path


def test_the_system_says_how_much_is_free() -> None:
    free = memory.available()
    assert free is None or 1 << 20 < free < TERABYTES


def test_an_onnx_larger_than_memory(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    nodes = [
        node("Mul", "picture w", "more"),
        node("ReduceMean", "more", "depth", axes=[1], keepdims=1),
    ]
    path = write(
        tmp_path / "giant.onnx", nodes, [port("picture", [1, 3, 32, 32])],
        [port("depth", [1, 1, 32, 32])],
        [weights("w", np.ones((1, 3, 1, 1), np.float32), external="giant.data")],
    )  # fmt: skip
    sparse(tmp_path / "giant.data", b"", TERABYTES)
    with pytest.raises(SecondEyeError, match=r"The model giant .* needs about 16384\.0 GB of mem"):
        load_model(path)


def test_safetensors_larger_than_memory(tmp_path: Path) -> None:
    tensor = {"dtype": "F32", "shape": [TERABYTES // 4], "data_offsets": [0, TERABYTES]}
    header = json.dumps({"weight": tensor}).encode()
    start = struct.pack("<Q", len(header)) + header
    folder = tmp_path / "giant"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "glpn"}')
    sparse(folder / "model.safetensors", start, len(start) + TERABYTES)
    with pytest.raises(SecondEyeError, match=r"model giant .* choose a smaller model"):
        load_model(folder)
    # Adding it reads it whole for its fingerprint: not before it is known to fit.
    job = AddModelJob(str(folder), data=str(tmp_path / "data"))
    with pytest.raises(SecondEyeError, match=r"model giant .* choose a smaller model"):
        job.run(lambda progress: None, lambda: False)
    assert not (tmp_path / "data").exists()


# What is free ends 300 MB above what the process holds when its model has been loaded.
SHORT = """
import resource, sys
sys.path.insert(0, {root!r})
import numpy as np
from core.depth import load_model
from core.errors import SecondEyeError
from core.jobs.models import AddModelJob
model = load_model({model!r}, {size})
held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + {room}, held + {room}))
try:
    model.infer(np.zeros((64, 64, 3), np.uint8))
except SecondEyeError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
@pytest.mark.parametrize("kind", ["onnx", "own", "transformers"])
def test_memory_that_ends_while_it_runs(tmp_path: Path, kind: str) -> None:
    if kind == "onnx":
        pytest.importorskip("onnxruntime")
        path = mean_model(tmp_path / "m.onnx")
    elif kind == "own":
        path = tiny_model(tmp_path)
    else:
        pytest.importorskip("transformers")
        import transformers_folders as tiny

        path = tiny.save(tmp_path / "m", tiny.glpn())
    code = SHORT.format(root=str(ROOT), model=str(path), size=8192, room=300 << 20)
    done = second_eye("models", "list", code=f"{code}\nraise SystemExit")
    assert "needs more memory than is free: ask for a smaller --size" in done.stdout, (
        done.stdout + done.stderr
    )
    assert len(done.stdout.splitlines()) == 1
