# SPDX-License-Identifier: GPL-3.0-or-later
"""Render Stereo: frames by Blender, the movie by the engine, and what is kept in between."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import bpy
import pytest

LOOK = """
import json, sys, av
with av.open(sys.argv[1]) as movie:
    video = movie.streams.video[0]
    frames = sum(1 for _ in movie.decode(video))
    print(json.dumps([video.width, video.height, str(video.average_rate), frames,
                      len(movie.streams.audio)]))
"""


@pytest.fixture
def built(second_eye, analysed: Path, tmp_path: Path) -> bpy.types.Scene:
    """The clip's scene, its first three frames to be rendered into ``movie.mp4``."""
    scene = bpy.context.scene
    scene.second_eye.project_folder = str(analysed)
    scene.second_eye.output_path = str(tmp_path / "movie.mp4")
    bpy.ops.second_eye.build_scene()
    scene.frame_end = 3
    return scene


def stamps(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.png")}


def test_a_movie_with_sound_from_frames(built, engine_python: Path, tmp_path: Path) -> None:
    assert bpy.ops.second_eye.render_stereo() == {"FINISHED"}
    frames = tmp_path / "movie_frames"
    assert sorted(stamps(frames)) == ["000001.png", "000002.png", "000003.png"]
    movie = tmp_path / "movie.mp4"
    done = subprocess.run(
        [engine_python, "-c", LOOK, movie], check=True, text=True, capture_output=True
    )
    assert json.loads(done.stdout) == [2 * 96, 64, "24", 3, 1]

    # Again: nothing to render. A lost frame: that one only. Another rig: all of them.
    before = stamps(frames)
    bpy.ops.second_eye.render_stereo()
    assert stamps(frames) == before
    (frames / "000002.png").write_bytes(b"torn")
    bpy.ops.second_eye.render_stereo()
    after = stamps(frames)
    assert after["000002.png"] != before["000002.png"]
    assert after["000001.png"] == before["000001.png"]
    built.camera.data.animation_data_clear()
    built.camera.data.stereo.interocular_distance *= 2.0
    bpy.ops.second_eye.render_stereo()
    assert not set(stamps(frames).items()) & set(after.items())


def test_a_cancelled_render_keeps_its_frames(built, module, tmp_path: Path) -> None:
    """As the window's timer drives it: one frame a tick, Cancel in between, then on from there."""
    session = module("addon.engine.session")
    operator = module("addon.operators.render_stereo").SECOND_EYE_OT_render_stereo
    task = operator.start(Driven(), bpy.context)
    session.begin("Render Stereo", task)
    assert task.poll() and task.progress.done == 1
    assert bpy.ops.second_eye.cancel() == {"FINISHED"}
    assert not task.poll()
    session.end("NONE", "")
    assert "1 of 3 frames are kept" in str(task.error)
    first = stamps(tmp_path / "movie_frames")
    assert sorted(first) == ["000001.png"] and not (tmp_path / "movie.mp4").exists()
    assert built.frame_current == 1
    bpy.ops.second_eye.render_stereo()
    assert stamps(tmp_path / "movie_frames")["000001.png"] == first["000001.png"]
    assert (tmp_path / "movie.mp4").exists()


def stamping(module, scene: bpy.types.Scene):
    """The digest's function, and the manifest of the built project that it needs."""
    project = module("core.project").Project.open(
        module("addon.operators.where").built_folder(scene)
    )
    return module("addon.operators.render_stamp").digest, project.manifest


def test_a_moved_playhead_keeps_the_frames(built, module, tmp_path: Path) -> None:
    """Everything here is animated: where the playhead stands when it goes on must not matter."""
    digest, manifest = stamping(module, built)
    collection = module("addon.stage").find_collection(built)
    modifier = next(o for o in collection.objects if o.get("second_eye_role") == "relief")
    compat = module("addon.stage.compat")
    near = compat.input_path(modifier.modifiers[0], "Near")
    curve = compat.find_fcurve(modifier, near)
    curve.keyframe_points.insert(3, 2.0)
    built.camera.data.stereo.driver_add("convergence_distance").driver.expression = "2 + frame"
    move = built.camera.parent.parent
    assert move.animation_data.action is not None  # the drift
    built.frame_set(1)
    before, place = digest(built, collection, manifest), move.location.x
    built.frame_set(6)
    assert move.location.x != place
    assert digest(built, collection, manifest) == before

    bpy.ops.second_eye.render_stereo()
    kept = stamps(tmp_path / "movie_frames")
    built.frame_set(3)
    bpy.ops.second_eye.render_stereo()
    assert stamps(tmp_path / "movie_frames") == kept


@pytest.mark.parametrize("change", ["key", "interpolation", "modifier", "mute", "plain", "driver"])
def test_what_changes_the_picture_changes_the_stamp(built, module, change: str) -> None:
    digest, manifest = stamping(module, built)
    collection = module("addon.stage").find_collection(built)
    curve = module("addon.stage.compat").find_fcurve(built.camera.parent.parent, "location", 0)
    driver = built.camera.driver_add("location", 2).driver
    before = digest(built, collection, manifest)
    if change == "key":
        curve.keyframe_points[0].co.y += 0.01
    elif change == "interpolation":
        curve.keyframe_points[0].interpolation = "CONSTANT"
    elif change == "modifier":
        curve.modifiers.new("NOISE").strength = 0.5
    elif change == "mute":
        curve.mute = True
    elif change == "plain":
        built.camera.location.y += 0.01
    else:
        driver.expression = "1.0"
    assert digest(built, collection, manifest) != before


def test_pictures_of_the_artist_are_left_alone(built, tmp_path: Path) -> None:
    folder = tmp_path / "movie_frames"
    folder.mkdir()
    for number in (1, 2):
        (folder / f"{number:06d}.png").write_bytes(b"the artist's own")
    for start_over in (False, True):
        with pytest.raises(RuntimeError, match=r"movie_frames holds .* choose another movie name"):
            bpy.ops.second_eye.render_stereo(start_over=start_over)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "000001.png": b"the artist's own",
        "000002.png": b"the artist's own",
    }


