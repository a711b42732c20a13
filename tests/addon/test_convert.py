# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert: a stereo movie without a render, with the scene's camera baked first."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import bpy
import pytest

TOLD = """
import json, sys
sys.path.insert(0, sys.argv[1])
import av
with av.open(sys.argv[2]) as movie:
    video = movie.streams.video[0]
    frame = next(movie.decode(video))
    print(json.dumps([video.codec_context.name, frame.format.name, int(frame.color_trc),
                      [frame.width, frame.height], bool(movie.streams.audio)]))
"""
NAMES = """
import json, sys
sys.path.insert(0, sys.argv[1])
from core.delivery.formats import FORMATS
from core.delivery.presets import PRESETS
from core.delivery.vr180 import SURROUNDS
from core.media.encoders import ENCODERS
print(json.dumps([list(FORMATS), {n: p.format for n, p in PRESETS.items()}, list(SURROUNDS),
                  list(ENCODERS)]))
"""


@pytest.fixture
def asked(second_eye, analysed: Path):
    """What the artist asks of Convert, for the analysed clip."""
    bpy.context.scene.second_eye.project_folder = str(analysed)
    return bpy.context.scene.second_eye_convert


@pytest.fixture
def engine(engine_python: Path, module):
    """``engine(code, *arguments)``: JSON that the engine's Python says, with core in its reach."""
    root = Path(module("core").__file__).parents[1]

    def run(code: str, *arguments: object):
        command = [str(engine_python), "-c", code, str(root), *map(str, arguments)]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    return run


def test_a_built_scene_is_baked_and_converted(asked, analysed: Path, tmp_path: Path) -> None:
    scene = bpy.context.scene
    bpy.ops.second_eye.build_scene()
    scene.camera.data.animation_data_clear()  # Build Scene keys its rig
    scene.camera.data.stereo.interocular_distance = 0.125
    asked.path = str(tmp_path / "movie.mp4")
    asked.format = "interlaced"
    assert bpy.ops.second_eye.convert() == {"FINISHED"}
    assert (tmp_path / "movie.mp4").is_file()
    manifest = json.loads((analysed / "project.json").read_text(encoding="utf-8"))
    assert manifest["camera"]["interocular"][0] == pytest.approx(0.125)
    assert [p.name for p in tmp_path.glob("movie*")] == ["movie.mp4"]


def test_two_views_are_named_and_coded_as_they_must(asked, analysed: Path) -> None:
    asked.format = "mv-hevc"
    asked.codec = "libx264"
    assert bpy.ops.second_eye.convert() == {"FINISHED"}
    name = analysed.name.removesuffix(".secondeye")
    assert (analysed.parent / f"{name}_mv-hevc.mov").is_file()


def test_what_can_not_be_encoded_here_is_a_sentence(asked, tmp_path: Path) -> None:
    asked.codec = "hevc_videotoolbox"
    asked.path = str(tmp_path / "movie.mov")
    with pytest.raises(RuntimeError, match="can't be encoded with hevc_videotoolbox"):
        bpy.ops.second_eye.convert()
    assert not list(tmp_path.glob("movie*"))


def test_the_codec_of_an_hdr_clip_is_left_to_core(
    asked, analysed: Path, tmp_path: Path, engine
) -> None:
    folder = shutil.copytree(analysed, tmp_path / "hdr.secondeye")
    stored = json.loads((folder / "project.json").read_text(encoding="utf-8"))
    stored["clip"]["bit_depth"] = 10
    stored["clip"]["colour"] = {
        "primaries": 9, "transfer": 16, "matrix": 9, "mastering": [], "light": [1000, 400],
    }  # fmt: skip
    (folder / "project.json").write_text(json.dumps(stored), encoding="utf-8")
    bpy.context.scene.second_eye.project_folder = str(folder)
    assert asked.codec == "AUTOMATIC"
    asked.path = str(tmp_path / "movie.mp4")
    assert bpy.ops.second_eye.convert() == {"FINISHED"}
    assert engine(TOLD, tmp_path / "movie.mp4")[:3] == ["hevc", "yuv420p10le", 16]
    asked.codec = "libx264"
    with pytest.raises(RuntimeError, match=r"HDR \(PQ\), and libx264 writes 8 bits"):
        bpy.ops.second_eye.convert()


