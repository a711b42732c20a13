# SPDX-License-Identifier: GPL-3.0-or-later
"""Comfort: limits of a screen, tables of a frame's depth, and what is judged from them."""

from __future__ import annotations

import math
import os
from dataclasses import replace

import numpy as np
import pytest
from test_project_manifest import make_manifest

from core.errors import UsageError
from core.geometry import inverse_distance
from core.project import BakedRange, DepthRecord, EditRecord, Project, statistics
from core.stereo import (
    EYES,
    SETUPS,
    FrameDepth,
    StereoRig,
    Viewing,
    find_viewing,
    frame_depth,
    measure,
    measure_frame,
    share_inside,
    suggest_rig,
)
from core.stereo.comfort import VERTICAL, corners
from core.stereo.report import sentences
from core.stereo.shot_rig import suggest_shot_rig
from core.stereo.toe_in import keystone

HEIGHT, WIDTH = 64, 96


def picture(seed=1):
    """A floor that comes nearer downwards, noise, and a near card at the left border."""
    rng = np.random.default_rng(seed)
    values = np.linspace(0.1, 0.8, HEIGHT)[:, None] + rng.normal(0, 0.02, (HEIGHT, WIDTH))
    values[8:40, :20] = 0.95
    return values.clip(0.02, 1).astype(np.float16)


def plain_manifest(last):
    """Frames 1 to ``last``, scale 1 and shift 0."""
    manifest = make_manifest(1, last)
    manifest.depth = DepthRecord(WIDTH, HEIGHT, [1.0] * last, [0.0] * last)
    return manifest


def depth_of(values, **shot):
    manifest = plain_manifest(1)
    manifest.shots[0] = replace(manifest.shots[0], low=0.0, high=1.0, **shot)
    return manifest, frame_depth(manifest, 1, statistics.tabulate(values))


@pytest.mark.parametrize("name", SETUPS)
def test_the_limits_are_the_published_zone(name):
    """Back from parallax to the distance at which the eyes' lines of sight meet, and from there by
    the published lines to the screen's."""
    viewing = SETUPS[name]
    limits = viewing.limits
    assert limits.near < 0 < limits.far <= limits.diverging
    assert limits.diverging * viewing.width == pytest.approx(0.0635)  # 2.5 inches

    def met(parallax):  # 1 / metres: of two similar triangles before and behind the screen
        return (1 - parallax * viewing.width / EYES) / viewing.distance

    screen = 1 / viewing.distance
    assert 1.035 * met(limits.near) - 0.626 == pytest.approx(screen)
    if limits.far < limits.diverging:
        assert 1.129 * met(limits.far) + 0.442 == pytest.approx(screen)
    else:
        assert screen <= 0.442, "the zone reaches beyond infinity"


def test_behind_is_less_comfortable_from_afar_and_in_front_from_nearby():
    """As the study found: in dioptres the zone behind the screen shrinks with the distance, the one
    before it grows."""
    zones = []
    for distance in (0.4, 2.0):
        viewing = Viewing("own", 0.2, distance)
        ends = (viewing.limits.near, viewing.limits.far)
        zones.append([abs(p) * 0.2 / EYES / distance for p in ends])
    assert zones[1][0] > zones[0][0] and zones[1][1] < zones[0][1]


@pytest.mark.parametrize("distance", [0.05, 0.0999, 0.0, -1.0, 1001.0])
def test_a_screen_before_the_eyes_is_none(distance):
    """Below 0.056 metres the near limit would lie behind the screen."""
    with pytest.raises(UsageError, match=r"give 0\.1 to 1000"):
        Viewing("own", 0.2, distance)
    assert Viewing("own", 0.2, 0.1).limits.near < 0.0


def test_degrees_are_those_between_two_lines_of_sight():
    viewing = Viewing("own", 2.0, 3.0)
    for parallax in (-0.02, 0.0, 0.015):
        left, right = (np.array([s * EYES / 2, 0.0]) for s in (-1, 1))
        seen = np.array([0.0, 3.0])
        half = np.array([parallax * 2.0 / 2, 0.0])
        a, b = seen - half - left, seen + half - right
        angle = math.degrees(math.acos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))
        c, d = seen - left, seen - right
        flat = math.degrees(math.acos(c @ d / np.linalg.norm(c) / np.linalg.norm(d)))
        assert viewing.degrees(parallax) == pytest.approx(flat - angle, abs=1e-6)


