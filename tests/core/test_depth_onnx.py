# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that users bring as ONNX: tiny ones of every layout and type of number."""

import json
from pathlib import Path

import numpy as np
import pytest
from onnx_writer import FLOAT, FLOAT16, INT64, UINT8, mean_model, node, port, weights, write

from core.depth import load_model, load_source
from core.errors import SecondEyeError
from core.models import PRESETS, Settings, find_source, preset

pytest.importorskip("onnxruntime")

PEER = Path("shared/data/peers/tcmonodepth_tcsmallnet_192x320.onnx")


def flat(*rgb: int, height: int = 90, width: int = 200) -> np.ndarray:
    return np.full((height, width, 3), rgb, np.uint8)


def test_fixed_size_gets_the_picture_from_0_to_255(tmp_path: Path) -> None:
    model = load_model(mean_model(tmp_path / "fixed.onnx", "NCHW", 32, 64))
    estimate = model.infer(flat(10, 20, 60))
    assert model.name == "fixed" and estimate.inverse_depth.shape == (32, 64)
    assert np.allclose(estimate.inverse_depth, 30, atol=1e-3)
    assert estimate.inverse_depth.dtype == np.float32 and estimate.uncertainty is None
    assert (model.unit, model.window, model.context) == ("relative", 1, ())


def test_numbers_that_nobody_gave_are_told(tmp_path: Path) -> None:
    path = mean_model(tmp_path / "m.onnx", "NCHW", 32, 64)
    assert "taken to want RGB of 0..255" in load_model(path).notes[0]
    path.with_suffix(".json").write_text('{"scale": 255}')
    assert load_model(path).notes == ()


def test_dynamic_size_keeps_the_aspect(tmp_path: Path) -> None:
    path = mean_model(tmp_path / "free.onnx")
    rgb = np.zeros((90, 160, 3), np.uint8)
    assert load_model(path, 128).infer(rgb).inverse_depth.shape == (64, 128)
    path.with_suffix(".json").write_text(json.dumps({"size": 140, "multiple": 14}))
    assert load_model(path).infer(rgb).inverse_depth.shape == (84, 140)
    path.with_suffix(".json").write_text(
        json.dumps({"size": 140, "multiple": 14, "side": "shorter"})
    )
    assert load_model(path).infer(rgb).inverse_depth.shape == (140, 252)
    assert load_model(path, 140).infer(rgb).inverse_depth.shape == (84, 140)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "CHW", "HWC", "NTCHW", "NCTHW", "NTHWC"])
def test_every_layout_is_read_from_the_graph(tmp_path: Path, layout: str) -> None:
    """A picture whose brightness grows to the right and downwards comes out as it went in."""
    frames = 1 if "T" in layout else "t"
    model = load_model(mean_model(tmp_path / "m.onnx", layout, 32, 64, frames=frames))
    ramp = np.add.outer(np.arange(32) * 4, np.arange(64)).astype(np.uint8)
    depth = model.infer(np.repeat(ramp[..., None], 3, 2)).inverse_depth
    assert np.allclose(depth, ramp, atol=1e-3)


def test_free_axes_are_taken_as_the_settings_say(tmp_path: Path) -> None:
    path = mean_model(tmp_path / "m.onnx", "NHWC", channels="c")
    path.with_suffix(".json").write_text(json.dumps({"layout": "NHWC"}))
    rgb = np.zeros((64, 96, 3), np.uint8)
    rgb[:32] = 200
    depth = load_model(path, 96).infer(rgb).inverse_depth
    assert depth.shape == (64, 96) and np.allclose(depth, rgb[..., 0], atol=1e-3)


@pytest.mark.parametrize("kind", [FLOAT, FLOAT16, UINT8])
@pytest.mark.parametrize("answer", [FLOAT, FLOAT16])
def test_every_type_of_number(tmp_path: Path, kind: int, answer: int) -> None:
    model = load_model(mean_model(tmp_path / "m.onnx", "NCHW", 32, 32, kind=kind, answer=answer))
    estimate = model.infer(flat(1, 128, 255))
    assert estimate.inverse_depth.dtype == np.float32
    assert np.allclose(estimate.inverse_depth, 128, atol=0.1)


def test_whole_numbers_are_rounded_and_kept_in_range(tmp_path: Path) -> None:
    path = mean_model(tmp_path / "m.onnx", "NCHW", 32, 32, kind=UINT8)
    path.with_suffix(".json").write_text(json.dumps({"scale": 510, "mean": 0.4}))
    model = load_model(path)
    assert np.allclose(model.infer(flat(100, 100, 100)).inverse_depth, 200)
    assert np.allclose(model.infer(flat(250, 250, 250)).inverse_depth, 255)


