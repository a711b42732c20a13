# SPDX-License-Identifier: GPL-3.0-or-later
"""Boxes read strictly and written again: sizes, offsets, limits, damage."""

import io
from pathlib import Path

import eyes_clips as clips
import independent_boxes
import pytest

from core.delivery.boxes import BoxError, BoxFile, box, full_box, parse, rewrite
from core.delivery.entry import set_spatial, video_entries
from core.delivery.spatial import Spatial, read_spatial, spatial_boxes
from core.errors import UsageError


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("boxes") / "movie.mp4"
    frames = [p for p in clips.pictures(3, 6)]
    return clips.encode(path, frames, codec="libx264", sound=True)


def read(data: bytes) -> BoxFile:
    return BoxFile(io.BytesIO(data), "some.mp4")


@pytest.mark.parametrize("faststart", [True, False])
def test_inserted_boxes_move_everything_else(movie, tmp_path, faststart):
    output = tmp_path / "tagged.mp4"

    def change(moov):
        for entry in video_entries(moov, "movie.mp4"):
            set_spatial(entry, spatial_boxes(Spatial("left-right", "vr180")))

    rewrite(movie, output, change, faststart=faststart)
    assert clips.same(clips.decode(output), clips.decode(movie))
    _, boxes, order = independent_boxes.video_entry(output)
    assert order[-4:] == ["st3d", "sv3d", "vexu", "hfov"]
    assert boxes["st3d"] == bytes(4) + b"\2"
    quarter = 0x40000000.to_bytes(4, "big")
    assert boxes["sv3d/proj/equi"] == bytes(12) + quarter + quarter
    assert boxes["vexu/proj/prji"] == bytes(4) + b"hequ"
    assert boxes["vexu/pack/pkin"] == bytes(4) + b"side"
    assert boxes["hfov"] == (180_000).to_bytes(4, "big")
    names = [found.type for found in independent_boxes.top(output)]
    assert (names.index(b"moov") < names.index(b"mdat")) == faststart
    # Each chunk still begins with the bytes that it began with, in both tracks.
    old, new = movie.read_bytes(), output.read_bytes()
    pairs = zip(
        independent_boxes.chunk_offsets(movie), independent_boxes.chunk_offsets(output), strict=True
    )
    for before, after in pairs:
        assert [old[at : at + 16] for at in before] == [new[at : at + 16] for at in after]


def test_nothing_changed_is_nothing_lost(movie, tmp_path):
    data = movie.read_bytes()
    assert b"".join(node.bytes() for node in parse(data, "movie.mp4")) == data
    rewrite(movie, tmp_path / "same.mp4", lambda moov: None, faststart=False)
    assert (tmp_path / "same.mp4").read_bytes() == data


def test_tags_are_replaced_and_not_added(movie, tmp_path):
    data = movie.read_bytes()
    moov = next(node for node in parse(data, "m") if node.kind == "moov")
    entry = video_entries(moov, "m")[0]
    for layout in ("top-bottom", "left-right"):
        set_spatial(entry, spatial_boxes(Spatial(layout)))
    kinds = [child.kind for child in entry.children]
    assert kinds.count("st3d") == kinds.count("vexu") == 1
    assert read_spatial(entry.children).st3d == "left-right"


def test_what_is_written_reads_back():
    for told in (
        Spatial("multiview", "rectangular", "right", 0.064, 0.02, 80.0),
        Spatial("top-bottom", "vr360", "left", None, None, 360.0),
        Spatial("right-left", "vr180", "none", 1.5, -1.0, 180.0),
        Spatial("mono", "vr360", "left", None, None, 360.0),
    ):
        assert read_spatial(spatial_boxes(told)).spatial == told


def test_impossible_tags_are_refused():
    for wrong, sentence in (
        (Spatial("diagonal"), "no layout"),
        (Spatial("left-right", baseline=0), "baseline"),
        (Spatial("left-right", disparity=1.5), "disparity"),
        (Spatial("left-right", field_of_view=0.0), "field of view"),
    ):
        with pytest.raises(UsageError, match=sentence):
            spatial_boxes(wrong)


