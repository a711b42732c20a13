# SPDX-License-Identifier: GPL-3.0-or-later
"""Temporal error, edges and planes where depth and poses are true, on made scenes."""

import json

import cv2
import numpy as np
import pytest
from analysed import second_eye, tiny_model

from core.depth import DepthEstimate
from core.depth.labels import CLASSES
from core.errors import SecondEyeError
from core.evaluation import planarity
from core.evaluation.alignment_error import splatted, tae, tcc
from core.evaluation.moves import open_moves
from core.evaluation.poses import Camera, carried, read_cameras
from core.evaluation.rows import AVERAGE, BASE, FROZEN, RAMP, REPAIRED, Contest
from core.evaluation.sequences import (
    TRUTH,
    evaluate_moves,
    evaluate_recording,
    open_recording,
)
from core.evaluation.summary import summary
from core.repair.frame import Candidate, Prepared, Repaired
from core.training.frames import FrameWriter, rigid_flow

HEIGHT, WIDTH, FOCAL = 72, 96, 90.0


def no_step(done, total):
    del done, total


def pose(x=0.0, z=0.0, turn=0.0):
    """World from camera."""
    c, s = np.cos(turn), np.sin(turn)
    return np.array([[c, 0, s, x], [0, 1, 0, 0], [-s, 0, c, z], [0, 0, 0, 1]])


def camera(world_from_camera):
    return Camera((FOCAL, FOCAL), (WIDTH / 2, HEIGHT / 2), world_from_camera)


def room(world_from_camera):
    """A floor, a wall that isn't square to the view, and a card before it, seen by ray casting.

    Inverse depth (H, W) in 1/metre, classes, and RGB whose texture sticks to the surfaces.
    """
    rays = camera(world_from_camera).rays(HEIGHT, WIDTH)
    turn, place = world_from_camera[:3, :3], world_from_camera[:3, 3]
    directions = rays @ turn.T
    inverse = np.zeros((HEIGHT, WIDTH))
    classes = np.zeros((HEIGHT, WIDTH), np.uint8)
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rng = np.random.default_rng(5)
    things = (
        ("wall or building", np.array([0.2, 0.0, 1.0]), 4.0, None),
        ("ground", np.array([0.0, 1.0, 0.0]), 1.2, None),
        ("furniture or object", np.array([0.0, 0.0, 1.0]), 2.0, (-0.5, 0.4, -0.6, 0.7)),
    )
    for name, normal, distance, extent in things:
        paint = cv2.resize(rng.integers(0, 255, (24, 24, 3), dtype=np.uint8), (240, 240))
        # 1 / depth: the normal times the ray over what is left of the distance.
        closer = directions @ normal / (distance - normal @ place)
        with np.errstate(divide="ignore", invalid="ignore"):
            point = directions / closer[..., None] + place
        across, up = (point[..., 0], point[..., 2 if name == "ground" else 1])
        seen = closer > np.maximum(inverse, 1e-9)
        if extent is not None:
            left, right, top, bottom = extent
            seen &= (across > left) & (across < right) & (up > top) & (up < bottom)
        inverse = np.where(seen, closer, inverse)
        classes = np.where(seen, CLASSES.index(name), classes).astype(np.uint8)
        column, row = (
            np.nan_to_num(v, nan=0, posinf=0, neginf=0).clip(-90, 90) * 30 + 3000
            for v in (across, up)
        )
        rgb = np.where(seen[..., None], paint[row.astype(int) % 240, column.astype(int) % 240], rgb)
    return inverse, classes, rgb


POSES = [pose(0.03 * k, 0.05 * k, 0.01 * k) for k in range(5)]


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


class Oracle:
    """Knows the pictures' true inverse depth, in a unit of its own, and errs frame by frame."""

    name, sha256 = "oracle", "0" * 64

    def __init__(self, views, flicker=0.0, blur=0.0):
        self.known = {self.key(rgb): (inverse, classes) for inverse, classes, rgb in views}
        self.flicker, self.blur = flicker, blur

    @staticmethod
    def key(rgb):
        return tuple(np.rint(rgb[::24, ::24].astype(int).ravel() / 12))

    def infer(self, rgb):
        nearest = min(self.known, key=lambda k: np.abs(np.subtract(k, self.key(rgb))).sum())
        inverse, classes = self.known[nearest]
        number = list(self.known).index(nearest)
        estimate = 3.0 * inverse + 0.2 + self.flicker * (number % 2)
        if self.blur:
            estimate = cv2.GaussianBlur(estimate, (0, 0), self.blur)
        return DepthEstimate(estimate.astype(np.float32), None, classes)


class Steady:
    """A repair that knows what `Oracle` adds to every second frame."""

    def __init__(self, flicker):
        self.flicker = flicker

    def prepare(self, frame):
        return Prepared(frame, (Candidate("base", frame.inverse_depth, frame.variance),))

    def sequence(self):
        return SteadySequence(self.flicker)


