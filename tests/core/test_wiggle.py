# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye still`` and ``wiggle``: one frame's eyes, and the way between them."""

import io
import json
from fractions import Fraction
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest
from test_sample_job import make_project, never, quiet

from core.cli import main
from core.errors import Cancelled, UsageError
from core.jobs.eye_settings import EyeSettings
from core.jobs.eyes import Eyes
from core.jobs.still import StillJob
from core.jobs.wiggle import LOOPS, WiggleJob, loop
from core.media.gif import encode_gif
from core.media.pictures import write_image
from core.project import Project
from core.stereo import StereoRig


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = make_project(tmp_path_factory.mktemp("p") / "p")
    clip = made.manifest.clip
    rng = np.random.default_rng(5)
    for n in made.manifest.frames:
        coarse = rng.integers(0, 256, (8, 14, 3), np.uint8)
        plate = cv2.resize(coarse, (clip.width, clip.height), interpolation=cv2.INTER_CUBIC)
        write_image(made.plate_path(n), plate)
    return made.folder


def decoded(file):
    with av.open(file) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def gif_delays(data):
    """Hundredths of a second of each picture, by the graphic control extensions."""
    blocks = data.split(b"\x21\xf9\x04")[1:]
    return [int.from_bytes(block[1:3], "little") for block in blocks]


def test_a_view_at_an_eye_is_that_eye():
    rig, inverse = StereoRig(0.3, 4.0, 1.1), np.linspace(0.05, 1.0, 50)
    for eye, position in (("left", -1.0), ("right", 1.0)):
        for offset in (0.0, 0.2):
            expected = rig.eye_shift(inverse, eye, offset)
            np.testing.assert_array_equal(rig.view_shift(inverse, position, offset), expected)
    np.testing.assert_array_equal(rig.view_shift(inverse, 0.0), 0.0)


def test_views_run_from_the_left_eye_to_the_right_one(folder):
    eyes = Eyes(Project.open(folder), EyeSettings())
    frame = Project.open(folder).manifest.first
    left, right = eyes.pair(frame)
    first, middle, last = eyes.views(frame, (-1.0, 0.0, 1.0))
    np.testing.assert_array_equal(first, left)
    np.testing.assert_array_equal(last, right)
    np.testing.assert_array_equal(middle, eyes.plate(frame))


@pytest.mark.parametrize(("first", "last"), [(3, 3), (3, 4), (2, 11)])
def test_a_loop_ends_as_it_begins(first, last):
    steps = loop(first, last, 7, 8.0)
    assert steps[0].position == -1.0 and max(s.position for s in steps) > 0.9
    assert {s.frame for s in steps} == set(range(first, last + 1))
    around = [*steps, steps[0]]
    moves = [abs(b.position - a.position) for a, b in pairwise(around)]
    assert all(abs(b.frame - a.frame) <= 1 for a, b in pairwise(around))
    if first == last:
        assert len(steps) == 12 and max(moves) < 0.6
        np.testing.assert_allclose([s.position for s in steps[1:]],
                                   [s.position for s in steps[:0:-1]], atol=1e-12)  # fmt: skip


def test_a_gif_of_a_frame(folder, tmp_path):
    answer = WiggleJob(str(folder), str(tmp_path / "w.gif"), positions=5, seconds=0.8,
                       width=96).run(quiet, never)  # fmt: skip
    data = (tmp_path / "w.gif").read_bytes()
    shown = decoded(io.BytesIO(data))
    assert answer["pictures"] == len(shown) == 8 and shown[0].shape[1] == 96
    assert gif_delays(data) == [10] * 8 and b"NETSCAPE2.0" in data
    manifest = Project.open(folder).manifest
    left, right = Eyes(Project.open(folder), EyeSettings()).pair(manifest.first)
    size = shown[0].shape[1::-1]
    soft = [cv2.blur(cv2.resize(eye, size, interpolation=cv2.INTER_AREA).astype(np.float32), (5, 5))
            for eye in (left, right)]  # fmt: skip
    for number, own in ((0, 0), (4, 1)):
        picture = cv2.blur(shown[number].astype(np.float32), (5, 5))
        error = [float(np.abs(picture - eye).mean()) for eye in soft]
        assert error[own] < 4.0 and error[own] < 0.8 * error[1 - own]
    np.testing.assert_array_equal(shown[1], shown[7])


