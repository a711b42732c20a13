# SPDX-License-Identifier: GPL-3.0-or-later
"""A tagged movie is read back before it has its name; what that found."""

from dataclasses import replace
from fractions import Fraction as F

import av
import numpy as np
import pytest
from converted import never, quiet
from eyes_clips import decode, encode, pictures, same, times

from core.delivery import tag
from core.delivery.inspection import inspect_movie
from core.delivery.multiview import stitch_movies
from core.delivery.shown import picture_times
from core.delivery.spatial import Spatial
from core.errors import SecondEyeError
from core.jobs.tag import TagJob
from core.jobs.tag_check import Tags
from core.media import MovieWriter


def told(source, output, layout="left-right", **arguments):
    job = TagJob(movie=str(source), output=str(output), layout=layout, **arguments)
    return job.run(quiet, never)


def without_a_rate(source, target):
    """The packets alone in Matroska, which then tells neither a rate nor durations."""
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        stream = out.add_stream_from_template(container.streams.video[0], opaque=True)
        for packet in container.demux(video=0):
            if packet.size:
                packet.stream, packet.duration = stream, 0
                out.mux(packet)
    return target


@pytest.fixture(scope="module")
def movies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tagged")
    made = {"h264": encode(folder / "a.mp4", pictures(1), codec="libx264", sound=True)}
    for name, codec, rate in (("prores", "prores_ks", F(25)), ("ffv1", "ffv1", F(30000, 1001))):
        part = folder / f"part_{name}.{'mov' if name == 'prores' else 'mkv'}"
        with MovieWriter(part, 96, 64, rate, codec=codec) as movie:
            for rgb in pictures(2, count=3):
                movie.write(rgb)
        made[name] = without_a_rate(part, folder / f"{name}.mkv")
    left, right = (encode(folder / f"{n}.mp4", pictures(n), preset="ultrafast") for n in (3, 4))
    made["multiview"] = folder / "multiview.mov"
    stitch_movies(left, right, made["multiview"], Spatial("multiview"))
    return made


def test_the_line_tells_what_was_compared(movies, tmp_path):
    answer = told(movies["h264"], tmp_path / "b.mp4", "top-bottom")
    line = "b.mp4 was read back: 12 frames, 96x64, times and tags as asked."
    assert answer["checked"] == line and line in answer["message"]


@pytest.mark.parametrize(("name", "suffix"), [("prores", ".mov"), ("ffv1", ".mp4")])
def test_matroska_without_a_rate_loses_no_picture(movies, tmp_path, name, suffix):
    """No duration stands in it, and the last picture of an MP4 ended when it began."""
    rate = F(25) if name == "prores" else F(30000, 1001)
    output = tmp_path / f"a{suffix}"
    told(movies[name], output)
    assert times(output) == [n / rate for n in range(3)]
    assert same(decode(output), decode(movies[name]))
    told(movies[name], tmp_path / "b.mkv")
    with av.open(str(tmp_path / "b.mkv")) as container:  # the last picture counts there too
        assert container.duration / 1e6 == pytest.approx(float(3 / rate), abs=0.002)


def test_two_layers_keep_their_second_configuration(movies, tmp_path):
    told(movies["multiview"], tmp_path / "a.mp4", "multiview", baseline=0.05)
    assert inspect_movie(tmp_path / "a.mp4").has_second_configuration
    both = decode(tmp_path / "a.mp4", "0,1")
    assert len(both) == 24 and same(both, decode(movies["multiview"], "0,1"))


def test_what_was_not_written_as_asked_gets_no_name(movies, tmp_path, monkeypatch):
    output = tmp_path / "a.mp4"
    output.write_bytes(b"an earlier movie")
    boxes = tag.spatial_boxes
    monkeypatch.setattr(
        tag, "spatial_boxes", lambda spatial: boxes(replace(spatial, layout="top-bottom"))
    )
    with pytest.raises(SecondEyeError, match=r"^a\.mp4 is not as asked: stereo layout is top-bot"):
        told(movies["h264"], output)
    assert output.read_bytes() == b"an earlier movie"
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_lost_and_late_pictures_are_told(movies):
    source = movies["h264"]
    found, (shown, tick) = inspect_movie(source), picture_times(source)
    for other, words in (
        (shown[:-1], "12 frames instead of 11"),
        ([*shown[:6], *(t + F(1, 5) for t in shown[6:])], "6 frames are shown at another time"),
    ):
        tags = Tags(found, (other, tick), source, found.spatial.spatial, False, False)
        with pytest.raises(SecondEyeError, match=words):
            tags.check(source, None, quiet, lambda: None)
    small = replace(found, width=48)
    with pytest.raises(SecondEyeError, match="96x64 instead of 48x64"):
        Tags(small, (shown, tick), source, found.spatial.spatial, False, False).check(
            source, None, quiet, lambda: None
        )
    assert np.all(np.diff([float(time) for time in shown]) > 0)
