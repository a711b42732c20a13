# SPDX-License-Identifier: GPL-3.0-or-later
"""Every format of a conversion, read back; encoders; exports that go on where they were stopped."""

from fractions import Fraction as F
from pathlib import Path

import av
import numpy as np
import pytest
from analysed import tiny_model
from clips import make_movie, numbers_of
from independent_boxes import mediainfo, video_entry

from core.delivery import vr180
from core.delivery.formats import FORMATS
from core.delivery.inspection import inspect_movie
from core.errors import Cancelled, SecondEyeError, UsageError
from core.jobs import exporting
from core.jobs.convert import ConvertJob
from core.jobs.export_video import Video
from core.media import join, open_clip
from core.media.encoders import ENCODERS
from core.project import ProjectLocked
from core.project.lock import hold


def quiet(progress):
    del progress


def never():
    return False


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats")
    clip = make_movie(folder / "clip.mp4", audio=True)
    ConvertJob(
        clip=str(clip),
        output=str(folder / "a.mp4"),
        model=str(tiny_model(folder)),
        speed="ultrafast",
    ).run(quiet, never)
    return folder / "clip.secondeye"


def convert(project, output, **arguments):
    arguments = {"speed": "ultrafast", **arguments}
    return ConvertJob(project=str(project), output=str(output), **arguments).run(quiet, never)


@pytest.mark.parametrize("name", [n for n in FORMATS if n not in ("sbs", "vr180")])
def test_every_format_is_read_back_as_asked(project, tmp_path, name):
    answer = convert(project, tmp_path / "a.mp4", format=name)
    assert all("was read back: 12 frames" in line for line in answer["checked"])
    assert {p.name for p in tmp_path.iterdir()} == {p.rsplit("/")[-1] for p in answer["outputs"]}
    for output in answer["outputs"]:
        assert open_clip(output).info.has_audio


PACKED = {"left-right": b"\x02", "top-bottom": b"\x01"}  # st3d's words for them


@pytest.mark.parametrize("name", FORMATS)
def test_others_read_every_format_and_its_tags(project, tmp_path, name):
    """By pymp4 and MediaInfo, which share nothing with this project nor with FFmpeg."""
    chosen = FORMATS[name]
    sphere = {"eye_size": 128} if name == "vr180" else {}
    answer = convert(project, tmp_path / "a.mp4", format=name, **sphere)
    assert len(answer["outputs"]) == (2 if name == "eyes" else 1)
    for output in answer["outputs"]:
        kind, found, _ = video_entry(output_path := Path(output))
        assert kind == ("hvc1" if name == "mv-hevc" else "avc1")
        packed = PACKED.get(chosen.layout or "")
        assert found.get("st3d", b"")[4:] == (packed or b"")
        assert ("sv3d/proj/equi" in found) == (name == "vr180")
        assert ("lhvC" in found) == (name == "mv-hevc")
        assert ("vexu/eyes/stri" in found) == (chosen.layout in (*PACKED, "multiview"))
        told = mediainfo(output_path)
        assert (told["width"], told["height"]) == (answer["width"], answer["height"])
        assert (told["frame_count"], told["frame_rate"]) == ("12", "24.000")


@pytest.mark.parametrize(
    "suffix, codec",
    [(".mov", c) for c in (None, "libx265", "prores_ks")]
    + [(".mkv", c) for c in (None, "libx265", "prores_ks", "ffv1")],
)
def test_others_read_every_container(project, tmp_path, suffix, codec):
    answer = convert(project, tmp_path / f"a{suffix}", format="top-bottom", codec=codec)
    told = mediainfo(Path(answer["outputs"][0]))
    names = {None: "AVC", "libx265": "HEVC", "ffv1": "FFV1", "prores_ks": "ProRes"}
    # Matroska has milliseconds, from which MediaInfo tells a rate where nothing else does.
    assert told["format"] == names[codec]
    assert float(told["frame_rate"]) == pytest.approx(24.0, rel=0.01)
    assert (told["width"], told["height"]) == (answer["width"], answer["height"])


