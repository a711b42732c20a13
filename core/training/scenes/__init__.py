# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""Scenes for training, built and rendered with bpy: the only part of core that imports it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ...errors import Cancelled
from ..frames import FrameWriter, rigid_flow, scene_folder_name
from . import indoors, open_ground, poses, street
from .catalog import Catalogue
from .nearby import Nearby
from .picture import Look, draw_look, expose, smooth_light, through_air, through_lens
from .render import Renderer
from .stage import Stage
from .views import foreground, looks_right, worth_rendering

BUILDERS: dict[str, Callable[[Stage], poses.Proposer]] = {
    "room": indoors.room,
    "corridor": indoors.corridor,
    "table_top": indoors.table_top,
    "street": street.street,
    "open_ground": open_ground.open_ground,
}
GENERATOR = 8
"""Grows with every change by which a seed gives another picture; stored in scene.json."""
SHARES = {"room": 0.38, "corridor": 0.06, "table_top": 0.15, "street": 0.23, "open_ground": 0.18}
_STEP = {"room": 0.08, "corridor": 0.12, "table_top": 0.03, "street": 0.3, "open_ground": 0.25}
_MOVES = 0.11  # of the poses start a move of 3-6 frames, so that 1 frame in 3 belongs to one
_LENGTHS = (3, 7)
_OUTDOORS = ("street", "open_ground")
_PORTRAIT = 0.15  # of the scenes are taken upright
HELD_OUT = 20
"""As in `dataset`, which this doesn't import: it needs torch."""
_BEHIND = 0.2  # of the views have their hidden layer rendered too


def scene_kind(seed: int) -> str:
    """The kind of the scene with this seed, in the proportions of SHARES."""
    draw = np.random.default_rng([seed, 7]).random()
    for kind, limit in zip(SHARES, np.cumsum(list(SHARES.values())), strict=True):
        if draw < limit:
            return kind
    return next(reversed(SHARES))


def picture_size(seed: int, size: tuple[int, int]) -> tuple[int, int]:
    """(width, height) of the pictures of a scene where ``size`` is asked for: that, or upright for
    15 % of the scenes, at 3:4 or 9:16 where ``size`` is 4:3. Held-out scenes are all of ``size``:
    they are compared with each other, at one size."""
    rng = np.random.default_rng([seed, 11])
    width, height = size
    if seed % HELD_OUT == 0 or width <= height or rng.random() >= _PORTRAIT:
        return size
    if rng.random() < 0.5:
        return height, width
    return round(width * 0.675 / 8) * 8, round(height * 1.6 / 8) * 8