def test_a_screen_of_ones_own():
    assert find_viewing() is SETUPS["tv"]
    own = find_viewing("cinema", distance=20.0)
    assert (own.width, own.distance) == (SETUPS["cinema"].width, 20.0)
    for bad in ({"name": "wall"}, {"width": 0.0}, {"distance": -1}, {"width": float("nan")}):
        with pytest.raises(UsageError):
            find_viewing(**bad)


@pytest.mark.parametrize("bias, contrast", [(0.0, 0.0), (0.4, -0.3)])
def test_a_table_answers_for_the_picture_whatever_the_numbers(bias, contrast):
    """Scale, shift, range, near, far, strength and curve act on the table as on every pixel."""
    values = picture()
    manifest = make_manifest(1, 1)
    manifest.depth.scale, manifest.depth.shift = [0.8], [0.05]
    manifest.shots[0] = replace(
        manifest.shots[0], low=0.2, high=0.7, near=1.5, far=30.0, strength=0.9, bias=bias,
        contrast=contrast,
    )  # fmt: skip
    n = ((0.8 * values.astype(np.float64) + 0.05 - 0.2) / 0.5).clip(0, 1)
    inverse = inverse_distance(n, 1.5, 30.0, 0.9, bias, contrast)
    table = statistics.tabulate(values)
    depth = frame_depth(manifest, 1, table)
    for percent in (0.5, 5, 33, 50, 95, 99.5):
        assert depth.percentile(percent) == pytest.approx(np.percentile(inverse, percent), rel=0.02)
    for level in np.percentile(inverse, [3, 30, 70, 98]):
        assert depth.share_nearer(level) == pytest.approx((inverse > level).mean(), abs=0.01)
    assert depth.share_nearer(1e9) == 0.0 and depth.share_nearer(0.0) == 1.0
    rig = StereoRig(0.06, 3.0, 1.2)
    expected = np.percentile(rig.parallax(inverse), [1, 50, 99])
    assert depth.parallax(rig, [1, 50, 99]) == pytest.approx(expected, abs=2e-4)

    keyed = BakedRange([1.5], [30.0], [0.9], [bias], [contrast])
    manifest.shots[0] = replace(manifest.shots[0], near=3.0, far=9.0, strength=0.2)
    manifest.ranges = keyed
    assert frame_depth(manifest, 1, table).levels == pytest.approx(depth.levels)


def test_a_camera_that_moves_forward_sees_things_nearer():
    _, depth = depth_of(picture(), near=2.0, far=20.0)
    moved = depth.seen_from(0.5)
    assert 1 / moved.levels == pytest.approx(1 / depth.levels - 0.5, abs=1e-6)
    assert depth.seen_from(0.0) is depth
    assert np.isfinite(depth.seen_from(5.0).levels).all()


def test_the_picture_s_borders_are_told_apart_and_by_height():
    _, depth = depth_of(picture(), near=2.0, far=20.0)
    rig = StereoRig(0.065, 2.4, 1.0)
    told = measure_frame(1, depth, rig, SETUPS["tv"])
    assert told.left.cut and "left" in told.reasons
    assert told.left.share == pytest.approx(0.5, abs=0.1)  # rows 8..40, and the floor's end
    assert told.left.depth == pytest.approx(float(rig.disparity(depth.left.max())), rel=0.05)
    assert (depth.left[6:18] > 0.45).all() and (depth.left[:3] < 0.2).all()
    assert told.right.share < told.left.share


