# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound that ends before the frames of a movie do, or before they begin."""

import av
import pytest
from analysed import tiny_model
from clips import make_movie, make_sequence
from converted import never, packets, quiet

from core.jobs.assemble import AssembleJob
from core.jobs.convert import ConvertJob

ENDS = 0.2  # seconds of sound, of half a second of pictures at 24 frames/s


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """12 pictures, with sound for the first five alone."""
    folder = tmp_path_factory.mktemp("ends")
    whole = make_movie(folder / "whole.mp4", audio=True)
    path = folder / "clip.mp4"
    with av.open(str(whole)) as source, av.open(str(path), "w") as target:
        streams = {s.index: target.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            late = packet.pts is None or packet.pts * packet.time_base >= ENDS
            if packet.dts is None or (packet.stream.type == "audio" and late):
                continue
            packet.stream = streams[packet.stream_index]
            target.mux(packet)
    return path


@pytest.mark.parametrize("name", ["late.mp4", "late.mov", "late.mkv"])
def test_a_range_after_the_sound_is_converted_and_silent(clip, tmp_path, name):
    project = tmp_path / "clip.secondeye"
    arguments = {"clip": str(clip), "model": str(tiny_model(tmp_path)), "project": str(project)}
    output = tmp_path / name
    answer = ConvertJob(**arguments, output=str(output), first=3, last=12).run(quiet, never)
    assert answer["sound"] is True and packets(output)[0] > 0
    answer = ConvertJob(project=str(project), output=str(output), first=8).run(quiet, never)
    assert answer["sound"] is False and "no sound in these frames" in answer["message"]
    assert answer["frames"] == 5


def test_frames_after_the_sound_are_assembled_and_silent(clip, tmp_path):
    frames = make_sequence(tmp_path / "frames", range(1, 13), name="{:06d}.png")
    job = {"frames": str(frames), "rate": 24, "audio_from": str(clip), "last": 12}
    output = str(tmp_path / "a.mp4")
    answer = AssembleJob(**job, output=output, first=8).run(quiet, never)
    assert answer["sound"] is False and "no sound in these frames" in answer["message"]
    answer = AssembleJob(**job, output=output, first=1).run(quiet, never)
    assert answer["sound"] is True and packets(output)[0] > 0
