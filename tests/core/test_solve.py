# SPDX-License-Identifier: GPL-3.0-or-later
"""Depth tied to a camera solve: numbers fitted to known worlds, and the project's way there and
back."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.errors import SecondEyeError
from core.geometry.solve import CameraSolve
from core.geometry.solve_fit import fit_shot
from core.geometry.solve_frames import clip_frames
from core.geometry.solve_path import path_of, quaternion, rotation
from core.jobs.ranging import Ranges
from core.jobs.solve import ForgetSolveJob, SolveJob
from core.jobs.work import Work
from core.project import (
    DONE,
    STAGES,
    BakedCamera,
    BakedRange,
    ClipRecord,
    DepthRecord,
    LensRecord,
    Manifest,
    ModelRecord,
    Project,
    Shot,
    StageRecord,
    TimelineRecord,
)
from core.project.extent import with_range
from core.project.shots import changed, with_cuts
from core.project.solved import is_solved, is_stale

_WORLD = Path(__file__).resolve().parents[1] / "solved_world.py"
_spec = importlib.util.spec_from_file_location("solved_world", _WORLD)
world = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(world)

FRAMES, SIZE = 10, (96, 54)  # of 24 frames, the first ten


def _silent(*_) -> None: ...


def _never() -> bool:
    return False


@pytest.fixture(scope="module")
def truth() -> dict[int, np.ndarray]:
    """Distance along the axis, by frame."""
    return {n: world.depth(n, *SIZE) for n in range(1, FRAMES + 1)}


def _solve(truth: dict[int, np.ndarray], plate: Path, units: float = 3.0, **given) -> CameraSolve:
    """A perfect solve of points of the world, in a space of its own: turned, moved, shrunk."""
    rng = np.random.default_rng(3)
    place = rng.uniform(0.03, 0.97, (90, 2))
    homes = rng.integers(1, FRAMES + 1, 90)
    lens = [world.FOCAL, world.FOCAL * world.WIDTH / world.HEIGHT]
    points = []
    for (u, v), n in zip(place, homes, strict=True):
        row, column = int((1 - v) * SIZE[1]), int(u * SIZE[0])
        u, v = (column + 0.5) / SIZE[0], 1 - (row + 0.5) / SIZE[1]
        z = truth[n][row, column]
        local = np.array([(u - 0.5) / lens[0] * z, (v - 0.5) / lens[1] * z, -z, 1.0])
        points.append((world.pose(n) @ local)[:3])
    points = np.array(points)
    turn = rotation(quaternion(np.linalg.qr(rng.standard_normal((3, 3)))[0]))
    turn *= np.sign(np.linalg.det(turn))
    similar = np.eye(4)
    similar[:3, :3], similar[:3, 3] = turn * units, (4.0, -2.0, 1.0)
    back = np.linalg.inv(similar)
    cameras, markers = [], []
    for n in range(1, FRAMES + 1):
        camera = back @ world.pose(n)
        camera[:3, :3] *= units  # a solve's poses are rigid
        cameras.append(camera)
        seen = np.c_[points, np.ones(len(points))] @ np.linalg.inv(world.pose(n)).T
        uv = 0.5 + seen[:, :2] / -seen[:, 2:3] * lens
        for b, (u, v) in enumerate(uv):
            if not (0 < u < 1 and 0 < v < 1):
                continue
            z = truth[n][int((1 - v) * SIZE[1]), int(u * SIZE[0])]
            if abs(z / -seen[b, 2] - 1) < 0.02:  # not hidden
                markers.append((b, n, u, v))
    table = np.array(markers)
    values = dict(
        name="walk", path=str(plate), sequence=True, offset=0, width=world.WIDTH,
        height=world.HEIGHT, focal_over_width=world.FOCAL, error=0.2, world=similar,
        frames=np.arange(1, FRAMES + 1), cameras=np.array(cameras),
        bundles=np.c_[points, np.ones(len(points))] @ back.T[:, :3], errors=np.full(90, 0.2),
        marker_bundle=table[:, 0].astype(int), marker_frame=table[:, 1].astype(int),
        marker_place=table[:, 2:],
    )  # fmt: skip
    return CameraSolve(**(values | given))


def _flicker() -> tuple[np.ndarray, np.ndarray]:
    """Scale and shift that undo what a relative network made of every frame."""
    rng = np.random.default_rng(8)
    return np.exp(0.2 * rng.standard_normal(FRAMES)), 0.1 * rng.standard_normal(FRAMES)


@pytest.fixture
def project(tmp_path: Path, truth) -> Project:
    return _project(tmp_path / "walk.secondeye", truth)


def _project(folder: Path, truth, unit: str = "relative", shots=((1, FRAMES),)) -> Project:
    scale, shift = _flicker()
    manifest = Manifest(
        clip=ClipRecord("walk.mp4", str(folder / "walk.mp4"), "movie", "0", world.WIDTH,
                        world.HEIGHT),
        timeline=TimelineRecord(Fraction(24), Fraction(1, 24), list(range(FRAMES))),
        first=1,
        last=FRAMES,
        depth=DepthRecord(*SIZE, scale=[1.0] * FRAMES, shift=[0.0] * FRAMES),
        shots=[Shot(f"s{a}", a, b, low=0.9, high=1.4, near=1.5) for a, b in shots],
        lens=LensRecord(0.7, "metadata"),
        model=ModelRecord("test", "0", unit=unit),
        metres_per_unit=1.0 if unit == "metres" else None,
        camera=BakedCamera([0.1] * FRAMES, [3.0] * FRAMES, [0.0] * FRAMES),
        stages={name: StageRecord(DONE) for name in STAGES},
    )  # fmt: skip
    project = Project.create(folder, manifest)
    project.make_folders()
    (folder / "plate").mkdir(exist_ok=True)
    for n, z in truth.items():
        stored = 1 / z if unit == "metres" else (1 / z - 0.02) / scale[n - 1] + 1 + shift[n - 1]
        project.write_depth(n, stored.astype(np.float32), np.ones_like(z))
    return Project.open(folder)


def _use(project: Project, solve: CameraSolve, tmp_path: Path) -> dict:
    solve.save(tmp_path / "solve.npz")
    return SolveJob(str(project.folder), str(tmp_path / "solve.npz")).run(_silent, _never)


def _distances(project: Project, n: int) -> np.ndarray:
    """As the relief has them."""
    from core.geometry import inverse_distance

    shot = project.shot_at(n)
    return 1 / inverse_distance(project.normalised(n), shot.near, shot.far, shot.strength)


def _swim(project: Project, truth, poses) -> float:
    """How far a fixed place of the world wanders over the frames, in parts of its distance."""
    rng = np.random.default_rng(1)
    places = []
    for u, v in rng.uniform(0.2, 0.8, (60, 2)):
        z = truth[1][int((1 - v) * SIZE[1]), int(u * SIZE[0])]
        across, aspect = z / world.FOCAL, world.HEIGHT / world.WIDTH
        local = np.array([(u - 0.5) * across, (v - 0.5) * across * aspect, -z, 1])
        fixed, seen = world.pose(1) @ local, []
        for n in range(1, FRAMES + 1):
            x, y, depth, _ = np.linalg.inv(world.pose(n)) @ fixed
            uv = np.array([x, y * world.WIDTH / world.HEIGHT]) / -depth * world.FOCAL + 0.5
            if not (uv > 0).all() or not (uv < 1).all():
                continue
            row, column = int((1 - uv[1]) * SIZE[1]), int(uv[0] * SIZE[0])
            if abs(truth[n][row, column] / -depth - 1) > 0.03:  # hidden, or on a step
                continue
            placed = _distances(project, n)[row, column]
            seen.append((poses(n) @ [x / -depth * placed, y / -depth * placed, -placed, 1])[:3])
        if len(seen) > FRAMES // 2:
            seen = np.array(seen)
            places.append(np.abs(seen - seen.mean(0)).max() / z)
    assert len(places) > 20
    return float(np.median(places))


def _pose(project: Project, n: int) -> np.ndarray:
    row = np.array(project.manifest.solve.path[n - project.manifest.first])
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation(row[3:]), row[:3]
    return matrix


def test_every_frame_of_a_flickering_network_stands_in_the_solved_world(
    project, truth, tmp_path
) -> None:
    before = _swim(project, truth, world.pose)
    answer = _use(project, _solve(truth, project.folder / "plate" / "000001.jpg"), tmp_path)
    project = Project.open(project.folder)
    manifest = project.manifest
    assert manifest.solve.clip == "walk" and is_solved(manifest, manifest.shots[0])
    assert (manifest.lens.focal_over_width, manifest.lens.source) == (world.FOCAL, "solve")
    (told,) = answer["shots"]
    assert told["misfit"] < 0.01 and told["bundles"] > 60 and not answer["warnings"]
    for n, z in truth.items():
        assert np.allclose(_pose(project, n), world.pose(n), atol=1e-6)
        apart = np.abs(_distances(project, n) / z - 1)
        assert np.median(apart) < 0.01 and np.percentile(apart, 95) < 0.03
    after = _swim(project, truth, lambda n: _pose(project, n))
    print(f"swims {before:.3f} of its distance before, {after:.4f} after")
    assert after < 0.02 and before > 5 * after


def test_forgetting_gives_every_number_back(project, truth, tmp_path) -> None:
    stored = (project.folder / "project.json").read_bytes()
    solve = _solve(truth, project.folder / "plate" / "000001.jpg")
    _use(project, solve, tmp_path)
    used = (project.folder / "project.json").read_bytes()
    assert _use(project, solve, tmp_path) and (project.folder / "project.json").read_bytes() == used
    ForgetSolveJob(str(project.folder)).run(_silent, _never)
    assert (project.folder / "project.json").read_bytes() == stored
    with pytest.raises(SecondEyeError, match="uses no camera solve"):
        ForgetSolveJob(str(project.folder)).run(_silent, _never)


def test_keyed_ranges_of_before_do_not_outlive_the_solve(project, truth, tmp_path) -> None:
    one = [1.0] * FRAMES
    project.manifest.ranges = BakedRange(
        [1.0 + n for n in range(FRAMES)], [50.0] * FRAMES, one, [0.0] * FRAMES, [0.0] * FRAMES
    )
    project.save()
    stored = (project.folder / "project.json").read_bytes()
    _use(project, _solve(truth, project.folder / "plate" / "000001.jpg"), tmp_path)
    assert Project.open(project.folder).manifest.ranges is None
    ForgetSolveJob(str(project.folder)).run(_silent, _never)
    assert (project.folder / "project.json").read_bytes() == stored


def test_metres_keep_their_shift_and_tell_the_units(tmp_path, truth) -> None:
    project = _project(tmp_path / "m.secondeye", truth, "metres")
    solve = _solve(truth, project.folder / "plate" / "000001.jpg", units=3.0)
    bigger = solve.world.copy()
    bigger[:3] *= 2.0  # the artist scaled the solve to half metres
    _use(project, replace(solve, world=bigger), tmp_path)
    manifest = Project.open(project.folder).manifest
    assert manifest.depth.shift == [0.0] * FRAMES
    assert np.allclose(manifest.depth.scale, 0.5, rtol=0.01)
    assert manifest.metres_per_unit == pytest.approx(0.5, rel=0.01)
    shot = manifest.shots[0]
    assert shot.near == pytest.approx(2.0 * min(z.min() for z in truth.values()), rel=0.05)


def test_a_shot_that_the_solve_does_not_see_is_left(tmp_path, truth) -> None:
    project = _project(tmp_path / "two.secondeye", truth, shots=((1, 6), (7, FRAMES)))
    solve = _solve(truth, project.folder / "plate" / "000001.jpg")
    part = replace(solve, frames=solve.frames[:5], cameras=solve.cameras[:5])
    answer = _use(project, part, tmp_path)
    manifest = Project.open(project.folder).manifest
    assert answer["left"] == ["s7"] and [s["cameras"] for s in answer["shots"]] == [5]
    assert "1 frames have no solved camera" in answer["message"]
    assert manifest.depth.scale[6:] == [1.0] * 4 and manifest.shots[1].near == 1.5
    assert not is_solved(manifest, manifest.shots[1]) and is_solved(manifest, manifest.shots[0])
    assert manifest.solve.path[5] == manifest.solve.path[4] == manifest.solve.path[9]
    manifest.shots[0].temporal = 0.5
    assert is_stale(manifest)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"frames": np.arange(101, 101 + FRAMES)}, "101 to 110 only"),
        ({"bundles": np.r_[np.full((83, 3), np.nan), np.zeros((7, 3))]}, "at least 8 are needed"),
        ({"path": "/nowhere/000001.jpg"}, "not there any more"),
    ],
)
def test_refused_in_one_sentence_with_nothing_changed(project, truth, tmp_path, change, words):
    stored = (project.folder / "project.json").read_bytes()
    solve = _solve(truth, project.folder / "plate" / "000001.jpg")
    with pytest.raises(SecondEyeError, match=words) as caught:
        _use(project, replace(solve, **change), tmp_path)
    assert str(caught.value).count(". ") == 0
    assert (project.folder / "project.json").read_bytes() == stored


def test_depth_that_contradicts_the_solve_is_refused(project, truth, tmp_path) -> None:
    for n, z in truth.items():
        project.write_depth(n, z.astype(np.float32), np.ones_like(z))
    solve = _solve(truth, project.folder / "plate" / "000001.jpg")
    with pytest.raises(SecondEyeError, match=r"s1 can't be tied .* one of them is wrong"):
        _use(project, solve, tmp_path)


def test_another_clip_and_a_bad_solve_are_told(project, truth, tmp_path) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(b"another movie")
    solve = _solve(truth, other, sequence=False)
    with pytest.raises(SecondEyeError, match="not the footage of"):
        _use(project, solve, tmp_path)
    bent = _solve(truth, project.folder / "plate" / "000001.jpg", error=4.2, focal_over_width=0.8)
    answer = _use(project, bent, tmp_path)
    assert "4.20 pixels" in answer["warnings"][0] and "undistort" in answer["warnings"][1]


def test_flat_and_outlying_bundles(truth) -> None:
    """One wall in some frames, three sights in others, a fifth of all wrong."""
    rng = np.random.default_rng(2)
    frame, stored, distance = [], [], []
    for t in range(30):
        z = rng.uniform(3, 12, 3 if 10 <= t < 14 else 50)
        if 20 <= t < 24:
            z[:] = 5.0
        v = (1 / z - 0.03) / 0.4 + 0.004 * rng.standard_normal(len(z))
        wrong = (rng.random(len(z)) < 0.2) & (len(z) > 3)
        v[wrong] = rng.random(wrong.sum())
        frame += [t] * len(z)
        stored += list(v)
        distance += list(z)
    values = np.array(frame), np.array(stored), np.zeros(len(frame)), np.array(distance)
    fit = fit_shot(30, *values, metric=False)
    assert np.abs(fit.scale / 0.4 - 1).max() < 0.05
    assert np.abs(fit.shift - 0.03).max() < 0.01
    flat = fit_shot(1, np.zeros(9, int), np.full(9, 0.5), np.zeros(9), np.full(9, 4.0), False)
    assert flat.scale[0] * 0.5 + flat.shift[0] == pytest.approx(0.25, rel=1e-3)


def test_clip_frames_of_plates_sequences_and_movies(project, truth) -> None:
    manifest, folder = project.manifest, project.folder
    solve = _solve(truth, folder / "plate" / "000001.jpg")
    assert clip_frames(manifest, folder, solve)[3] == 3
    late = replace(solve, path=str(folder / "plate" / "000003.jpg"), offset=-1)
    assert clip_frames(manifest, folder, late)[3] == 2
    movie = replace(solve, path="/c/walk.mp4", sequence=False, offset=2)
    assert clip_frames(manifest, folder, movie)[3] == 1
    files = replace(solve, path="/c/shot_1001.png")
    manifest.timeline.source_pts = [1001, 1002, 1002, *range(1004, 1004 + FRAMES - 3)]
    assert [clip_frames(manifest, folder, files)[n] for n in (1, 2, 3, 4)] == [1, 2, 2, 4]
    with pytest.raises(SecondEyeError, match=r"variable frame rate.*open plate/000001\.jpg"):
        clip_frames(manifest, folder, movie)
    turned = replace(movie, width=world.HEIGHT, height=world.WIDTH)
    with pytest.raises(SecondEyeError, match="270x480, but upright"):
        clip_frames(manifest, folder, turned)
    # Times rounded to a container's milliseconds are no variable rate.
    manifest.timeline.rate, manifest.timeline.time_base = Fraction(24000, 1001), Fraction(1, 1000)
    manifest.timeline.source_pts = [round(i * 1001 / 24) for i in range(FRAMES)]
    assert clip_frames(manifest, folder, movie)[3] == 1


def test_a_path_without_jumps() -> None:
    poses = {n: world.pose(n) for n in (1, 2, 5, 9)}
    path = path_of(poses, range(1, 12))
    assert np.allclose(rotation(path[4, 3:]), world.pose(5)[:3, :3])
    assert np.allclose(path[2, :3], world.pose(3)[:3, 3], atol=0.02)
    assert np.allclose(rotation(path[2, 3:]), world.pose(3)[:3, :3], atol=0.01)
    assert (path[10] == path[8]).all() and (np.abs(np.diff(path[:, 3:], axis=0)) < 0.1).all()
    half = np.diag([-1.0, -1.0, 1.0])
    assert np.allclose(rotation(quaternion(half)), half)


def test_a_damaged_file_is_told(tmp_path, project) -> None:
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04no")
    with pytest.raises(SecondEyeError, match="Use Camera Solve again"):
        CameraSolve.load(tmp_path / "bad.npz")
    assert json.loads((project.folder / "project.json").read_text())["solve"] is None


def test_cuts_keep_a_solve_and_another_range_forgets_it(project, truth, tmp_path) -> None:
    earlier = Project.open(project.folder).manifest
    _use(project, _solve(truth, project.folder / "plate" / "000001.jpg"), tmp_path)
    solved = Project.open(project.folder).manifest
    cut = with_cuts(solved, [5])
    assert all(is_solved(cut, shot) for shot in cut.shots) and is_stale(cut)
    work = Work(project, cut, _silent, _never)
    Ranges(work, cut.shots).measure(lambda n: project)
    project.manifest = cut
    for shot in cut.shots:  # of its own range, and at the same places
        assert (shot.near, shot.far) == (1 / shot.high, 1 / shot.low)
    assert cut.shots[0].low != cut.shots[1].low
    for n, z in truth.items():
        assert np.median(np.abs(_distances(project, n) / z - 1)) < 0.01
    wider = with_range(cut, 2, 9)
    assert wider.solve is None and wider.depth.scale == earlier.depth.scale[1:9]
    assert [s.near for s in wider.shots] == [1.5, 1.5] and wider.lens == earlier.lens
    assert changed(cut, wider) == wider.shots  # all of them measured anew
    assert with_range(solved, 1, FRAMES).solve is not None
