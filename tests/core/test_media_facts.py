# SPDX-License-Identifier: GPL-3.0-or-later
"""What a movie says of itself: fields, colour, its content, its lens."""

import av
import pytest
from clips import make_movie, numbers_of

from core.media import open_clip

X264 = {"crf": "10", "g": "7", "bf": "3"}
X265 = {"crf": "10", "x265-params": "log-level=error:keyint=8:min-keyint=8:scenecut=0"}


def test_interlaced_and_hdr_are_said(tmp_path):
    interlaced = {"crf": "10", "x264-params": "tff=1"}
    clip = open_clip(make_movie(tmp_path / "a.mp4", [1, 2], options=interlaced))
    assert any("interlaced" in note for note in clip.info.notes)
    hdr = {"crf": "10", "x264-params": "transfer=smpte2084:colorprim=bt2020:colormatrix=bt2020nc"}
    clip = open_clip(make_movie(tmp_path / "b.mp4", [1, 2], options=hdr, pix_fmt="yuv420p10le"))
    assert any("HDR" in note for note in clip.info.notes)
    assert clip.info.bit_depth == 10
    assert numbers_of(clip.frames()) == [1, 2]


def test_fingerprint_follows_the_content_only(tmp_path):
    path = make_movie(tmp_path / "a.mp4")
    before = open_clip(path).fingerprint()
    moved = path.rename(tmp_path / "b.mp4")
    assert open_clip(moved).fingerprint() == before
    data = bytearray(moved.read_bytes())
    data[len(data) // 2] ^= 1
    moved.write_bytes(data)
    from core.media.movie import file_digest

    assert file_digest(moved) != before
    int(before, 16)


def test_focal_length_of_a_phone(tmp_path):
    path = tmp_path / "a.mov"
    plain = make_movie(tmp_path / "plain.mov", [1])
    with (
        av.open(str(plain)) as source,
        av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as target,
    ):
        target.metadata["com.apple.quicktime.camera.focal_length.35mm_equivalent"] = "26"
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    assert open_clip(path).info.focal_over_width == pytest.approx(26 / 36)
    assert open_clip(plain).info.focal_over_width is None
