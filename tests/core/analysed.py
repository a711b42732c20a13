# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of analysis share: a tiny real model, a project's bytes, child processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Before torch is loaded: these tests share the machine with others.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def tiny_model(folder: Path, seed: int = 1) -> Path:
    """Weights of the real network, small and random but the same for each ``seed``."""
    import torch

    from core.depth.network import DepthNetwork, NetworkConfig
    from core.depth.weights import save_weights

    torch.manual_seed(seed)
    config = NetworkConfig(
        stem=8, widths=(8, 16, 16, 32), depths=(1, 1, 2, 1), mlps=(1, 1, 1, 1),
        groups=(2, 2, 2, 2), decoder=(16, 16, 8, 8, 8),
    )  # fmt: skip
    network = DepthNetwork(config)
    names = network.state_dict()
    tensors = dict(network.named_parameters())
    tensors |= {
        name: buffer
        for name, buffer in network.named_buffers()
        if name in names and buffer.is_floating_point()
    }
    path = folder / f"tiny_{seed}.safetensors"
    save_weights(path, config, tensors, {"name": f"tiny_{seed}", "size": "96"})
    return path


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below ``folder`` with what changes when somebody writes it."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.stat().st_ino)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def second_eye(
    *arguments: object, code: str = "", **options: object
) -> subprocess.CompletedProcess:
    """``second-eye ARGUMENTS`` as a child process; ``code`` runs in it first."""
    start = f"{code}\nimport sys\nfrom core.cli import main\nsys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", start, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        **options,
    )


class Worker:
    """``python -m core.worker`` as Blender starts it."""

    def __init__(
        self,
        *command: str,
        python: tuple[str, ...] = (sys.executable,),
        new_session: bool = False,
    ) -> None:
        self.process = subprocess.Popen(
            [*python, *(command or ("-m", "core.worker"))],
            cwd=os.sep,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=new_session,
        )
        self.errors = b""
        self._drain = threading.Thread(target=self._read_errors)
        self._drain.start()

    def _read_errors(self) -> None:
        self.errors = self.process.stderr.read()

    def send(self, message: object) -> None:
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def start(self, job: str, **arguments: object) -> None:
        plain = {k: str(v) if isinstance(v, Path) else v for k, v in arguments.items()}
        self.send({"version": 1, "job": job, "arguments": plain})

    def next(self) -> dict | None:
        """The next message; None when the worker has ended."""
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def until(self, *kinds: str) -> dict:
        while (message := self.next()) is not None:
            if message["type"] in kinds:
                return message
        raise AssertionError(f"the worker ended without {kinds}: {self.close()!r}")

    def close(self) -> bytes:
        """Wait for its end; what it said on stderr."""
        self.process.wait(timeout=60)
        self._drain.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()
        return self.errors

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.close()
