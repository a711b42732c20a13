# SPDX-License-Identifier: GPL-3.0-or-later
"""A conversion keeps bits, colours and what they mean: SDR, 10-bit SDR, PQ and HLG."""

import shutil
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from analysed import tiny_model
from independent_boxes import mediainfo, video_entry
from test_media_colour import COLOURS, FORMATS, coded, patches

from core.delivery.check import Expected, verify
from core.delivery.inspection import Hdr, inspect_movie
from core.delivery.spatial import Spatial
from core.delivery.tag import tag_movie
from core.errors import SecondEyeError, UsageError
from core.jobs.convert import ConvertJob
from core.media import open_clip
from core.project import Project

WIDTH, HEIGHT = 64, 48
BT709, PQ, HLG = (1, 1, 1), (9, 16, 9), (9, 18, 9)  # primaries, transfer, matrix
CHROMATICITIES = (34000, 16000, 13250, 34500, 7500, 3000, 15635, 16450)
MASTERING = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"


def make_clip(path, tags, pix_fmt="yuv420p10le"):
    """Three pictures of the eight patches; PQ by x265, with mastering data."""
    _, transfer, matrix = tags
    bits, across, down = FORMATS[pix_fmt]
    lossless = "log-level=error:lossless=1"
    told = f":master-display={MASTERING}:max-cll=1000,400" if transfer == 16 else ""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx265", rate=24, options={"x265-params": lossless + told, "preset": "ultrafast"}
        )
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pix_fmt
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace = tags
        context.color_range = 1
        for number in range(3):
            frame = av.VideoFrame(WIDTH, HEIGHT, pix_fmt)
            kind = np.uint8 if bits == 8 else np.uint16
            for k, plane in enumerate(frame.planes):
                h, w = (HEIGHT, WIDTH) if k == 0 else (HEIGHT // down, WIDTH // across)
                row = np.zeros((h, plane.line_size // np.dtype(kind).itemsize), kind)
                row[:, :w] = patches(lambda c, k=k: coded(c, matrix, False, bits)[k], h, w)
                plane.update(row)
            frame.pts = number
            frame.color_primaries, frame.color_trc, frame.colorspace = tags
            frame.color_range = 1
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def projects(tmp_path_factory, model):
    """Of a clip of each kind, by name; the first conversion is kept beside each."""
    folder = tmp_path_factory.mktemp("colour")
    kinds = {
        "sdr": (BT709, "yuv420p"), "deep": (BT709, "yuv420p10le"), "pq": (PQ, "yuv420p10le"),
        "hlg": (HLG, "yuv420p10le"),
    }  # fmt: skip
    made = {}
    for name, (tags, pix_fmt) in kinds.items():
        clip = make_clip(folder / f"{name}.mp4", tags, pix_fmt)
        # No distance between the eyes: the patches stay where they are.
        made[name] = ConvertJob(
            clip=str(clip), output=str(folder / f"{name}_sbs.mp4"), model=str(model),
            interocular=0.0, convergence=1.0, crf=4, speed="ultrafast",
        ).run(quiet, never)  # fmt: skip
    return made


def quiet(progress):
    del progress


def never():
    return False


def convert(projects, name, output, **arguments):
    arguments = {"speed": "ultrafast", "interocular": 0.0, "convergence": 1.0, **arguments}
    folder = projects[name]["project"]
    return ConvertJob(project=folder, output=str(output), **arguments).run(quiet, never)


def decoded(path):
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    assert len(frames) == 3
    frame = frames[1]
    return frame, (frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range)


def worst(frame, matrix):
    """Largest distance in the left eye's patches, in code values of the file: Y, Cb and Cr of each
    patch's middle against ITU-T H.273."""
    bits = FORMATS[frame.format.name][0]
    kind = np.uint8 if bits == 8 else np.uint16
    error = 0.0
    for k, plane in enumerate(frame.planes):
        h, w = (frame.height, frame.width) if k == 0 else (plane.height, plane.width)
        values = np.frombuffer(bytes(plane), kind).reshape(-1, plane.line_size // kind().itemsize)
        values = values[:h, : w // 2]
        for i, colour in enumerate(COLOURS):
            x, y = (i % 4 * 2 + 1) * (w // 2) // 8, (i // 4 * 2 + 1) * h // 4
            wanted = coded(colour, matrix, False, bits)[k]
            error = max(
                error, float(np.abs(values[y - 1 : y + 2, x - 1 : x + 1] - float(wanted)).max())
            )
    return error


@pytest.mark.parametrize(
    ("name", "codec", "tags", "bits"),
    [("sdr", "h264", BT709, 8), ("deep", "hevc", BT709, 10), ("pq", "hevc", PQ, 10),
     ("hlg", "hevc", HLG, 10)],
)  # fmt: skip
def test_patches_and_tags_are_the_clips_own(projects, name, codec, tags, bits):
    output = Path(projects[name]["output"])
    frame, found = decoded(output)
    assert found == (*tags, 1)
    assert worst(frame, tags[2]) <= (3 if bits == 8 else 6)
    told = inspect_movie(output)
    assert (told.codec, told.bit_depth) == (codec, bits)
    source = open_clip(output.with_name(f"{name}.mp4"))
    assert open_clip(output).info.colour == source.info.colour


def test_hdr_metadata_are_the_clips_own(projects):
    colour = open_clip(projects["pq"]["output"]).info.colour
    assert colour.light == (1000, 400)
    assert colour.mastering == (*CHROMATICITIES, 10000000, 50)
    assert inspect_movie(Path(projects["pq"]["output"])).hdr.content_light == (1000, 400)


EVERYWHERE = [
    (codec, suffix)
    for codec, suffixes in (
        ("libx265", (".mp4", ".mov", ".mkv")), ("libsvtav1", (".mp4", ".mkv")),
        ("prores_ks", (".mov", ".mkv")), ("ffv1", (".mkv",)),
    )
    for suffix in suffixes
]  # fmt: skip


@pytest.mark.parametrize(("codec", "suffix"), EVERYWHERE)
@pytest.mark.parametrize("kind", ["pq", "hlg"])
def test_every_encoder_and_container_keeps_bits_tags_and_hdr_metadata(
    projects, tmp_path, kind, codec, suffix
):
    output = tmp_path / f"a{suffix}"
    convert(projects, kind, output, codec=codec, crf=4)
    frame, found = decoded(output)
    assert found == (*(PQ if kind == "pq" else HLG), 1)
    assert worst(frame, 9) <= 6
    colour, others = open_clip(output).info.colour, mediainfo(output)
    assert others["transfer_characteristics"] == ("PQ" if kind == "pq" else "HLG")
    assert others["color_primaries"] == "BT.2020"
    if kind == "hlg":
        assert not colour.mastering and not colour.light and inspect_movie(output).hdr is None
        return
    assert colour.light == (1000, 400)
    assert np.abs(np.subtract(colour.mastering[:8], CHROMATICITIES)).max() <= 1
    hdr = inspect_movie(output).hdr
    assert (hdr.brightest, hdr.content_light) == (1000.0, (1000, 400))
    assert hdr.darkest == pytest.approx(0.005, abs=1e-4)
    assert "Container" in others["masteringdisplay_luminance_source"]
    assert others["mastering_display_luminance"] == "min: 0.0050 cd/m2, max: 1000 cd/m2"
    assert others["maximum_content_light_level"].split()[0] == "1000"
    assert others["maximum_frameaverage_light_level"].split()[0] == "400"


def test_the_boxes_hold_the_metadata_in_their_units(projects, tmp_path):
    output = Path(projects["pq"]["output"])
    _, boxes, order = video_entry(output)
    red, green, blue, white = (CHROMATICITIES[i : i + 2] for i in (0, 2, 4, 6))
    assert boxes["mdcv"] == struct.pack(">8H2I", *green, *blue, *red, *white, 1000 * 10_000, 50)
    assert boxes["clli"] == struct.pack(">2H", 1000, 400)
    assert order.index("colr") < order.index("mdcv") < order.index("clli") < order.index("st3d")
    # Tagged anew, with another SEI: copied packet by packet, and the metadata go along.
    tag_movie(output, tmp_path / "a.mp4", Spatial("top-bottom"))
    kept = video_entry(tmp_path / "a.mp4")[1]
    assert (kept["mdcv"], kept["clli"]) == (boxes["mdcv"], boxes["clli"])


def test_a_movie_that_lost_its_hdr_metadata_fails_its_check(projects, tmp_path):
    output = tmp_path / "a.mkv"
    convert(projects, "hlg", output, codec="ffv1")
    width, height = 2 * WIDTH, HEIGHT
    told = Expected(3, width, height, hdr=Hdr(1000.0, 0.005, (1000, 400)))
    problems = verify(output, told).problems
    assert problems[0] == "content light is missing instead of (1000, 400)"
    assert len(problems) == 3


def test_a_project_without_the_record_reads_the_clip(projects, tmp_path):
    project = Project.open(Path(projects["hlg"]["project"]))
    kept = project.manifest.clip.colour
    project.manifest.clip.colour = None
    project.save()
    try:
        convert(projects, "hlg", tmp_path / "a.mp4", format="half-sbs")
    finally:
        project.manifest.clip.colour = kept
        project.save()
    assert decoded(tmp_path / "a.mp4")[1] == (*HLG, 1)


def test_what_has_8_bits_alone_is_said(projects, tmp_path):
    for arguments, words in (
        ({"codec": "libx264"}, r"HDR \(PQ\), and libx264 writes 8 bits: choose H\.265"),
        ({"format": "mv-hevc"}, r"HDR \(PQ\), and MV-HEVC is written in 8 bits: choose another"),
        ({"format": "anaglyph"}, r"mixes the light of SDR pictures: choose anaglyph-colour"),
    ):
        with pytest.raises(UsageError, match=words):
            convert(projects, "pq", tmp_path / "a.mp4", **arguments)
    assert not list(tmp_path.iterdir())


def test_sdr_of_ten_bits_is_rounded_where_h264_is_asked_for(projects, tmp_path):
    convert(projects, "deep", tmp_path / "a.mp4", codec="libx264", crf=4)
    frame, found = decoded(tmp_path / "a.mp4")
    assert (frame.format.name, found) == ("yuv420p", (*BT709, 1))
    assert worst(frame, 1) <= 3


def test_a_record_that_no_encoder_takes_is_refused(projects, tmp_path):
    folder = shutil.copytree(projects["pq"]["project"], tmp_path / "p.secondeye")
    text = (folder / "project.json").read_text()
    for sound, broken, words in (
        ('"matrix": 9', '"matrix": 8', "matrix must be 1 or 9"),
        ('"light": [1000, 400]', '"light": [1000]', "light must hold 2 numbers"),
    ):
        assert sound in text
        (folder / "project.json").write_text(text.replace(sound, broken))
        with pytest.raises(SecondEyeError, match=words):
            Project.open(folder)
