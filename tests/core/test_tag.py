# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags for movies that exist: MP4, MOV, Matroska, streams of two views; nothing encoded again."""

import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import eyes_clips as clips
import independent_boxes
import numpy as np
import pytest

from core.cli import main
from core.delivery.boxes import box
from core.delivery.inspection import inspect_movie
from core.delivery.multiview import stitch_movies
from core.delivery.rig_tags import DEFAULT_BASELINE, disparity_adjustment, rig_spatial
from core.delivery.spatial import Spatial
from core.delivery.tag import tag_movie
from core.errors import Cancelled, SecondEyeError, UsageError
from core.stereo import StereoRig


@pytest.fixture(scope="module")
def movies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("movies")
    frames = clips.pictures(4, 7, 128, 64)
    return {
        "h264": clips.encode(folder / "h264.mp4", frames, codec="libx264", sound=True),
        "hevc": clips.encode(folder / "hevc.mp4", frames, gop=4, sound=True),
        "mkv": clips.encode(folder / "h264.mkv", frames, codec="libx264"),
        "left": clips.encode(folder / "left.mp4", clips.pictures(1)),
        "right": clips.encode(folder / "right.mp4", clips.pictures(2)),
    }


def sounds(path: Path) -> list[bytes]:
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux(audio=0) if packet.size]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_flat_side_by_side_in_every_way(movies, tmp_path, codec):
    output = tmp_path / "tagged.mp4"
    told = Spatial("left-right", baseline=0.064, field_of_view=70)
    tagged = tag_movie(movies[codec], output, told)
    assert tagged.written == ("st3d", "vexu", "hfov", "frame packing SEI")
    assert clips.same(clips.decode(output), clips.decode(movies[codec]))
    assert clips.times(output) == clips.times(movies[codec])
    assert sounds(output) == sounds(movies[codec])
    kind, boxes, order = independent_boxes.video_entry(output)
    assert kind == {"h264": "avc1", "hevc": "hvc1"}[codec]
    assert [name for name in order if name in ("st3d", "vexu", "hfov")] == ["st3d", "vexu", "hfov"]
    assert boxes["st3d"] == bytes(4) + b"\2"
    assert boxes["vexu/pack/pkin"] == bytes(4) + b"side"
    assert boxes["vexu/eyes/cams/blin"] == bytes(4) + (64_000).to_bytes(4, "big")
    # FFmpeg reads the SEI by itself and says so with every picture.
    with av.open(str(output)) as file:
        for frame in file.decode(video=0):
            stereo = frame.side_data.get("STEREO3D")
            assert bytes(stereo)[:4] == (1).to_bytes(4, "little")  # AV_STEREO3D_SIDEBYSIDE


def test_vr180_has_no_sei_and_right_bounds(movies, tmp_path):
    first, output = tmp_path / "flat.mp4", tmp_path / "vr180.mp4"
    tag_movie(movies["h264"], first, Spatial("left-right"))
    tagged = tag_movie(first, output, Spatial("left-right", "vr180", baseline=0.064))
    assert tagged.written == ("st3d", "sv3d", "vexu", "hfov")
    found = inspect_movie(output)
    assert found.frame_packing is None and found.views == 2
    _, boxes, _ = independent_boxes.video_entry(output)
    quarter = bytes.fromhex("40000000")
    assert boxes["sv3d/proj/equi"] == bytes(4) + bytes(8) + quarter + quarter
    assert boxes["sv3d/proj/prhd"] == bytes(16)
    assert boxes["vexu/proj/prji"][4:] == b"hequ"
    assert tagged.notes == ()  # 64x64 an eye
    with av.open(str(output)) as file:  # FFmpeg's AVSphericalMapping and AVStereo3D
        sides = next(file.decode(video=0)).side_data
        assert bytes(sides.get("SPHERICAL"))[0] == 3  # AV_SPHERICAL_HALF_EQUIRECTANGULAR
        stereo = np.frombuffer(bytes(sides.get("STEREO3D")), "<u4")
        assert stereo[0] == 1 and stereo[4] == 64_000 and stereo[7] == 180_000


def test_a_shape_that_is_no_vr180_is_doubted(movies, tmp_path):
    tagged = tag_movie(movies["left"], tmp_path / "x.mp4", Spatial("left-right", "vr180"))
    assert "48x64" in tagged.notes[0]


