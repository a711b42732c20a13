# SPDX-License-Identifier: GPL-3.0-or-later
"""How a job shares the machine: several frames at once, and none of them on threads of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = """
from core.threads import wait_politely
wait_politely()
import cv2
print(cv2.getNumThreads())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' OpenCV has no pool of its own")
@pytest.mark.parametrize(("given", "threads"), [(None, "1"), ("2", "2")])
def test_opencv_has_one_thread_unless_the_user_says_otherwise(given, threads):
    environment = {k: v for k, v in os.environ.items() if k != "OPENCV_FOR_THREADS_NUM"}
    environment["PYTHONPATH"] = str(ROOT)
    if given is not None:
        environment["OPENCV_FOR_THREADS_NUM"] = given
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == threads


@pytest.mark.parametrize("program", ["core.cli", "core.worker"])
def test_programs_import_opencv_after_that_is_said(program):
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {program}; print('cv2' in sys.modules)"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
