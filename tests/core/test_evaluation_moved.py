# SPDX-License-Identifier: GPL-3.0-or-later
"""Temporal measures and planes where depth and poses are true, on a made room."""

import numpy as np
import pytest
from walked_room import FOCAL, HEIGHT, POSES, WIDTH, camera, pose, room

from core.depth.labels import CLASSES
from core.evaluation import planarity
from core.evaluation.alignment_error import splatted, tae, tcc
from core.evaluation.poses import carried
from core.training.frames import rigid_flow


def test_what_stands_still_is_carried_to_where_the_other_camera_sees_it():
    inverse, classes, _ = room(POSES[0])
    later, later_classes, _ = room(POSES[2])
    place, there = carried(inverse, camera(POSES[0]), camera(POSES[2]))
    flow = rigid_flow(inverse, FOCAL, POSES[0], POSES[2])
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    assert np.abs(place - np.stack([columns, rows], -1) - flow).max() < 1e-3
    floor = classes == CLASSES.index("ground")
    x, y = (np.rint(place[..., k]).astype(int) for k in (0, 1))
    inside = floor & (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
    x, y = x[inside], y[inside]
    same = later_classes[y, x] == CLASSES.index("ground")
    # Half a pixel of rounding is at most so much on this floor.
    assert np.abs(later[y, x] - there[inside])[same].max() < 0.5 / FOCAL / 1.2 + 1e-6
    # The sky turns with the camera and stays infinitely far; what is behind it has no place.
    place, there = carried(np.zeros((2, 2)), camera(pose()), camera(pose(z=5.0)))
    assert (there == 0).all() and np.isfinite(place).all()
    assert np.isnan(carried(np.ones((2, 2)), camera(pose()), camera(pose(z=5.0)))[0]).all()


def test_tae_of_the_truth_is_small_and_that_of_flicker_is_the_flicker():
    depths = [1.0 / np.maximum(room(p)[0], 1e-3) for p in POSES[:2]]
    cameras = camera(POSES[0]), camera(POSES[1])
    known = np.ones((HEIGHT, WIDTH), bool)
    rest = tae((depths[0], depths[0]), (cameras[0], cameras[0]), (known, known))
    assert rest == pytest.approx(0.0, abs=1e-9)
    true = tae(tuple(depths), cameras, (known, known))
    # Half a pixel off at edges and on the slanted floor.
    assert true < 0.02
    flicker = tae((depths[0], 1.1 * depths[0]), (cameras[0], cameras[0]), (known, known))
    assert flicker == pytest.approx((0.1 / 1.1 + 0.1) / 2, abs=1e-6)
    none = np.zeros((HEIGHT, WIDTH), bool)
    assert tae(tuple(depths), cameras, (known, none)) is None
    wrong = tae(tuple(depths), (cameras[0], camera(pose(z=0.5))), (known, known))
    assert wrong > 5 * true, "a depth that doesn't follow the camera errs"


def test_the_nearest_of_what_falls_on_a_pixel_is_seen():
    depth = np.full((HEIGHT, WIDTH), 4.0)
    depth[20:50, 30:60] = 1.0
    known = np.ones_like(depth, bool)
    seen = splatted(depth, camera(pose()), camera(pose(x=0.1)), known)
    # The card moves by 9 columns, the wall by 2.25: nothing shines through, a gap is left.
    assert (seen[20:50, 21:51] == 1.0).all() and (seen[20:50, 53:57] == 0.0).all()
    known[20:50, 30:60] = False
    assert (splatted(depth, camera(pose()), camera(pose(x=0.1)), known)[20:50, 31:50] != 1.0).all()


def test_tcc_is_one_for_the_truth_and_less_for_flicker():
    truths = tuple(1.0 / np.maximum(room(p)[0], 1e-2) for p in POSES[:2])
    known = np.ones((HEIGHT, WIDTH), bool)
    assert tcc(truths, truths, known, 2.0) == pytest.approx(1.0)
    rng = np.random.default_rng(1)
    noisy = tuple(t * rng.uniform(0.9, 1.1, t.shape) for t in truths)
    assert tcc(noisy, truths, known, 2.0) < 0.8
    # Only windows that are known as a whole count.
    holed = known.copy()
    holed[:, :60] = False
    spoilt = (truths[0], np.where(holed, truths[1], 50.0))
    assert tcc(spoilt, truths, holed, 2.0) == pytest.approx(1.0)
    assert tcc(truths, truths, ~known, 2.0) is None


def test_true_planes_are_found_and_judged_by_their_own_measure():
    inverse, classes, _ = room(pose())
    where = camera(pose())
    regions = planarity.true_regions(inverse.astype(np.float16).astype(float), classes, where)
    assert len(regions) >= 2
    for region in regions:
        names = {CLASSES[c] for c in np.unique(classes[region.pixels])}
        assert len(names) == 1 and names <= {"wall or building", "ground"}
    perfect = planarity.mean_errors(planarity.errors(inverse, regions, where))
    assert perfect["plane_flat"] < 1e-3 and perfect["plane_tilt"] < 0.1
    ripple = inverse * (1 + 0.05 * np.sin(np.arange(HEIGHT) / 2.0))[:, None]
    rippled = planarity.mean_errors(planarity.errors(ripple, regions, where))
    assert 0.02 < rippled["plane_flat"] < 0.06
    # A card is as flat as can be, and wrong: the other figure says so.
    flat = planarity.mean_errors(planarity.errors(np.full_like(inverse, 0.4), regions, where))
    assert flat["plane_flat"] < 1e-6 and flat["plane_tilt"] > 10
    bent = inverse + 0.02 * (np.arange(WIDTH) / WIDTH) ** 2
    assert not planarity.true_regions(bent, np.full_like(classes, 4), where)
    assert planarity.mean_errors([]) == {"plane_flat": None, "plane_tilt": None}


def test_a_bent_wall_is_no_plane_and_two_walls_are_two():
    x = np.tile(np.linspace(-1, 1, WIDTH), (HEIGHT, 1))
    wall = np.full((HEIGHT, WIDTH), CLASSES.index("wall or building"), np.uint8)
    corner = 0.5 + 0.3 * np.abs(x)
    regions = planarity.true_regions(corner, wall, camera(pose()))
    assert len(regions) == 2 and not (regions[0].pixels & regions[1].pixels).any()
    assert not planarity.true_regions(0.5 + 0.4 * x**2, wall, camera(pose()))
