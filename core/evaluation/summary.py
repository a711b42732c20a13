# SPDX-License-Identifier: GPL-3.0-or-later
"""A report's means as a table for a person."""

from collections.abc import Mapping
from typing import Any

_PUBLISHED = (
    *(("abs_rel", "ARE"), ("rmse", "RMSE"), ("log10", "log10")),
    *(("delta1", "d<1.25"), ("delta2", "d<1.25^2"), ("delta3", "d<1.25^3")),
)

_TEMPORAL = (
    *(("opw_static", "OPW static"), ("opw", "OPW all"), ("tae", "TAE"), ("tcc", "TCC")),
    *(("abs_rel", "AbsRel"), ("delta1", "d<1.25"), ("f1_2", "edge F1")),
    *(("accuracy", "edge acc."), ("completeness", "edge compl."), ("plane_flat", "plane flat")),
    *(("edge_far", "edges far"), ("edge_threshold", "edges at")),
    *(("plane_tilt", "plane tilt"), ("away", "away"), ("detail", "detail")),
)
_TEMPORAL_NOTE = (
    "OPW: change along the flow over the base's range of inverse depth, one scale and shift a "
    "sequence; away: distance from the base; detail: gradients kept. A low OPW alone says nothing."
)


def summary(report: dict[str, Any]) -> str:
    """The means as a table for a person."""
    counted = "frames" if report["layout"] == "video" else "pictures"
    head = f"{report['folder']} ({report['count']} {counted})"
    if report["layout"] == "camvid":
        return "\n".join([head, *_labels(report)])
    if "rows" in report:
        rows = report["rows"].values()
        told = [c for c in _TEMPORAL if any(row.get(c[0]) is not None for row in rows)]
        return "\n".join([head, *_table(report["rows"], told), *_left_out(report), _TEMPORAL_NOTE])
    if report["layout"] in ("rgbd", "nyu", "kitti", "renders"):
        return "\n".join([head, *_published(report), *_extras(report)])
    names = list(next(iter(report["mean"].values())))
    return "\n".join([head, *_table(report["mean"], [(name, name) for name in names])])


def _left_out(report: dict[str, Any]) -> list[str]:
    """Of a clip: its shots, and the pairs of frames that nothing was measured on."""
    if report["layout"] != "video":
        return []
    pairs = len(report["images"])
    return [f"{len(report['cuts']) + 1} shots; {report['untrusted']} of {pairs} pairs of frames "
            "within them left out, their flow untrusted"]  # fmt: skip


def _table(
    rows: Mapping[str, Mapping[str, float | None]], columns: list[tuple[str, str]]
) -> list[str]:
    first = max(len(name) for name in rows) + 2
    lines = [" " * first + "".join(f"{title:>12}" for _, title in columns)]
    for label, scores in rows.items():
        lines.append(f"{label:<{first}}" + "".join(_cell(scores.get(name)) for name, _ in columns))
    return lines


def _cell(value: float | None) -> str:
    return f"{'-':>12}" if value is None else f"{value:12.4f}"


def _published(report: dict[str, Any]) -> list[str]:
    """The form in which papers print it: errors, accuracies, then what the model costs."""
    rows = {report["model"]["name"]: report["mean"], "vertical ramp": report["ramp"]}
    lines = _table(rows, list(_PUBLISHED))
    cost = report.get("cost")
    if cost is None:
        return lines
    parameters = f"{cost['parameters'] / 1e6:.2f} M" if cost["parameters"] else "-"
    flops = f"{cost['flops'] / 1e9:.2f} G" if cost["flops"] else "-"
    lines[0] += f"{'parameters':>14}{'FLOPs':>10}{'ms':>9}"
    lines[1] += f"{parameters:>14}{flops:>10}{report['milliseconds']:9.1f}"
    return lines


def _extras(report: dict[str, Any]) -> list[str]:
    lines = []
    edges, known = report.get("edges"), report.get("uncertainty")
    if edges:
        lines.append(
            f"edges within 2 px: F1 {edges['f1_2']:.3f}, {edges['recall_2']:.3f} found, "
            f"{edges['precision_2']:.3f} of those claimed true; "
            f"boundary error {edges['accuracy']:.2f} / {edges['completeness']:.2f} px"
        )
    if known:
        lines.append(
            f"uncertainty: AUSE {known['ause']:.3f} (random {known['ause_random']:.3f}), "
            f"error / scale {known['error_over_scale']:.2f}"
        )
    return lines + (_labels(report["labels"]) if report.get("labels") else [])


def _labels(scores: dict[str, Any]) -> list[str]:
    lines = [
        f"{name:<20}" + (f"{iou:8.4f}" if iou is not None else "       -")
        for name, iou in scores["iou"].items()
    ]
    return [f"{'class':<20}     IoU", *lines, f"{'mean':<20}{scores['miou']:8.4f}"]
