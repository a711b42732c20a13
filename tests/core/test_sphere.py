# SPDX-License-Identifier: GPL-3.0-or-later
"""Views put together to a sphere, and a picture carried on over it."""

import math

import numpy as np
import pytest

from core.delivery.extend import Extension, srgb_decode
from core.delivery.sphere import Stitcher
from core.errors import Cancelled, SecondEyeError, UsageError
from core.geometry import Lens
from core.geometry.views import views
from core.jobs.sphere import SphereJob, view_stem
from core.media import write_image
from core.media.pictures import read_picture


def world(direction):
    """A smooth colour for every direction (..., 3), 0..255, without a seam anywhere."""
    x, y, z = np.moveaxis(direction / np.linalg.norm(direction, axis=-1, keepdims=True), -1, 0)
    waves = [np.sin(3 * x + 1), np.sin(4 * y - z), np.cos(2 * x * y + 3 * z)]
    return 127.5 + 90 * np.stack(waves, axis=-1)


def seen(view, size):
    """What a pinhole of that view sees of the world, uint8."""
    view = view.fitted(size)
    x = ((np.arange(size[0]) + 0.5) / size[0] * 2 - 1) * view.tan_x
    y = (1 - (np.arange(size[1]) + 0.5) / size[1] * 2) * view.tan_y
    rays = np.stack(np.broadcast_arrays(x[None, :], y[:, None], -1.0), axis=-1)
    return np.rint(world(rays @ view.rotation().T)).astype(np.uint8)


def sphere(width, height, turn):
    lon = ((np.arange(width) + 0.5) / width - 0.5) * turn
    lat = (0.5 - (np.arange(height) + 0.5) / height) * math.pi
    b, a = lat[:, None], lon[None, :]
    parts = np.broadcast_arrays(np.sin(a) * np.cos(b), np.sin(b), -np.cos(a) * np.cos(b))
    return np.stack(parts, axis=-1)


@pytest.mark.parametrize(("coverage", "turn"), [("vr180", math.pi), ("vr360", 2 * math.pi)])
def test_views_of_one_world_make_its_sphere(coverage, turn):
    height = 96
    width = round(height * turn / math.pi)
    chosen = views(coverage)
    sizes = [view.size(height / math.pi) for view in chosen]
    found = Stitcher(coverage, width, height, sizes)(
        [seen(v, s) for v, s in zip(chosen, sizes, strict=True)]
    )
    error = np.abs(found - world(sphere(width, height, turn)))
    assert error.max() < 4.0 and error.mean() < 0.6


def test_eyes_turn_with_the_longitude():
    columns = [view for view in views("vr360") if view.stereo]
    assert len(columns) == 12
    for view in columns:
        ahead = view.rotation() @ (0.0, 0.0, -1.0)
        left, right = view.place("left", 0.06), view.place("right", 0.06)
        assert np.linalg.norm(right - left) == pytest.approx(0.06)
        assert np.dot(right - left, ahead) == pytest.approx(0.0, abs=1e-12)
        # To the right of what is ahead: x, y up and -z ahead are right-handed.
        assert np.cross(ahead, right - left)[1] < 0.0
    assert views("vr360")[-1].rotation() @ (0.0, 0.0, -1.0) == pytest.approx([0, -1, 0], abs=1e-9)
    with pytest.raises(UsageError, match="dome"):
        views("dome")


@pytest.fixture
def rendered(tmp_path):
    """A frame's views, the right eye's a little brighter, of a sphere of 24 pixels."""
    folder = tmp_path / "views"
    folder.mkdir()
    for view in views("vr180"):
        for eye, more in (("left", 0), ("right", 20)):
            picture = seen(view, view.size(24 / math.pi))
            raised = np.clip(picture.astype(int) + more * view.stereo, 0, 255).astype(np.uint8)
            write_image(folder / f"{view_stem(7, view, eye)}.png", raised)
    return folder


def job(folder, **other):
    given = {"coverage": "vr180", "width": 24, "height": 24, "numbers": [7]} | other
    return SphereJob(views=str(folder), frames=str(folder.parent), **given)


def quiet(progress):
    return None


def test_the_job_packs_both_eyes_and_clears_up(rendered):
    job(rendered).run(quiet, lambda: False)
    whole = read_picture(rendered.parent / "000007.png").astype(int)
    assert whole.shape == (24, 48, 3)
    middle = slice(8, 16)
    assert 18 < (whole[middle, 24:] - whole[middle, :24]).mean() < 21
    assert np.abs(whole[0, 24:] - whole[0, :24]).max() == 0  # the caps are one for both
    assert list(rendered.iterdir()) == []


def test_an_eye_in_each_file_and_what_goes_wrong(rendered):
    with pytest.raises(Cancelled):
        job(rendered).run(quiet, lambda: True)
    damaged = next(rendered.glob("*_03_left.png"))
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:40])
    with pytest.raises(SecondEyeError, match="_03_left"):
        job(rendered, packing=None).run(quiet, lambda: False)
    assert not list(rendered.parent.glob("*.png"))
    damaged.write_bytes(whole)
    job(rendered, packing=None).run(quiet, lambda: False)
    assert sorted(p.name for p in rendered.parent.glob("*.png")) == ["000007_L.png", "000007_R.png"]


def test_a_picture_goes_on_around_itself():
    """Left red, right blue: each goes on at its side, and behind the viewer is their mean."""
    lens = Lens(0.8, 96, 64)
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[:, :48, 0] = picture[:, 48:, 2] = 200
    light = Extension(96, 64, 0.8, 192)(picture)
    assert light.shape == (96, 192, 3) and np.isfinite(light).all() and light.min() >= 0.0
    full = float(srgb_decode(np.float32(200 / 255)))
    degree = 192 / 360
    edge = math.degrees(lens.field_of_view) / 2

    def at(longitude, latitude=0.0):
        return light[round(48 - latitude * degree), round(96 + longitude * degree)]

    for side, colour, other in ((-1, 0, 2), (1, 2, 0)):
        assert at(side * (edge - 10))[colour] == pytest.approx(full, rel=0.03)
        assert at(side * (edge + 5))[colour] == pytest.approx(full, rel=0.1)
        assert at(side * (edge + 5))[other] < 0.03 * full
    assert at(-179) == pytest.approx(np.array([full / 2, 0.0, full / 2]), rel=0.15, abs=0.01)
    # No seam straight behind, and none at the poles.
    assert np.abs(light[:, 0] - light[:, -1]).max() < 0.02 * full
    assert np.ptp(light[0], axis=0).max() < 0.05 * full