def test_vr180_carries_its_tags(project, tmp_path):
    answer = convert(
        project, tmp_path / "a.mp4", format="vr180", eye_size=128, outside="blur", last=2
    )
    assert (answer["width"], answer["height"]) == (256, 128)
    with pytest.raises(UsageError, match=r"a\.mkv can't hold vr180"):
        convert(project, tmp_path / "a.mkv", format="vr180")
    with pytest.raises(UsageError, match="field of view"):
        convert(project, tmp_path / "b.mp4", format="vr180", field_of_view=200.0)


def test_a_kept_eye_is_the_clips_own(project, tmp_path):
    answer = convert(project, tmp_path / "a.mkv", format="eyes", keep="left", codec="ffv1")
    left, right = (
        np.stack([rgb for _, rgb in open_clip(name).frames()]) for name in answer["outputs"]
    )
    from core.project import Project

    plates = np.stack([Project.open(project).read_plate(n) for n in range(1, 13)]).astype(int)
    assert np.abs(left.astype(int) - plates).mean() < 3 < np.abs(right - plates).mean() + 3
    assert (left != right).any()


@pytest.mark.parametrize(
    ("codec", "suffix", "found"),
    [
        ("libx265", ".mp4", "hevc"), ("libsvtav1", ".mp4", "av1"), ("prores_ks", ".mov", "prores"),
        ("ffv1", ".mkv", "ffv1"), ("libx264", ".mkv", "h264"),
    ],
)  # fmt: skip
def test_encoders_over_several_parts(project, tmp_path, monkeypatch, codec, suffix, found):
    monkeypatch.setattr(exporting, "PART", 5)
    answer = convert(project, tmp_path / f"a{suffix}", codec=codec)
    clip = open_clip(answer["output"])
    assert inspect_movie(tmp_path / f"a{suffix}").codec == found
    assert numbers_of((n, rgb[:, :96]) for n, rgb in clip.frames()) == list(range(1, 13))
    assert clip.timeline.rate == F(24)


def test_a_stopped_export_goes_on_to_the_same_bytes(project, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "PART", 5)
    whole = convert(project, tmp_path / "a.mp4")["output"]
    job = ConvertJob(project=str(project), output=str(tmp_path / "b.mp4"), speed="ultrafast")
    frames = []

    def told(progress):
        if progress.stage == "convert":
            frames.append(progress.done)

    with pytest.raises(Cancelled):
        job.run(told, lambda: bool(frames) and frames[-1] >= 7)
    assert not (tmp_path / "b.mp4").exists()
    parts = tmp_path / "b.mp4.parts"
    assert {p.name for p in parts.iterdir()} == {"stamp.json", "0_000001.mp4"}
    made = (parts / "0_000001.mp4").stat().st_mtime_ns
    frames.clear()
    monkeypatch.setattr(exporting, "_begin", watched(exporting._begin, parts, made))
    job.run(told, never)
    assert frames[0] == 5, "the finished part isn't made again"
    with open(whole, "rb") as first, open(tmp_path / "b.mp4", "rb") as second:
        assert first.read() == second.read()
    assert not parts.exists()


def watched(begin, parts, made):
    def checked(folder, stamp):
        begin(folder, stamp)
        assert (parts / "0_000001.mp4").stat().st_mtime_ns == made

    return checked


def test_parts_of_other_settings_are_thrown_away(tmp_path):
    folder = tmp_path / "a.parts"
    folder.mkdir()
    exporting._begin(folder, {"settings": "one"})
    (folder / "0_000001.mp4").write_bytes(b"part")
    exporting._begin(folder, {"settings": "one"})
    assert (folder / "0_000001.mp4").exists()
    exporting._begin(folder, {"settings": "two"})
    assert not (folder / "0_000001.mp4").exists()


def test_a_second_export_to_the_same_output_leaves_the_first_ones_parts(project, tmp_path):
    parts = tmp_path / "a.mp4.parts"
    parts.mkdir()
    (parts / "stamp.json").write_text("{}")
    (parts / "0_000001.mp4").write_bytes(b"part")
    with hold(parts), pytest.raises(ProjectLocked, match=r"a\.mp4 is being written by another"):
        convert(project, tmp_path / "a.mp4", last=2)
    assert (parts / "0_000001.mp4").read_bytes() == b"part"
    convert(project, tmp_path / "a.mp4", last=2)
    assert {p.name for p in tmp_path.iterdir()} == {"a.mp4"}