@pytest.mark.parametrize(
    ("output", "unit", "value"),
    [
        ("inverse_depth", "relative", 4.0),
        ("depth", "relative", 0.25),
        ("metric_depth", "metres", 0.25),
        ("metric_inverse_depth", "metres", 4.0),
    ],
)
def test_what_the_answer_means(tmp_path: Path, output: str, unit: str, value: float) -> None:
    """White comes in as 2 and the factor doubles it."""
    path = mean_model(tmp_path / "m.onnx", "NCHW", 32, 32)
    plain = load_model(path).sha256
    sidecar = {"scale": 1, "mean": 0, "std": [0.5, 0.5, 0.5], "factor": 2, "output": output}
    path.with_suffix(".json").write_text(json.dumps(sidecar))
    model = load_model(path)
    assert np.allclose(model.infer(flat(255, 255, 255)).inverse_depth, value, atol=1e-4)
    assert model.unit == unit and model.sha256 != plain


def test_the_named_output_is_taken(tmp_path: Path) -> None:
    nodes = [
        node("ReduceMean", "picture", "sky", axes=[1], keepdims=1),
        node("ReduceMax", "picture", "depth", axes=[1], keepdims=1),
    ]
    outputs = [port(name, [1, 1, 32, 32]) for name in ("sky", "depth")]
    path = write(tmp_path / "two.onnx", nodes, [port("picture", [1, 3, 32, 32])], outputs)
    assert np.allclose(load_model(path).infer(flat(0, 0, 90)).inverse_depth, 30, atol=1e-3)
    path.with_suffix(".json").write_text(json.dumps({"answer": "depth"}))
    assert np.allclose(load_model(path).infer(flat(0, 0, 90)).inverse_depth, 90, atol=1e-3)
    path.with_suffix(".json").write_text(json.dumps({"answer": "deep"}))
    with pytest.raises(SecondEyeError, match="no output 'deep': its outputs are sky, depth"):
        load_model(path)


def test_windows_of_a_video_model(tmp_path: Path) -> None:
    """A fixed window is filled up with the last frame; each frame's answer is its own."""
    frames = [flat(n, n, n) for n in (10, 20, 30)]
    fixed = load_model(mean_model(tmp_path / "fixed.onnx", "NTCHW", 32, 32, frames=4))
    assert (fixed.window, fixed.context) == (4, (3,))
    got = [float(e.inverse_depth.mean()) for e in fixed.infer_frames(frames)]
    assert got == pytest.approx([10, 20, 30], abs=1e-3)
    free = mean_model(tmp_path / "free.onnx", "NTCHW", 32, 32)
    assert load_model(free).window == 1
    model = load_source(find_source(free), preset("video-depth-anything"))
    assert (model.window, len(model.context)) == (32, 10)
    one = model.infer(frames[1]).inverse_depth
    assert np.array_equal(one, model.infer_frames(frames)[1].inverse_depth)
    with pytest.raises(SecondEyeError, match="5 frames for a window of 4"):
        fixed.infer_frames(frames + frames[:2])


def test_presets_are_whole_and_named(tmp_path: Path) -> None:
    for name, item in PRESETS.items():
        settings = preset(name)
        assert settings.preset == name and item.source and item.title
        assert len(settings.mean) == len(settings.std) == 3
    anything = preset("depth-anything-v2")
    model = load_source(find_source(mean_model(tmp_path / "da.onnx")), anything, 70)
    # ImageNet's mean colour is a little below middle grey: 0.485, 0.456, 0.406.
    grey = model.infer(np.array([[[124, 116, 104]]], np.uint8)).inverse_depth
    assert grey.shape == (70, 70) and np.abs(grey).max() < 0.01


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not readable JSON"),
        ('{"men": 1}', "'men', which is unknown"),
        ("[]", "not an object"),
        ('{"std": [1, 0, 1]}', "std must be three numbers above 0"),
        ('{"mean": [1, 2]}', "mean must be three numbers"),
        ('{"size": 20}', "size must be a whole number of pixels"),
        ('{"output": "metres"}', "output must be inverse_depth or depth"),
        ('{"layout": "NWHC"}', "layout must be one of"),
        ('{"window": 4, "context": [1, 4]}', "context must name places below window"),
        ('{"preset": "dav2"}', 'no preset "dav2"'),
    ],
)
def test_a_bad_sidecar_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = mean_model(tmp_path / "m.onnx", "NCHW", 32, 32)
    path.with_suffix(".json").write_text(text)
    with pytest.raises(SecondEyeError, match=message):
        load_model(path)


def test_a_sidecar_may_begin_with_a_preset(tmp_path: Path) -> None:
    path = mean_model(tmp_path / "m.onnx")
    path.with_suffix(".json").write_text('{"preset": "midas-v2", "size": 64}')
    model = load_model(path)
    assert model.settings == Settings(
        scale=1.0, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), size=64,
        preset="midas-v2",
    )  # fmt: skip


def test_weights_beside_the_file_belong_to_it(tmp_path: Path) -> None:
    values = np.arange(3, dtype=np.float32)
    nodes = [
        node("Mul", "picture w", "more"),
        node("ReduceMean", "more", "depth", axes=[1], keepdims=1),
    ]
    path = write(
        tmp_path / "big.onnx", nodes, [port("picture", [1, 3, 32, 32])],
        [port("depth", [1, 1, 32, 32])],
        [weights("w", values.reshape(1, 3, 1, 1), external="big.onnx_data")],
    )  # fmt: skip
    with pytest.raises(SecondEyeError, match=r"big\.onnx keeps its weights in big\.onnx_data"):
        load_model(path)
    (tmp_path / "big.onnx_data").write_bytes(values.tobytes())
    model = load_model(path)
    assert np.allclose(model.infer(flat(30, 30, 30)).inverse_depth, 30, atol=1e-3)
    assert model.source.parameters == 3 and len(model.source.files) == 2
    (tmp_path / "big.onnx_data").write_bytes((values * 2).tobytes())
    assert load_model(path).sha256 != model.sha256


