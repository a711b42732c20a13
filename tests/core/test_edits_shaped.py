# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits on the fast path: records in project.json, pictures in edits/, and what is refused."""

from fractions import Fraction

import numpy as np
import pytest

from core.errors import SecondEyeError
from core.geometry import bend
from core.jobs.eye_settings import EyeSettings
from core.jobs.eyes import Eyes
from core.jobs.shaped import Shaped
from core.project import (
    DONE,
    STAGES,
    BakedRange,
    ClipRecord,
    DepthRecord,
    EditRecord,
    Manifest,
    Project,
    Shot,
    StageRecord,
    TimelineRecord,
    edits,
)
from core.project.extent import with_range

IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, -3]


def record(**changes):
    one = {k: [0.0] for k in ("amount", "feather", "level", "tilt_x", "tilt_y")}
    given = {"name": "E", "source": "mask", "kind": "offset", "first": 1, "last": 2}
    return EditRecord(**{**given, **one, "strength": [1.0], "folder": "m", **changes})


def make(folder, width=8, height=6, frames=2, values=None):
    manifest = Manifest(
        clip=ClipRecord("c.mp4", "/c.mp4", "movie", "0", width, height),
        timeline=TimelineRecord(Fraction(24), Fraction(1, 24), list(range(frames))),
        first=1,
        last=frames,
        depth=DepthRecord(width, height, [1.0] * frames, [0.0] * frames),
        shots=[Shot("a", 1, frames, bias=0.2)],
        stages={name: StageRecord(DONE) for name in STAGES},
    )
    project = Project.create(folder / "p.secondeye", manifest)
    project.make_folders()
    rng = np.random.default_rng(0)
    for n in manifest.frames:
        depth = rng.random((height, width)).astype(np.float32) if values is None else values
        project.write_depth(n, depth, np.ones_like(depth))
    return project


def test_records_read_back_and_a_mask_offsets_what_it_covers(tmp_path):
    project = make(tmp_path)
    project.manifest.edits = [record(amount=[0.1, 0.4]), record(source="box", matrix=[IDENTITY])]
    project.save()
    project = Project.open(project.folder)
    assert project.manifest.edits[0].amount == [0.1, 0.4]
    project.manifest.edits.pop()
    cover = np.zeros((6, 8), np.float32)
    cover[2:4, 1:5] = 1.0
    for n in (1, 2):
        path = edits.mask_path(project.folder, "m", n)
        edits.write(path, cover, edits.distances(cover > 0.5))
    shaped = Shaped(project, EyeSettings())
    for n, amount in ((1, 0.1), (2, 0.4)):
        expected = bend(project.normalised(n), 0.2) + cover * amount
        np.testing.assert_allclose(shaped.normalised(n), expected, atol=1e-5)
    assert Eyes(project, EyeSettings()).depth(2).max() <= 1.0


def test_pictures_keep_coverage_and_distance(tmp_path):
    rng = np.random.default_rng(1)
    cover = rng.random((37, 53)).astype(np.float32)
    inside = cover > 0.95
    found = edits.distances(inside)
    y, x = np.nonzero(inside)
    grid = np.stack(np.mgrid[:37, :53], -1).astype(float)
    true = np.sqrt(((grid[:, :, None] - np.stack([y, x], -1)) ** 2).sum(-1)).min(-1) / 53
    near = true <= edits.REACH
    np.testing.assert_allclose(found[near], true[near], atol=1e-6)
    edits.write(tmp_path / "a" / "1.png", cover, found)
    read, distance = edits.read(tmp_path / "a" / "1.png", 37, 53)
    np.testing.assert_allclose(read, cover, atol=1e-5)
    np.testing.assert_allclose(distance[near], true[near], atol=1e-5)
    with pytest.raises(SecondEyeError, match="another depth size"):
        edits.read(tmp_path / "a" / "1.png", 36, 53)
    assert not edits.distances(np.zeros((3, 4), bool)).min() < 1.0


@pytest.mark.parametrize(
    ("width", "height", "frames", "value"), [(1, 1, 1, 0.5), (8, 6, 1, 0.0), (8, 6, 1, 0.7)]
)
def test_one_pixel_one_frame_and_flat_depth(tmp_path, width, height, frames, value):
    project = make(tmp_path, width, height, frames, np.full((height, width), value, np.float32))
    kinds = ("offset", "constant", "plane")
    project.manifest.edits = [
        record(last=1, source=source, kind=kind, matrix=[IDENTITY], amount=[0.5], projected=p)
        for source in ("sphere", "box")
        for kind in kinds
        for p in (False, True)
    ]
    project.save()
    inverse = Shaped(project, EyeSettings()).inverse_distance(1)
    assert inverse.shape == (height, width) and (inverse > 0).all()


def test_a_picture_that_is_gone_is_said(tmp_path):
    project = make(tmp_path)
    project.manifest.edits = [record()]
    with pytest.raises(SecondEyeError, match="Rasterise Mask"):
        Shaped(project, EyeSettings()).normalised(1)
    project.manifest.edits[0].strength = [0.0]
    Shaped(project, EyeSettings()).normalised(1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "bend"}, "kind"),
        ({"source": "lamp"}, "source"),
        ({"amount": [0.0, 0.0, 0.0]}, "amount"),
        ({"folder": "../.."}, "folder"),
        ({"folder": "."}, "folder"),
        ({"folder": "a\0b"}, "folder"),
        ({"source": "box", "matrix": [[1.0]]}, "matrix"),
        ({"last": 0}, "last"),
    ],
)
def test_a_wrong_record_is_refused_by_its_name(tmp_path, changes, field):
    project = make(tmp_path)
    project.manifest.edits = [record(**changes)]
    with pytest.raises(SecondEyeError, match=rf"edits\[0\].{field}"):
        project.save()


def test_keyed_near_goes_before_the_shots_and_grows_with_the_range(tmp_path):
    project = make(tmp_path)
    project.manifest.ranges = BakedRange([1.0, 2.0], [9.0, 9.0], [1.0, 1.0], [0.0, 0.3], [0.0, 0.0])
    project.save()
    shaped = Shaped(project, EyeSettings(far=30.0))
    assert shaped.range_at(2) == (2.0, 30.0, 1.0, 0.3, 0.0)
    project.manifest.timeline.source_pts.append(3)
    assert with_range(project.manifest, 1, 3).ranges.near == [1.0, 2.0, 2.0]


@pytest.mark.parametrize("projected", [False, True])
def test_an_object_scaled_to_nothing_edits_nothing(tmp_path, projected):
    project = make(tmp_path)
    nothing = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -3]
    moved = {"source": "sphere", "amount": [0.3], "projected": projected}
    project.manifest.edits = [record(matrix=[nothing, IDENTITY], **moved)]
    shaped, plain = (
        Shaped(project, EyeSettings()),
        [bend(project.normalised(n), 0.2) for n in (1, 2)],
    )
    np.testing.assert_array_equal(shaped.normalised(1), plain[0])
    assert (shaped.normalised(2) != plain[1]).any()
