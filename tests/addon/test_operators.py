# SPDX-License-Identifier: GPL-3.0-or-later
"""From a movie to a scene, by the operators that the panel's buttons call."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import bpy
import pytest


def test_analyse_makes_a_whole_project(second_eye, analysed: Path) -> None:
    manifest = json.loads((analysed / "project.json").read_text())
    assert (manifest["first"], manifest["last"]) == (1, 8)
    for folder, suffix in (("plate", "jpg"), ("depth", "exr"), ("confidence", "exr")):
        names = sorted(path.name for path in (analysed / folder).iterdir())
        assert names == [f"{n:06d}.{suffix}" for n in range(1, 9)]


def test_a_range_of_a_loaded_movie_clip(second_eye, clip: Path, tmp_path: Path) -> None:
    loaded = bpy.data.movieclips.load(str(clip))
    bpy.ops.second_eye.import_clip(movie_clip=loaded.name)
    settings = bpy.context.scene.second_eye
    assert settings.source == "MOVIE_CLIP" and settings.movie_clip == loaded
    settings.first, settings.last = 3, 4
    settings.project_folder = str(tmp_path / "part.secondeye")
    bpy.ops.second_eye.analyse()
    names = sorted(path.name for path in (tmp_path / "part.secondeye" / "depth").iterdir())
    assert names == ["000003.exr", "000004.exr"]


def test_a_picture_of_a_sequence(second_eye, analysed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "street"
    folder.mkdir()
    for number in range(1, 3):
        plate = analysed / "plate" / f"{number:06d}.jpg"
        shutil.copy(plate, folder / f"street_{number + 100:04d}.jpg")
    bpy.ops.second_eye.import_clip(filepath=str(folder / "street_0101.jpg"))
    bpy.ops.second_eye.analyse()
    depth = tmp_path / "street.secondeye" / "depth"
    assert sorted(path.name for path in depth.iterdir()) == [f"{n:06d}.exr" for n in (1, 2)]


def test_project_lies_beside_the_saved_blend(second_eye, module, clip: Path, tmp_path) -> None:
    where = module("addon.operators.where")
    bpy.ops.second_eye.import_clip(filepath=str(clip))
    assert where.project_folder(bpy.context.scene) == clip.with_name("clip.secondeye")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert where.project_folder(bpy.context.scene) == tmp_path / "clip.secondeye"


def test_the_project_is_kept_when_the_blend_is_saved_elsewhere(
    second_eye, module, analysed: Path, clip: Path, tmp_path: Path
) -> None:
    where, scene = module("addon.operators.where"), bpy.context.scene
    bpy.ops.second_eye.import_clip(filepath=str(clip))
    assert bpy.ops.second_eye.analyse() == {"FINISHED"}  # all is there: nothing to do
    assert Path(scene.second_eye.project_folder) == analysed
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert where.project_folder(scene) == analysed
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    # Another clip has a project of its own.
    other = Path(shutil.copy(clip, tmp_path / "other.mp4"))
    bpy.ops.second_eye.import_clip(filepath=str(other))
    assert where.project_folder(scene) == tmp_path / "other.secondeye"


def test_build_scene_shows_the_clip(second_eye, analysed: Path) -> None:
    scene = bpy.context.scene
    scene.second_eye.project_folder = str(analysed)
    scene.second_eye.start = 101
    assert bpy.ops.second_eye.build_scene() == {"FINISHED"}
    assert (scene.frame_start, scene.frame_end) == (101, 108)
    assert (scene.render.resolution_x, scene.render.resolution_y) == (96, 64)
    roles = sorted(filter(None, (o.get("second_eye_role") for o in scene.objects)))
    assert roles == ["footage", "move", "relief", "rig", "stereo"]
    assert scene.camera.get("second_eye_role") == "stereo" and scene.render.use_multiview
    bpy.ops.second_eye.build_scene()
    assert sorted(filter(None, (o.get("second_eye_role") for o in scene.objects))) == roles


def test_the_startup_cube_does_not_blind_the_camera(second_eye, analysed: Path) -> None:
    """It stands around the origin, and so would the camera in it; a changed one is the artist's."""
    for touched in (False, True):
        bpy.ops.wm.read_homefile(use_factory_startup=True)
        scene = bpy.context.scene
        cube = scene.objects["Cube"]
        cube.location.x = 5.0 if touched else 0.0
        scene.second_eye.project_folder = str(analysed)
        bpy.ops.second_eye.build_scene()
        assert cube.hide_render is not touched


