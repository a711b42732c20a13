# SPDX-License-Identifier: GPL-3.0-or-later
"""The floating window: strips from the borders' disparity, in project.json, and over the eyes."""

from fractions import Fraction

import numpy as np
import pytest

from core.errors import SecondEyeError, UsageError
from core.jobs.composing import Composer, Shape
from core.jobs.eye_settings import EyeSettings
from core.jobs.eyes import Eyes
from core.media import write_image
from core.project import (
    DONE,
    STAGES,
    BakedCamera,
    ClipRecord,
    DepthRecord,
    Manifest,
    Project,
    Shot,
    StageRecord,
    TimelineRecord,
    WindowRecord,
)
from core.project.extent import with_range
from core.stereo.envelope import bridged, lower, smooth, upper
from core.stereo.floating_window import WindowTarget, covered, strips

WIDTH, HEIGHT, FRAMES = 200, 40, 3


@pytest.fixture
def project(tmp_path):
    """Three white frames at the screen's distance: what the eyes show is the window alone."""
    manifest = Manifest(
        clip=ClipRecord("c.mp4", "/c.mp4", "movie", "0", WIDTH, HEIGHT),
        timeline=TimelineRecord(Fraction(24), Fraction(1, 24), list(range(FRAMES))),
        first=1,
        last=FRAMES,
        depth=DepthRecord(20, 4, [1.0] * FRAMES, [0.0] * FRAMES),
        shots=[Shot("a", 1, FRAMES, near=2.0, far=6.0)],
        stages={name: StageRecord(DONE) for name in STAGES},
        camera=BakedCamera([0.1] * FRAMES, [3.0] * FRAMES, [0.0] * FRAMES),
        window=WindowRecord([0.0, 0.1, 0.05], [0.0, 0.0, 0.2], 0.02),
    )
    project = Project.create(tmp_path / "p.secondeye", manifest)
    project.make_folders()
    flat = np.full((4, 20), 0.5, np.float32)
    for n in manifest.frames:
        project.write_depth(n, flat, np.ones_like(flat))
        write_image(project.plate_path(n), np.full((HEIGHT, WIDTH, 3), 255, np.uint8))
    return project


@pytest.mark.parametrize("frames", [1, 2, 7, 60])
@pytest.mark.parametrize("radius", [0, 1, 2, 5, 200])
def test_envelopes_hold_every_frame_and_are_smooth(frames, radius):
    values = np.random.default_rng(frames + radius).normal(size=frames)
    above, below = upper(values, radius), lower(values, radius)
    assert len(above) == frames and (above >= values).all() and (below <= values).all()
    np.testing.assert_allclose(smooth(np.full(frames, 2.5), radius), 2.5)
    if frames == 60 and radius == 5:
        assert np.abs(np.diff(above)).max() < 0.5 * np.abs(np.diff(values)).max()


def test_gaps_are_bridged():
    nan = np.nan
    found = bridged(np.array([nan, 1.0, nan, 3.0, nan]))
    assert found is not None and found.tolist() == [1.0, 1.0, 2.0, 3.0, 3.0]
    assert bridged(np.array([nan, nan])) is None


def test_strips_cover_what_stands_out_and_grow_slowly():
    nearest = np.zeros(48)
    nearest[20:24] = 0.012
    nearest[40] = 0.3  # more than any window covers
    found = strips(nearest, WindowTarget(most=0.03, look=0.5), 24.0)
    assert (found >= np.minimum(nearest, 0.03)).all() and found.max() <= 0.03 + 1e-12
    assert np.abs(np.diff(found)).max() < 0.03 / 4
    assert not strips(np.full(10, -0.02), WindowTarget(), 24.0).any(), "behind the screen"
    assert strips(np.array([0.01]), WindowTarget(), 24.0) == pytest.approx([0.01])


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_strip_is_black_then_clears(kind):
    full = np.iinfo(kind).max
    white = np.full((4, 100, 3), full, kind)
    shown = covered(white, 0.10, 0.0, 0.04)[0, :, 0] / full
    assert (shown[:6] == 0).all() and (shown[10:] == 1).all()
    assert (np.diff(shown[5:11]) > 0).all()
    sharp = covered(white, 0.0, 0.10, 0.0)[0, :, 0] / full
    assert (sharp[:90] == 1).all() and (sharp[90:] == 0).all()
    assert covered(white, 0.0, 0.0, 0.04) is white


def test_each_eye_loses_its_own_side(project):
    eyes = Eyes(project, EyeSettings())
    left, right = (eye[20, :, 0].astype(int) for eye in eyes.pair(2))
    assert (left[:16] == 0).all() and (left[21:] > 250).all() and (right > 250).all()
    left, right = (eye[20, :, 0].astype(int) for eye in eyes.pair(3))
    assert (left[:6] == 0).all() and (left[11:] > 250).all()
    assert (right[164:] == 0).all() and (right[:159] > 250).all()
    assert all((eye > 250).all() for eye in eyes.pair(1))


@pytest.mark.parametrize("packing", ["sbs", "half-sbs", "top-bottom", "anaglyph"])
def test_every_packing_has_it(project, packing):
    shown = Composer(Eyes(project, EyeSettings()), Shape(packing, WIDTH, HEIGHT, 1.0)).pictures(2)
    picture = shown[0]
    height, width = picture.shape[:2]
    if packing == "anaglyph":  # red is the left eye's
        assert (picture[:, :14, 0] < 10).all() and (picture[:, :14, 2] > 250).all()
        return
    eye = width // 2 if packing.endswith("sbs") else width
    tall = height if packing.endswith("sbs") else height // 2
    black = round(0.07 * eye)
    assert (picture[:tall, :black] < 10).all()
    assert (picture[:tall, eye // 2 : eye] > 250).all()
    assert (picture[-tall:, -eye:] > 250).all(), "the right eye has no strip in this frame"


def test_it_belongs_to_the_rig_that_it_was_made_for(project):
    assert (Eyes(project, EyeSettings(interocular=0.1)).pair(2)[0] > 250).all()
    assert (Eyes(project, EyeSettings(), parallel=True).pair(2)[0][:, 60:] > 250).all()


def test_project_json_keeps_it_and_refuses_nonsense(project):
    again = Project.open(project.folder)
    assert again.manifest.window == project.manifest.window
    wide = with_range(project.manifest, 1, 2)
    assert wide.window is not None and wide.window.left == [0.0, 0.1]
    for change, word in (
        ({"left": [0.1]}, "window.left must hold 3 numbers"),
        ({"right": [0.0, 0.5, 0.0]}, "window.right must lie"),
        ({"softness": -0.1}, "window.softness must lie"),
    ):
        values = {"left": [0.0] * 3, "right": [0.0] * 3, "softness": 0.0} | change
        again.manifest.window = WindowRecord(**values)
        with pytest.raises(SecondEyeError, match=word):
            again.save()
    again.manifest.window = None
    again.save()
    assert Project.open(project.folder).manifest.window is None


def test_bad_targets():
    for wrong in ({"softness": -0.1}, {"most": 0.3}, {"look": float("nan")}):
        with pytest.raises(UsageError, match="not usable"):
            WindowTarget(**wrong)