def test_mono_takes_all_tags_away(movies, tmp_path):
    path = tmp_path / "movie.mp4"
    tag_movie(movies["hevc"], path, Spatial("top-bottom"))
    assert inspect_movie(path).frame_packing == "top-bottom"
    tag_movie(path, path, Spatial())
    found = inspect_movie(path)
    assert found.views == 1 and found.frame_packing is None and not found.spatial.has_vexu
    assert clips.same(clips.decode(path), clips.decode(movies["hevc"]))


def test_matroska_gets_its_own_tag(movies, tmp_path):
    for source in ("mkv", "hevc"):
        output = tmp_path / f"{source}.mkv"
        tagged = tag_movie(movies[source], output, Spatial("right-left"))
        assert tagged.written == ("frame packing SEI", "StereoMode")
        with av.open(str(output)) as file:
            assert file.streams.video[0].metadata["stereo_mode"] == "right_left"
            assert len(file.streams.audio) == (source == "hevc")
        assert clips.same(clips.decode(output), clips.decode(movies[source]))
        assert inspect_movie(output).frame_packing == "right-left"
        told = independent_boxes.mediainfo(output)
        assert told["multiview_layout"] == "Side by Side (right eye first)"


def test_milliseconds_of_matroska_become_exact_times(movies, tmp_path):
    output, variable = tmp_path / "out.mp4", tmp_path / "variable.mkv"
    tag_movie(movies["mkv"], output, Spatial("left-right"))
    assert clips.times(output) == [n * Fraction(1001, 24000) for n in range(7)]
    assert inspect_movie(output).rate == Fraction(24000, 1001)
    # With sound, whose coder starts ahead of time, the first picture isn't at 0: it stays in sync.
    late = tmp_path / "late.mkv"
    tag_movie(movies["h264"], late, Spatial("left-right"))
    tag_movie(late, output, Spatial("left-right"))
    start = clips.times(late)[0]
    got = clips.times(output)
    assert all(
        abs(t - start - n * Fraction(1001, 24000)) < Fraction(1, 10_000) for n, t in enumerate(got)
    )
    assert {b - a for a, b in pairwise(got)} == {Fraction(1001, 24000)}
    # Pictures at times of their own keep them.
    from core.delivery.remux import remux, replaced

    def slower(packet):
        new = replaced(packet, bytes(packet))
        new.pts, new.dts = packet.pts + packet.pts**2 // 400, packet.dts
        return new

    remux(movies["mkv"], variable, slower)
    tag_movie(variable, output, Spatial("left-right"))
    assert clips.times(output) == clips.times(variable)


def test_xml_of_an_older_way_is_taken_out(movies, tmp_path):
    from core.delivery.boxes import Node, rewrite
    from core.delivery.entry import SPHERICAL_V1

    old, output = tmp_path / "old.mp4", tmp_path / "new.mp4"
    xml = Node("uuid", SPHERICAL_V1 + b"<rdf:SphericalVideo/>")
    rewrite(movies["h264"], old, lambda moov: moov.find("trak").children.append(xml))
    assert "Spherical Video V1" in " ".join(inspect_movie(old).notes)
    tag_movie(old, output, Spatial("left-right", "vr180"))
    assert b"rdf:SphericalVideo" in old.read_bytes()
    assert b"rdf:SphericalVideo" not in output.read_bytes()
    assert not inspect_movie(output).notes
    assert clips.same(clips.decode(output), clips.decode(movies["h264"]))


def test_a_codec_without_sei_keeps_its_bytes(tmp_path):
    """ProRes in MOV: boxes change, no sample is copied through FFmpeg."""
    source, output = tmp_path / "master.mov", tmp_path / "tagged.mov"
    clips.encode(source, clips.pictures(1, 2), codec="prores_ks", pixels="yuv422p10le")
    assert tag_movie(source, output, Spatial("left-right")).pictures is None
    # pymp4 doesn't read QuickTime's handlers: the bytes themselves.
    data = output.read_bytes()
    assert data.count(b"\0\0\0\x0dst3d\0\0\0\0\2") == data.count(b"\0\0\0\x0dstri\0\0\0\0\3") == 1
    assert inspect_movie(output).spatial.spatial.layout == "left-right"
    assert clips.same(clips.decode(output), clips.decode(source))


