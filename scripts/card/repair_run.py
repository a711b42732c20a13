# SPDX-License-Identifier: GPL-3.0-or-later
"""The card's part about repair, alone or within the whole run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.depth import load_model
from core.errors import SecondEyeError
from core.evaluation.contests import make_contest
from core.evaluation.moves import open_moves
from core.evaluation.rows import BASE
from core.repair.settings import RepairSettings

from . import pictures, repair_pictures
from .repair_cost import measure_cost, measure_large
from .repair_measure import (
    Say,
    measure_clips,
    measure_moves,
    measure_recordings,
    whole,
)
from .repair_text import TITLE, repair
from .replacing import put_section


def measure_repair(args: argparse.Namespace, public: Path, say: Say) -> dict[str, Any]:
    """Everything that is given: ``--clips``, ``--sets``, ``--renders``; pictures to ``public``,
    those with other people's footage to ``args.private``. Raises SecondEyeError."""
    model = load_model(args.model, args.size)
    peers = [load_model(str(path)) for path in args.peer]
    contest = make_contest(model, RepairSettings(), branches=True, peers=peers)
    after, peer = whole(contest), peers[0].name if peers else None
    shown = {BASE: BASE, after: "repaired", **({peer: peer} if peer else {})}
    found: dict[str, Any] = {
        "model": model.name,
        "after": after,
        "peer": peer,
        "rows": contest.names,
        "frames": args.repair_frames,
        "pictures": [],
    }
    if args.clips is not None:
        found["clips"], columns = measure_clips(args.clips, contest, args.repair_frames, say)
        real = {
            name: clip["rows"][BASE]["opw_static"]
            for name, clip in found["clips"]["clips"].items()
            if not clip["animated"] and clip["rows"][BASE]["opw_static"] is not None
        }
        strips = repair_pictures.video_strips(
            repair_pictures.quartile_columns(columns, real), shown
        )
        path = pictures.save(public / "repair-strips.jpg", strips)
        text = (
            "the middle column of the first frames, time to the right; the clips at the lower "
            "quartile, the median and the upper quartile of the base's OPW"
        )
        found["pictures"].append(("Depth over time", text, path))
        every = repair_pictures.video_strips(columns, shown)
        pictures.save(args.private / "repair-strips-all.jpg", every)
    if args.sets is not None:
        found["sequences"], found["singles"] = measure_recordings(
            args.sets, contest, args.limit, say
        )
    if args.renders:
        found["moves"] = measure_moves(args.renders, contest, args.limit, say)
        moves = [move for folder in args.renders for move in open_moves(folder)]
        if args.limit is None:
            drawn = repair_pictures.before_after(moves, found["moves"]["images"], contest, after)
            path = pictures.save(public / "repair-before-after.jpg", drawn)
            text = (
                "the frame that gained most in AbsRel, the median one, and the one that lost most"
            )
            found["pictures"].append(("Before and after, held-out renders", text, path))
    if not ({"clips", "sequences", "moves"} & found.keys()):
        raise SecondEyeError("Repair is measured on --clips, --sets or --renders: give one.")
    say("repair: cost and memory")
    found["cost"], found["large"] = measure_cost(args.model), measure_large(args.model)
    return found


def repair_alone(args: argparse.Namespace, say: Say) -> dict[str, Any]:
    """``model_card.py --only repair``. Raises SecondEyeError."""
    public = args.pictures or args.out.parent / "pictures" / "model-card"
    report = {"repair": measure_repair(args, public, say)}
    put_section(args.out, TITLE, repair(report, args.out))
    return report
