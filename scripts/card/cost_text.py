# SPDX-License-Identifier: GPL-3.0-or-later
"""Sections: cost, training, the renders."""

from __future__ import annotations

import os
from pathlib import Path

from .open_points import point
from .published import SPLIT
from .speed import HEIGHT, WIDTH
from .text import Report, image, is_idle, missing

COST = "## Cost"
RATE = 15  # frames/s on two threads
MEMORY = 1.5e9  # bytes


def cost(report: Report) -> list[str]:
    lines = [COST, "", "| part | parameters here | as published, M |", "|---|---|---|"]
    parts = dict(report.get("parts", {}))
    for name, published in SPLIT.items():
        here = parts.pop(name, None)
        said = f"{here:,}" if here else "not built yet"
        lines.append(f"| {name} | {said} | {published:.2f} |")
    lines += [f"| {name} | {here:,} | |" for name, here in parts.items()]
    cost = report["cost"][report["ours"]]
    if cost["flops"]:
        lines += ["", f"{cost['flops'] / 1e9:.2f} GFLOP for one {HEIGHT}x{WIDTH} picture."]
    lines += [
        "",
        f"Frames/s of {HEIGHT}x{WIDTH} pictures, eager PyTorch in float32, all heads on, resizing "
        "included, each in a process of its own, a picture a thread at once where the model takes "
        f'several ("streams"). "At {WIDTH}": the network sees the whole {HEIGHT}x{WIDTH}, not its '
        "own size. The last column is the machine's load average: above its "
        f"{os.cpu_count()} processors, wall-clock figures say little, and processor time a "
        "frame is what can be compared.",
        "",
        "| model | threads | streams | median | fastest | processor ms a frame | peak memory | "
        "load beside it |",
        "|---|---|---|---|---|---|---|---|",
    ]
    named = [(report["ours"], run) for run in report["speed"]]
    named += [(f"{report['ours']} at {WIDTH}", run) for run in report["full_speed"]]
    named += [(report["peer"], run) for run in report.get("peer_speed", [])]
    for name, run in named:
        lines.append(
            f"| {name} | {run['threads']} | {run['streams']} | {run['median']:.1f} | "
            f"{run['fastest']:.1f} | {1000 * run['processor']:.0f} | {run['peak'] / 1e9:.2f} GB | "
            f"{run['load']:.1f} |"
        )
    two = [run for run in report["speed"] if run["threads"] == 2]
    same = len({run["digest"] for run in two}) == 1 and "differs" not in two[0]["digest"]
    best = next(run for run in report["full_speed"] if run["threads"] == 2)
    peak = max(run["peak"] for run in (*two, best))
    said = f"{best['median']:.1f}"
    if best["median"] < RATE:
        said += f", {1 - best['median'] / RATE:.0%} short"
    idle = is_idle(best)
    if best["median"] < RATE and not idle:
        free = 2.0 / best["processor"]
        said += (
            f" at a load of {best['load']:.1f}; by processor time, two free processors would do "
            f"{free:.0f}: measure again on an idle machine"
        )
    verdicts = (
        (
            f"at least {RATE} frames/s at {HEIGHT}x{WIDTH} on two threads",
            best["median"] >= RATE,
            said,
            idle,
            "speed",
        ),
        ("peak memory below 1.5 GB", peak < MEMORY, f"{peak / 1e9:.2f} GB", True, "memory"),
        ("the same bits from every inference in two processes", same, "all outputs", True, "bits"),
    )
    lines.append("")
    for what, ok, how, judged, aim in verdicts:
        verdict = "reached" if ok else "NOT reached" if judged else "not judged"
        more = "" if ok else point(aim)
        lines.append(f"- {what}: **{verdict}** ({how}).{more}")
    return lines


def training(report: Report, out: Path) -> list[str]:
    lines = ["## Training", ""]
    if report.get("curves"):
        lines += [
            "Loss terms, and AbsRel and edges on held-out renders, over image steps "
            "(`core/training/curves.py`):",
            "",
            image("curves", report["curves"], out),
        ]
    else:
        lines.append("No training log in this run: `--log` was not given.")
    if not report.get("ablations"):
        lines += ["", "Ablations and layer similarity: none in this run (`--ablations`)."]
    for part in report.get("ablations", []):
        lines += ["", f"### {part['title']}", ""]
        lines += [part["text"], ""] if part["text"] else []
        lines += part["lines"]
        for path in part["pictures"]:
            lines += ["", image(part["title"], path, out)]
    return lines


def statistics(report: Report) -> list[str]:
    """What the renders show, by `core.training.frame_statistics`."""
    if not report.get("statistics"):
        return missing("The renders", "--renders")
    lines = [
        "## The renders",
        "",
        "Kinds, moves, lenses, heights and tilts of every frame; distances and labels of frames "
        "spread over them.",
    ]
    for text in report["statistics"]:
        lines += ["", text]
    return lines
