# SPDX-License-Identifier: GPL-3.0-or-later
"""Sections: depth on measured sets, what others published, pictures."""

from __future__ import annotations

from pathlib import Path

from .contenders import RAMP
from .open_points import point
from .published import nyu_table
from .speed import HEIGHT, WIDTH
from .text import Report, image, is_idle, missing, three

GOAL = 0.9  # of the peer's AbsRel


def sets(report: Report) -> list[str]:
    if not report.get("sets"):
        return missing("Depth on measured sets", "--sets")
    names = report["contenders"]
    lines = [
        "## Depth on measured sets",
        "",
        "AbsRel / delta < 1.25 after one scale and one shift a picture, fitted in inverse depth "
        "over "
        "all pixels with a value ([evaluation.md](evaluation.md)); the same fit for all, in one "
        "run. "
        "The mean weighs each set alike. On a set of 5 frames differences below .01 mean nothing.",
        "",
        "| set | frames | " + " | ".join(names) + " |",
        "|---|---|" + "---|" * len(names),
    ]
    for name, row in report["sets"].items():
        cells = (f"{three(row[n]['abs_rel'])} / {three(row[n]['delta1'])}" for n in names)
        lines.append(f"| {name} | {row['count']} | " + " | ".join(cells) + " |")
    mean = report["mean"]
    cells = (f"**{three(mean[n]['abs_rel'])} / {three(mean[n]['delta1'])}**" for n in names)
    lines.append("| mean over sets | | " + " | ".join(cells) + " |")
    lines += ["", *_verdict(report), "", "In the published form, means over the sets:", ""]
    lines += _full_table(mean, report)
    for name, row in report["benchmarks"].items():
        lines += ["", f"{name}, {row['count']} pictures:", "", *_full_table(row, report)]
    if not report["benchmarks"]:
        lines += [
            "",
            "NYU-Depth V2 and KITTI, which were not given in this run, are ready to be run",
        ]
        lines[-1] += " ([evaluation.md](evaluation.md))."
    return lines


def _verdict(report: Report) -> list[str]:
    """The gate and the goal of this network, reached or by how much not."""
    mean, ours, peer = report["mean"], report["ours"], report["peer"]
    mine = mean[ours]
    lines = []
    if peer is not None:
        other = mean[peer]
        better = mine["abs_rel"] <= other["abs_rel"] and mine["delta1"] >= other["delta1"]
        ratio = mine["abs_rel"] / other["abs_rel"]
        lines.append(
            f"- Gate, no worse than {peer} on the mean: "
            f"**{'reached' if better else 'NOT reached'}**"
            f" (AbsRel {three(mine['abs_rel'])} against {three(other['abs_rel'])}, delta1 "
            f"{three(mine['delta1'])} against {three(other['delta1'])})."
            f"{'' if better else point('accuracy')}"
        )
        lines.append(
            f"- Goal, AbsRel 10 % below {peer}'s: "
            f"**{'reached' if ratio <= GOAL else 'NOT reached'}**"
            f" ({abs(ratio - 1):.1%} {'below' if ratio < 1 else 'above'})."
            f"{'' if ratio <= GOAL else point('accuracy')}"
        )
    worse = [
        f"{name} (AbsRel {three(row[ours]['abs_rel'])} against {three(row[RAMP]['abs_rel'])}, "
        f"delta1 {three(row[ours]['delta1'])} against {three(row[RAMP]['delta1'])})"
        for name, row in report["sets"].items()
        if row[ours]["abs_rel"] >= row[RAMP]["abs_rel"]
        or row[ours]["delta1"] <= row[RAMP]["delta1"]
    ]
    said = f"NOT on {', '.join(worse)}" if worse else "on each"
    lines.append(
        f"- Gate, better than the vertical ramp on each set: **{said}**."
        f"{point('ramp') if worse else ''}"
    )
    return lines


def _full_table(rows: Report, report: Report) -> list[str]:
    lines = [
        "| model | ARE | RMSE, m | log10 | d < 1.25 | d < 1.25^2 | d < 1.25^3 | parameters | "
        "FLOPs |"
        " ms |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name in report["contenders"]:
        row, cost = rows[name], report["cost"].get(name, {})
        parameters, flops = cost.get("parameters"), cost.get("flops")
        cells = [three(row[k]) for k in ("abs_rel", "rmse", "log10", "delta1", "delta2", "delta3")]
        cells.append(f"{parameters / 1e6:.2f} M" if parameters else "")
        cells.append(f"{flops / 1e9:.2f} G" if flops else "")
        cells.append(_milliseconds(name, report))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += [
        "",
        f"FLOPs are those of one {HEIGHT}x{WIDTH} picture at the model's own size, a "
        "multiplication and an addition counted as two. ms: such a picture's share of the time on "
        "two threads, with as many pictures on their way at once as the model takes (one over the "
        "frames/s of the section on cost; a single picture takes longer to come out); * = "
        "processor time of both threads together, the machine being busy with other work.",
    ]
    return lines


def _milliseconds(name: str, report: Report) -> str:
    """Wall-clock time where the machine was free, else processor time with a star."""
    runs = report["speed"] if name == report["ours"] else []
    runs = report.get("peer_speed", []) if name == report["peer"] else runs
    two = [run for run in runs if run["threads"] == 2]
    if not two:
        return ""
    best = max(two, key=lambda run: run["median"])
    if is_idle(best):
        return f"{1000 / best['median']:.0f}"
    return f"{1000 * min(run['processor'] for run in two):.0f}*"


def published() -> list[str]:
    """Others' figures, marked as such."""
    return [
        "## NYU-Depth V2, as published by others",
        "",
        "**Quoted, not measured here**; metric models, trained on NYU-Depth V2 itself, scored "
        "without "
        "alignment. This network has not seen NYU-Depth V2 and answers without a unit: its figures "
        "would need an alignment and may not stand in this table.",
        "",
        *nyu_table(),
    ]


def strips(report: Report, out: Path) -> list[str]:
    shown = " \\| ".join(["input", *(n for n in (report["peer"], report["ours"]) if n), "truth"])
    lines = [
        "## Pictures",
        "",
        f"Each row: {shown}. Depth is drawn as the square root of inverse depth, bright = near, "
        "fitted to the truth, all of a row over one range; the figure is the AbsRel of that "
        "picture. Which frames are shown is decided by the rule that stands above each picture; "
        "frames of one rule come from different scenes, or lie a tenth of a sequence apart.",
    ]
    if report.get("private"):
        lines += [
            "",
            "The measured sets may be for research only, so their pictures are not in the "
            "repository: the same command writes "
            f"{len(report['private'])} strips to `out/model-card/` (quartiles, low texture, strong "
            "light, thin structures and failures of each set).",
        ]
    if not report.get("public"):
        return [*lines, "", "No held-out renders in this run: `--renders` was not given."]
    for name, rule, path in report["public"]:
        lines += ["", f"**Held-out renders, {name}** ({rule}):", "", image(name, path, out)]
    return lines
