# SPDX-License-Identifier: GPL-3.0-or-later
"""Render Stereo: frames by Blender, the movie by the engine, and what is kept in between."""

from __future__ import annotations

import json
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
