# SPDX-License-Identifier: GPL-3.0-or-later
"""The card's text, from the figures of one run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from .cost_text import cost, statistics, training
from .depth_text import published, sets, strips
from .repair_text import repair
from .skill_text import edges, labels, uncertainty
from .text import Report, relative


def card(report: Report, out: Path, weights: Path | None) -> list[str]:
    """All of docs/model-card.md."""
    lines = [
        f"# Model card: {report['ours']}",
        "",
        "Written by `scripts/model_card.py` in one run; every figure that isn't marked as "
        "published "
        f"was measured by it. Weights and settings: sha256 {report['sha256'][:16]}...",
    ]
    parts: list[Callable[[], list[str]]] = [
        lambda: sets(report),
        lambda: published(),
        lambda: strips(report, out),
        lambda: edges(report),
        lambda: uncertainty(report, out),
        lambda: labels(report),
        lambda: repair(report, out),
        lambda: cost(report),
        lambda: training(report, out),
        lambda: statistics(report),
        lambda: weights_document(weights, out),
    ]
    for part in parts:
        lines += ["", *part()]
    return lines


def weights_document(weights: Path | None, out: Path) -> list[str]:
    """Licences, sources and faults, from the document that lies beside the weights."""
    beside = weights.with_suffix(".md") if weights else None
    if beside is None or not beside.is_file():
        return ["## Licences and sources", "", "No document lies beside these weights."]
    text = beside.read_text(encoding="utf-8")
    taken = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    kept = [title for title in taken if title not in ("Scores",)]
    head = text.partition("\n## ")[0].partition("\n")[2].strip()
    lines = ["## Licences and sources", "",
             f"From [{beside.name}]({relative(beside, out)}), which lies beside the weights.",
             "", head]  # fmt: skip
    for title in kept:
        lines += ["", f"### {title}", "", taken[title].strip()]
    return lines