def test_wrong_inputs_are_named(tmp_path: Path) -> None:
    noise = tmp_path / "noise.onnx"
    noise.write_bytes(b"\x08\x07noise")
    with pytest.raises(SecondEyeError, match=r"noise.onnx is not an ONNX file"):
        load_model(noise)
    with pytest.raises(SecondEyeError, match=r"four.onnx takes an input of shape \(1, 4, 32, 32\)"):
        load_model(mean_model(tmp_path / "four.onnx", "NCHW", 32, 32, channels=4))
    two = write(
        tmp_path / "two.onnx",
        [node("Mul", "picture camera", "depth")],
        [port("picture", [1, 3, 32, 32]), port("camera", [1, 1, 1, 1])],
        [port("depth", [1, 3, 32, 32])],
    )
    with pytest.raises(SecondEyeError, match=r"wants 2 inputs .*camera \(1, 1, 1, 1\)"):
        load_model(two)
    ids = write(
        tmp_path / "ids.onnx", [node("Cast", "ids", "depth", to=FLOAT)],
        [port("ids", [1, 3, 32, 32], INT64)], [port("depth", [1, 3, 32, 32])],
    )  # fmt: skip
    with pytest.raises(SecondEyeError, match=r"ids.onnx takes an input of type tensor\(int64\)"):
        load_model(ids)
    colours = write(
        tmp_path / "colours.onnx", [node("Relu", "picture", "depth")],
        [port("picture", [1, 3, 32, 32])], [port("depth", [1, 3, 32, 32])],
    )  # fmt: skip
    with pytest.raises(SecondEyeError, match=r"model colours answers with shape \[1, 3, 32, 32\]"):
        load_model(colours).infer(flat(1, 2, 3))
    unknown = write(
        tmp_path / "unknown.onnx", [node("NoSuchOperator", "picture", "depth")],
        [port("picture", [1, 3, 32, 32])], [port("depth", [1, 3, 32, 32])],
    )  # fmt: skip
    with pytest.raises(SecondEyeError, match=r"model unknown does not load"):
        load_model(unknown)


def test_answers_that_are_no_numbers_are_told(tmp_path: Path) -> None:
    path = mean_model(tmp_path / "nan.onnx", "NCHW", 32, 32, times=float("nan"))
    with pytest.raises(SecondEyeError, match=r"The model nan answers with 1024 values .*\(NaN\)"):
        load_model(path).infer(flat(1, 2, 3))
    path = mean_model(tmp_path / "half.onnx", "NCHW", 32, 32, times=1e4, answer=FLOAT16)
    with pytest.raises(SecondEyeError, match=r"half answers with infinite values.*32-bit"):
        load_model(path).infer(flat(99, 99, 99))
    # A depth may be infinite: sky.
    path.with_suffix(".json").write_text('{"output": "depth"}')
    assert not load_model(path).infer(flat(99, 99, 99)).inverse_depth.any()


def test_a_processor_only_runtime_asked_for_cuda(tmp_path: Path) -> None:
    import onnxruntime

    path = mean_model(tmp_path / "m.onnx", "NCHW", 32, 32)
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime knows CUDA")
    with pytest.raises(SecondEyeError, match=r"model m can't run on cuda.*CPU-only build"):
        load_model(path, device="cuda")
    with pytest.raises(SecondEyeError, match=r"model m can't run on mps"):
        load_model(path, device="mps")
    assert load_model(path, device="cpu").infer(flat(3, 3, 3)).inverse_depth.max() > 0


def test_the_same_picture_gives_the_same_bits(tmp_path: Path) -> None:
    path = mean_model(tmp_path / "m.onnx")
    rgb = np.random.default_rng(1).integers(0, 255, (60, 100, 3), np.uint8)
    first, second = (load_model(path, 96).infer(rgb).inverse_depth for _ in range(2))
    assert np.array_equal(first, second)


def test_the_peer_where_it_is() -> None:
    """TCSmallNet, brought as a user would: a room's floor is nearer than its far wall."""
    found = [p for up in Path(__file__).resolve().parents if (p := up / PEER).is_file()]
    if not found:
        pytest.skip("the peer's file is not here")
    source = find_source(found[0])
    model = load_source(source, preset("tcmonodepth"))
    assert source.parameters == 181179 and model.input.size == (192, 320)
    y = np.linspace(60, 200, 192)[:, None, None]
    room = np.broadcast_to(y, (192, 320, 3)).astype(np.uint8)
    depth = model.infer(room).inverse_depth
    assert depth.shape == (192, 320) and depth[-20:].mean() > depth[:60].mean()