def test_a_range_before_the_clip_is_said_at_once(built, tmp_path: Path) -> None:
    built.frame_start = 0
    with pytest.raises(RuntimeError, match="starts before the clip"):
        bpy.ops.second_eye.render_stereo()
    assert not (tmp_path / "movie_frames").exists()


def test_a_moved_blend_and_project_render_and_bake(second_eye, analysed: Path, tmp_path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    shutil.copytree(analysed, old / "clip.secondeye")
    bpy.ops.wm.save_as_mainfile(filepath=str(old / "shot.blend"))
    bpy.context.scene.second_eye.project_folder = str(old / "clip.secondeye")
    bpy.ops.second_eye.build_scene()
    bpy.context.scene.frame_end = 1
    relief = next(o for o in bpy.data.objects if o.get("second_eye_role") == "relief")
    modifier = relief.modifiers.new("The artist's", "NODES")  # says nothing about a project
    modifier.node_group = bpy.data.node_groups.new("Theirs", "GeometryNodeTree")
    modifier.show_render = modifier.show_viewport = False
    bpy.ops.wm.save_mainfile()
    old.rename(new)
    bpy.ops.wm.open_mainfile(filepath=str(new / "shot.blend"))
    assert bpy.ops.second_eye.bake_camera() == {"FINISHED"}
    assert json.loads((new / "clip.secondeye" / "project.json").read_text())["camera"]
    assert bpy.ops.second_eye.render_stereo() == {"FINISHED"}
    assert (new / "clip_stereo.mp4").exists() and not old.exists()
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}


class Driven:
    """Stands for the operator's own instance, which only Blender can make."""

    start_over = in_window = False


def test_a_scene_that_was_not_built_is_said(second_eye) -> None:
    with pytest.raises(RuntimeError, match="Build Scene"):
        bpy.ops.second_eye.render_stereo()


def test_a_folder_that_cannot_be_written_is_named(built, tmp_path: Path) -> None:
    (tmp_path / "occupied_frames").write_text("a file where the folder should be")
    built.second_eye.output_path = str(tmp_path / "occupied.mp4")
    with pytest.raises(RuntimeError, match="occupied_frames"):
        bpy.ops.second_eye.render_stereo()