def test_sizes_of_every_kind():
    large = b"\0\0\0\1" + b"free" + (24).to_bytes(8, "big") + bytes(8)
    to_end = b"\0\0\0\0" + b"mdat" + bytes(100)
    found = read(box("ftyp", b"isom") + large + box("uuid", bytes(20)) + to_end)
    assert [(b.kind, b.header, b.size) for b in found.boxes] == [
        ("ftyp", 8, 12),
        ("free", 16, 24),
        ("uuid", 24, 28),
        ("mdat", 8, 108),
    ]


def test_a_huge_mdat_is_not_read(tmp_path):
    path = tmp_path / "huge.mp4"
    with path.open("wb") as file:  # a hole in the file, not 8 GB on the disk
        file.write(b"\0\0\0\1mdat" + (1 << 33).to_bytes(8, "big"))
        file.seek(1 << 33)
        file.write(box("moov", box("mvhd", bytes(100))))
    with path.open("rb") as file:
        assert [b.kind for b in BoxFile(file, "huge.mp4").boxes] == ["mdat", "moov"]


def test_offsets_beyond_4_gb_get_wider_tables(tmp_path):
    """The samples stand behind 4 GB of padding; `moov` grows, so stco's 32 bits end."""
    at = (1 << 32) - 40
    stco = full_box("stco", (1).to_bytes(4, "big"), (at + 8).to_bytes(4, "big"))
    table = box("moov", box("trak", box("mdia", box("minf", box("stbl", stco)))))
    path, output = tmp_path / "big.mp4", tmp_path / "out.mp4"
    with path.open("wb") as file:
        file.write(box("ftyp", b"isom") + table)
        start = file.tell()
        file.write((at - start).to_bytes(4, "big") + b"blob")
        file.seek(at)
        file.write(box("mdat", b"samples!"))

    def grow(moov):
        moov.children.append(parse(box("udta", bytes(64)), "x")[0])

    from core.delivery.boxes import edit

    with path.open("rb") as file:  # laid out and not copied: nobody has 4 GB to spare here
        boxes = BoxFile(file, "big.mp4")
        moov_box = boxes.find("moov")
        file.seek(moov_box.start)
        moov = parse(file.read(moov_box.size), "big.mp4")[0]
        grow(moov)
        kept = edit._order(boxes.boxes, moov_box, True)
        data = edit._placed(moov, kept, moov_box, "big.mp4")
    wide = parse(data, "x")[0].find("trak", "mdia", "minf", "stbl", "co64")
    grown = len(data) - moov_box.size
    assert int.from_bytes(wide.data[8:16], "big") == at + 8 + grown > 1 << 32
    assert not output.exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (box("moov", b"\0\0\0\x40trak"), "claims 64 bytes, 8 are left"),
        (box("moov", b"\0\0\0\0trak"), "has no size"),
        (b"\0\0\0\4moov", "claims 4 bytes"),
        (b"\0\0\0\1mdat\0\0", "ends at byte"),
        (box("ftyp", b"isom") + b"\0\0", "ends at byte"),
        (box("moov", b"x" * 5), "ends at byte"),
        (box("trak") * 100_001, "more than 100000 boxes"),
    ],
)
def test_damage_is_told(data, sentence):
    with pytest.raises(BoxError, match=sentence):
        read(data)


def test_depth_has_an_end():
    data = b""
    for _ in range(40):
        data = box("moov", data)
    with pytest.raises(BoxError, match="nested too deeply"):
        read(data)


def test_a_fragmented_movie_is_refused(tmp_path):
    path = tmp_path / "fragments.mp4"
    path.write_bytes(box("ftyp", b"isom") + box("moov", box("mvex")) + box("moof"))
    with pytest.raises(BoxError, match="fragmented"):
        rewrite(path, tmp_path / "out.mp4", lambda moov: None)
    assert not (tmp_path / "out.mp4").exists()