def render_scene(
    root: Path,
    seed: int,
    catalogue: Catalogue,
    photos: list[Path],
    size: tuple[int, int] = (320, 240),
    views: int = 11,
    kind: str | None = None,
    behind_share: float = _BEHIND,
    move_share: float = _MOVES,
    stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Build and render one scene into ``root``; returns the number of views written.

    ``behind_share`` of the views have their hidden layer rendered, and ``move_share`` are followed
    by further views from their next poses (3-6 in all, while
    walkers and cars go their way). The seed fixes everything, given the same models,
    photos, size and Blender version. A scene in which no good view is found is written without
    views, so that a resumed job skips it. Raises `Cancelled` between two views when ``stopped()``
    says so; nothing is left of the scene then.
    """
    width, height = picture_size(seed, size)
    kind = kind or scene_kind(seed)
    rng = np.random.default_rng([seed, 1])
    stage = Stage(rng, catalogue, photos)
    propose = BUILDERS[kind](stage)
    near = Nearby(stage, kind not in _OUTDOORS) if kind != "table_top" else None
    with FrameWriter(root, seed, kind) as writer, TemporaryDirectory() as scratch:
        renderer = Renderer(stage.scene, width, height, Path(scratch))
        tries = 0
        while len(writer.views) < views and tries < views * 30:
            tries += 1
            if stopped():
                raise Cancelled(f"Scene {seed} was stopped before it was finished: run it again.")
            pose = propose(rng)
            if width < height:  # the lens is that of the picture's long side
                pose = replace(pose, lens=pose.lens * height / width)
            stage.at_frame(0)
            if near is not None:
                pose = near.arrange(rng, pose, width / height)
            if not worth_rendering(stage, pose, width / height):
                continue
            length = int(rng.integers(*_LENGTHS)) if rng.random() < move_share else 1
            path = poses.path(rng, pose, _STEP[kind], length)
            stage.at_frame(length - 1)
            if length > 1 and not worth_rendering(stage, path[length - 1], width / height):
                continue
            look = draw_look(rng, kind in _OUTDOORS, pose.lens * width / max(width, height))
            before: str | None = None
            for number in range(min(length, views - len(writer.views))):
                stage.at_frame(number)
                now, after = path[number], path[number + 1]
                stem = _view(stage, renderer, writer, now, after, look, behind_share)
                if stem is None:
                    tries += 10
                    break
                if before is not None:
                    writer.link(before, stem)
                before = stem
        writer.finish(generator=GENERATOR, sources=sorted(stage.sources))
    return len(writer.views)


def _view(
    stage: Stage,
    renderer: Renderer,
    writer: FrameWriter,
    pose: poses.Pose,
    after: poses.Pose,
    look: Look,
    behind_share: float,
) -> str | None:
    """Render and write one view; None when the picture is no good."""
    rng = stage.rng
    renderer.aim(pose)
    seed = int(rng.integers(1 << 30))
    inverse, normals, index = renderer.data(pose)

    def photograph(inverse: np.ndarray, normals: np.ndarray, index: np.ndarray) -> np.ndarray:
        linear = smooth_light(*renderer.colour(seed), normals, index, look.rounds)
        return through_lens(through_air(linear, inverse, look), inverse, look)

    linear = photograph(inverse, normals, index)
    rgb = expose(linear, look)
    if not looks_right(rgb, inverse):
        return None
    behind = None
    if rng.random() < behind_share:
        removed = foreground(stage.things, index, inverse)
        if removed:
            items = [item for thing in removed for item in thing.objects]
            with renderer.hidden(items):
                data = renderer.data(pose)
                hidden = photograph(*data)
            numbers = [thing.instance * 16 + thing.label for thing in removed]
            # One exposure for both: it depends on the picture, so the two are exposed as one.
            both = expose(np.concatenate([linear, hidden]), look)
            rgb, hidden_rgb = both[: len(linear)], both[len(linear) :]
            behind = (hidden_rgb, data[0], np.isin(index, numbers))
    focal = pose.focal_px(renderer.width)
    flow, moving = _flow(stage, pose, after, focal, inverse, index)
    return writer.add_view(
        rgb,
        inverse,
        normals,
        flow,
        np.where(index == 0, 1, index % 16).astype(np.uint8),
        focal,
        pose.matrix,
        after.matrix,
        behind,
        moving=moving,
    )


def _flow(
    stage: Stage,
    pose: poses.Pose,
    after: poses.Pose,
    focal: float,
    inverse: np.ndarray,
    index: np.ndarray,
) -> tuple[np.ndarray, float]:
    """(flow, share of the picture that moves by itself)."""
    flow = rigid_flow(inverse, focal, pose.matrix, after.matrix)
    moving = np.zeros(index.shape, bool)
    for mover in stage.movers:
        mine = index == mover.thing.instance * 16 + mover.thing.label
        if mine.any():
            # To shift a thing is to shift the camera that saw it before the move.
            shifted = pose.matrix.copy()
            shifted[:3, 3] += mover.step
            flow[mine] = rigid_flow(inverse, focal, shifted, after.matrix)[mine]
            moving |= mine
    return flow, float(moving.mean())


__all__ = ["BUILDERS", "SHARES", "render_scene", "scene_folder_name", "scene_kind"]
