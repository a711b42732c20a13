# SPDX-License-Identifier: GPL-3.0-or-later
"""Edges, uncertainty and classes on made cases whose answers are known."""

import json

import numpy as np
import onnx_writer
import pytest
from analysed import tiny_model

from core.commands.evaluate import summary
from core.depth import DepthEstimate, load_model
from core.depth.labels import CLASSES, IGNORE
from core.errors import SecondEyeError
from core.evaluation import edges, rgbd, semantic, uncertainty
from core.evaluation.cost import Cost, cost_of, parameters_by_part
from core.evaluation.held_out import evaluate_renders
from core.training.export import calibration_frames
from core.training.frames import FrameWriter


def card(left=20, right=44, near=0.5, far=0.2):
    """Inverse depth of a card in front of a wall, (48, 64)."""
    inverse = np.full((48, 64), far)
    inverse[12:36, left:right] = near
    return inverse


def tally(estimate, truth):
    counts = edges.EdgeTally()
    counts.add(estimate, truth)
    return counts.result()


def test_true_edges_are_the_outline_of_the_card():
    found = edges.true_edges(card())
    expected = np.zeros((48, 64), bool)
    expected[12:36, [19, 43]] = True  # the pixel left of each jump
    expected[[11, 35], 20:44] = True
    assert (found == expected).all()


def test_a_slope_is_no_edge():
    ramp = np.tile(np.linspace(0.1, 1.0, 64), (48, 1))
    assert not edges.true_edges(ramp).any()
    assert tally(ramp, ramp) is None


def test_perfect_edges_and_a_shift_of_them():
    perfect = tally(card(), card())
    assert perfect["f1_1"] == perfect["f1_2"] == 1.0
    assert perfect["accuracy"] == perfect["completeness"] == 0.0
    assert perfect["threshold"] == edges.THRESHOLDS[0]
    # Moved by 3 pixels: of 95 edge pixels, 22 of each level row and 3 of the left column, which
    # now runs across the true level edges, lie within one pixel of a true edge.
    moved = tally(card(23, 47), card())
    assert moved["precision_1"] == pytest.approx(47 / 95)
    assert moved["recall_2"] == moved["precision_2"]
    assert 1.3 < moved["accuracy"] < 1.8 and moved["completeness"] == pytest.approx(
        moved["accuracy"], rel=0.02
    )


def test_soft_edges_count_once_and_at_a_lower_threshold():
    import cv2

    soft = cv2.GaussianBlur(card(), (0, 0), 1.5)
    scores = tally(soft, card())
    assert scores["recall_2"] > 0.9 and scores["precision_2"] > 0.9
    assert scores["threshold"] < edges.TRUE_STEP
    flat = tally(np.full((48, 64), 0.3), card())
    assert flat["f1_2"] == 0.0 and flat["accuracy"] == flat["completeness"] == edges.REACH


def test_a_given_threshold_is_kept_and_far_edges_are_counted():
    import cv2

    counts = edges.EdgeTally()
    counts.add(cv2.GaussianBlur(card(), (0, 0), 1.5), card())
    best, strict = counts.result(), counts.result(edges.THRESHOLDS[-1])
    assert strict["threshold"] == edges.THRESHOLDS[-1] > best["threshold"]
    assert strict["f1_2"] < best["f1_2"] and best["far"] == 0.0
    # A line 15 pixels left of the card: accuracy doesn't see it, the share does.
    false = card()
    false[12:36, :4] = 0.5
    scores = tally(false, card())
    assert scores["accuracy"] == 0.0
    # Level edges of 4 pixels above and below, and the upright one; of the card's, all true.
    told = edges.true_edges(false)
    assert scores["far"] == pytest.approx(told[:, :4].sum() / told.sum())


def test_unknown_pixels_make_no_edge():
    known = np.ones((48, 64), bool)
    known[:, 18:22] = False
    assert not edges.true_edges(card(), known)[:, 17:22].any()
    assert edges.true_edges(card(), known)[20, 43]


def test_sky_is_an_edge_and_depth_below_zero_is_far():
    sky = card()
    sky[:6] = 0.0
    assert edges.true_edges(sky)[5].all()
    assert not edges.true_edges(np.where(sky == 0, -3.0, 1 / 80)).any()


