# SPDX-License-Identifier: GPL-3.0-or-later
"""MV-HEVC: stitched, decoded bit for bit, its boxes read by a reader that isn't ours."""

from fractions import Fraction
from pathlib import Path

import eyes_clips as clips
import independent_boxes
import numpy as np
import pytest
from independent_boxes import mediainfo

from core.delivery import check
from core.delivery.check import Expected, verify
from core.delivery.hevc import UnlikeError, split_annex_b
from core.delivery.multiview import stitch_movies
from core.delivery.spatial import Spatial
from core.errors import Cancelled, SecondEyeError, UsageError
from core.jobs.stitch import StitchJob

RATE = Fraction(24000, 1001)
TOLD = Spatial(baseline=0.0635, disparity=-0.0123, field_of_view=63.25)


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("eyes")
    return (
        clips.encode(folder / "left.mp4", clips.pictures(1), sound=True),
        clips.encode(folder / "right.mp4", clips.pictures(2)),
    )


@pytest.fixture(scope="module")
def stitched(eyes: tuple[Path, Path]) -> Path:
    output = eyes[0].with_name("both.mp4")
    assert stitch_movies(*eyes, output, TOLD) == 12
    return output


def test_both_views_are_the_bits_of_their_own_encodes(eyes, stitched):
    views = clips.decode(stitched, "0,1")
    assert clips.same(views[0::2], clips.decode(eyes[0]))
    assert clips.same(views[1::2], clips.decode(eyes[1]))
    assert not clips.same(views[0::2], views[1::2])


def test_a_player_of_one_layer_shows_the_left_eye(eyes, stitched):
    assert clips.same(clips.decode(stitched), clips.decode(eyes[0]))
    assert clips.times(stitched) == clips.times(eyes[0])


def test_the_sound_goes_along(eyes, stitched):
    import av

    packets = []
    for path in (eyes[0], stitched):
        with av.open(str(path)) as file:
            packets.append([(p.pts, bytes(p)) for p in file.demux(audio=0) if p.size])
    assert packets[0] == packets[1] and len(packets[0]) > 20


def test_boxes_read_by_another_reader(stitched):
    kind, boxes, order = independent_boxes.video_entry(stitched)
    assert kind == "hvc1"
    assert [name for name in order if name in ("hvcC", "lhvC", "vexu", "hfov")] == [
        *("hvcC", "lhvC", "vexu", "hfov")
    ]
    full = bytes(4)
    assert boxes["vexu/eyes/stri"] == full + b"\3"
    assert boxes["vexu/eyes/hero"] == full + b"\1"
    assert boxes["vexu/eyes/cams/blin"] == full + (63_500).to_bytes(4, "big")
    assert boxes["vexu/eyes/cmfy/dadj"] == full + (-123).to_bytes(4, "big", signed=True)
    assert boxes["vexu/proj/prji"] == full + b"rect"
    assert boxes["hfov"] == (63_250).to_bytes(4, "big")
    # lhvC: version, two reserved fields, one temporal layer in it, SPS and PPS of layer 1.
    assert boxes["lhvC"][:6] == b"\1\xf0\0\xfc\xcf\2"
    sps = boxes["lhvC"][11:]
    assert sps[0] >> 1 == 33 and (sps[0] & 1) << 5 | sps[1] >> 3 == 1
    names = [box.type for box in independent_boxes.top(stitched)]
    assert names.index(b"moov") < names.index(b"mdat")


def test_mediainfo_sees_two_views(stitched, eyes):
    """MediaInfo reads boxes and the VPS's extension with code of its own."""
    told, single = mediainfo(stitched), mediainfo(eyes[0])
    assert told["format_profile"].startswith("Multiview Main@") and told["count_of_views"] == "2"
    assert told["codec_configuration_box"] == "hvcC+lhvC" and told["codec_id"] == "hvc1"
    assert told["frame_count"] == "12" and "count_of_views" not in single


@pytest.mark.parametrize(
    ("more", "pictures"),
    [
        (":bframes=1:slices=2:ctu=32", clips.pictures(5, 5, 128, 128)),
        (":bframes=4:b-pyramid=1:weightb=1:ref=4:scaling-list=default", clips.pictures(6, 14)),
        (":hrd=1:vbv-maxrate=500:vbv-bufsize=500:aud=1:amp=1", clips.pictures(7, 7)),
        (":no-sao=1:no-deblock=1:no-temporal-mvp=1:ctu=16", clips.pictures(8, 7)),
        (":temporal-layers=2:bframes=2", clips.pictures(9, 9)),
        (":bframes=3", clips.pictures(10, 6, 108, 70)),
    ],
    ids=["slices", "pyramid", "hrd", "bare", "temporal", "cropped"],
)
def test_other_settings_of_the_encoder(tmp_path, more, pictures):
    left = clips.encode(tmp_path / "l.mp4", pictures, more=more, gop=5)
    right = clips.encode(tmp_path / "r.mp4", [p[:, ::-1] for p in pictures], more=more, gop=5)
    output = tmp_path / "both.mov"
    stitch_movies(left, right, output)
    views = clips.decode(output, "0,1")
    assert clips.same(views[0::2], clips.decode(left))
    assert clips.same(views[1::2], clips.decode(right))


def test_matroska_and_a_moov_at_the_end(tmp_path):
    left = clips.encode(tmp_path / "l.mkv", clips.pictures(1, 4))
    right = clips.encode(tmp_path / "r.mkv", clips.pictures(2, 4))
    output = tmp_path / "both.mp4"
    stitch_movies(left, right, output, faststart=False)
    names = [box.type for box in independent_boxes.top(output)]
    assert names.index(b"moov") > names.index(b"mdat")
    assert clips.same(clips.decode(output, "0,1")[1::2], clips.decode(right))


