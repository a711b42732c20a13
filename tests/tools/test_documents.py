# SPDX-License-Identifier: GPL-3.0-or-later
"""The documents point at what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/**/*.md"))]
DOCUMENTS += sorted(ROOT.glob("core/depth/weights/*.md"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_exists(document: Path):
    for target in re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf8")):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document}: {target}"