def test_bake_camera_writes_the_project(second_eye, analysed: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(analysed, tmp_path / "clip.secondeye"))
    scene = bpy.context.scene
    scene.second_eye.project_folder = str(copy)
    bpy.ops.second_eye.build_scene()
    # As keyed: what the curves give at every frame.
    assert scene.camera.data.animation_data.action is not None
    move = scene.camera.parent.parent
    shown = []
    for frame in range(1, 9):
        scene.frame_set(frame)
        stereo = scene.camera.data.stereo
        x = move.location.x
        shown.append((stereo.interocular_distance, stereo.convergence_distance, x))
    assert len({x for *_, x in shown}) > 4  # the drift
    bpy.ops.second_eye.bake_camera()
    assert _baked(copy) == [pytest.approx(values, abs=1e-6) for values in shown]
    # As set: plain values where nothing is keyed.
    scene.camera.data.animation_data_clear()
    move.animation_data_clear()
    stereo.interocular_distance, stereo.convergence_distance = 0.1, 3.5
    move.location.x = 0.25
    scene.camera.location.x = -0.5
    bpy.ops.second_eye.bake_camera()
    assert _baked(copy) == [pytest.approx((0.1, 3.5, -0.25))] * 8


def _baked(project: Path) -> list[tuple[float, ...]]:
    camera = json.loads((project / "project.json").read_text())["camera"]
    names = ("interocular", "convergence", "lateral_offset")
    return list(zip(*(camera[name] for name in names), strict=True))


@pytest.mark.parametrize(
    ("prepare", "operator", "words"),
    [
        (lambda s, t: None, "analyse", "Import a clip first"),
        (lambda s, t: setattr(s, "clip_path", "/no/such.mp4"), "analyse", "/no/such.mp4"),
        (lambda s, t: None, "build_scene", "Analyse a clip first"),
        (lambda s, t: None, "bake_camera", "Build Scene"),
    ],
)
def test_what_lacks_is_said(second_eye, tmp_path, prepare, operator, words) -> None:
    prepare(bpy.context.scene.second_eye, tmp_path)
    with pytest.raises(RuntimeError, match=words):
        getattr(bpy.ops.second_eye, operator)()


def test_a_damaged_clip_is_one_sentence(second_eye, tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"not a movie")
    bpy.ops.second_eye.import_clip(filepath=str(path))
    with pytest.raises(RuntimeError, match=r"broken\.mp4") as caught:
        bpy.ops.second_eye.analyse()
    assert "Traceback" not in str(caught.value) and len(str(caught.value).splitlines()) == 1
    assert not (tmp_path / "broken.secondeye").exists()
    assert bpy.context.scene.second_eye.project_folder == ""  # there is none to be noted


def test_from_a_shell(second_eye, module, analysed: Path, tmp_path: Path, capsys) -> None:
    """``blender --command second_eye`` calls the same operators."""
    command = module("addon.command_line").main
    blend = tmp_path / "shot.blend"
    assert command(["scene", str(analysed), str(blend)]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    assert bpy.context.scene.frame_end == 8
    assert command(["depth", str(tmp_path / "missing.mp4")]) == 1
    assert "missing.mp4 does not exist" in capsys.readouterr().err
    with pytest.raises(SystemExit) as caught:
        command(["depth", "clip.mp4", "--frames", "three"])
    assert caught.value.code == 2
    for wrong in ("spatial=2", "sharp=1", "much"):
        with pytest.raises(SystemExit):
            command(["depth", "clip.mp4", "--repair", wrong])
        assert "no strength of repair" in capsys.readouterr().err
