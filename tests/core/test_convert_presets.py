# SPDX-License-Identifier: GPL-3.0-or-later
"""Each destination's preset on a tiny clip, told by inspect; chapters and rotation on the way."""

from fractions import Fraction as F

import av
import numpy as np
import pytest
from analysed import tiny_model
from clips import make_movie, numbered_picture, read_number

from core.delivery.inspection import inspect_movie
from core.delivery.presets import PRESETS
from core.jobs.convert import ConvertJob
from core.media import open_clip

# A quarter turn clockwise, as phones write it in a track's header.
TURNED = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
# Of a clip of 96x64 stored, shown upright as 64x96: codec, size in the file, layout, projection.
ASKED = {
    "quest": (".mp4", "hevc", (128, 96), "left-right", "rectangular"),
    "vision-pro": (".mov", "hevc", (64, 96), "multiview", "rectangular"),
    "youtube-vr180": (".mp4", "h264", (256, 128), "left-right", "vr180"),
    "3d-tv": (".mp4", "h264", (64, 96), "left-right", "rectangular"),
    "master": (".mov", "prores", (128, 96), "left-right", "rectangular"),
}


def quiet(progress):
    del progress


def never():
    return False


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """A phone's clip: rotated by its header, with sound and two chapters; analysed."""
    folder = tmp_path_factory.mktemp("presets")
    plain = make_movie(
        folder / "plain.mp4", pictures=[np.rot90(numbered_picture(n, 64, 96)) for n in range(1, 7)],
        size=(96, 64), display_matrix=TURNED, audio=True,
    )  # fmt: skip
    clip = folder / "clip.mp4"
    with av.open(str(plain)) as source, av.open(str(clip), "w") as out:
        streams = {s.index: out.add_stream_from_template(s, opaque=True) for s in source.streams}
        out.set_chapters(
            [
                {"id": n, "start": 125 * n, "end": 125 * n + 125, "time_base": F(1, 1000),
                 "metadata": {"title": "ab"[n]}}
                for n in range(2)
            ]
        )  # fmt: skip
        for packet in source.demux():
            if packet.size:
                packet.stream = streams[packet.stream_index]
                out.mux(packet)
    assert (open_clip(clip).info.width, open_clip(clip).info.height) == (64, 96)
    return clip, tiny_model(folder)


def test_every_preset_is_tried():
    assert set(ASKED) == set(PRESETS)


@pytest.mark.parametrize("name", ASKED)
def test_a_preset_writes_what_its_destination_takes(turned, tmp_path, name):
    clip, model = turned
    suffix, codec, size, layout, projection = ASKED[name]
    path = tmp_path / f"a{suffix}"
    answer = ConvertJob(
        clip=str(clip), project=str(clip.with_name("clip.secondeye")), model=str(model),
        output=str(path), preset=name, eye_size=128, speed="ultrafast",
    ).run(quiet, never)  # fmt: skip
    assert "was read back: 6 frames" in answer["checked"][0]
    found = inspect_movie(path)
    spatial = found.spatial.spatial
    assert (found.codec, (found.width, found.height)) == (codec, size)
    assert (spatial.layout, spatial.projection) == (layout, projection)
    assert found.sound and found.faststart
    with av.open(str(path)) as container:
        chapters = [(c["metadata"]["title"], c["start"] * c["time_base"]) for c in
                    container.chapters()]  # fmt: skip
    assert chapters == [("a", 0), ("b", F(1, 8))]
    if name in ("quest", "master"):  # upright: the numbers read, and no turn is told twice
        for number, rgb in open_clip(path).frames():
            assert rgb.shape == (96, 128, 3)
            assert read_number(rgb[:, :64]) == number


def test_chapters_go_along_without_the_sound(turned, tmp_path):
    clip, model = turned
    ConvertJob(
        clip=str(clip), project=str(clip.with_name("clip.secondeye")), model=str(model),
        output=str(tmp_path / "a.mkv"), sound=False, first=2, speed="ultrafast",
    ).run(quiet, never)  # fmt: skip
    with av.open(str(tmp_path / "a.mkv")) as container:
        assert not container.streams.audio
        found = [(c["metadata"]["title"], round(1000 * c["start"] * c["time_base"]))
                 for c in container.chapters()]  # fmt: skip
    assert found == [("a", 0), ("b", 83)]
