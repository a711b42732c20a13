# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets on disk to reports: layouts, the stereo scorer, the video scorer, the command."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from analysed import second_eye, tiny_model

from core.depth import DepthEstimate
from core.errors import SecondEyeError, UsageError
from core.evaluation import stereo
from core.evaluation.depth_set import evaluate_depth
from core.evaluation.layouts import eigen_crop, find_pairs, garg_crop, nyu_crop, spread
from core.evaluation.sets import open_set

CONES = Path(__file__).resolve().parents[3] / "shared/data/stereo/cones_gt"


class Knowing:
    """A model that reads inverse depth off the picture's red channel, exactly."""

    name, sha256 = "knowing", "0" * 64

    def infer(self, rgb):
        inverse = rgb[..., 0].astype(np.float32)
        return DepthEstimate(inverse, np.zeros_like(inverse))


def no_step(done, total):
    del done, total


def evaluate_rgbd(folder, **options):
    how = {k: options.pop(k) for k in ("depth_scale",) if k in options}
    data = open_set(folder, "rgbd", **how)
    return evaluate_depth(folder, "rgbd", data, Knowing(), step=no_step, **options)


@pytest.fixture
def rooms(tmp_path):
    """Three pictures whose red is inverse depth; one picture without depth, one empty depth."""
    folder = tmp_path / "rooms"
    (folder / "rgb").mkdir(parents=True)
    (folder / "depth").mkdir()
    rng = np.random.default_rng(7)
    for k in range(3):
        red = cv2.resize(rng.integers(40, 250, (6, 8), dtype=np.uint8), (64, 48))
        write(folder / f"rgb/{k}.png", np.dstack([red, red // 2, red // 3]))
        write(folder / f"depth/{k}.png", np.rint(1000 * 100 / red).astype(np.uint16))
    write(folder / "rgb/alone.png", np.zeros((48, 64, 3), np.uint8))
    write(folder / "rgb/empty.png", np.zeros((48, 64, 3), np.uint8))
    write(folder / "depth/empty.png", np.zeros((48, 64), np.uint16))
    return folder


def write(path, picture):
    if picture.ndim == 3:
        picture = picture[..., ::-1]
    assert cv2.imwrite(str(path), picture)


def test_a_model_that_knows_scores_full_marks_and_the_ramp_does_not(rooms):
    report = evaluate_rgbd(rooms)
    assert (report["count"], report["unpaired"], report["skipped"]) == (3, 1, ["empty"])
    assert report["mean"]["abs_rel"] < 1e-3 and report["mean"]["delta1"] == 1.0
    assert report["ramp"]["abs_rel"] > 0.1
    assert report["mean"]["rmse"] == pytest.approx(
        np.mean([row["model"]["rmse"] for row in report["images"]])
    )
    json.dumps(report, allow_nan=False)


def test_metric_needs_the_right_unit(rooms):
    def abs_rel(**options):
        report = evaluate_rgbd(rooms, metric=True, **options)
        return report["mean"]["abs_rel"]

    assert abs_rel(depth_scale=100_000.0) < 1e-3
    assert abs_rel() == pytest.approx(0.99, abs=1e-3)


def test_limit_spreads_and_bad_sets_are_one_sentence(rooms, tmp_path):
    pairs, _ = find_pairs(rooms)
    assert [p.name for p in spread(pairs, 2)] == [pairs[0].name, pairs[-1].name]
    assert evaluate_rgbd(rooms, limit=1)["count"] == 1
    with pytest.raises(UsageError, match="depth scale"):
        evaluate_rgbd(rooms, depth_scale=0.0)
    with pytest.raises(SecondEyeError, match="no folder"):
        evaluate_rgbd(tmp_path / "no")
    (rooms / "rgb/1.png").write_bytes(b"no picture")
    with pytest.raises(SecondEyeError, match=r"1\.png can't be read"):
        evaluate_rgbd(rooms)
    for path in (rooms / "depth").iterdir():
        path.unlink()
    with pytest.raises(SecondEyeError, match="no picture with a file"):
        evaluate_rgbd(rooms)


def test_a_plain_folder_has_no_split_of_nyu_nor_raw_depth(rooms):
    assert len(open_set(rooms, "nyu").frames) == 4
    for asked in ({"split": "test"}, {"raw": True}):
        with pytest.raises(UsageError, match="leave --split and --raw-depth away"):
            open_set(rooms, "nyu", **asked)


def test_crops():
    assert nyu_crop(480, 640) == (slice(45, 471), slice(41, 601))
    assert eigen_crop(375, 1242) == (slice(124, 342), slice(44, 1197))
    assert garg_crop(375, 1242) == (slice(153, 371), slice(44, 1197))


@pytest.fixture
def pair():
    """A card 9 px nearer than the wall, which lies at 4 px; left, right, true disparity."""
    rng = np.random.default_rng(8)
    small = rng.integers(30, 220, (20, 40, 3), dtype=np.uint8)
    wall = cv2.resize(small, (160, 64), interpolation=cv2.INTER_CUBIC)
    card = cv2.resize(small[::-1], (160, 64), interpolation=cv2.INTER_CUBIC)
    mask = np.zeros((64, 160), bool)
    mask[16:48, 60:110] = True
    left = np.where(mask[..., None], card, wall)
    right = np.roll(wall, -4, axis=1)
    moved = np.roll(mask, -13, axis=1)
    right = np.where(moved[..., None], np.roll(card, -13, axis=1), right)
    return left, right, np.where(mask, 13.0, 4.0)


def test_the_warp_beats_plain_backward_warping_on_a_made_pair(pair):
    left, right, disparity = pair
    scores = stereo.score_pair(left, right, disparity)
    assert scores["warp"]["psnr"] > scores["backward"]["psnr"] + 3
    assert scores["warp"]["ssim"] > 0.95
    seen = np.zeros(disparity.shape, bool)
    seen[:, :150] = True
    seen[14:50, 44:112] = False
    assert (stereo.forward_warp(left, disparity)[seen] == right[seen]).all()


def test_backward_warping_by_hand():
    left = np.zeros((8, 9, 3), np.uint8)
    left[..., 0] = np.arange(9) * 10
    made = stereo.backward_warp(left, np.full((8, 9), 2.25))  # 2.25 * 8/9 = 2
    assert made[0, :, 0].tolist() == [20, 30, 40, 50, 60, 70, 80, 80, 80]


def test_similarity_by_hand():
    first = np.full((16, 16, 3), 100, np.uint8)
    scores = stereo.similarity(first, first + np.uint8(10))
    assert scores["psnr"] == pytest.approx(10 * np.log10(255**2 / 100))
    constant = (0.01 * 255) ** 2
    assert scores["ssim"] == pytest.approx(
        (2 * 100 * 110 + constant) / (100**2 + 110**2 + constant)
    )
    assert stereo.similarity(first, first) == {"psnr": 100.0, "ssim": 1.0}


def test_disparity_holes_are_filled_from_the_background():
    rows = [[0, 0, 8, 0, 0, 3, 0], [5, 5, 5, 5, 5, 5, 5], [0, 0, 0, 0, 0, 0, 0]]
    filled = stereo.fill_from_background(np.array(rows, float))
    assert filled[0].tolist() == [8, 8, 8, 3, 3, 3, 3]
    assert filled[1:].tolist() == [[5] * 7, [3] * 7]
    with pytest.raises(SecondEyeError, match="no value"):
        stereo.fill_from_background(np.zeros((2, 2)))


def test_stereo_folders(pair, tmp_path):
    left, right, disparity = pair
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "left.png", left)
        write(tmp_path / name / "right.png", right)
        write(tmp_path / name / "disp_x64.png", (disparity * 64).astype(np.uint16))
    report = stereo.evaluate_stereo(tmp_path, step=no_step)
    assert [row["name"] for row in report["images"]] == ["a", "b"]
    assert report["mean"]["warp"]["psnr"] == pytest.approx(report["images"][0]["warp"]["psnr"])
    write(tmp_path / "b" / "right.png", right[:, 1:])
    with pytest.raises(SecondEyeError, match="one size"):
        stereo.evaluate_stereo(tmp_path, step=no_step)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SecondEyeError, match="no stereo pair"):
        stereo.evaluate_stereo(tmp_path / "empty", step=no_step)


@pytest.mark.shared
@pytest.mark.skipif(not CONES.is_dir(), reason="the measuring data is not beside this checkout")
def test_the_scorer_gives_the_known_figure_for_plain_backward_warping():
    report = stereo.evaluate_stereo(CONES, step=no_step)
    backward, warp = report["mean"]["backward"], report["mean"]["warp"]
    assert (round(backward["psnr"], 2), round(backward["ssim"], 3)) == (18.04, 0.527)
    assert warp["psnr"] > 23.4 and warp["ssim"] > 0.81


def test_command_writes_the_report(rooms, tmp_path):
    model, report = tiny_model(tmp_path), tmp_path / "report.json"
    done = second_eye(
        "evaluate", rooms, "--layout", "rgbd", "--model", model, "--limit", "3", "--json", report
    )
    assert done.returncode == 0, done.stderr
    assert "vertical ramp" in done.stdout and "ARE" in done.stdout
    assert "parameters" in done.stdout and "FLOPs" in done.stdout and "ms" in done.stdout
    written = json.loads(report.read_text())
    assert written["count"] == 2 and written["model"]["name"] == model.stem
    for wrong, code in (
        (["--limit", "0"], 2),
        (["--layout", "dance"], 2),
        (["--json", "/"], 1),
        (["--device", "abacus"], 2),
    ):
        done = second_eye("evaluate", rooms, "--layout", "rgbd", "--model", model, *wrong)
        assert done.returncode == code and done.stderr.count("\n") == 1