@pytest.mark.parametrize("name", ["raw", "mp4"])
def test_a_stream_of_two_views_from_elsewhere(movies, tmp_path, name):
    """What x265's multiview or NVENC leave: parameter sets in the stream, no lhvC, no clock."""
    whole = tmp_path / "whole.mp4"
    stitch_movies(movies["left"], movies["right"], whole)
    source = tmp_path / {"raw": "two.hevc", "mp4": "two.mp4"}[name]
    if name == "raw":
        from core.delivery.hevc import join_annex_b, read_hvcc, read_lhvc, split_prefixed

        _, boxes, _ = independent_boxes.video_entry(whole)
        sets = read_hvcc(boxes["hvcC"]).units + read_lhvc(boxes["lhvC"]).units
        sets = [unit for unit in sets if unit.type != 39]
        with av.open(str(whole)) as file, source.open("wb") as out:
            for packet in file.demux(video=0):
                if packet.size:
                    units = split_prefixed(bytes(packet), 4)
                    out.write(join_annex_b((sets if packet.is_keyframe else []) + units))
    else:  # as other programs' copies leave it: both layers, and the boxes gone
        data = whole.read_bytes().replace(b"lhvC", b"free").replace(b"vexu", b"free")
        source.write_bytes(data)
        assert not inspect_movie(source).has_second_configuration
    output = tmp_path / "both.mp4"
    if name == "mp4":
        with pytest.raises(SecondEyeError, match="second view's parameter sets"):
            tag_movie(source, output, Spatial("multiview"))
        assert not output.exists()
        return
    tagged = tag_movie(source, output, Spatial("multiview", baseline=0.05), sound=movies["h264"])
    assert tagged.written == ("hvcC", "lhvC", "vexu") and tagged.pictures == 12
    views = clips.decode(output, "0,1")
    assert clips.same(views[0::2], clips.decode(movies["left"]))
    assert clips.same(views[1::2], clips.decode(movies["right"]))
    assert clips.times(output) == clips.times(movies["left"])
    assert sounds(output)
    _, boxes, _ = independent_boxes.video_entry(output)
    _, stitched, _ = independent_boxes.video_entry(whole)
    assert boxes["lhvC"] == stitched["lhvC"]


def test_what_cant_be_tagged_is_refused(movies, tmp_path):
    output = tmp_path / "out.mp4"
    for source, target, told, sentence in (
        (movies["h264"], output, Spatial("multiview"), "no two views"),
        (movies["hevc"], output, Spatial("multiview"), "second-eye stitch"),
        (movies["h264"], tmp_path / "x.avi", Spatial("left-right"), r"\.mp4, \.mov or \.mkv"),
        (movies["h264"], tmp_path / "x.mkv", Spatial("left-right", "vr180"), "lose its projection"),
        (movies["h264"], tmp_path / "no" / "x.mp4", Spatial("left-right"), "no folder"),
        (movies["h264"], output, Spatial("sideways"), "no layout"),
    ):
        with pytest.raises(SecondEyeError, match=sentence):
            tag_movie(source, target, told)
    whole = tmp_path / "whole.mp4"
    stitch_movies(movies["left"], movies["right"], whole)
    with pytest.raises(UsageError, match="can only be multiview"):
        tag_movie(whole, output, Spatial("left-right"))
    assert [path.name for path in tmp_path.iterdir()] == ["whole.mp4"]


def test_an_interrupted_copy_leaves_what_was_there(movies, tmp_path):
    output = tmp_path / "movie.mp4"
    output.write_bytes(b"earlier")

    def stop() -> None:
        raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        tag_movie(movies["h264"], output, Spatial("left-right"), stop=stop)
    assert output.read_bytes() == b"earlier" and len(list(tmp_path.iterdir())) == 1


def test_a_tagged_multiview_movie_gets_other_numbers(movies, tmp_path, capsys):
    path = tmp_path / "both.mp4"
    left, right = str(movies["left"]), str(movies["right"])
    assert main(["stitch", left, right, "-o", str(path), "--baseline-mm", "64"]) == 0
    assert "read back: 12 frames, 2 views of 96x64" in capsys.readouterr().out
    assert main(["stitch", left, right, "-o", str(path), "--projection", "vr180"]) == 0
    _, boxes, _ = independent_boxes.video_entry(path)
    assert boxes["vexu/proj/prji"][4:] == b"hequ" and boxes["hfov"] == (180_000).to_bytes(4, "big")
    assert "st3d" not in boxes and "sv3d" not in boxes
    more = ["--layout", "mv-hevc", "--baseline-mm", "63.5", "--disparity", "1.5"]
    assert main(["tag", str(path), "-o", str(path), *more]) == 0
    found = inspect_movie(path)
    assert (found.spatial.baseline, found.spatial.disparity) == (0.0635, 0.015)
    assert clips.same(clips.decode(path, "0,1")[1::2], clips.decode(movies["right"]))


