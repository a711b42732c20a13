# SPDX-License-Identifier: GPL-3.0-or-later
"""A silent movie says so from its start on, and holds no track of sound without any."""

from fractions import Fraction as F
from pathlib import Path

import av
import pytest
from analysed import tiny_model
from clips import make_movie, make_sequence
from converted import never, quiet

from core.errors import Cancelled
from core.jobs import exporting
from core.jobs.assemble import AssembleJob
from core.jobs.convert import ConvertJob
from core.media.audio import sounds_within


def part_sounding(source, target, begin, end):
    """A copy whose sound lasts from ``begin`` to ``end`` seconds."""
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        streams = {s.index: out.add_stream_from_template(s) for s in container.streams}
        for packet in container.demux():
            sound = packet.stream.type == "audio"
            if not packet.size or (sound and not begin <= packet.pts * packet.time_base < end):
                continue
            packet.stream = streams[packet.stream_index]
            out.mux(packet)
    return target


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """12 frames at 24 frames/s of which the first 0.2 s sound, or the last 0.2 s; and a model."""
    folder = tmp_path_factory.mktemp("sounding")
    whole = make_movie(folder / "whole.mp4", audio=True)
    ends = part_sounding(whole, folder / "ends.mp4", F(0), F(1, 5))
    begins = part_sounding(whole, folder / "begins.mov", F(3, 10), F(1))
    model = tiny_model(folder)
    for clip in (ends, begins):
        run(clip, model, folder / f"{clip.stem}_all.mp4")
    return {"ends": ends, "begins": begins, "model": model}


def run(clip, model, output, told=quiet, **arguments):
    project = clip.with_name(f"{clip.stem}.secondeye")
    return ConvertJob(
        clip=str(clip), project=str(project), output=str(output), model=str(model),
        format="half-sbs", speed="ultrafast", interocular=0.0, convergence=4.0, **arguments,
    ).run(told, never)  # fmt: skip


def sounding(path):
    """(seconds at which the sound begins and ends), or None where there is no sound."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        shown = [p for p in container.demux(stream) if p.size and p.pts is not None]
        assert shown, "a track of sound without any"
        times = [(p.pts * p.time_base, p.duration * p.time_base) for p in shown]
    return float(times[0][0]), float(sum(times[-1]))


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize(
    ("clip", "first", "last", "found"),
    [
        ("ends", 8, 12, None), ("ends", 1, 12, (0.0, 0.2)), ("begins", 1, 6, None),
        ("begins", 1, 12, (0.3, 0.5)),
    ],
)  # fmt: skip
def test_a_movie_is_not_refused_for_its_sound(clips, tmp_path, suffix, clip, first, last, found):
    said = []
    output = tmp_path / f"a{suffix}"
    answer = run(clips[clip], clips["model"], output, said.append, first=first, last=last)
    assert answer["sound"] is (found is not None)
    if found is None:
        assert sounding(output) is None
        words = f"{clips[clip].name} has no sound in these frames"
        assert words in answer["message"] and "the movie is silent" in answer["message"]
        assert any(words in told.message for told in said), "and so from the start on"
    else:
        assert sounding(output) == pytest.approx(found, abs=0.045)
        assert "silent" not in answer["message"]


@pytest.mark.parametrize("clip", ["ends", "begins"])
def test_a_stopped_export_past_the_sound_goes_on(clips, tmp_path, monkeypatch, clip):
    monkeypatch.setattr(exporting, "PART", 2)
    first, output = (8 if clip == "ends" else 2), tmp_path / "a.mp4"

    def stopped(progress):
        if progress.stage == "convert" and progress.done == 3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        run(clips[clip], clips["model"], output, stopped, first=first, last=first + 4)
    assert list(Path(f"{output}.parts").glob("*.mp4"))
    run(clips[clip], clips["model"], output, first=first, last=first + 4)
    assert sounding(output) is None and [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_rendered_frames_beyond_the_sound(clips, tmp_path, suffix):
    frames = make_sequence(tmp_path / "frames", range(8, 13), name="{:06d}.png")
    for source, words in ((clips["ends"], "ends.mp4 has no sound"), (frames, "")):
        job = AssembleJob(
            frames=str(frames), output=str(tmp_path / f"a{suffix}"), first=8, last=12, rate=24,
            audio_from=str(source) if words else None,
        )  # fmt: skip
        answer = job.run(quiet, never)
        assert answer["sound"] is False and words in answer["message"]
        assert sounding(answer["output"]) is None
    mute = make_movie(tmp_path / "mute.mp4")
    answer = AssembleJob(
        frames=str(frames), output=str(tmp_path / f"b{suffix}"), first=8, last=12, rate=24,
        audio_from=str(mute),
    ).run(quiet, never)  # fmt: skip
    assert answer["sound"] is False and "mute.mp4 has no sound" in answer["message"]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_sound_that_is_encoded_again_ends_too(pcm_clip, name):
    source = pcm_clip
    with av.open(str(source)) as container:
        end = F(container.duration, av.time_base)
    target = source.with_name(name)
    assert sounds_within(source, F(0), F(1, 24), target)
    assert not sounds_within(source, end + 1, F(5), target)
    assert not target.exists()