def test_sparsification_of_a_model_that_knows_and_one_that_does_not():
    rng = np.random.default_rng(1)
    error = rng.exponential(1.0, 20000)
    curve, oracle = uncertainty.sparsification(error, error)
    assert (curve == oracle).all() and curve[0] == pytest.approx(1.0)
    # Errors 1..4 without the largest half: (1 + 2) / 2 over (1 + 2 + 3 + 4) / 4.
    _, by_hand = uncertainty.sparsification(np.array([3.0, 1, 4, 2]), np.ones(4))
    assert by_hand[50] == pytest.approx(1.5 / 2.5)
    flat, _ = uncertainty.sparsification(error, np.ones_like(error))
    assert np.abs(flat[:90] - 1.0).max() < 0.08
    against, _ = uncertainty.sparsification(error, -error)
    assert (against[1:] > 1.0).all()


def scored(error_scale):
    """A model whose inverse depth errs by a Laplace distribution of a scale it tells."""
    rng = np.random.default_rng(2)
    truth = rng.uniform(0.2, 1.0, (120, 160))
    scale = rng.uniform(0.002, 0.02, truth.shape)
    noisy = truth + rng.laplace(0.0, scale)
    aligned = rgbd.fit(5.0 * noisy + 1.0, 1.0 / truth)
    return uncertainty.score_uncertainty(5.0 * scale * error_scale, aligned, 1.0 / truth)


def test_a_calibrated_laplace_scale():
    row = scored(1.0)
    assert row["error_over_scale"] == pytest.approx(1.0, rel=0.04)
    mean = uncertainty.mean_uncertainty([row, None, row])
    assert mean["pictures"] == 2 and mean["calibration_error"] < 0.02
    assert np.abs(np.array(mean["coverage"]) - uncertainty.LEVELS).max() < 0.03
    assert 0.0 < mean["ause"] < 0.75 * mean["ause_random"]
    json.dumps(mean, allow_nan=False)


def test_a_boastful_scale_is_found_out():
    row = scored(0.5)
    assert row["error_over_scale"] == pytest.approx(2.0, rel=0.04)
    mean = uncertainty.mean_uncertainty([row])
    expected = 1 - (1 - uncertainty.LEVELS) ** 0.5
    assert np.abs(np.array(mean["coverage"]) - expected).max() < 0.03
    assert mean["ause"] == pytest.approx(scored(1.0)["ause"])


def test_silent_and_inverted_models_have_no_curve():
    truth = np.linspace(1.0, 4.0, 100).reshape(10, 10)
    upside_down = rgbd.fit(truth, truth)
    assert upside_down.scale < 0
    assert uncertainty.score_uncertainty(np.ones((10, 10)), upside_down, truth) is None
    good = rgbd.fit(1 / truth, truth)
    assert uncertainty.score_uncertainty(np.zeros((10, 10)), good, truth) is None
    assert uncertainty.mean_uncertainty([None]) is None


def test_iou_by_hand():
    confusion = semantic.Confusion()
    truth = np.array([[0, 0, 1, 1], [1, 1, IGNORE, 7]], np.uint8)
    called = np.array([[0, 1, 1, 1], [1, 0, 5, 3]], np.uint8)
    confusion.add(called, truth)
    result = confusion.result()
    assert result["iou"][CLASSES[0]] == pytest.approx(1 / 3)
    assert result["iou"][CLASSES[1]] == pytest.approx(3 / 5)
    assert result["iou"][CLASSES[7]] == 0.0
    assert result["iou"][CLASSES[3]] is None, "none of it is there: not in the mean"
    assert result["miou"] == pytest.approx((1 / 3 + 3 / 5 + 0) / 3)
    assert result["accuracy"] == pytest.approx(4 / 7)
    with pytest.raises(SecondEyeError, match="no IoU"):
        semantic.Confusion().result()


