# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of others, as they published them. None of them was measured here."""

from __future__ import annotations

SPLIT = {"encoder": 2.49, "decoder": 1.04, "repair": 2.22, "synthesis": 2.37}
"""Millions of parameters by part, of the method that this network follows (8.12 in all)."""

NYU = (
    # model, parameters, AbsRel, RMSE, log10, delta1, source
    ("the method built here, as published", "8.12 M", ".142", ".598", "", ".835", "given"),
    ("- base, without its repairs", "", ".158", ".623", "", ".812", "given"),
    ("- with the spatial repair", "", ".151", ".615", "", ".824", "given"),
    ("- with the temporal repair, too", "", ".147", ".607", "", ".831", "given"),
    ("FastDepth", "", "", ".604", "", ".771", "Wofk 2019"),
    ("AdaBins", "78 M", ".103", ".364", ".044", ".903", "Yang 2024b"),
    ("DPT", "", ".110", ".357", ".045", ".904", "Yang 2024b"),
    ("ZoeDepth (as reproduced there)", "", ".077", ".282", ".033", ".951", "Yang 2024a"),
    ("Depth Anything V2 small, metric", "24.8 M", ".073", ".261", ".032", ".961", "Yang 2024b"),
)

SOURCES = {
    "given": "as it was given to this project, which follows the method and has not seen its paper",
    "Wofk 2019": 'D. Wofk et al., "FastDepth: fast monocular depth estimation on embedded '
    'systems", ICRA 2019, arXiv 1903.03273',
    "Yang 2024a": 'L. Yang et al., "Depth Anything: unleashing the power of large-scale unlabeled '
    'data", CVPR 2024, table 3',
    "Yang 2024b": 'L. Yang et al., "Depth Anything V2", NeurIPS 2024, table 4',
}


def nyu_table() -> list[str]:
    """Markdown lines: the table and where each row stands."""
    lines = [
        "| model | parameters | ARE | RMSE | log10 | d < 1.25 | from |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(row) + " |" for row in NYU]
    lines += ["", *(f"- {key}: {text}." for key, text in SOURCES.items())]
    return lines
