# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports by parts: joined, gone on with, thrown away, left alone."""

import json
import sys
from fractions import Fraction as F

import av
import pytest
from analysed import second_eye
from clips import make_movie, numbers_of
from converted import never, quiet

from core.delivery.inspection import inspect_movie
from core.errors import Cancelled, SecondEyeError, UsageError
from core.jobs import export_folder, exporting
from core.jobs.convert import ConvertJob
from core.jobs.export_video import Video
from core.media import join, open_clip
from core.media.encoders import ENCODERS
from core.project import Project, ProjectLocked
from core.project.lock import hold


@pytest.fixture
def project(converted):
    return converted[0] / "clip.secondeye"


def convert(project, output, **arguments):
    arguments = {"speed": "ultrafast", **arguments}
    return ConvertJob(project=str(project), output=str(output), **arguments).run(quiet, never)


@pytest.mark.parametrize(
    ("codec", "suffix", "found"),
    [
        ("libx265", ".mp4", "hevc"), ("libsvtav1", ".mp4", "av1"), ("prores_ks", ".mov", "prores"),
        ("ffv1", ".mkv", "ffv1"), ("libx264", ".mkv", "h264"),
    ],
)  # fmt: skip
def test_encoders_over_several_parts(project, tmp_path, monkeypatch, codec, suffix, found):
    monkeypatch.setattr(exporting, "PART", 5)
    # No distance between the eyes: the numbers stay where they are.
    flat = {"interocular": 0.0, "convergence": 4.0}
    answer = convert(project, tmp_path / f"a{suffix}", codec=codec, **flat)
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
    monkeypatch.setattr(export_folder, "begin", watched(export_folder.begin, parts, made))
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
    export_folder.begin(folder, {"settings": "one"})
    (folder / "0_000001.mp4").write_bytes(b"part")
    export_folder.begin(folder, {"settings": "one"})
    assert (folder / "0_000001.mp4").exists()
    export_folder.begin(folder, {"settings": "two"})
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


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size there")
def test_a_full_disk_in_mid_file_names_the_movie_not_its_part(project, tmp_path):
    limited = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"
    )
    done = second_eye(
        "convert", "--project", project, "-o", tmp_path / "a.mp4", "--crf", "0", "--no-sound",
        code=limited,
    )  # fmt: skip
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert f"{tmp_path / 'a.mp4'} can't be written (file too large): free some" in done.stderr
    assert not (tmp_path / "a.mp4").exists()


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


def test_decoding_times_run_on_over_parts():
    order = list(join.decode_order([[0, 2, 1], [0, 3, 1, 2]]))
    assert [pts for pts, _ in order] == [0, 2, 1, 3, 6, 4, 5]
    times = [dts for _, dts in order]
    assert times == sorted(set(times)) and all(dts <= pts for pts, dts in order)


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


def test_parts_of_another_version_are_thrown_away(project, tmp_path, monkeypatch):
    """Of the same request and project, by other code or a library of another version."""
    opened = Project.open(project)
    here = export_folder.stamp_of(opened, ("settings",), [1, 2])
    assert here["weights"][0][0] == opened.manifest.model.name != ""
    assert here == json.loads(json.dumps(here)), "it is compared with what was stored"
    monkeypatch.setattr(av, "__version__", "0.0.1")
    export_folder.made_by.cache_clear()
    older = export_folder.stamp_of(opened, ("settings",), [1, 2])
    folder = tmp_path / "core"
    (folder / "synthesis").mkdir(parents=True)
    (folder / "synthesis" / "warp.py").write_text("another warp")
    monkeypatch.setattr(export_folder, "_CORE", folder)
    export_folder.made_by.cache_clear()
    other = export_folder.stamp_of(opened, ("settings",), [1, 2])
    export_folder.made_by.cache_clear()
    assert here["code"] == older["code"] != other["code"]
    parts = tmp_path / "a.parts"
    parts.mkdir()
    for stamp in (here, older, other):
        export_folder.begin(parts, stamp)
        assert {p.name for p in parts.iterdir()} == {"stamp.json"}
        (parts / "0_000001.mp4").write_bytes(b"part")
