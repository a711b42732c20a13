# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository root and this folder on the path, for `core` and for `clips`."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parents[1]):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
