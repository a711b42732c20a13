# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's published types are unions of every kind of data block.
# mypy: disable-error-code="union-attr,attr-defined,arg-type,index,assignment"
"""Scenes for training, built and rendered with bpy: the only part of core that imports it."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ...errors import Cancelled
from ..frames import FrameWriter, rigid_flow, scene_folder_name
from . import indoors, open_ground, poses, street
from .catalog import Catalogue
from .render import Renderer, expose, smooth_light
from .stage import Stage
from .views import foreground, looks_right, worth_rendering

BUILDERS: dict[str, Callable[[Stage], poses.Proposer]] = {
    "room": indoors.room,
    "corridor": indoors.corridor,
    "table_top": indoors.table_top,
    "street": street.street,
    "open_ground": open_ground.open_ground,
}
GENERATOR = 4
"""Grows with every change by which a seed gives another picture; stored in scene.json."""
SHARES = {"room": 0.45, "corridor": 0.1, "table_top": 0.15, "street": 0.15, "open_ground": 0.15}
_STEP = {"room": 0.08, "corridor": 0.12, "table_top": 0.03, "street": 0.3, "open_ground": 0.25}
_MOVES = 0.15  # of the views start a move of two frames, so that 1 in 4 belongs to one
_BEHIND = 0.25  # of the views have their hidden layer rendered too


def scene_kind(seed: int) -> str:
    """The kind of the scene with this seed, in the proportions of SHARES."""
    draw = np.random.default_rng([seed, 7]).random()
    for kind, limit in zip(SHARES, np.cumsum(list(SHARES.values())), strict=True):
        if draw < limit:
            return kind
    return next(reversed(SHARES))


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
    by a second view from their next pose. The seed fixes everything, given the same models,
    photos, size and Blender version. A scene in which no good view is found is written without
    views, so that a resumed job skips it. Raises `Cancelled` between two views when ``stopped()``
    says so; nothing is left of the scene then.
    """
    width, height = size
    kind = kind or scene_kind(seed)
    rng = np.random.default_rng([seed, 1])
    stage = Stage(rng, catalogue, photos)
    propose = BUILDERS[kind](stage)
    with FrameWriter(root, seed, kind) as writer, TemporaryDirectory() as scratch:
        renderer = Renderer(stage.scene, width, height, Path(scratch))
        tries = 0
        while len(writer.views) < views and tries < views * 30:
            tries += 1
            if stopped():
                raise Cancelled(f"Scene {seed} was stopped before it was finished: run it again.")
            pose = propose(rng)
            if not worth_rendering(stage, pose, width / height):
                continue
            step = _STEP[kind]
            after = poses.Pose(poses.moved(rng, pose.matrix, step), pose.lens)
            stem = _view(stage, renderer, writer, pose, after, behind_share)
            if stem is None:
                tries += 10
                continue
            if rng.random() < move_share and len(writer.views) < views:
                later = poses.Pose(poses.moved(rng, after.matrix, step), pose.lens)
                second = _view(stage, renderer, writer, after, later, behind_share)
                if second is not None:
                    writer.link(stem, second)
        writer.finish(generator=GENERATOR, sources=sorted(stage.sources))
    return len(writer.views)


def _view(
    stage: Stage,
    renderer: Renderer,
    writer: FrameWriter,
    pose: poses.Pose,
    after: poses.Pose,
    behind_share: float,
) -> str | None:
    """Render and write one view; None when the picture is no good."""
    rng = stage.rng
    renderer.aim(pose)
    seed = int(rng.integers(1 << 30))
    inverse, normals, index = renderer.data(pose)
    exposure = int(rng.integers(1 << 30))
    rounds = int(rng.choice([0, 1, 2, 3], p=[0.06, 0.14, 0.4, 0.4]))
    linear = smooth_light(*renderer.colour(seed), normals, index, rounds)
    rgb = expose(linear, np.random.default_rng(exposure))
    if not looks_right(rgb, inverse):
        return None
    behind = None
    if rng.random() < behind_share:
        removed = foreground(stage.things, index, inverse)
        if removed:
            items = [item for thing in removed for item in thing.objects]
            with renderer.hidden(items):
                hidden_inverse, hidden_normals, hidden_index = renderer.data(pose)
                colour = renderer.colour(seed)
            hidden = smooth_light(*colour, hidden_normals, hidden_index, rounds)
            numbers = [thing.instance * 16 + thing.label for thing in removed]
            # The same exposure as in front: it depends on the picture, so the front's is taken.
            both = expose(np.concatenate([linear, hidden]), np.random.default_rng(exposure))
            rgb, hidden_rgb = both[: len(linear)], both[len(linear) :]
            behind = (hidden_rgb, hidden_inverse, np.isin(index, numbers))
    return writer.add_view(
        rgb,
        inverse,
        normals,
        rigid_flow(inverse, pose.focal_px(renderer.width), pose.matrix, after.matrix),
        np.where(index == 0, 1, index % 16).astype(np.uint8),
        pose.focal_px(renderer.width),
        pose.matrix,
        after.matrix,
        behind,
    )


__all__ = ["BUILDERS", "SHARES", "render_scene", "scene_folder_name", "scene_kind"]