class Calling:
    """Calls a pixel by its grey, 30 a class, at half size; a class's inverse depth is its own."""

    name, sha256 = "calling", "0" * 64

    def __init__(self, silent=False):
        self.silent = silent

    def infer(self, rgb):
        called = np.rint(rgb[..., 0] / 30).astype(np.uint8)
        inverse = np.array([0, 0.3, 0.2, 0.3, 0.5, 0.3, 0.3, 0.3], np.float32)[called]
        labels = None if self.silent else called[::2, ::2].copy()
        return DepthEstimate(inverse + 1.0, np.full_like(inverse, 0.1), labels)


def test_camvid_is_mapped_to_our_classes(tmp_path):
    import cv2

    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    values = np.repeat(np.repeat(np.arange(12, dtype=np.uint8)[None], 8, 0), 4, 1)
    called = np.array([CLASSES.index(semantic.CAMVID.get(v, "sky")) for v in range(12)], np.uint8)
    rgb = np.dstack([called[values] * 30] * 3)
    cv2.imwrite(str(tmp_path / "images/a.png"), rgb)
    cv2.imwrite(str(tmp_path / "labels/a.png"), values)
    report = semantic.evaluate_camvid(tmp_path, Calling(), step=lambda *_: None)
    assert report["miou"] == 1.0 and report["iou"]["ceiling"] is None
    assert report["settings"]["mapping"]["10"] == "person"
    assert "mean                  1.0000" in summary(report)
    with pytest.raises(SecondEyeError, match="no semantic head"):
        semantic.evaluate_camvid(tmp_path, Calling(silent=True), step=lambda *_: None)


def write_scene(root, seed, generator=4):
    inverse = card().astype(np.float32)
    inverse[:4] = 0.0
    labels = np.where(inverse > 0.4, 5, np.where(inverse > 0, 3, 1)).astype(np.uint8)
    rgb = np.dstack([(labels - 1) * 30] * 3)
    zeros = np.zeros((48, 64, 3), np.float32)
    with FrameWriter(root, seed, "room") as writer:
        writer.add_view(rgb, inverse, zeros, zeros[..., :2], labels, 50.0, np.eye(4), np.eye(4))
        writer.finish(sources=[], generator=generator)


def test_held_out_renders_are_chosen_and_scored(tmp_path):
    write_scene(tmp_path, 40)
    write_scene(tmp_path, 21)
    write_scene(tmp_path, 60, generator=3)
    report = evaluate_renders([tmp_path], Calling(), step=lambda *_: None)
    assert [row["name"] for row in report["images"]] == ["scene_000040/view_000"]
    assert report["mean"]["delta1"] == 1.0 and report["edges"]["f1_2"] > 0.97
    assert report["ramp_edges"]["f1_2"] < 0.5
    assert report["labels"]["miou"] == pytest.approx(1.0, abs=0.02)
    assert report["uncertainty"]["error_over_scale"] < 0.2
    said = summary(report)
    assert "edges within 2 px: F1" in said and "AUSE" in said and "wall or building" in said
    silent = evaluate_renders([tmp_path], Calling(silent=True), step=lambda *_: None)
    assert silent["labels"] is None
    (tmp_path / "scene_000040/view_000.exr").unlink()
    with pytest.raises(SecondEyeError, match="render it again"):
        evaluate_renders([tmp_path], Calling(), step=lambda *_: None)
    with pytest.raises(SecondEyeError, match="no held-out frame"):
        evaluate_renders([tmp_path / "scene_000021"], Calling(), step=lambda *_: None)


