# SPDX-License-Identifier: GPL-3.0-or-later
"""How the threads of a long job wait; to be said before torch is imported."""

import os


def wait_politely() -> None:
    """Let OpenMP's threads sleep between two layers of a network and not spin.

    Blender and other programs use the same cores: with twice as many runnable threads as cores,
    spinning made analysis 3 times slower here. What the user set in the environment stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
