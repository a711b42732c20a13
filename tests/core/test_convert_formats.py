# SPDX-License-Identifier: GPL-3.0-or-later
"""Every format of a conversion, read back by us and by others."""

from pathlib import Path

import numpy as np
import pytest
from converted import never, quiet
from independent_boxes import mediainfo, video_entry

from core.delivery.formats import FORMATS
from core.errors import UsageError
from core.jobs.convert import ConvertJob
from core.media import open_clip


@pytest.fixture
def project(converted):
    return converted[0] / "clip.secondeye"


def convert(project, output, **arguments):
    arguments = {"speed": "ultrafast", **arguments}
    return ConvertJob(project=str(project), output=str(output), **arguments).run(quiet, never)


@pytest.mark.parametrize("name", [n for n in FORMATS if n not in ("sbs", "vr180")])
def test_every_format_is_read_back_as_asked(project, tmp_path, name):
    answer = convert(project, tmp_path / "a.mp4", format=name)
    assert all("was read back: 12 frames" in line for line in answer["checked"])
    assert {p.name for p in tmp_path.iterdir()} == {p.rsplit("/")[-1] for p in answer["outputs"]}
    for output in answer["outputs"]:
        assert open_clip(output).info.has_audio


PACKED = {"left-right": b"\x02", "top-bottom": b"\x01"}  # st3d's words for them


@pytest.mark.parametrize("name", FORMATS)
def test_others_read_every_format_and_its_tags(project, tmp_path, name):
    """By pymp4 and MediaInfo, which share nothing with this project nor with FFmpeg."""
    chosen = FORMATS[name]
    sphere = {"eye_size": 128} if name == "vr180" else {}
    answer = convert(project, tmp_path / "a.mp4", format=name, **sphere)
    assert len(answer["outputs"]) == (2 if name == "eyes" else 1)
    for output in answer["outputs"]:
        kind, found, _ = video_entry(output_path := Path(output))
        assert kind == ("hvc1" if name == "mv-hevc" else "avc1")
        packed = PACKED.get(chosen.layout or "")
        assert found.get("st3d", b"")[4:] == (packed or b"")
        assert ("sv3d/proj/equi" in found) == (name == "vr180")
        assert ("lhvC" in found) == (name == "mv-hevc")
        assert ("vexu/eyes/stri" in found) == (chosen.layout in (*PACKED, "multiview"))
        told = mediainfo(output_path)
        assert (told["width"], told["height"]) == (answer["width"], answer["height"])
        assert (told["frame_count"], told["frame_rate"]) == ("12", "24.000")


@pytest.mark.parametrize(
    "suffix, codec",
    [(".mov", c) for c in (None, "libx265", "prores_ks")]
    + [(".mkv", c) for c in (None, "libx265", "prores_ks", "ffv1")],
)
def test_others_read_every_container(project, tmp_path, suffix, codec):
    answer = convert(project, tmp_path / f"a{suffix}", format="top-bottom", codec=codec)
    told = mediainfo(Path(answer["outputs"][0]))
    names = {None: "AVC", "libx265": "HEVC", "ffv1": "FFV1", "prores_ks": "ProRes"}
    # Matroska has milliseconds, from which MediaInfo tells a rate where nothing else does.
    assert told["format"] == names[codec]
    assert float(told["frame_rate"]) == pytest.approx(24.0, rel=0.01)
    assert (told["width"], told["height"]) == (answer["width"], answer["height"])


def test_vr180_carries_its_tags(project, tmp_path):
    answer = convert(
        project, tmp_path / "a.mp4", format="vr180", eye_size=128, surround="blurred", last=2
    )
    assert (answer["width"], answer["height"]) == (256, 128)
    with pytest.raises(UsageError, match=r"a\.mkv can't hold vr180"):
        convert(project, tmp_path / "a.mkv", format="vr180")
    with pytest.raises(UsageError, match="field of view"):
        convert(project, tmp_path / "b.mp4", format="vr180", field_of_view=200.0)


def test_a_kept_eye_is_the_clips_own(project, tmp_path):
    answer = convert(project, tmp_path / "a.mkv", format="eyes", keep="left", codec="ffv1")
    left, right = (
        np.stack([rgb for _, rgb in open_clip(name).frames()]) for name in answer["outputs"]
    )
    from core.project import Project

    plates = np.stack([Project.open(project).read_plate(n) for n in range(1, 13)]).astype(int)
    assert np.abs(left.astype(int) - plates).mean() < 3 < np.abs(right - plates).mean() + 3
    assert (left != right).any()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"codec": "h265_of_mars"}, "can't be encoded with h265_of_mars"),
        ({"codec": "hevc_videotoolbox"}, "can't be encoded with hevc_videotoolbox"),
        ({"preset": "cinema"}, "the presets are quest"),
        ({"format": "mv-hevc", "codec": "libx264"}, "two x265 encodes"),
        ({"keep": "middle"}, "no eye"),
        ({"crf": 99}, "quality"),
        ({"bit_rate": 3}, "bit rate"),
    ],
)
def test_bad_requests(project, tmp_path, change, words):
    with pytest.raises(UsageError, match=words):
        convert(project, tmp_path / "a.mp4", **change)
    assert not list(tmp_path.iterdir())


def test_the_projects_own_clip_is_never_replaced(project):
    clip = project.with_name("clip.mp4")
    before = clip.read_bytes()
    with pytest.raises(UsageError, match="the project's clip"):
        convert(project, clip)
    assert clip.read_bytes() == before