def test_uncertainty_is_judged_on_scenes_that_calibration_never_sees(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, seed in ((first, 20), (first, 40), (first, 60), (second, 80), (second, 100)):
        write_scene(folder, seed)
    calibrated = {s.name for s in calibration_frames([first, second], None)}
    assert {name.split("/")[1] for name in calibrated} == {
        f"scene_{seed:06d}" for seed in (20, 60, 100)
    }
    report = evaluate_renders([first, second], Calling(), step=lambda *_: None)
    assert report["count"] == 5, "depth is scored on all"
    assert (report["uncertainty"]["pictures"], report["uncertainty_scenes"]) == (2, 2)
    # The order and choice of folders change nothing.
    assert {s.name for s in calibration_frames([second], None)} <= calibrated
    alone = evaluate_renders([second], Calling(), step=lambda *_: None)
    assert alone["uncertainty_scenes"] == 1
    write_scene(tmp_path / "third", 120)
    with pytest.raises(SecondEyeError, match="no held-out scene to calibrate on"):
        calibration_frames([tmp_path / "third"], None)
    write_scene(tmp_path / "fourth", 140)
    seen = evaluate_renders([tmp_path / "fourth"], Calling(), step=lambda *_: None)
    assert seen["uncertainty"] is None and seen["uncertainty_scenes"] == 0


def test_cost_counts_what_the_network_does(tmp_path):
    path = tiny_model(tmp_path)
    small = np.zeros((64, 96, 3), np.uint8)
    cost = cost_of(load_model(path), small, path)
    assert cost.parameters == sum(parameters_by_part(path).values()) > 1000
    again = cost_of(load_model(path, 192), small, path)
    assert again.flops == pytest.approx(4 * cost.flops, rel=0.05)


def varint(n):
    return bytes([n & 127 | 128]) + varint(n >> 7) if n > 127 else bytes([n])


def field(number, value):
    """One field of ONNX's protobuf: an integer, or anything else with its length before it."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name, shape):
    dims = b"".join(field(1, field(1, n)) for n in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def test_cost_of_an_onnx_file_by_hand(tmp_path):
    pytest.importorskip("onnxruntime")
    path = tmp_path / "one.onnx"
    weight = np.zeros((1, 3, 3, 3), np.float32)
    pads = field(1, "pads") + b"".join(field(8, 1) for _ in range(4)) + field(20, 7)
    node = field(1, "picture") + field(1, "w") + field(2, "depth") + field(4, "Conv")
    dims = b"".join(field(1, n) for n in weight.shape)
    kept = dims + field(2, 1) + field(8, "w") + field(9, weight.tobytes())
    graph = field(1, node + field(5, pads)) + field(2, "one") + field(5, kept)
    graph += field(11, tensor("picture", [1, 3, 32, 64]))
    graph += field(12, tensor("depth", [1, 1, 32, 64]))
    path.write_bytes(field(1, 7) + field(7, graph) + field(8, field(1, "") + field(2, 13)))
    cost = cost_of(load_model(path), np.zeros((32, 64, 3), np.uint8), path)
    assert cost.parameters == 3 * 9
    assert cost.flops == 2 * 27 * 32 * 64


@pytest.mark.parametrize(
    ("shape", "before", "kind"),
    [
        ([3, 32, 64], [("Unsqueeze", "picture zero")], onnx_writer.FLOAT),
        ([1, 2, 3, 32, 64], [("Reshape", "picture whole")], onnx_writer.FLOAT),
        ([1, 32, 64, 3], [("Cast", "picture"), ("Transpose", "x")], onnx_writer.UINT8),
    ],
)
def test_cost_knows_axes_and_numbers_and_an_answer_smaller_than_the_picture(
    tmp_path, shape, before, kind
):
    pytest.importorskip("onnxruntime")
    more = {"Cast": {"to": onnx_writer.FLOAT}, "Transpose": {"perm": [0, 3, 1, 2]}}
    nodes = [
        onnx_writer.node(name, given, "x" if name != before[-1][0] else "y", **more.get(name, {}))
        for name, given in before
    ]
    # A stride of 2: the answer has half the sides.
    nodes.append(onnx_writer.node("Conv", "y w", "depth", pads=[1, 1, 1, 1], strides=[2, 2]))
    window = shape[1] if len(shape) == 5 else 1
    path = onnx_writer.write(
        tmp_path / "one.onnx",
        nodes,
        [onnx_writer.port("picture", shape, kind)],
        [onnx_writer.port("depth", [window, 1, 16, 32])],
        [
            onnx_writer.weights("w", np.ones((1, 3, 3, 3))),
            onnx_writer.weights("zero", np.zeros(1), onnx_writer.INT64),
            onnx_writer.weights("whole", np.array([window, 3, 32, 64]), onnx_writer.INT64),
        ],
    )
    model = load_model(path)
    cost = cost_of(model, np.zeros((32, 64, 3), np.uint8), path)
    assert cost.flops == 2 * 27 * 16 * 32 * window
    path.write_bytes(b"gone")
    assert cost_of(model, np.zeros((32, 64, 3), np.uint8), path) == Cost(None, None)
