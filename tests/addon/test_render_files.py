# SPDX-License-Identifier: GPL-3.0-or-later
"""2D beside stereo, masters of 16 bits and in linear light, a file an eye, engines and sizes."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
import pytest
from stage_case import Case, engine, read_picture, texture

HEIGHT, WIDTH = 30, 50
READ = """
import sys
import numpy as np, OpenEXR
with OpenEXR.File(sys.argv[1], separate_channels=True) as file:
    pixels = {name: channel.pixels for name, channel in file.channels().items()}
np.save(sys.argv[2], np.stack([pixels[name] for name in "RGB"], axis=2))
"""
DEEP = """
import sys
import numpy as np
from core.media.pictures import read_picture
picture = read_picture(sys.argv[1])
assert picture.dtype == np.uint16
np.save(sys.argv[2], picture)
"""
LOOK = """
import json, sys, av
with av.open(sys.argv[1]) as movie:
    video = movie.streams.video[0]
    print(json.dumps([video.width, video.height, sum(1 for _ in movie.decode(video))]))
"""


@pytest.fixture
def staged(module, second_eye, engine_python, tmp_path: Path) -> Case:
    case = Case(
        module,
        engine_python,
        tmp_path,
        np.stack([texture(n, HEIGHT, WIDTH, 6) for n in range(2)]),
        np.stack([np.tile(np.linspace(0.1, 0.9, 25), (15, 1))] * 2).astype(np.float32),
    )
    scene = bpy.context.scene
    module("addon.stage").build_scene(case.project, scene, start=1)
    module("addon.rigs").make_stereo_camera(scene, case.project, drift=0.0)
    scene.second_eye.project_folder = str(case.project.folder)
    scene.second_eye.output_path = str(tmp_path / "movie.mp4")
    scene.second_eye_render.movie = False
    return case


def render(**asked) -> None:
    for name, value in asked.items():
        setattr(bpy.context.scene.second_eye_render, name, value)
    assert bpy.ops.second_eye.render_stereo() == {"FINISHED"}


def times(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".png", ".exr")
    }


def test_2d_beside_stereo(staged, engine_python, module, tmp_path) -> None:
    render(also_2d=True, movie=True)
    frames = tmp_path / "movie_frames"
    assert list(times(frames)) == ["000001.png", "000002.png", "2d/000001.png", "2d/000002.png"]
    # From the middle between the eyes and without depth's parallax it is the plate itself.
    flat = read_picture(frames / "2d" / "000001.png").astype(int)
    assert np.abs(flat - staged.plates[0])[:, 2:-2].max() <= 2
    assert np.abs(read_picture(frames / "000001.png")[:, :WIDTH].astype(int) - flat).max() > 6
    for name, width in (("movie.mp4", 2 * WIDTH), ("movie_2d.mp4", WIDTH)):
        told = engine(module, engine_python, LOOK, tmp_path / name)
        assert json.loads(told) == [width, HEIGHT, 2]
    # A 2D frame that is lost comes again alone.
    before = times(frames)
    (frames / "2d" / "000002.png").write_bytes(b"torn")
    render(movie=False)
    changed = {name for name, time in times(frames).items() if before[name] != time}
    assert changed == {"2d/000002.png"}


def test_the_floating_window_is_for_two_eyes_alone(staged, module, tmp_path) -> None:
    """Its cards stand before the stereo camera: in a 2D frame they would be bars at both sides."""
    scene = bpy.context.scene
    cards = module("addon.rigs.window_cards")
    cards.ensure_window(scene.camera, HEIGHT / WIDTH)
    scene.camera[cards.LEFT] = scene.camera[cards.RIGHT] = 20.0
    scene.camera.update_tag()
    scene.frame_end = 1
    render(also_2d=True)
    frames = tmp_path / "movie_frames"
    assert read_picture(frames / "000001.png")[:, :4].max() == 0  # the left eye's left
    flat = read_picture(frames / "2d" / "000001.png").astype(int)
    assert np.abs(flat - staged.plates[0])[:, 2:-2].max() <= 2
    render(kind="VR180", sphere="CUSTOM", side=96, surround="BLACK")
    sphere = read_picture(tmp_path / "movie_vr180_frames" / "000001.png")
    assert sphere[48, 34:40].max() > 30 and sphere[48, 56:62].max() > 30
    assert not [card for card in cards.cards(scene.camera) if card.hide_render]


def test_2d_alone_has_frames_of_its_own(staged, tmp_path) -> None:
    bpy.context.scene.frame_end = 1
    render()
    before = times(tmp_path / "movie_frames")
    render(kind="2D", size="CUSTOM", width=100)
    assert read_picture(tmp_path / "movie_2d_frames" / "000001.png").shape == (60, 100, 3)
    assert times(tmp_path / "movie_frames") == before
    render(size="SCENE", percentage=50)
    assert read_picture(tmp_path / "movie_2d_frames" / "000001.png").shape == (16, 24, 3)


@pytest.mark.parametrize(("files", "kind"), [("HALF", np.float16), ("FLOAT", np.float32)])
def test_linear_masters(staged, engine_python, module, tmp_path, files, kind) -> None:
    """Linear light without the view transform; it may be AgX as it likes."""
    scene = bpy.context.scene
    scene.frame_end, scene.view_settings.view_transform = 1, "AgX"
    render(kind="2D", files=files)
    master, target = tmp_path / "movie_2d_frames" / "000001.exr", tmp_path / "light.npy"
    engine(module, engine_python, READ, master, target)
    light = np.load(target)
    assert light.dtype == kind
    coded = staged.plates[0] / 255.0
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    assert np.abs(light - linear)[:, 2:-2].max() < 0.02
    # Cut short it is no frame: it comes again.
    whole = master.read_bytes()
    for torn in (whole[:-1], whole[:300], whole[: len(whole) // 2], b""):
        master.write_bytes(torn)
        assert not module("addon.output.whole").is_complete(master, (WIDTH, HEIGHT))
    render()
    assert module("addon.output.whole").is_complete(master, (WIDTH, HEIGHT))
    assert not module("addon.output.whole").is_complete(master, (WIDTH, HEIGHT + 1))


def test_a_file_an_eye(staged, engine_python, module, tmp_path) -> None:
    render(eyes="APART", files="PNG16", movie=True)
    frames = tmp_path / "movie_frames"
    names = ["000001_L.png", "000001_R.png", "000002_L.png", "000002_R.png"]
    assert list(times(frames)) == names
    assert (frames / "000001_L.png").read_bytes()[24] == 16  # bits
    told = engine(module, engine_python, LOOK, tmp_path / "movie.mp4")
    assert json.loads(told) == [2 * WIDTH, HEIGHT, 2]
    eyes = []
    for eye in "LR":
        engine(module, engine_python, DEEP, frames / f"000001_{eye}.png", tmp_path / "eye.npy")
        eyes.append(np.load(tmp_path / "eye.npy") / 257.0)
    left, right = eyes
    assert left.shape == (HEIGHT, WIDTH, 3) and np.abs(left - right).max() > 6
    # The same two pictures as packed.
    render(eyes="PACKED", files="PNG8", movie=False)
    assert list(times(frames)) == ["000001.png", "000002.png"]
    packed = read_picture(frames / "000001.png").astype(int)
    assert np.abs(packed - np.hstack([left, right])).max() <= 1
    settings = bpy.context.scene.render.image_settings
    assert (settings.file_format, settings.color_depth) == ("PNG", "8")


def test_an_eye_that_is_lost_comes_again(staged, tmp_path) -> None:
    render(eyes="APART", files="HALF")
    frames = tmp_path / "movie_frames"
    before = times(frames)
    (frames / "000002_R.exr").unlink()
    render()
    changed = {name for name, time in times(frames).items() if before[name] != time}
    assert changed == {"000002_L.exr", "000002_R.exr"}


def test_engines_by_their_names(staged, module) -> None:
    scene = bpy.context.scene
    items = {"SCENE": "CYCLES", "CYCLES": "CYCLES", "WORKBENCH": "BLENDER_WORKBENCH"}
    items["EEVEE"] = module("addon.stage.compat").engine("EEVEE")
    for asked, name in items.items():
        scene.second_eye_render.engine = asked
        plan = module("addon.output").make_plan(scene, scene.camera, staged.project.manifest, "sbs")
        assert plan.engine == name
        scene.render.engine = name  # Blender knows it
    scene.render.resolution_percentage = 50
    scene.second_eye_render.size = "HD"
    plan = module("addon.output").make_plan(scene, scene.camera, staged.project.manifest, "sbs")
    assert plan.size == (1800, 1080)


def test_the_time_left_counts_what_is_rendered(module, monkeypatch) -> None:
    """Frames that are there already take no time, and say nothing of the others."""
    task = module("addon.operators.render_task")
    clock = [0.0]
    monkeypatch.setattr(task.time, "monotonic", lambda: clock[0])

    def steps():
        yield from [False] * 90
        for _ in range(10):
            clock[0] += 60.0
            yield True

    render = task.StereoRender(steps(), 100, [], missing=10)
    for _ in range(93):
        render.poll()
    assert render.progress.done == 93 and render.progress.left == "7 min left"
    render.cancel()
    assert not render.poll()
    assert "93 of 100 frames are kept" in str(render.error)
