# SPDX-License-Identifier: GPL-3.0-or-later
"""Section: repair. Every verdict is computed from the figures of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.evaluation.rows import BASE
from core.evaluation.sequences import TRUTH

from .repair_verdicts import Kind, nulls, verdicts
from .text import Report, image, missing, three

TITLE = "## Repair"


def repair(report: Report, out: Path) -> list[str]:
    """The whole section."""
    found = report.get("repair")
    if not found:
        return missing("Repair", "--clips")
    lines = [
        TITLE,
        "",
        f"{found['model']} without repair and with branch after branch, in the order of the "
        "published ablation, all of a row in one run ([evaluation.md](evaluation.md)): what "
        "flickers less counts for nothing where accuracy, edges or detail pay for it, as the last "
        "rows show. Temporal figures after one scale and shift a sequence, AbsRel, d < 1.25, edges "
        "and planes after one a picture. The flow is Farneback's on clips and sequences and the "
        "true one on renders; repair itself uses DIS. OPW and TAE in percent.",
        "",
    ]
    for part in (_table, _verdicts, _nulls, _published, _clips, _singles, _pictures):
        made = part(found, out)
        lines += [*made, ""] if made else []
    return lines[:-1]


# Of each kind of data: key in its rows, head, form of the figure. First those that must be seen
# together, then the rest.
_CLIPS = (("opw_static", "OPW static", "percent"), ("opw", "OPW all", "percent"))
_SEQUENCE = (
    ("tae", "TAE", "percent"), ("abs_rel", "AbsRel", "three"), ("delta1", "d < 1.25", "three"),
)  # fmt: skip
_MOVES = (
    ("opw_static", "OPW static", "percent"), ("abs_rel", "AbsRel", "three"),
    ("edge_error", "edge error, px", "two"), ("plane_flat", "planes off", "percent"),
)  # fmt: skip
_CLIPS_MORE = (("away", "away", "two"), ("detail", "detail", "two"))
_SEQUENCE_MORE = (
    ("tcc", "TCC", "three"), ("opw", "OPW all", "percent"), ("away", "away", "two"),
    ("detail", "detail", "two"),
)  # fmt: skip
_MOVES_MORE = (
    ("opw", "OPW all", "percent"), ("delta1", "d < 1.25", "three"), ("f1_2", "edge F1", "three"),
    ("accuracy", "accuracy, px", "two"), ("completeness", "completeness, px", "two"),
    ("edge_far", "edges far off", "percent"), ("plane_tilt", "planes tilted", "degrees"),
    ("away", "away", "two"), ("detail", "detail", "two"),
)  # fmt: skip


def _table(found: Report, out: Path) -> list[str]:
    del out
    lines = _columns(found, _CLIPS, _SEQUENCE, _MOVES)
    counts = []
    if found.get("clips"):
        counts.append(
            f"Clips: the mean over {found['clips']['count']} real ones, the first "
            f"{found['frames']} frames of each."
        )
    counts += [
        f"{name}: {one['count']} frames." for name, one in found.get("sequences", {}).items()
    ]
    if found.get("moves"):
        moves = found["moves"]
        counts.append(
            f"Renders: {moves['count']} held-out views, {moves['pairs']} pairs of them neighbours "
            "in a camera move; the truth's own OPW is what really moves in depth. Edge error: "
            "the mean of the depth boundary error's accuracy and completeness; planes off: the "
            "distance of true planes from their own best plane. Edges of all rows at the base's "
            f"best threshold{_threshold(moves['rows'])}; far off: 10 pixels or more from any true "
            "one, left out of accuracy. Repair leaves the classes as they are."
        )
    lines += ["", " ".join(counts), "", "The other figures (away: distance from the base; detail: "
              "gradients kept; TCC: 1 is best):", ""]  # fmt: skip
    return lines + _columns(found, _CLIPS_MORE, _SEQUENCE_MORE, _MOVES_MORE)


def _threshold(rows: dict[str, Any]) -> str:
    found = rows[BASE].get("edge_threshold")
    return "" if found is None else f", a step of {found:.2f} in depth"


def _columns(found: Report, *parts: tuple[tuple[str, str, str], ...]) -> list[str]:
    """A table with the parts' figures: of clips, of each sequence, of renders."""
    kinds = _kinds(found, *parts)
    heads = [f"{kind}: {title}" for kind, _, asked in kinds for _, title, _ in asked]
    lines = ["| | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for row in [*found["rows"], TRUTH]:
        cells = [
            _cell(rows.get(row, {}).get(key), form)
            for _, rows, asked in kinds
            for key, _, form in asked
        ]
        if any(cells):
            lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return lines


def _kinds(found: Report, *parts: tuple[tuple[str, str, str], ...]) -> list[Kind]:
    """(head, rows, columns) of each kind of data that was measured."""
    of_clips, of_sequences, of_moves = parts
    kinds: list[Kind] = []
    if found.get("clips"):
        kinds.append(("clips", found["clips"]["mean"], of_clips))
    for name, one in found.get("sequences", {}).items():
        kinds.append((name.rpartition("_")[0] or name, one["rows"], of_sequences))
    if found.get("moves"):
        kinds.append(("renders", found["moves"]["rows"], of_moves))
    return kinds


def _verdicts(found: Report, out: Path) -> list[str]:
    del out
    return verdicts(found)


def _nulls(found: Report, out: Path) -> list[str]:
    """What must not win, where it does."""
    del out
    kinds = _kinds(found, _CLIPS + _CLIPS_MORE, _SEQUENCE + _SEQUENCE_MORE, _MOVES + _MOVES_MORE)
    return nulls(kinds, found["after"], _cell)


def _published(found: Report, out: Path) -> list[str]:
    del out
    if not found.get("sequences"):
        return []
    one = next(iter(found["sequences"].values()))["rows"]
    lines = [
        "Beside the published ablation (NYU-Depth V2, which is not at hand; as given to this "
        "project): AbsRel and stability, here what less of TAE there is.",
        "",
        "| | AbsRel, published | here | d < 1.25, published | here | stability, published | here |",
        "|---|---|---|---|---|---|---|",
    ]
    published = {
        BASE: (".158", ".812", ""),
        "+ spatial": (".151", ".824", "+8 %"),
        "+ temporal": (".147", ".831", "+32 %"),
        "+ semantic": (".142", ".835", "+35 %"),
    }
    for row, (error, delta, stable) in published.items():
        if row not in one:
            continue
        gain = 1 - one[row]["tae"] / one[BASE]["tae"]
        lines.append(
            f"| {row} | {error} | {three(one[row]['abs_rel'])} | {delta} | "
            f"{three(one[row]['delta1'])} | {stable} | "
            f"{'' if row == BASE else f'{100 * gain:+.0f} %'} |"
        )
    return lines


def _clips(found: Report, out: Path) -> list[str]:
    del out
    if not found.get("clips"):
        return []
    after, peer = found["after"], found.get("peer")
    shown = [BASE, after, *([peer] if peer else [])]
    lines = [
        "OPW on static pixels by clip, in percent (left out: pairs whose flow is not trusted):",
        "",
        "| clip | frames | shots | pairs left out | static pixels | "
        + " | ".join(shown)
        + " | less by |",
        "|---" * (len(shown) + 6) + "|",
    ]
    for name, clip in found["clips"]["clips"].items():
        rows = clip["rows"]
        was, now = rows[BASE]["opw_static"], rows[after]["opw_static"]
        cells = [_cell(rows[row]["opw_static"], "percent") for row in shown]
        gain = f"{1 - now / was:.0%}" if was and now is not None else "-"
        label = f"{name} (not in the mean)" if clip["animated"] else name
        lines.append(
            f"| {label} | {clip['frames']} | {clip['shots']} | {clip['untrusted']} | "
            f"{clip['static']:.0%} | {' | '.join(cells)} | {gain} |"
        )
    return lines


def _singles(found: Report, out: Path) -> list[str]:
    del out
    if not found.get("singles"):
        return []
    rows = [row for row in found["rows"] if row in (BASE, "+ spatial", "+ semantic")]
    lines = [
        "Pictures each by itself, AbsRel / d < 1.25 (the temporal branch has nothing to say):",
        "",
        "| set | frames | " + " | ".join(rows) + " |",
        "|---" * (len(rows) + 2) + "|",
    ]
    for name, one in found["singles"].items():
        cells = (
            f"{three(one['rows'][row]['abs_rel'])} / {three(one['rows'][row]['delta1'])}"
            for row in rows
        )
        lines.append(f"| {name} | {one['count']} | " + " | ".join(cells) + " |")
    return lines


def _pictures(found: Report, out: Path) -> list[str]:
    lines: list[str] = []
    for title, text, path in found.get("pictures", []):
        lines += ["", f"**{title}** ({text}):", "", image(title, path, out)]
    return lines[1:]


def _cell(value: float | None, form: str) -> str:
    if value is None:
        return ""
    return {
        "percent": f"{100 * value:.2f}", "three": three(value), "two": f"{value:.2f}",
        "degrees": f"{value:.1f}°",
    }[form]  # fmt: skip