def test_verdicts_and_their_reasons():
    _, depth = depth_of(picture(), near=2.0, far=20.0)
    screen = SETUPS["headset"]
    limits = screen.limits

    def judged(rig):
        return measure_frame(1, depth, rig, screen)

    behind = StereoRig(0.03, 1.9, 1.0)
    told = judged(behind)
    assert told.verdict == 0 and told.reasons == () and told.too_far == 0.0
    assert told.span == pytest.approx(told.parallax[3] - told.parallax[1])
    wide = judged(StereoRig(0.11, 1.9, 1.0))
    assert wide.verdict == 2 and wide.reasons[0] in ("far", "diverging")
    inverse = 1 / 1.9 - limits.far / 0.11
    assert wide.too_far == pytest.approx(1 - depth.share_nearer(inverse))
    assert 0 < wide.diverging < wide.too_far
    near = judged(StereoRig(0.11, 18.0, 1.0))
    assert near.verdict == 2 and "near" in near.reasons and near.too_near > 0.1
    close = judged(StereoRig(0.03 * 0.9 * limits.far / told.parallax[-1], 1.9, 1.0))
    assert close.verdict == 1 and close.reasons == ("far",)
    assert sentences(told, screen) == ["Comfortable"]
    assert f"{100 * wide.too_far:.1f} % of the picture" in " ".join(sentences(wide, screen))
    assert sentences(close, screen) == [f"Close to the far limit, {100 * limits.far:+.1f} %"]
    flat = judged(StereoRig(0.0, 5.0, 1.0))
    assert flat.verdict == 0 and flat.span == 0.0
    assert share_inside([told, wide, near, close]) == 0.5


def test_jumps_at_cuts_and_speed_within_shots():
    manifest = plain_manifest(20)
    shot = replace(manifest.shots[0], low=0.0, high=1.0, near=2.0, far=20.0)
    manifest.shots = [replace(shot, last=10), replace(shot, name="b", first=11)]
    near, far = np.full((8, 8), 0.9), np.full((8, 8), 0.1)
    depths = {
        n: frame_depth(manifest, n, statistics.tabulate(near if n <= 10 else far))
        for n in manifest.frames
    }
    rig = StereoRig(0.065, 4.0, 1.0)
    screen = SETUPS["headset"]
    told = measure(manifest, depths, dict.fromkeys(manifest.frames, rig), screen)
    assert [t.frame for t in told if t.jump is not None] == [11]
    turned = screen.degrees(rig.parallax([float(depths[n].percentile(50)) for n in (10, 11)]))
    assert told[10].jump == pytest.approx(turned[1] - turned[0]) and "jump" in told[10].reasons
    assert all(t.speed == 0.0 for t in told)

    rigs = {n: StereoRig(0.065, 4.0 - 0.3 * min(n, 9), 1.0) for n in manifest.frames}
    told = measure(manifest, depths, rigs, screen)
    rate = float(manifest.timeline.rate)
    middles = [float(screen.degrees(t.parallax[2])) for t in told]
    reach = max(1, round(0.2 * rate))
    moved = middles[5] - middles[5 - reach]
    assert told[5].speed == pytest.approx(moved * rate / reach)
    assert "speed" in told[5].reasons and told[0].speed == 0.0


def make_project(folder):
    manifest = plain_manifest(3)
    project = Project.create(folder, manifest)
    project.make_folders()
    for n in manifest.frames:
        project.write_depth(n, picture(n).astype(np.float32), np.ones((HEIGHT, WIDTH), np.float32))
    return project


def test_tables_are_kept_and_only_another_depth_makes_them_stale(tmp_path):
    project = make_project(tmp_path / "p")
    manifest = project.manifest
    tables = {
        n: statistics.tabulate(project.read_depth(n), statistics.stamp_of(project, n))
        for n in manifest.frames
    }
    assert statistics.missing(project, {}, manifest.frames) == [1, 2, 3]
    statistics.write(project.folder, tables)
    read = statistics.read(project.folder)
    assert statistics.missing(project, read, manifest.frames) == []
    assert (read[2].levels == tables[2].levels).all() and (read[2].left == tables[2].left).all()
    manifest.depth.scale[1], manifest.shots[0].near = 0.5, 3.0
    assert statistics.missing(project, read, manifest.frames) == []
    project.write_depth(2, picture(9).astype(np.float32), np.ones((HEIGHT, WIDTH), np.float32))
    os.utime(project.depth_path(2), ns=(1, 1))
    assert statistics.missing(project, read, manifest.frames) == [2]
    project.depth_path(3).unlink()
    assert statistics.missing(project, read, manifest.frames) == [2, 3]

    edit = EditRecord("near", "box", "offset", 1, 1, [1.0], [0.1], [0.0], [0.0], [0.0], [0.0])
    edit.matrix = [[1.0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 1.0, 0]]
    manifest.edits = [edit]
    assert statistics.is_edited(manifest, 1) and not statistics.is_edited(manifest, 2)
    assert 1 in statistics.missing(project, read, manifest.frames)
    stamp = statistics.stamp_of(project, 1)
    manifest.shots[0].near = 4.0  # moves what the object reaches
    assert statistics.stamp_of(project, 1) != stamp
    edit.strength = [0.0]
    assert statistics.missing(project, read, [1]) == []


