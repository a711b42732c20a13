# SPDX-License-Identifier: GPL-3.0-or-later
"""Training frames on disk: what is written is read back, and nothing half-written is listed."""

import json

import numpy as np
import pytest

from core.errors import SecondEyeError
from core.training.frames import (
    SCENE_FILE,
    FrameWriter,
    list_frames,
    list_sources,
    read_frame,
    rigid_flow,
    scene_folder_name,
)

WIDTH, HEIGHT = 32, 24


def _arrays(seed):
    rng = np.random.default_rng(seed)
    normals = rng.normal(size=(HEIGHT, WIDTH, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    smooth = np.linspace(0, 255, WIDTH * HEIGHT * 3).reshape(HEIGHT, WIDTH, 3).astype(np.uint8)
    return {
        "rgb": smooth,
        "inverse_depth": rng.uniform(0, 5, (HEIGHT, WIDTH)).astype(np.float32),
        "normals": normals,
        "flow": rng.normal(0, 3, (HEIGHT, WIDTH, 2)).astype(np.float32),
        "labels": rng.integers(0, 9, (HEIGHT, WIDTH)).astype(np.uint8),
    }


def _add(writer, seed, behind=None):
    after = np.eye(4)
    after[0, 3] = 0.25
    return writer.add_view(
        **_arrays(seed),
        focal_px=30.5,
        world_from_camera=np.eye(4),
        next_world_from_camera=after,
        behind=behind,
    )


def _write(root, seed, views=2):
    with FrameWriter(root, seed, "room") as writer:
        stems = [_add(writer, seed * 10 + i) for i in range(views)]
        if views > 1:
            writer.link(stems[0], stems[1])
        writer.finish(sources=["none"])


def test_a_view_is_read_back_as_it_was_written(tmp_path):
    wanted = _arrays(3)
    mask = wanted["labels"] > 4
    with FrameWriter(tmp_path, 7, "street") as writer:
        _add(writer, 3, (wanted["rgb"], wanted["inverse_depth"] / 2, mask))
        writer.finish()
    [ref] = list_frames(tmp_path)
    assert (ref.kind, ref.seed, ref.next_stem, ref.has_behind) == ("street", 7, None, True)
    frame = read_frame(ref)
    for key in ("inverse_depth", "normals", "flow"):
        assert frame[key].dtype == np.float32
        np.testing.assert_allclose(frame[key], wanted[key], rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(frame["labels"], wanted["labels"])
    assert np.abs(frame["rgb"].astype(int) - wanted["rgb"]).mean() < 8  # JPEG
    assert frame["rgb"].shape == (HEIGHT, WIDTH, 3)
    assert (frame["focal_px"], frame["cx"], frame["cy"]) == (30.5, WIDTH / 2, HEIGHT / 2)
    assert frame["next_world_from_camera"][0, 3] == 0.25
    np.testing.assert_array_equal(frame["behind_mask"], mask)
    np.testing.assert_allclose(
        frame["behind_inverse_depth"], wanted["inverse_depth"] / 2, rtol=1e-3
    )


def test_frames_are_listed_in_one_order_with_their_followers(tmp_path):
    for seed in (11, 2, 30):
        _write(tmp_path, seed)
    frames = list_frames(tmp_path)
    assert [(f.seed, f.stem) for f in frames] == [
        (seed, stem) for seed in (2, 11, 30) for stem in ("view_000", "view_001")
    ]
    assert [f.next_stem for f in frames[:2]] == ["view_001", None]


def test_a_scene_that_is_not_finished_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), FrameWriter(tmp_path, 1, "room") as writer:
        _add(writer, 1)
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_killed_scene_is_neither_listed_nor_in_the_way(tmp_path):
    killed = FrameWriter(tmp_path, 1, "room").__enter__()
    _add(killed, 1)
    assert list_frames(tmp_path) == []
    _write(tmp_path, 1, views=1)
    assert len(list_frames(tmp_path)) == 1
    assert [p.name for p in tmp_path.iterdir()] == [scene_folder_name(1)]


def test_damage_is_named(tmp_path):
    with pytest.raises(SecondEyeError, match="no folder"):
        list_frames(tmp_path / "missing")
    _write(tmp_path, 4, views=1)
    [ref] = list_frames(tmp_path)
    exr = ref.folder / "view_000.exr"
    exr.write_bytes(exr.read_bytes()[:100])
    with pytest.raises(SecondEyeError, match=r"view_000\.exr is missing or damaged"):
        read_frame(ref)
    (ref.folder / SCENE_FILE).write_text("{")
    with pytest.raises(SecondEyeError, match=r"scene\.json can't be read"):
        list_frames(tmp_path)


def test_flow_of_a_plane_is_focal_length_times_shift_over_depth():
    inverse = np.full((HEIGHT, WIDTH), 0.5, np.float32)
    inverse[:4] = 0  # sky
    after = np.eye(4)
    after[:3, 3] = (0.2, -0.1, 0)
    flow = rigid_flow(inverse, 40.0, np.eye(4), after)
    np.testing.assert_allclose(flow[4:, :, 0], -40 * 0.2 * 0.5, atol=1e-5)
    np.testing.assert_allclose(flow[4:, :, 1], 40 * 0.1 * 0.5, atol=1e-5)
    np.testing.assert_allclose(flow[:4], 0, atol=1e-5)


def test_flow_forward_runs_away_from_the_centre():
    inverse = np.full((HEIGHT, WIDTH), 0.5, np.float32)
    after = np.eye(4)
    after[2, 3] = 1.0  # half way to a plane at 2 m: everything twice as far from the centre
    flow = rigid_flow(inverse, 40.0, np.eye(4), after)
    x = np.arange(WIDTH) + 0.5 - WIDTH / 2
    np.testing.assert_allclose(flow[..., 0], np.broadcast_to(x, (HEIGHT, WIDTH)), atol=1e-4)


def test_scene_json_is_plain(tmp_path):
    _write(tmp_path, 5)
    scene = json.loads((tmp_path / scene_folder_name(5) / SCENE_FILE).read_text())
    assert scene["sources"] == ["none"] == list_sources(tmp_path)
    view = scene["views"][0]
    assert view["next"] == "view_001" and view["width"] == WIDTH
    assert np.array(view["world_from_camera"]).shape == (4, 4)
