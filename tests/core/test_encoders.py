# SPDX-License-Identifier: GPL-3.0-or-later
"""What encoders are told, against their own lists of options: hardware is at hand on no machine of
ours, but the build knows what its encoders take."""

import av
import pytest
from converted import never, quiet

from core.errors import UsageError
from core.jobs.convert import ConvertJob
from core.media import MovieWriter
from core.media.encoder_options import SPEEDS, encoder_options, least_quality
from core.media.encoders import ENCODERS, HARDWARE, pixel_format, writes_ten_bits


def known(codec):
    """Option name -> its description, as this build of FFmpeg has it; None for an encoder that it
    lacks."""
    try:
        listed = av.CodecContext.create(codec, "w").supported_options
    except ValueError:
        return None
    return {option.name: option for option in (*listed.generic, *listed.private)}


BUILT = [codec for codec in ENCODERS if known(codec) is not None]


def test_the_build_knows_the_hardware_encoders_of_its_system():
    assert {"libx264", "libx265", "libsvtav1", "prores_ks", "ffv1"} <= set(BUILT)
    assert set(BUILT) & set(HARDWARE), "else nothing of hardware is tested here"


@pytest.mark.parametrize("codec", BUILT)
def test_every_option_is_one_that_the_encoder_has(codec):
    options = known(codec)
    for speed in SPEEDS:
        for crf in (0, 16, least_quality(codec)):
            for bit_rate in (None, 20_000_000):
                for bits in (8, 10):
                    told = encoder_options(codec, crf, speed, bits=bits, bit_rate=bit_rate)
                    for name, value in told.items():
                        check(options[name], value)


def check(option, value):
    names = [choice.name for choice in option.choices or ()]
    if value in names or value.lstrip("+") in names:
        return
    text = option.type.name in ("STRING", "DICT") or (option.name == "preset" and not names)
    if not text:
        assert option.min <= float(value) <= option.max, (option.name, value)


@pytest.mark.parametrize("codec", HARDWARE)
def test_a_constant_quality_is_one_and_a_bit_rate_takes_its_place(codec):
    quality = encoder_options(codec, 20, "medium")
    rate = encoder_options(codec, 20, "medium", bit_rate=20_000_000)
    wanted = {
        "nvenc": {"rc": "vbr", "cq": "20", "b": "0"},
        "qsv": {"global_quality": "20"},
        "amf": {"rc": "cqp", "qp_i": "81" if codec == "av1_amf" else "20"},
        "videotoolbox": {"flags": "+qscale", "global_quality": str(61 * 118)},
    }[codec.rpartition("_")[2]]
    if codec == "prores_videotoolbox":
        assert quality == {} and rate == {"b": "20000000"}
        return
    assert wanted.items() <= quality.items()
    assert rate["b"] == "20000000"
    assert not {"cq", "global_quality", "qp_i", "flags"} & set(rate)


@pytest.mark.parametrize("codec", [codec for codec in BUILT if codec in HARDWARE])
def test_ten_bits_have_a_format_and_a_profile(codec):
    offered = [f.name for f in av.codec.Codec(codec, "w").video_formats or ()]
    assert pixel_format(codec, 8, offered) in ("yuv420p", "nv12")
    if not writes_ten_bits(codec):
        assert pixel_format(codec, 10, offered) is None
        return
    assert pixel_format(codec, 10, offered) == "p010le"
    profile = encoder_options(codec, 20, "medium", bits=10).get("profile")
    assert profile == ("main10" if codec.startswith("hevc") else None)
    assert "profile" not in encoder_options(codec, 20, "medium", bits=8)


def test_apples_prores_is_given_4_2_2():
    offered = ["yuv420p", "nv12", "uyvy422", "p010le", "p210le"]
    assert pixel_format("prores_videotoolbox", 8, offered) == "uyvy422"
    assert pixel_format("prores_videotoolbox", 10, offered) == "p210le"


@pytest.mark.parametrize("codec", HARDWARE)
def test_what_is_missing_here_is_told_before_the_analysis(codec, converted, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    stages = []
    suffix = ".mov" if codec.startswith("prores") else ".mp4"
    job = ConvertJob(
        clip=str(converted[1]), model=str(converted[2]), output=str(folder / f"a{suffix}"),
        codec=codec, last=2,
    )  # fmt: skip
    try:
        job.run(lambda progress: stages.append(progress.stage), never)
    except UsageError as error:
        said = str(error)
        assert f"can't be encoded with {codec}, " in said and ": use " in said
        assert said.count(". ") == 0 and said.endswith(".")
        assert stages == [] and not list(folder.iterdir())
    else:  # a machine that has it
        assert (folder / f"a{suffix}").is_file()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"speed": "turbo"}, 'no speed "turbo": the speeds are ultrafast'),
        ({"crf": 60}, r"libx264 knows no quality \(crf\) of 60: give 0 \(best\) to 51"),
        ({"codec": "ffv1", "output": "a.mov"}, r"a\.mov can't hold ffv1: name it \.mkv"),
        ({"codec": "prores_ks"}, r"a\.mp4 can't hold prores_ks: name it \.mov or \.mkv"),
        ({"codec": "libsvtav1", "output": "a.mov"}, r"can't hold libsvtav1: name it \.mp4 or"),
    ],
)
def test_what_an_encoder_or_a_container_does_not_know(converted, tmp_path, change, words):
    arguments = {"output": "a.mp4", **change}
    arguments["output"] = str(tmp_path / arguments["output"])
    with pytest.raises(UsageError, match=words):
        ConvertJob(project=str(converted[0] / "clip.secondeye"), **arguments).run(quiet, never)
    assert not list(tmp_path.iterdir())


def test_hevc_is_named_as_apples_players_want_it(tmp_path):
    MovieWriter(tmp_path / "a.mp4", 64, 64, 24, codec="libx265").check()
    with MovieWriter(tmp_path / "a.mp4", 64, 64, 24, codec="libx265", preset="ultrafast") as movie:
        import numpy as np

        movie.write(np.zeros((64, 64, 3), np.uint8))
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.video[0].codec_context.codec_tag == "hvc1"
