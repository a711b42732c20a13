# SPDX-License-Identifier: GPL-3.0-or-later
"""Sections: edges, uncertainty, classes."""

from __future__ import annotations

from pathlib import Path

from core.depth.labels import CLASSES
from core.evaluation.renders import HELD_OUT

from .text import Report, image, missing, three


def edges(report: Report) -> list[str]:
    if not report.get("renders"):
        return missing("Edges", "--renders")
    rows = {n: report["renders"][n] for n in report["contenders"]}
    first = rows[report["ours"]]
    sizes = ", ".join(first["sizes"])
    lines = [
        "## Edges",
        "",
        f"Held-out renders, {first['count']} frames of {first['scenes']} scenes, whose edges are "
        "true: where depth jumps by a ratio of 1.25 between neighbours. Estimated edges at the "
        "threshold of best F1 over the set, found within 1 or 2 pixels of "
        f"{sizes} pictures; boundary error "
        "(Koch et al. 2018) in pixels. What exactly: [evaluation.md](evaluation.md).",
        "",
        "| model | AbsRel | d < 1.25 | precision 2 px | found 2 px | F1 1 px | F1 2 px | at a "
        "step of"
        " | accuracy, px | completeness, px |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        e = row["edges"]
        cells = [three(row["mean"]["abs_rel"]), three(row["mean"]["delta1"])]
        cells += [three(e[k]) for k in ("precision_2", "recall_2", "f1_1", "f1_2")]
        cells += [f"{e['threshold']:.2f}", f"{e['accuracy']:.2f}", f"{e['completeness']:.2f}"]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    by_kind: dict[str, list[float]] = {}
    for row in first["images"]:
        by_kind.setdefault(row["kind"], []).append(row["model"]["abs_rel"])
    said = ", ".join(f"{k} {three(sum(v) / len(v))} ({len(v)})" for k, v in sorted(by_kind.items()))
    return [*lines, "", f"AbsRel by kind of scene (frames): {said}."]


def uncertainty(report: Report, out: Path) -> list[str]:
    if not report.get("renders"):
        return missing("Uncertainty", "--renders")
    row = report["renders"][report["ours"]]
    known, scenes = row["uncertainty"], row["uncertainty_scenes"]
    if not scenes:
        return [
            "## Uncertainty",
            "",
            "Not measured: every scene of this run is one that calibration may have seen "
            f"(its seed is no multiple of {2 * HELD_OUT}).",
        ]
    if known is None:
        return ["## Uncertainty", "", "This network tells none."]
    low, mid, high = (known["coverage"][i] for i in (9, 15, 17))
    return [
        "## Uncertainty",
        "",
        f"{known['pictures']} frames of {scenes} held-out scenes that the calibration of the "
        f"uncertainty did not see (`train.py export --calibrate` leaves out seeds that "
        f"{2 * HELD_OUT} divides). Error of inverse depth after the fit. Taking the pixels away "
        "that the "
        f"network is least sure of, AUSE (Ilg et al. 2018) is {three(known['ause'])}, where an "
        f"uncertainty at random gives {three(known['ause_random'])} and the true order 0: "
        f"{1 - known['ause'] / known['ause_random']:.0%} of what can be known is known. Mean error "
        f"over mean scale {known['error_over_scale']:.2f} (1 = calibrated); the Laplace intervals "
        "of "
        f"50, 80 and 90 % hold {low:.0%}, {mid:.0%} and {high:.0%} of the errors (mean miss over "
        "all "
        f"levels {known['calibration_error']:.1%}).",
        "",
        image("sparsification and calibration", report["uncertainty_picture"], out),
    ]


def labels(report: Report) -> list[str]:
    if not report["tells_labels"]:
        return ["## Classes", "", "These weights have no semantic head."]
    columns: dict[str, Report] = {}
    for name, row in report.get("renders", {}).items():
        if row["labels"]:
            columns[f"renders, {name}"] = row["labels"]
    if report.get("camvid"):
        columns[f"CamVid, {report['camvid']['count']} frames"] = report["camvid"]
    if not columns:
        return missing("Classes", "--renders or --camvid")
    lines = [
        "## Classes",
        "",
        "Intersection over union over all pixels of a set; the mean over the classes that its "
        "truth "
        "holds. CamVid is mapped: road and pavement to ground; building to wall or building; pole, "
        "sign and fence to furniture or object; tree to vegetation; car to vehicle; pedestrian and "
        "bicyclist to person; unlabelled left out. The network was trained on renders only.",
        "",
        "| class | " + " | ".join(columns) + " |",
        "|---|" + "---|" * len(columns),
    ]
    for name in CLASSES:
        cells = [c["iou"][name] for c in columns.values()]
        said = ("-" if cell is None else three(cell) for cell in cells)
        lines.append(f"| {name} | " + " | ".join(said) + " |")
    means = (f"**{three(c['miou'])}**" for c in columns.values())
    lines.append("| mean | " + " | ".join(means) + " |")
    return lines
