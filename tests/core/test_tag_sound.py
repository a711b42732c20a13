# SPDX-License-Identifier: GPL-3.0-or-later
"""Another file's sound for a movie that is tagged."""

import av
import eyes_clips as clips
import pytest
from converted import never, packets, quiet

from core.errors import UsageError
from core.jobs.tag import TagJob


@pytest.fixture(scope="module")
def sounding(tmp_path_factory):
    path = tmp_path_factory.mktemp("sounding") / "h264.mp4"
    return clips.encode(path, clips.pictures(4, 7, 128, 64), codec="libx264", sound=True)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
def test_a_silent_movie_gets_the_sound_of_another_file(sounding, tmp_path, name):
    silent = clips.encode(tmp_path / "silent.mp4", clips.pictures(3, 5, 128, 64), codec="libx264")
    job = {"movie": str(silent), "output": str(tmp_path / name), "layout": "left-right"}
    answer = TagJob(**job, sound=str(sounding)).run(quiet, never)
    assert packets(tmp_path / name)[0] > 0 and "read back" in answer["checked"]


def test_a_movie_s_own_sound_gives_way(sounding, tmp_path):
    other = tmp_path / "other.mkv"
    with av.open(str(sounding)) as source, av.open(str(other), "w") as target:
        own = source.streams.audio[0]
        stream = target.add_stream_from_template(own)
        for packet in source.demux(own):
            if packet.dts is not None and packet.pts * packet.time_base < 0.1:
                packet.stream = stream
                target.mux(packet)
    output = tmp_path / "a.mp4"
    job = {"movie": str(sounding), "output": str(output), "layout": "left-right"}
    TagJob(**job, sound=str(other)).run(quiet, never)
    assert 0 < packets(output)[0] < packets(sounding)[0]


def test_a_file_without_sound_is_refused_before_anything_is_copied(sounding, tmp_path):
    silent = clips.encode(tmp_path / "silent.mp4", clips.pictures(3, 5, 128, 64), codec="libx264")
    job = {"movie": str(sounding), "output": str(tmp_path / "a.mp4"), "layout": "left-right"}
    with pytest.raises(UsageError, match="has no sound: leave --sound away"):
        TagJob(**job, sound=str(silent)).run(quiet, never)
    assert not (tmp_path / "a.mp4").exists()