def test_a_fragmented_movie_is_made_plain(movies, tmp_path):
    source, output = tmp_path / "fragments.mp4", tmp_path / "plain.mp4"
    with (
        av.open(str(movies["h264"])) as file,
        av.open(str(source), "w", options={"movflags": "frag_keyframe+empty_moov"}) as out,
    ):
        stream = out.add_stream_from_template(file.streams.video[0], opaque=True)
        for packet in file.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    tag_movie(source, output, Spatial("top-bottom", "vr360"))
    names = [found.type for found in independent_boxes.top(output)]
    assert b"moof" not in names
    assert clips.same(clips.decode(output), clips.decode(movies["h264"]))


def test_the_rig_in_the_units_of_the_boxes():
    rig = StereoRig(interocular=0.13, convergence=3.8, focal_over_width=0.6)
    told = rig_spatial(rig, 0.5, "multiview")
    assert told.baseline == pytest.approx(0.065)
    assert told.field_of_view == pytest.approx(2 * math.degrees(math.atan(0.5 / 0.6)))
    assert told.disparity == 0.0
    assert rig_spatial(rig, None, "multiview").baseline == DEFAULT_BASELINE == 0.064
    sphere = rig_spatial(rig, None, "left-right", "vr180")
    assert sphere.field_of_view == 180.0 and sphere.disparity is None


def test_the_sign_of_the_disparity_adjustment():
    """Pictures of parallel cameras, shifted as the player will: C comes to the screen."""
    rig = StereoRig(0.064, 1.9, 0.596)  # close to Apple's example: 80 degrees, +2 %
    shift = disparity_adjustment(rig, parallel=True)
    assert shift == pytest.approx(0.02, abs=2e-4)
    assert disparity_adjustment(rig, parallel=False) == 0.0
    distance = np.array([0.9, 1.9, 5.0, 1e9])
    left = 0.5 * rig.interocular * rig.focal_over_width / distance  # x on the sensor, in widths
    right = -left
    assert np.all(right - left <= 0)  # parallel: everything stands before the screen
    # Positive: the left picture moves left by half of it, the right one right.
    shown = (right + shift / 2) - (left - shift / 2)
    assert shown == pytest.approx(rig.parallax(1 / distance))
    assert shown[0] < 0 < shown[2] and shown[1] == pytest.approx(0)


def test_an_empty_box_file_is_no_movie(tmp_path):
    path = tmp_path / "empty.mp4"
    path.write_bytes(box("ftyp", b"isom", bytes(4)) + box("moov", box("mvhd", bytes(100))))
    with pytest.raises(SecondEyeError):
        tag_movie(path, tmp_path / "out.mp4", Spatial("left-right"))
    assert [p.name for p in tmp_path.iterdir()] == ["empty.mp4"]


def test_a_rate_must_be_known(movies, tmp_path):
    from core.jobs.spatial import rational

    assert rational([24000, 1001]) == Fraction(24000, 1001)
    for wrong in ([1, 0], 0, "x"):
        with pytest.raises(UsageError):
            rational(wrong)


def test_the_job_takes_a_rig(movies, tmp_path):
    from core.jobs.registry import make_job

    rig = {
        "interocular": 0.1,
        "convergence": 2.0,
        "focal_over_width": 1.0,
        "metres_per_unit": 0.6,
        "parallel": True,
    }
    output = tmp_path / "out.mp4"
    arguments = {"movie": str(movies["left"]), "output": str(output), "layout": "sbs", "rig": rig}
    seen: list[str] = []
    job = make_job("tag", arguments)
    value = job.run(lambda progress: seen.append(progress.stage), lambda: False)
    assert value["written"] == ["st3d", "vexu", "hfov", "frame packing SEI"] and seen
    told = inspect_movie(output).spatial
    assert (told.baseline, told.disparity) == (0.06, 0.05)
    assert told.field_of_view == pytest.approx(53.13, abs=1e-3)
    broken = make_job("tag", {**arguments, "rig": {"interocular": 1.0}})
    with pytest.raises(UsageError, match="lacks numbers"):
        broken.run(lambda progress: None, lambda: False)
