# SPDX-License-Identifier: GPL-3.0-or-later
"""Tag Rendered Movie: metadata for what Render Stereo left, through the engine."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path

import bpy
import pytest

INSPECT = (
    "import sys; from core.cli import main; sys.exit(main(['inspect', sys.argv[1], '--json']))"
)


@pytest.fixture
def inspect(engine_python: Path, module):
    """What `second-eye inspect` of the installed extension says of a file."""
    root = Path(module("core").__file__).resolve().parents[1]

    def look(path: Path) -> dict:
        done = subprocess.run(
            [engine_python, "-c", INSPECT, path],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return look


def test_a_rendered_movie_is_tagged(
    second_eye, analysed: Path, tmp_path: Path, inspect, module
) -> None:
    scene = bpy.context.scene
    scene.second_eye.project_folder = str(analysed)
    scene.second_eye.output_path = str(tmp_path / "movie.mp4")
    bpy.ops.second_eye.build_scene()
    scene.frame_end = 2
    bpy.ops.second_eye.render_stereo()
    movie, other = tmp_path / "movie.mp4", tmp_path / "vr180.mov"
    assert inspect(movie)["spatial"]["st3d"] is None

    assert bpy.ops.second_eye.tag_movie() == {"FINISHED"}
    told = inspect(movie)
    assert told["spatial"]["st3d"] == told["frame_packing"] == "left-right"
    assert told["views"] == 2 and told["frames"] == 2 and len(told["sound"]) == 1
    assert told["spatial"]["baseline"] == 0.064  # no one knows this scene's scale
    assert told["spatial"]["disparity"] == 0.0
    angle = math.degrees(scene.camera.data.angle_x)
    assert told["spatial"]["field_of_view"] == pytest.approx(angle, abs=1e-3)

    # Another file, another projection, without the camera's numbers; the movie stays.
    before = movie.read_bytes()
    bpy.ops.second_eye.choose_movie(
        filepath=str(movie), output=str(other), projection="vr180", use_camera=False
    )
    assert movie.read_bytes() == before
    told = inspect(other)
    assert told["spatial"]["spherical"] == [0, 0, 0x40000000, 0x40000000]
    assert told["spatial"]["baseline"] is None and told["frame_packing"] is None

    blend, again = tmp_path / "scene.blend", tmp_path / "again.mkv"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    command = module("addon.command_line").main
    assert command(["tag", str(blend), "--output", str(again)]) == 0
    assert inspect(again)["stereo_mode"] == "left_right"


def test_what_cant_be_tagged_says_so(second_eye, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="renders no stereo movie yet"):
        bpy.ops.second_eye.tag_movie()
    with pytest.raises(RuntimeError, match="does not exist: render it first"):
        bpy.ops.second_eye.tag_movie(filepath=str(tmp_path / "none.mp4"))
    text = tmp_path / "text.mp4"
    text.write_text("no movie")
    with pytest.raises(RuntimeError, match="can't be read as a movie"):
        bpy.ops.second_eye.tag_movie(filepath=str(text))
    bpy.context.scene.second_eye.packing = "anaglyph"
    with pytest.raises(RuntimeError, match='No tag describes "anaglyph"'):
        bpy.ops.second_eye.tag_movie(filepath=str(text))
    assert [path.name for path in tmp_path.iterdir()] == ["text.mp4"]


def test_a_panorama_is_known_by_its_camera(second_eye, module) -> None:
    tags = module("addon.output.movie_tags")
    camera = bpy.data.objects.new("Panorama", bpy.data.cameras.new("Panorama"))
    assert tags.projection_of(camera) == tags.projection_of(None) == "rectangular"
    camera.data.type = "PANO"
    panorama = camera.data if hasattr(camera.data, "panorama_type") else camera.data.cycles
    panorama.panorama_type = "EQUIRECTANGULAR"
    assert tags.projection_of(camera) == "vr360"
    panorama.longitude_min, panorama.longitude_max = -math.pi / 2, math.pi / 2
    assert tags.projection_of(camera) == "vr180"
    panorama.longitude_max = 1.0
    assert tags.projection_of(camera) == "rectangular"