class SteadySequence:
    def __init__(self, flicker):
        self.flicker, self.seen = flicker, 0

    def push(self, prepared):
        depth = prepared.frame.inverse_depth - np.float32(self.flicker * (self.seen % 2))
        self.seen += 1
        return [Repaired(depth, np.ones_like(depth))]

    def finish(self):
        return []


def views():
    return [room(p) for p in POSES]


@pytest.fixture
def recording(tmp_path):
    """Five frames as a folder with poses; intrinsics for pictures of twice the size."""
    folder = tmp_path / "walk"
    for name in ("rgb", "depth", "pose"):
        (folder / name).mkdir(parents=True)
    for k, (inverse, _, rgb) in enumerate(views()):
        cv2.imwrite(str(folder / f"rgb/{k}.png"), rgb[..., ::-1])
        metres = np.divide(1.0, inverse, out=np.zeros_like(inverse), where=inverse > 0.05)
        cv2.imwrite(str(folder / f"depth/{k}.png"), np.rint(metres * 1000).astype(np.uint16))
        np.savetxt(folder / f"pose/{k}.txt", POSES[k])
    matrix = np.array([[2 * FOCAL, 0, WIDTH], [0, 2 * FOCAL, HEIGHT], [0, 0, 1.0]])
    np.savetxt(folder / f"intrinsics_{2 * WIDTH}x{2 * HEIGHT}.txt", matrix)
    return folder


def test_poses_and_intrinsics_are_read_at_the_pictures_size(recording):
    (sequence,) = open_recording(recording)
    assert len(sequence.frames) == 5
    assert sequence.cameras[0].focal == (FOCAL, FOCAL)
    assert sequence.cameras[0].centre == (WIDTH / 2, HEIGHT / 2)
    assert (sequence.cameras[3].world_from_camera == POSES[3]).all()
    (recording / "pose/1.txt").write_text("1 2 three")
    with pytest.raises(SecondEyeError, match=r"1\.txt is missing or no 4x4 matrix"):
        open_recording(recording)
    assert len(open_recording(recording, limit=1)[0].frames) == 1
    (recording / "intrinsics.txt").write_text("1")
    with pytest.raises(SecondEyeError, match=r"2 intrinsics\*\.txt"):
        read_cameras(recording, sequence.frames)


def test_a_recording_before_and_after_repair(recording):
    flicker = 0.3
    contest = Contest(Oracle(views(), flicker), {REPAIRED: Steady(flicker)})
    report = evaluate_recording(recording, contest, step=no_step)
    rows = report["rows"]
    assert list(rows) == [BASE, REPAIRED, AVERAGE, FROZEN, RAMP]
    assert (report["count"], report["pairs"], report["sequences"]) == (5, 4, 1)
    # A shift of every picture's own is fitted away in AbsRel, and not in time.
    assert rows[BASE]["abs_rel"] < 0.01 and rows[REPAIRED]["abs_rel"] < 0.01
    assert rows[BASE]["tae"] > 3 * rows[REPAIRED]["tae"]
    assert rows[BASE]["opw"] > 3 * rows[REPAIRED]["opw"]
    assert rows[BASE]["tcc"] < rows[REPAIRED]["tcc"]
    # What must not win: an average has less flicker and errs; so does the first frame's depth.
    assert rows[AVERAGE]["tae"] < rows[BASE]["tae"]
    assert rows[AVERAGE]["abs_rel"] > 1.5 * rows[REPAIRED]["abs_rel"]
    assert rows[FROZEN]["abs_rel"] > 3 * rows[REPAIRED]["abs_rel"]
    assert rows[RAMP]["abs_rel"] > 5 * rows[REPAIRED]["abs_rel"]
    said = summary(report)
    assert "TAE" in said and "AbsRel" in said and "edge" not in said
    json.dumps(report, allow_nan=False)


def test_the_unit_of_the_depth_changes_no_figure(recording):
    class Other(Oracle):
        def infer(self, rgb):
            told = super().infer(rgb)
            return DepthEstimate(0.01 * told.inverse_depth + np.float32(5.0), None, told.labels)

    plain = evaluate_recording(recording, Contest(Oracle(views(), 0.2)), step=no_step)["rows"]
    other = evaluate_recording(recording, Contest(Other(views(), 0.2)), step=no_step)["rows"]
    for row in (BASE, AVERAGE, FROZEN):
        figures = {name: value for name, value in plain[row].items() if value is not None}
        assert {"opw", "tae", "tcc", "abs_rel", "detail"} <= set(figures)
        assert {name: other[row][name] for name in figures} == pytest.approx(
            figures, rel=2e-2, abs=1e-4
        )


def test_pictures_without_poses_stand_each_by_itself(recording):
    for path in (recording / "pose").iterdir():
        path.unlink()
    (recording / "pose").rmdir()
    report = evaluate_recording(recording, Contest(Oracle(views())), limit=2, step=no_step)
    assert (report["count"], report["sequences"], report["pairs"]) == (2, 2, 0)
    assert report["mean"]["opw"] is None and report["mean"]["tae"] is None
    assert report["mean"]["abs_rel"] < 0.01