def test_the_self_check_passes_and_can_fail(stitched, eyes):
    asked = Expected(
        frames=12,
        width=96,
        height=64,
        rate=RATE,
        views=2,
        codec="hevc",
        bit_depth=8,
        spatial=Spatial("multiview", "rectangular", "left", 0.0635, -0.0123, 63.25),
        sound=True,
        faststart=True,
    )
    report = verify(stitched, asked)
    assert report.ok, report.message
    assert "12 frames, 2 views of 96x64" in report.message
    single = verify(eyes[0], asked)
    assert not single.ok
    assert "layers is 1 instead of 2" in single.message and "\n" not in single.message


def unlike(tmp_path: Path, **right: object) -> str:
    """The sentence for a right eye encoded with other settings; nothing may be left behind."""
    left = clips.encode(tmp_path / "l.mp4", clips.pictures(1))
    frames = right.pop("frames", clips.pictures(2))
    other = clips.encode(tmp_path / "r.mp4", frames, **right)  # type: ignore[arg-type]
    with pytest.raises(SecondEyeError) as caught:
        stitch_movies(left, other, tmp_path / "both.mp4")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["l.mp4", "r.mp4"]
    return str(caught.value)


def test_unlike_eyes_are_refused(tmp_path):
    assert "different sizes (96x64 and 80x64)" in unlike(
        tmp_path, frames=clips.pictures(2, 12, 80, 64)
    )
    assert "different GOPs" in unlike(tmp_path, gop=5)
    assert "10 bits" in unlike(tmp_path, pixels="yuv420p10le")
    assert "isn't 4:2:0" in unlike(tmp_path, pixels="yuv444p")
    assert "l.mp4 has more pictures than r.mp4, which ends after 9" in unlike(
        tmp_path, frames=clips.pictures(2, 9)
    )
    assert "r.mp4 has more pictures than l.mp4, which ends after 12" in unlike(
        tmp_path, frames=clips.pictures(2, 13), gop=6
    )
    assert "pyramids" in unlike(tmp_path, more=":b-pyramid=0")
    assert "not in HEVC" in unlike(tmp_path, codec="libx264")


def test_freely_chosen_gops_are_refused(tmp_path):
    """x265's own defaults: B frames and key frames where each eye's content wants them."""
    still = [np.full((64, 96, 3), 90, np.uint8)] * 12
    left = clips.encode(tmp_path / "l.mp4", still, parameters="bframes=4")
    right = clips.encode(
        tmp_path / "r.mp4", clips.pictures(3, 12, drift=17), parameters="bframes=4"
    )
    with pytest.raises(UnlikeError, match="fixed GOP"):
        stitch_movies(left, right, tmp_path / "both.mp4")


def test_a_full_disk_leaves_nothing(eyes, tmp_path):
    resource = pytest.importorskip("resource")  # POSIX
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    output = tmp_path / "both.mp4"
    output.write_bytes(b"earlier")
    try:  # no file may grow over this: the same as a disk that is full, but for errno
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, hard))
        with pytest.raises(SecondEyeError, match="can't be written"):
            stitch_movies(*eyes, output)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert output.read_bytes() == b"earlier" and len(list(tmp_path.iterdir())) == 1


def test_what_a_killed_process_left_is_removed(eyes, tmp_path):
    left = tmp_path / ".both.muxed.999999999.part.mp4"
    left.write_bytes(b"unfinished")
    stitch_movies(*eyes, tmp_path / "both.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["both.mp4"]


def test_a_job_stopped_or_failed_while_reading_back_keeps_what_stood_there(
    eyes, tmp_path, monkeypatch
):
    output, stages = tmp_path / "both.mp4", []
    output.write_bytes(b"of before")
    job = StitchJob(str(eyes[0]), str(eyes[1]), str(output))
    with pytest.raises(Cancelled):
        job.run(lambda told: stages.append(told.stage), lambda: "check" in stages)
    assert "check" in stages and output.read_bytes() == b"of before"
    with monkeypatch.context() as patched:
        patched.setattr(check, "Expected", lambda **asked: Expected(**{**asked, "frames": 11}))
        with pytest.raises(SecondEyeError, match=r"both\.mp4 is not as asked"):
            job.run(lambda told: None, lambda: False)
    assert output.read_bytes() == b"of before" and len(list(tmp_path.iterdir())) == 1
    answer = job.run(lambda told: None, lambda: False)
    assert answer["frames"] == 12 and answer["checked"].startswith("both.mp4 was read back")
    assert clips.same(clips.decode(output), clips.decode(eyes[0]))


def test_an_eye_is_never_replaced(eyes):
    for eye in eyes:
        before = eye.read_bytes()
        with pytest.raises(UsageError, match="one of the eyes"):
            stitch_movies(*eyes, eye)
        assert eye.read_bytes() == before


def test_other_containers_and_damage_are_refused(eyes, tmp_path):
    with pytest.raises(UsageError, match=r"name it \.mp4 or \.mov"):
        stitch_movies(*eyes, tmp_path / "both.mkv")
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(eyes[1].read_bytes()[:-900])
    with pytest.raises(SecondEyeError):
        stitch_movies(eyes[0], torn, tmp_path / "both.mp4")
    assert [p.name for p in tmp_path.iterdir()] == ["torn.mp4"]


def test_start_codes():
    assert split_annex_b(b"no start code") == []
    assert [unit.data for unit in split_annex_b(b"\0\0\1ab\0\0\0\1cd\0")] == [b"ab", b"cd"]
