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


MULTIPLY = """
from core.threads import wait_politely
wait_politely()
import os
import numpy as np
many = np.ones((600, 600))
many @ many
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
@pytest.mark.parametrize(("given", "threads"), [(None, "1"), ("2", "2")])
def test_numpy_multiplies_on_one_thread_unless_the_user_says_otherwise(given, threads):
    if os.cpu_count() == 1:
        pytest.skip("one core has one thread anyway")
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    environment["PYTHONPATH"] = str(ROOT)
    if given is not None:
        environment["OPENBLAS_NUM_THREADS"] = given
    done = subprocess.run(
        [sys.executable, "-c", MULTIPLY],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == threads


@pytest.mark.parametrize("program", ["core.cli", "core.worker"])
def test_programs_import_both_after_that_is_said(program):
    told = "print('cv2' in sys.modules or 'numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, {program}; {told}"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
