# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings with poses and rendered moves, before and after repair, on a made room."""

import json

import cv2
import numpy as np
import pytest
from analysed import second_eye, tiny_model
from walked_room import FOCAL, HEIGHT, POSES, WIDTH, no_step, room

from core.depth import DepthEstimate
from core.depth.labels import CLASSES
from core.errors import SecondEyeError
from core.evaluation.moves import open_moves
from core.evaluation.poses import read_cameras
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