def test_a_full_disk_while_joining_is_a_sentence_and_keeps_the_parts(
    project, tmp_path, monkeypatch
):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "join_parts", full)
    with pytest.raises(SecondEyeError, match=r"a\.mp4 can't be written \(no space left.*free some"):
        convert(project, tmp_path / "a.mp4")
    assert not (tmp_path / "a.mp4").exists()
    assert (tmp_path / "a.mp4.parts" / "0_000001.mp4").exists()
    monkeypatch.undo()
    convert(project, tmp_path / "a.mp4")
    assert {p.name for p in tmp_path.iterdir()} == {"a.mp4"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"codec": "h265_of_mars"}, "can't be encoded with h265_of_mars"),
        ({"codec": "hevc_videotoolbox"}, "can't be encoded with hevc_videotoolbox"),
        ({"preset": "cinema"}, "the presets are quest"),
        ({"format": "mv-hevc", "codec": "libx264"}, "two x265 encodes"),
        ({"keep": "middle"}, "no eye"),
        ({"crf": 99}, "quality"),
        ({"bit_rate": 3}, "bit rate"),
    ],
)
def test_bad_requests(project, tmp_path, change, words):
    with pytest.raises(UsageError, match=words):
        convert(project, tmp_path / "a.mp4", **change)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("codec", ENCODERS)
def test_parts_wait_in_a_container_that_holds_their_codec(codec):
    """Of encoders too that this machine lacks: by the codec's family."""
    family = next(f for f in ("prores", "ffv1", "av1", "h264", "hevc", "libx26") if f in codec)
    suffix = Video("sbs", codec, 16, None, "medium").part_suffix
    assert suffix == {"prores": ".mov", "ffv1": ".mkv"}.get(family, ".mp4")


def test_a_folder_of_someone_else_is_left_alone(project, tmp_path):
    theirs = tmp_path / "a.mp4.parts" / "notes.json"
    theirs.parent.mkdir()
    theirs.write_text("of mine")
    with pytest.raises(UsageError, match="no conversion left there"):
        convert(project, tmp_path / "a.mp4")
    assert theirs.read_text() == "of mine" and not (tmp_path / "a.mp4").exists()


def test_the_projects_own_clip_is_never_replaced(project):
    clip = project.with_name("clip.mp4")
    before = clip.read_bytes()
    with pytest.raises(UsageError, match="the project's clip"):
        convert(project, clip)
    assert clip.read_bytes() == before


def test_decoding_times_run_on_over_parts():
    order = list(join.decode_order([[0, 2, 1], [0, 3, 1, 2]]))
    assert [pts for pts, _ in order] == [0, 2, 1, 3, 6, 4, 5]
    times = [dts for _, dts in order]
    assert times == sorted(set(times)) and all(dts <= pts for pts, dts in order)


def test_the_sphere_shows_directions_where_they_lie():
    width, height, focal, side = 200, 120, 0.5, 360
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, 150] = 255  # a quarter of the width right of the middle: 26.57 degrees
    seen = vr180.Sphere(width, height, focal, side)(picture)[side // 2, :, 0]
    bright = (np.arange(side) * seen).sum() / seen.sum()
    wanted = np.degrees(np.arctan2((150.5 - 100) / width, focal))
    assert (bright + 0.5) / side * 180 - 90 == pytest.approx(wanted, abs=0.3)
    lit = np.full((height, width, 3), 180, np.uint16) * 257
    black = vr180.Sphere(width, height, focal, side)(lit)
    blurred = vr180.Sphere(width, height, focal, side, "blur")(lit)
    assert black.dtype == np.uint16 and black[5, 5].max() == 0 < blurred[5, 5].min()
    assert np.abs(blurred[side // 2, side // 2] / 257 - 180).max() < 1


def test_chapters_are_cut_to_the_part(tmp_path):
    path = make_movie(tmp_path / "c.mp4")
    with av.open(str(path)) as source, av.open(str(tmp_path / "d.mp4"), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        out.set_chapters(
            [
                {"id": n, "start": 250 * n, "end": 250 * n + 250, "time_base": F(1, 1000),
                 "metadata": {"title": "ab"[n]}}
                for n in range(2)
            ]
        )  # fmt: skip
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    (kept,) = join.chapters_of(tmp_path / "d.mp4", F(1, 4), F(1, 8))
    assert kept["metadata"]["title"] == "b" and (kept["start"], kept["end"]) == (0, 125)