def test_damaged_tables_are_made_again(tmp_path):
    assert statistics.read(tmp_path) == {}
    path = tmp_path / statistics.NAME
    path.write_bytes(b"no zip")
    assert statistics.read(tmp_path) == {}
    np.savez(path, frames=np.array([1]), stamps=np.array(["x"]), levels=np.ones((1, 3)))
    assert statistics.read(tmp_path) == {}


def frames_of(values):
    manifest = plain_manifest(len(values))
    manifest.shots[0] = replace(manifest.shots[0], low=0.0, high=1.0, near=2.0, far=20.0)
    tables = [statistics.tabulate(v) for v in values]
    return manifest, [frame_depth(manifest, n, t) for n, t in enumerate(tables, 1)]


def test_a_shot_s_rig_keeps_every_frame_inside_the_limits_of_any_screen():
    """Also where something passes close by in one frame of many, and in a cinema, where nearly all
    has to stand before the screen."""
    values = [picture(n) * np.float16(0.6) for n in range(20)]
    values[7][:, 40:60] = 1.0
    manifest, depths = frames_of(values)
    for name, screen in SETUPS.items():
        rig = suggest_shot_rig(depths, 1.1, 0.02, screen.limits)
        told = measure(
            manifest, dict(enumerate(depths, 1)), dict.fromkeys(range(1, 21), rig), screen
        )
        assert share_inside(told) == 1.0, name
        assert min(t.span for t in told) > 0.008, name
    bare = suggest_shot_rig(depths, 1.1, 0.02)
    cinema = SETUPS["cinema"]
    told = [measure_frame(n, d, bare, cinema) for n, d in enumerate(depths, 1)]
    assert share_inside(told) == 0.0, "without limits the test would pass by itself"


def test_a_shot_s_rig_leaves_nothing_much_before_the_edges():
    values = [picture(n) for n in range(5)]
    _, depths = frames_of(values)
    rig = suggest_shot_rig(depths, 1.1, 0.02)
    plain = suggest_rig(np.concatenate([d.percentile(np.arange(0.5, 100)) for d in depths]), 1.1)
    assert rig.interocular == pytest.approx(plain.interocular, rel=1e-6)
    assert rig.convergence < plain.convergence
    screen = SETUPS["tv"]
    for depth in depths:
        assert measure_frame(1, depth, plain, screen).left.cut
        assert not measure_frame(1, depth, rig, screen).left.cut
    assert rig.parallax(depths[0].percentile(99.0)) > -0.003, "and no farther than that"


def test_flat_and_empty_shots_have_a_rig_or_say_why():
    _, depths = frames_of([np.full((8, 8), 0.5)])
    rig = suggest_shot_rig(depths, 1.0, 0.02, SETUPS["cinema"].limits)
    assert rig.interocular == pytest.approx(rig.convergence / 30)
    with pytest.raises(UsageError):
        suggest_shot_rig([], 1.0)


def test_toed_in_cameras_lift_the_corners():
    """By the keystone formula, as an angle on the screen; other cameras don't."""
    viewing, depth = find_viewing("tv"), FrameDepth(*(np.full(n, 0.25) for n in (107, 32, 32)))
    rig = StereoRig(0.1, 4.0, 1.2)
    share = keystone(0.1, 4.0, 1.2, 0.5)
    told = corners(rig, 0.5, viewing)
    assert told == pytest.approx(np.degrees(np.arctan(share * 0.5 * 1.2 / 2.5)))
    wide = StereoRig(0.1 * 1.1 * VERTICAL / told, 4.0, 1.2)
    for name, asked, reasons in (("outside", wide, ("vertical",)), ("comfortable", rig, ())):
        frame = measure_frame(1, depth, asked, viewing, vertical=corners(asked, 0.5, viewing))
        assert frame.reasons == reasons, name
    assert measure_frame(1, depth, wide, viewing).reasons == ()
    frame = measure_frame(1, depth, wide, viewing, vertical=corners(wide, 0.5, viewing))
    assert "higher for one eye" in sentences(frame, viewing)[0]
    assert "Off-Axis" in sentences(frame, viewing)[0]
