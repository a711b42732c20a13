# SPDX-License-Identifier: GPL-3.0-or-later
"""`second-eye inspect`: what it says of whole files, and of 2,000 damaged ones."""

import json
import random
from pathlib import Path

import av
import eyes_clips as clips
import pytest

from core.cli import main
from core.delivery.inspection import box_lines, inspect_movie, lines
from core.delivery.multiview import stitch_movies
from core.delivery.spatial import Spatial
from core.errors import SecondEyeError


@pytest.fixture(scope="module")
def movies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("inspect")
    left = clips.encode(folder / "left.mp4", clips.pictures(1, 3, 64, 64), sound=True)
    right = clips.encode(folder / "right.mp4", clips.pictures(2, 3, 64, 64))
    both = folder / "both.mp4"
    stitch_movies(left, right, both, Spatial(baseline=0.064, disparity=0.02, field_of_view=80))
    packed = clips.encode(
        folder / "packed.mp4",
        clips.pictures(3, 3, 128, 64),
        codec="libx264",
        parameters="frame-packing=3",
    )
    return {
        "both": both,
        "packed": packed,
        "mkv": clips.encode(folder / "x.mkv", clips.pictures(4, 3)),
    }


def test_words_for_spatial_video(movies, capsys):
    assert main(["inspect", str(movies["both"]), "--boxes"]) == 0
    told = capsys.readouterr().out
    for words in (
        "hevc Main (hvc1), 64x64, 8 bits",
        "23.976 frames/s (24000/1001), 3 frames",
        "2 in 2 layers",
        "left and right eye, hero left, projection flat, baseline 64.000 mm, "
        "disparity adjustment +2.00 %, field of view 80.000 degrees",
        "the left eye is view 0",
        "aac 48000 Hz, 2 channels",
        "lhvC at ",
    ):
        assert words in told


def test_json_for_machines(movies, capsys):
    assert main(["inspect", str(movies["both"]), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["layers"] == told["views"] == 2
    assert told["rate"] == [24000, 1001]
    assert told["spatial"]["baseline"] == 0.064
    assert told["faststart"] is True
    assert [0, "ftyp", 0, 28] in told["boxes"]


def test_frame_packing_of_the_stream(movies):
    found = inspect_movie(movies["packed"])
    assert found.frame_packing == "left-right" and found.views == 2 and found.layers == 1
    assert found.faststart is False and "moov stands behind" in " ".join(found.notes)


def test_what_isnt_there_is_not_said(movies):
    found = inspect_movie(movies["mkv"])
    assert found.views == 1 and found.faststart is None and not found.boxes
    assert not any(line.startswith(("Apple", "Google", "HDR")) for line in lines(found))


@pytest.mark.parametrize("name", ["av1.mkv", "av1.mp4", "hevc.mp4"])
def test_hdr_metadata_wherever_it_stands(tmp_path, name):
    display = "G(0.265,0.69)B(0.15,0.06)R(0.68,0.32)WP(0.3127,0.329)L(1000.0,0.005)"
    options = {
        "preset": "12",
        "svtav1-params": f"mastering-display={display}:content-light=900,400",
    }
    codec = "libsvtav1"
    if name.startswith("hevc"):
        codec = "libx265"
        display = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
        told = f"hdr10=1:master-display={display}:max-cll=900,400:log-level=error"
        options = {"preset": "ultrafast", "x265-params": told}
    path = tmp_path / name
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=24, options=options)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p10le"
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace = 9, 16, 9
        # Of two pictures x265 now and then tells decoding times that no container takes.
        for number, rgb in enumerate(clips.pictures(1, 5, 128, 64)):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p10le")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    found = inspect_movie(path)
    assert found.codec == name[: name.index(".")] and found.bit_depth == 10
    assert found.colour["transfer"] == "PQ (HDR10)" and found.colour["primaries"] == "BT.2020"
    assert found.hdr is not None and found.hdr.content_light == (900, 400)
    assert found.hdr.brightest == pytest.approx(1000) and abs(found.hdr.darkest - 0.005) < 1e-4
    assert any(line.startswith("HDR:") and "MaxCLL 900" in line for line in lines(found))


def test_no_movie_at_all(tmp_path, capsys):
    text = tmp_path / "text.mp4"
    text.write_text("no movie at all")
    for path in (text, tmp_path / "missing.mp4", tmp_path):
        assert main(["inspect", str(path)]) == 1
        told = capsys.readouterr().err
        assert told.count("\n") == 1 and str(path) in told


def mutated(data: bytes, seed: int) -> bytes:
    """Some bytes changed, doubled, lost, or the end cut off; the head more often than the rest."""
    chance = random.Random(seed)
    new = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(min(len(new), 2200) if chance.random() < 0.8 else len(new))
        kind = chance.randrange(6)
        if kind == 0:
            new[at] = chance.randrange(256)
        elif kind == 1:
            new[at] ^= 1 << chance.randrange(8)
        elif kind == 2:
            new[at : at + 4] = chance.choice(
                (b"\xff" * 4, bytes(4), b"\0\0\0\1", b"\x7f\xff\xff\xff")
            )
        elif kind == 3:
            del new[at : at + chance.randrange(1, 64)]
        elif kind == 4:
            new[at:at] = new[at : at + chance.randrange(1, 64)]
        else:
            del new[max(at, 8) :]
        if len(new) < 16:
            break
    return bytes(new)


def test_2000_damaged_files_end_in_a_sentence(movies, tmp_path):
    whole = [path.read_bytes() for path in movies.values()]
    path, read, refused = tmp_path / "damaged.mp4", 0, set()
    for seed in range(2000):
        path.write_bytes(mutated(whole[seed % len(whole)], seed))
        try:
            found = inspect_movie(path)
        except SecondEyeError as error:
            sentence = str(error)
            assert "\n" not in sentence and sentence.endswith("."), (seed, sentence)
            refused.add(sentence)
        else:
            assert all("\n" not in line for line in [*lines(found), *box_lines(found)])
            json.dumps(found.as_dict())
            read += 1
    # The loop must have met both ends, and damage of many kinds.
    assert read > 200 and len(refused) > 100