def test_wishes_arrive(asked, tmp_path: Path, module, engine) -> None:
    asked.path = str(tmp_path / "movie.mp4")
    asked.format = "vr180"
    asked.surround = "blurred"
    asked.field_of_view = 1.2
    asked.bit_rate = 1.5
    asked.untouched = "left"
    asked.sound = False
    assert bpy.ops.second_eye.convert() == {"FINISHED"}
    codec, _, _, (width, height), sound = engine(TOLD, tmp_path / "movie.mp4")
    assert (codec, width, sound) == ("h264", 2 * height, False)
    asked.layers, asked.constant_rate = True, True
    wishes = module("addon.operators.convert").wishes(asked)
    assert wishes == {
        "sound": False, "format": "vr180", "bit_rate": 1_500_000, "timing": "constant",
        "layers": True, "keep": "left", "surround": "blurred",
        "field_of_view": pytest.approx(68.755, abs=0.01),
    }  # fmt: skip


def test_a_destination_chooses_the_rest(asked, analysed: Path, engine) -> None:
    asked.format = "anaglyph"
    asked.destination = "3d-tv"
    assert bpy.ops.second_eye.convert() == {"FINISHED"}
    name = analysed.name.removesuffix(".secondeye")
    movie = analysed.parent / f"{name}_3d-tv.mp4"
    assert engine(TOLD, movie)[3:] == [[96, 64], True]


def test_menus_name_what_core_knows(asked, module, engine) -> None:
    formats, presets, surrounds, encoders = engine(NAMES)
    properties, operator = module("addon.convert_properties"), module("addon.operators.convert")
    assert [item[0] for item in properties.FORMATS] == formats
    assert [item[0] for item in properties.DESTINATIONS] == [properties.CUSTOM, *presets]
    codecs = [item[0] for item in properties.CODECS]
    assert codecs[0] == properties.AUTOMATIC and set(codecs[1:]) <= set(encoders)
    menu = asked.bl_rna.properties["surround"].enum_items
    assert [item.identifier for item in menu] == surrounds
    for name, shown in presets.items():
        asked.destination = name
        assert operator.format_of(asked) == shown
        assert operator.wishes(asked)["preset"] == name
        wanted = ".mov" if name in ("vision-pro", "master") else ".mp4"
        found = operator.movie_path(bpy.context.scene, Path("/a/clip.secondeye"))
        assert found.name == f"clip_{name}{wanted}"


def test_the_panel_shows_what_counts(asked, module, monkeypatch) -> None:
    drawn: list[str] = []

    class Layout:
        use_property_split = use_property_decorate = False

        def column(self):
            return self

        def prop(self, owner, name, **_):
            assert name in owner.bl_rna.properties
            drawn.append(name)

        def operator(self, name, **_):
            drawn.append(name)

    drawing = module("addon.ui.convert")
    panel = drawing.SECOND_EYE_PT_convert
    monkeypatch.setattr(drawing.words, "wrapped", lambda *_, **__: None)

    def shown(**values) -> set[str]:
        drawn.clear()
        for name, value in values.items():
            setattr(asked, name, value)
        panel.draw(type("Drawn", (), {"layout": Layout()})(), bpy.context)
        return set(drawn)

    assert {"format", "codec", "quality", "layers"} <= shown()
    assert "codec" not in shown(format="mv-hevc")
    assert "layers" not in shown(format="rgbd")
    assert {"surround", "field_of_view"} <= shown(format="vr180")
    assert "quality" not in shown(bit_rate=5.0)
    assert not {"format", "codec", "quality", "bit_rate"} & shown(destination="quest")
    assert {"surround", "second_eye.convert"} <= shown(destination="youtube-vr180")
