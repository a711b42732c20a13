# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdicts on repair, all computed: goals reached or missed, and null rows that win."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.evaluation.rows import AVERAGE, BASE, FROZEN, RAMP

from .text import Report

Kind = tuple[str, dict[str, Any], tuple[tuple[str, str, str], ...]]

STEADIER = 0.35  # less OPW on static pixels than the raw network
SHARPER = 0.10  # less edge error
DEARER = 0.60  # of the network's time
LARGE = 4e9  # bytes
SAME = 5e-4  # AbsRel that differs by less than it is printed with is the same
HIGHER = {"delta1", "tcc", "f1_2", "detail"}  # the larger the better
PAID = {"away", "detail", "abs_rel"}
CHEAPER = (
    "Tried: frozen recordings of the networks, flow at 144 pixels, priors at 4,000, a smaller "
    "working picture (edges pay for it), a coarser grid for fusion's network. Would close it: "
    "carrying depth alone at full size, fewer maps of full size in fusion"
)


def verdicts(found: Report) -> list[str]:
    """A line for each goal that was measured: reached, or not and by how much."""
    lines = []
    after, peer = found["after"], found.get("peer")
    if found.get("clips"):
        mean = found["clips"]["mean"]
        ratio = mean[after]["opw_static"] / mean[BASE]["opw_static"]
        said = f"{abs(1 - ratio):.1%} {'less' if ratio < 1 else 'more'}"
        if peer:
            said += f"; {peer}: {100 * mean[peer]['opw_static']:.2f} %"
        goal = f"OPW on static pixels at least {STEADIER:.0%} below the raw network's, clips' mean"
        lines.append(
            _verdict(
                goal,
                ratio <= 1 - STEADIER,
                said,
                f"{100 * (ratio - 1 + STEADIER):.1f} points short",
            )
        )
    for name, one in found.get("sequences", {}).items():
        was, now = one["rows"][BASE]["abs_rel"], one["rows"][after]["abs_rel"]
        said = f"{was:.4f} before, {now:.4f} after"
        short = f"{now - was:.4f} worse"
        lines.append(_verdict(f"AbsRel on {name} no worse", now <= was + SAME, said, short))
    if found.get("moves"):
        rows = found["moves"]["rows"]
        was, now = rows[BASE]["edge_error"], rows[after]["edge_error"]
        said = f"{was:.2f} px before, {now:.2f} px after: {abs(1 - now / was):.1%} "
        said += "less" if now < was else "more"
        goal = (
            f"edge error on held-out renders at least {SHARPER:.0%} lower (the mean of the depth "
            "boundary error's accuracy and completeness)"
        )
        short = f"{100 * (now / was - 1 + SHARPER):.1f} points short"
        lines.append(_verdict(goal, now <= (1 - SHARPER) * was, said, short))
    cost, large = found.get("cost"), found.get("large")
    if cost:
        said = (
            f"{cost['added']:.0%} more: {1e3 * cost['network']:.0f} ms of processor a frame for "
            f"the network, {1e3 * cost['both']:.0f} with repair; by the clock "
            f"{cost['network_rate']:.1f} and {cost['both_rate']:.1f} frames/s at a load of "
            f"{cost['load']:.1f}"
        )
        goal = f"at most {DEARER:.0%} of the network's time at 256x448"
        short = f"{100 * (cost['added'] - DEARER):.0f} points too dear. {CHEAPER}"
        lines.append(_verdict(goal, cost["added"] <= DEARER, said, short))
    if large:
        said = f"{large['peak'] / 1e9:.2f} GB, {large['seconds']:.1f} s of processor a frame"
        short = f"{(large['peak'] - LARGE) / 1e9:.2f} GB too much"
        goal = "3840x2160 depth within 4 GB"
        lines.append(_verdict(goal, large["peak"] <= LARGE, said, short))
    return lines


def _verdict(goal: str, ok: bool, said: str, short: str) -> str:
    line = f"- {goal}: **{'reached' if ok else 'NOT reached'}** ({said})."
    return line if ok else f"{line} Missed: {short.rstrip('.')}."


def nulls(kinds: list[Kind], after: str, cell: Callable[[float | None, str], str]) -> list[str]:
    """A table of the rows that say nothing and yet beat ``after`` in a column, with the columns in
    which they pay for it; ``cell`` prints a figure. Empty where none wins anything."""
    lines = []
    for null in (AVERAGE, FROZEN, RAMP):
        won, paid = [], []
        for kind, rows, asked in kinds:
            for key, title, form in asked:
                its, ours = rows.get(null, {}).get(key), rows.get(after, {}).get(key)
                if its is None or ours is None or its == ours:
                    continue
                said = f"{kind}: {title} {cell(its, form)} ({cell(ours, form)})"
                if (its > ours) == (key in HIGHER):
                    won.append(said)
                elif key in PAID:
                    paid.append(said)
        if won:
            lines.append(f"| {null} | {'; '.join(won)} | {'; '.join(paid) or 'none of these'} |")
    if not lines:
        return []
    return [
        f"Rows that must not win, where one beats {after}, whose figure is in brackets, and what "
        "it pays in distance from the base, detail and AbsRel:",
        "",
        "| row | wins | pays |",
        "|---|---|---|",
        *lines,
    ]