def test_a_gif_keeps_its_colours():
    """Few colours come back as they were; many are dithered around what they were."""
    flat = np.zeros((24, 32, 3), np.uint8)
    flat[:, :16], flat[12:] = (200, 40, 10), (10, 90, 220)
    data = encode_gif([flat, np.roll(flat, 8, 1), flat], Fraction(30))
    for picture, shown in zip([flat, np.roll(flat, 8, 1), flat], decoded(io.BytesIO(data)),
                              strict=True):  # fmt: skip
        assert np.abs(picture.astype(int) - shown).max() <= 2
    assert gif_delays(data) == [3, 3, 3]
    y, x = np.mgrid[:64, :96]
    ramp = np.dstack([x * 2, y * 3, 255 - x * 2]).astype(np.uint8)
    (shown,) = decoded(io.BytesIO(encode_gif([ramp], Fraction(10))))
    soft = [cv2.blur(p.astype(np.float32), (9, 9)) for p in (ramp, shown)]
    assert np.abs(soft[0] - soft[1])[8:-8, 8:-8].max() < 8.0
    with pytest.raises(ValueError, match="at least one"):
        encode_gif([], Fraction(10))


def test_a_movie_of_several_frames(folder, tmp_path):
    manifest = Project.open(folder).manifest
    first, last = manifest.first, manifest.first + 2
    output = tmp_path / "w.mp4"
    answer = WiggleJob(str(folder), str(output), first=first, last=last).run(quiet, never)
    assert answer["pictures"] == 4 and len(decoded(str(output))) == 4 * LOOPS
    assert Fraction(*answer["rate"]) == manifest.timeline.rate


def test_a_still(folder, tmp_path):
    manifest = Project.open(folder).manifest
    left, right = Eyes(Project.open(folder), EyeSettings()).pair(manifest.first)
    answer = StillJob(str(folder), str(tmp_path / "s.png")).run(quiet, never)
    shown = cv2.imread(str(tmp_path / "s.png"))[..., ::-1]
    np.testing.assert_array_equal(shown, np.hstack([left, right]))
    assert (answer["width"], answer["height"]) == shown.shape[1::-1]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"output": "w.avi"}, "ends in .gif or .mp4"),
        ({"output": "none/w.gif"}, "is no folder"),
        ({"first": 900}, "no frame 900"),
        ({"first": 5, "last": 4}, "the last comes before"),
        ({"positions": 1}, "1 positions are no wiggle"),
        ({"seconds": 0.0}, "not possible: give 0.1 to 20"),
        ({"width": 4}, "4 pixels is not possible"),
    ],
)
def test_what_makes_no_wiggle_is_said(folder, tmp_path, asked, words):
    asked = {"output": "w.gif"} | asked
    asked["output"] = str(tmp_path / asked["output"])
    with pytest.raises(UsageError, match=words):
        WiggleJob(str(folder), **asked).run(quiet, never)
    assert not list(tmp_path.iterdir())


def test_a_cancelled_wiggle_leaves_what_was_there(folder, tmp_path):
    for name in ("w.gif", "w.mp4"):
        (tmp_path / name).write_bytes(b"before")
        asked = iter([False] * 4 + [True] * 99)
        with pytest.raises(Cancelled):
            WiggleJob(str(folder), str(tmp_path / name)).run(quiet, lambda a=asked: next(a))
        assert (tmp_path / name).read_bytes() == b"before"
    assert len(list(tmp_path.iterdir())) == 2


def test_the_command_lines(folder, tmp_path, capsys):
    target = str(tmp_path / "w.gif")
    arguments = ["wiggle", str(folder), "-o", target, "--positions", "3", "--width", "64"]
    first = Project.open(folder).manifest.first
    assert main([*arguments, "--frame", str(first), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pictures"] == 4
    assert main([*arguments, "--frame", "1", "--frames", "1:2"]) == 2
    assert "can't be given together" in capsys.readouterr().err
    assert main(["still", str(folder), "-o", str(tmp_path / "s.jpg"), "--format", "anaglyph"]) == 0
    assert main(["still", str(folder), "-o", str(tmp_path / "s.gif")]) == 2
    assert "ends in .png" in capsys.readouterr().err
