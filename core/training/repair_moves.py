# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendered camera moves as repair's fusion network learns from them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ..depth import DepthModel, upsample_to
from ..errors import SecondEyeError
from ..evaluation.renders import HELD_OUT
from ..repair import Frame, RepairSettings
from ..repair.confidence import variance_of
from ..repair.repair import Repair
from .frames import FrameRef, list_frames, read_frame
from .repair_fusion import FusionTask
from .repair_samples import FusionSample, gather

MOST_MOVES = 400
MOST_HELD = 25


def fusion_task(
    renders: Sequence[Path],
    model: DepthModel,
    networks: Path | None,
    say: Callable[[str], None] = print,
    most: int = MOST_MOVES,
) -> FusionTask:
    """What the branches say of the longest moves under ``renders``.

    ``networks``: weights of the spatial and semantic network, None for those that ship. Raises
    `SecondEyeError` where no move is.
    """
    moves = [move for root in renders for move in moves_of(list_frames(root))]
    held = [move for move in moves if move[0].seed % HELD_OUT == 0][:MOST_HELD]
    rest = [move for move in moves if move[0].seed % HELD_OUT]
    rest = sorted(rest, key=len, reverse=True)[:most]
    if not rest or not held:
        raise SecondEyeError(
            "The renders hold too few camera moves to learn fusion from: render more scenes with "
            "scripts/render_scenes.py, among them a seed that 20 divides."
        )
    repair = Repair(RepairSettings(), networks)
    samples: list[list[FusionSample]] = []
    for name, part in (("to learn from", rest), ("held out", held)):
        samples.append(list(gather(repair, read_moves(part, model))))
        say(f"{len(samples[-1])} frames of moves {name}")
    return FusionTask(*samples)


def moves_of(frames: Sequence[FrameRef]) -> list[list[FrameRef]]:
    """Chains of two frames and more, each the next pose of the one before."""
    known = {(frame.folder, frame.stem): frame for frame in frames}
    later = {(frame.folder, frame.next_stem) for frame in frames}
    moves = []
    for frame in frames:
        if (frame.folder, frame.stem) in later:
            continue
        move = [frame]
        while (following := known.get((frame.folder, move[-1].next_stem or ""))) is not None:
            move.append(following)
        if len(move) > 1:
            moves.append(move)
    return moves


def read_moves(
    moves: Sequence[Sequence[FrameRef]], model: DepthModel
) -> Iterator[list[tuple[Frame, np.ndarray]]]:
    """Each move's frames as repair meets them, with the true inverse depth in 1/m."""
    for move in moves:
        frames = []
        for ref in move:
            view = read_frame(ref, behind=False)
            height, width = view["inverse_depth"].shape
            told = upsample_to(model.infer(view["rgb"]), height, width)
            frame = Frame(view["rgb"], told.inverse_depth, variance_of(told), told.labels)
            frames.append((frame, view["inverse_depth"]))
        yield frames
