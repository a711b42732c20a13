# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a movie can be entered: key pictures that need nothing before them."""

import av
import numpy as np
import pytest
from clips import make_movie, numbers_of, read_number

from core.media import open_clip
from core.media.entry import is_exact_entry

IN_ORDER = list(range(1, 31))
X264 = {"crf": "10", "g": "7", "bf": "3"}
X265 = {"crf": "10", "x265-params": "log-level=error:keyint=8:min-keyint=8:scenecut=0"}


@pytest.mark.parametrize(
    ("options", "exact"),
    [
        (X264, True),
        ({**X264, "x264-params": "open-gop=1:scenecut=0"}, True),
        ({"crf": "10", "x264-params": "intra-refresh=1:keyint=7"}, False),
    ],
    ids=["closed", "open", "intra refresh"],
)
@pytest.mark.parametrize("file", ["a.mp4", "a.ts"])
def test_only_exact_key_pictures_are_entered_at(file, options, exact, tmp_path):
    """With intra refresh a player may start at a "key" packet, but gets other pictures."""
    path = make_movie(tmp_path / file, IN_ORDER, options=options)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [p for p in container.demux(stream) if p.is_keyframe]
        entries = [is_exact_entry(stream.codec_context, p) for p in packets]
    assert len(entries) >= 4
    assert entries == [True] + [exact] * (len(entries) - 1)


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_recording_cut_at_an_open_group_begins_with_its_first_whole_picture(codec, tmp_path):
    options = {
        "libx264": {**X264, "x264-params": "open-gop=1:scenecut=0"},
        "libx265": X265,
    }[codec]
    whole = make_movie(tmp_path / "whole.mkv", IN_ORDER, codec=codec, options=options)
    path = tmp_path / "cut.mkv"
    with av.open(str(whole)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        keys = 0
        for packet in source.demux(video=0):
            keys += packet.is_keyframe
            if packet.size and keys >= 3:  # the pictures before this one in time refer back
                packet.stream = stream
                target.mux(packet)
    expected = dict(open_clip(whole).frames())
    clip = open_clip(path)
    frames = list(clip.frames())
    first = read_number(frames[0][1])
    assert 10 < first < 20
    assert numbers_of(frames) == list(range(first, 31))
    for n, rgb in frames:
        assert np.array_equal(rgb, expected[n + first - 1])
    assert any("left out" in note for note in clip.info.notes)
