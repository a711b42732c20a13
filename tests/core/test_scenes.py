# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes rendered by Blender: depth is exact, labels, flow and hidden layers hold."""

import importlib.util

import numpy as np
import pytest
import scenes_case
from scenes_case import KINDS, PICTURES

from core.training.frames import LABELS, rigid_flow

rendered, frames, plane = scenes_case.rendered, scenes_case.frames, scenes_case.plane
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("bpy") is None, reason="needs Blender as a Python module (bpy)"
)


def test_depth_of_the_floor_is_exact_along_the_view_axis(plane):
    data, ray = plane
    floor = data["index"] % 16 == 2
    wanted = ray[..., 2] / -1.5  # 1 / z of the point where the ray meets z = 0
    assert floor.mean() > 0.4
    np.testing.assert_allclose(data["inverse"][floor], wanted[floor], rtol=1e-5)


def test_no_depth_lies_between_an_object_and_what_is_behind_it(plane):
    data, ray = plane
    box = data["index"] % 16 == 5
    points = (
        data["pose"][:3, 3] + ray / np.where(data["inverse"] > 0, data["inverse"], 1)[..., None]
    )
    local = points - (0, 4, 0)
    c, s = np.cos(0.3), np.sin(0.3)
    x, y, z = (
        c * local[..., 0] + s * local[..., 1],
        c * local[..., 1] - s * local[..., 0],
        local[..., 2],
    )
    # How far outside the box's faces, or inside of them, each point lies.
    off = np.maximum.reduce([np.abs(x) - 0.5, np.abs(y) - 0.5, z - 1, -z])
    assert box.sum() > 300
    assert np.abs(off[box]).max() < 1e-4
    rest = (data["index"] % 16 == 2) & (data["inverse"] > 0)
    assert np.abs(points[rest][:, 2]).max() < 1e-3


def test_normals_are_in_camera_axes(plane):
    data, _ = plane
    floor = data["index"] % 16 == 2
    world = data["normals"][floor] @ data["pose"][:3, :3].T
    np.testing.assert_allclose(world, np.broadcast_to((0, 0, 1), world.shape), atol=1e-3)
    assert (data["normals"][floor][:, 1] < 0).all()  # y points down: the floor faces up


def test_every_kind_gives_its_views_with_plausible_pictures(frames):
    for kind in KINDS:
        mine = [frame for ref, frame in frames if ref.kind == kind]
        assert len(mine) >= 2
        for frame in mine:
            assert frame["rgb"].shape == mine[0]["rgb"].shape in PICTURES
            assert frame["rgb"].std() > 8 and 20 < frame["rgb"].mean() < 240
            assert frame["inverse_depth"].min() >= 0 and frame["inverse_depth"].max() < 1 / 0.15
            lengths = np.linalg.norm(frame["normals"], axis=-1)
            np.testing.assert_allclose(lengths[frame["inverse_depth"] > 0], 1, atol=5e-3)


def test_labels_fit_the_kind_and_the_sky_has_no_depth(frames):
    for kind in KINDS:
        mine = [frame for ref, frame in frames if ref.kind == kind]
        seen = {LABELS[value] for frame in mine for value in np.unique(frame["labels"])}
        assert "unlabelled" not in seen
        assert "ground" in seen
        if kind in ("street", "open_ground"):
            assert "ceiling" not in seen
        else:
            assert "vehicle" not in seen
            # A table may be seen from straight above.
            assert "wall" in seen or kind == "table_top"
        for frame in mine:
            np.testing.assert_array_equal(frame["labels"] == 1, frame["inverse_depth"] == 0)


def test_the_hidden_layer_is_behind_and_the_rest_unchanged(frames):
    layered = [frame for _, frame in frames if "behind_mask" in frame]
    assert len(layered) >= 3
    for frame in layered:
        mask, front, behind = (
            frame["behind_mask"],
            frame["inverse_depth"],
            frame["behind_inverse_depth"],
        )
        assert 0.02 < mask.mean() < 0.6
        assert (behind[mask] <= front[mask] * 1.002).all()
        assert (behind[mask] < front[mask] * 0.998).mean() > 0.9
        np.testing.assert_array_equal(behind[~mask], front[~mask])


