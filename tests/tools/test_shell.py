# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that scripts/dev.py runs: their output, their exit code, and an end to what hangs."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from devtools.shell import SetupError, run


def test_output_and_exit_code_come_back():
    done = run([sys.executable, "-c", "print('said'); raise SystemExit(3)"], quiet=True, limit=60)
    assert (done.stdout, done.returncode) == ("said\n", 3)


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX'")
def test_what_hangs_is_killed_with_its_children(tmp_path):
    note = tmp_path / "child"
    child = "import time; time.sleep(600)"
    parent = (
        "import subprocess, sys, time; "
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}]); "
        f"open({str(note)!r}, 'w').write(str(child.pid)); time.sleep(600)"
    )
    with pytest.raises(SetupError, match="had not ended after 3 s and was killed"):
        run([sys.executable, "-c", parent], limit=3)
    pid = int(note.read_text())
    for _ in range(100):
        if not alive(pid):
            return
        time.sleep(0.1)
    pytest.fail(f"the child {pid} goes on")


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be collected doesn't."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