@pytest.fixture
def renders(tmp_path):
    """A held-out scene: a move of three views and a view of its own."""
    label = {"ground": 2, "wall or building": 3, "furniture or object": 5}
    with FrameWriter(tmp_path, 40, "room") as writer:
        stems = []
        for k in range(4):
            inverse, classes, rgb = room(POSES[k])
            labels = np.zeros_like(classes)
            for name, value in label.items():
                labels[classes == CLASSES.index(name)] = value
            following = POSES[min(k + 1, 4)]
            flow = rigid_flow(inverse, FOCAL, POSES[k], following)
            stems.append(
                writer.add_view(
                    rgb, inverse.astype(np.float32), np.zeros((HEIGHT, WIDTH, 3), np.float32), flow,
                    labels, FOCAL, POSES[k], following,
                )
            )  # fmt: skip
        writer.link(stems[0], stems[1])
        writer.link(stems[1], stems[2])
        writer.finish(sources=[], generator=6)
    return tmp_path


def test_moves_are_found_and_their_true_flow_trusted_where_it_is_seen(renders):
    moves = open_moves(renders)
    assert [len(move.frames) for move in moves] == [3, 1]
    motion = moves[0].motion(1)
    assert motion.forward and motion.trusted.mean() > 0.7
    assert (motion.static == motion.trusted).all()
    # What the card hides on its way is not: a strip of the wall at its left.
    card = room(POSES[0])[1] == CLASSES.index("furniture or object")
    row = 30
    left, right = np.flatnonzero(card[row])[[0, -1]]
    assert not motion.trusted[row, left - 1 : left + 1].all()
    assert motion.trusted[row, left + 3 : right - 3].all()


def test_a_thing_that_moves_by_itself_is_not_static(renders):
    from core.training.exr import read_exr, write_half_exr

    path = renders / "scene_000040/view_000.exr"
    channels = read_exr(path)
    channels["flow.X"][20:40, 40:60] += 2.0
    write_half_exr(path, channels)
    motion = open_moves(renders)[0].motion(1)
    assert not motion.static[20:40, 40:60].any() and motion.static.mean() > 0.6
    path.write_bytes(b"nothing")
    with pytest.raises(SecondEyeError, match="render it again"):
        open_moves(renders)[0].motion(1)


def test_renders_before_and_after_repair(renders):
    flicker = 0.3
    contest = Contest(Oracle(views(), flicker), {REPAIRED: Steady(flicker)})
    report = evaluate_moves([renders], contest, step=no_step)
    rows = report["rows"]
    assert (report["count"], report["sequences"], report["pairs"]) == (4, 2, 2)
    assert rows[BASE]["opw_static"] > 3 * rows[REPAIRED]["opw_static"]
    assert rows[TRUTH]["opw_static"] <= rows[REPAIRED]["opw_static"] < 0.05
    assert rows[TRUTH]["edge_error"] == 0.0 and rows[TRUTH]["abs_rel"] == pytest.approx(0, abs=1e-9)
    assert rows[BASE]["f1_2"] > 0.9
    assert len({row["edge_threshold"] for row in rows.values()}) == 1, "the base's, for all rows"
    assert rows[BASE]["plane_flat"] < 0.01 < rows[RAMP]["plane_tilt"]
    assert rows[FROZEN]["edge_error"] > rows[BASE]["edge_error"]
    said = summary(report)
    assert "plane tilt" in said and "edges at" in said and "mIoU" not in said and "TAE" not in said
    json.dumps(report, allow_nan=False)


def test_blurring_lowers_temporal_error_and_loses_its_edges(renders):
    class Noisy(Oracle):
        def infer(self, rgb):
            told = super().infer(rgb)
            rng = np.random.default_rng(int(rgb.sum()))
            noise = rng.normal(0, 0.1, told.inverse_depth.shape).astype(np.float32)
            depth = told.inverse_depth + noise
            if self.blur:
                depth = cv2.GaussianBlur(depth, (0, 0), self.blur)
            return DepthEstimate(np.maximum(depth, 0), None, told.labels)

    blurred = {"blurred": Noisy(views(), blur=5.0)}
    rows = evaluate_moves([renders], Contest(Noisy(views()), None, blurred), step=no_step)["rows"]
    assert rows["blurred"]["opw"] < 0.6 * rows[BASE]["opw"]
    assert rows["blurred"]["abs_rel"] > 1.2 * rows[BASE]["abs_rel"]
    assert rows["blurred"]["completeness"] > rows[BASE]["completeness"] + 0.5
    assert rows["blurred"]["detail"] < 0.6


def test_the_command_measures_a_recording(recording, tmp_path):
    report = tmp_path / "report.json"
    done = second_eye(
        "evaluate", recording, "--layout", "rgbd", "--repair", "off", "--limit", "3",
        "--model", tiny_model(tmp_path), "--json", report,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(report.read_text())["pairs"] == 2
    assert "TAE" in done.stdout