def test_flow_leads_to_the_next_view(frames):
    """Points carried along by the flow have, in the next view, the depth they should have there."""
    checked = 0
    by_name = {(ref.folder, ref.stem): frame for ref, frame in frames}
    for ref, frame in frames:
        still = rigid_flow(
            frame["inverse_depth"],
            frame["focal_px"],
            frame["world_from_camera"],
            frame["next_world_from_camera"],
        )
        # Only people and cars go their own way.
        fixed = ~np.isin(frame["labels"], (LABELS.index("vehicle"), LABELS.index("person")))
        np.testing.assert_allclose(frame["flow"][fixed], still[fixed], atol=0.15, rtol=2e-2)
        if ref.next_stem is None:
            continue
        after = by_name[ref.folder, ref.next_stem]
        np.testing.assert_array_equal(after["world_from_camera"], frame["next_world_from_camera"])
        height, width = frame["labels"].shape
        v, u = np.mgrid[0:height, 0:width]
        x = np.rint(u + frame["flow"][..., 0]).astype(int)
        y = np.rint(v + frame["flow"][..., 1]).astype(int)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        same = after["labels"][y[inside], x[inside]] == frame["labels"][inside]
        assert same.mean() > 0.85
        checked += 1
    assert checked >= 1


def test_flow_follows_what_moves_by_itself(rendered):
    data = np.load(rendered / "walk.npz")
    mine = data["before"] == data["step"]
    assert mine.sum() > 300 and data["moving"] == pytest.approx(mine.mean())
    still = rigid_flow(data["inverse"], float(data["focal"]), data["first"], data["second"])
    np.testing.assert_array_equal(data["flow"][~mine], still[~mine])
    assert np.linalg.norm((data["flow"] - still)[mine], axis=-1).mean() > 3
    height, width = mine.shape
    v, u = np.nonzero(mine)
    x = np.floor(u + 0.5 + data["flow"][mine][:, 0]).astype(int)
    y = np.floor(v + 0.5 + data["flow"][mine][:, 1]).astype(int)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    landed = data["after"][y[inside], x[inside]] == data["step"]
    assert inside.mean() > 0.9 and landed.mean() > 0.93
    # The same by the rigid flow alone would miss its edges.
    sx = np.floor(u + 0.5 + still[mine][:, 0]).astype(int).clip(0, width - 1)
    sy = np.floor(v + 0.5 + still[mine][:, 1]).astype(int).clip(0, height - 1)
    assert (data["after"][sy, sx] == data["step"]).mean() < landed.mean() - 0.1


def test_things_near_the_camera_stand_on_the_ground_and_are_of_their_size(rendered):
    boxes = np.load(rendered / "near.npz")["boxes"]
    assert len(boxes) > 100
    low, high = boxes[:, :3], boxes[:, 3:]
    assert np.abs(low[:, 2]).max() < 0.03
    tall, wide = high[:, 2], (high - low)[:, :2].max(1)
    assert tall.min() > 0.3 and tall.max() < 5.2 and wide.min() > 0.05 and wide.max() < 2.6


def test_things_are_put_before_the_camera_seen_and_not_in_the_way(rendered):
    count, area, wide, cut, depth, low, eye = np.load(rendered / "near.npz")["views"].T
    shown = count > 0
    assert 0.3 < shown.mean() < 0.9 and count.max() <= 3
    assert (area[shown] > 0.003).mean() > 0.9 and (area[~shown] == 0).all()
    assert wide.max() < 0.45
    assert ((depth[shown] > 0.5) & (depth[shown] < 4.5)).all()
    assert 0 < cut[shown].sum() < shown.sum()  # the lower border cuts some, not all
    assert np.abs(low[shown]).max() < 0.03 and (eye[shown] > 0.8).all() and (eye < 1.8).all()


def test_water_and_glass_have_the_depth_of_their_surface(rendered):
    data, ray = scenes_case.with_rays(rendered / "water.npz")
    wet, pane = np.isin(data["index"], data["wet"]), data["index"] == data["pane"]
    assert wet.mean() > 0.2 and pane.mean() > 0.1
    assert set(data["index"][wet] % 16) == {LABELS.index("ground")}
    np.testing.assert_allclose(data["inverse"][wet], ray[wet][:, 2] / -2.0, rtol=3e-4)
    np.testing.assert_allclose(data["inverse"][pane], ray[pane][:, 1] / 3.0, rtol=3e-4)
    # Through the pane one sees: it is neither black nor a mirror alone.
    assert data["colour"][pane].mean() > 0.05


def test_bodies_are_closed_stand_on_the_floor_and_wear_something(rendered):
    bodies = sorted(rendered.glob("body_*.npz"))
    assert len(bodies) >= 8
    for path in bodies:
        data = np.load(path)
        points, faces = data["points"], data["faces"]
        edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
        _, counts = np.unique(edges, axis=0, return_counts=True)
        assert (counts == 2).all(), path.name  # every edge between two faces: no holes
        a, b, c = (points[faces[:, i]] for i in range(3))
        volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
        assert 0.01 < volume < 0.25, path.name  # outward faces; a person is 0.02-0.12 m3
        assert abs(points[:, 2].min()) < 0.03 and 0.5 < points[:, 2].max() < 2.3, path.name
        assert len(np.unique(data["parts"])) >= 4
        assert (float(data["seat"]) > 0.2) == (path.stem == "body_sit")
