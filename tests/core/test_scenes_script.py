# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that renders scenes: seeds, resuming, sheets, statistics, and what reads them."""

import importlib.util
import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import scenes_case
from scenes_case import KINDS, ROOT, environment

rendered, frames = scenes_case.rendered, scenes_case.frames
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("bpy") is None, reason="needs Blender as a Python module (bpy)"
)


def test_some_scenes_are_upright_and_those_held_out_are_not(rendered):
    data = np.load(rendered / "sizes.npz")
    sizes, held = data["sizes"], data["held"]
    upright = sizes[:, 1] > sizes[:, 0]
    assert 0.08 < upright.mean() < 0.22 and not upright[held].any() and held.sum() == 20
    assert {tuple(size) for size in sizes} == {(320, 240), (240, 320), (216, 384)}


def test_upright_scenes_can_be_read_packed_and_trained_on_beside_others(frames, rendered, tmp_path):
    from core.training.augment import random_view
    from core.training.dataset import load_renders
    from core.training.packs import PackReader, list_packed, write_packs

    assert len({frame["rgb"].shape for _, frame in frames}) > 1
    samples = load_renders(rendered / "a", tmp_path / "cache", held=False)
    assert len({sample.rgb.shape for sample in samples}) > 1
    for sample in samples:
        view = random_view(sample, 32, 48, np.random.default_rng(0))
        assert view.rgb.shape == (32, 48, 3) and view.depth.shape == (32, 48)
    write_packs(rendered / "a", tmp_path / "packs", lambda line: None)
    reader = PackReader()
    for packed, (ref, frame) in zip(list_packed(tmp_path / "packs"), frames, strict=True):
        assert packed.stem == ref.stem
        np.testing.assert_allclose(
            reader.read(packed)["inverse_depth"], frame["inverse_depth"], atol=1e-3
        )


def test_the_same_seed_gives_the_same_files(rendered):
    first = sorted((rendered / "a" / "scene_000000").iterdir())
    second = sorted((rendered / "b" / "scene_000000").iterdir())
    assert [p.name for p in first] == [p.name for p in second] and len(first) > 4
    for a, b in zip(first, second, strict=True):
        assert a.read_bytes() == b.read_bytes(), a.name


def _command(out, *options):
    script = ROOT / "scripts" / "render_scenes.py"
    return [sys.executable, str(script), "--out", str(out), *options]


def test_the_script_says_what_is_wrong(tmp_path):
    for options, word in (
        ([], "--scenes A:B or --frames N"),
        (["--scenes", "0-3"], "--scenes wants two whole numbers"),
        (["--contact-sheet", str(tmp_path / "x.png")], "no finished scenes"),
    ):
        (tmp_path / "frames").mkdir(exist_ok=True)
        done = subprocess.run(
            _command(tmp_path / "frames", *options), capture_output=True, text=True, timeout=60
        )
        assert done.returncode in (1, 2)
        assert word in done.stderr and done.stderr.count("\n") == 1


def test_a_stopped_run_leaves_whole_scenes_and_goes_on_where_it_was(tmp_path):
    def run(**options):
        command = _command(tmp_path, "--scenes", "0:3", "--procedural", "--size", "64x48")
        return subprocess.Popen(
            [*command, "--views", "1", "--kind", "corridor"], env=environment(), **options
        )

    first = run()
    try:
        deadline = time.monotonic() + 300
        while not list(tmp_path.glob("scene_*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        first.send_signal(signal.SIGTERM)
        assert first.wait(300) == 128 + signal.SIGTERM
    finally:
        first.kill()
    done = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert done and all(name.startswith("scene_") for name in done) and len(done) < 3
    second = run(stdout=subprocess.PIPE, text=True)
    output, _ = second.communicate(timeout=300)
    assert second.returncode == 0 and output.splitlines()[-1] == "finished"
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(after) == 3 and done.items() <= after.items()
    for path in tmp_path.glob("scene_*/scene.json"):
        assert json.loads(path.read_text())["views"]


def test_a_contact_sheet_is_made(rendered, tmp_path):
    import cv2

    for name in ("sheet.png", "sheet.jpg"):
        command = _command(rendered / "a", "--contact-sheet", str(tmp_path / name))
        subprocess.run(command, check=True, timeout=60)
        assert cv2.imread(str(tmp_path / name)).std() > 20


def test_statistics_count_every_frame(frames, rendered):
    text = subprocess.run(
        _command(rendered / "a", "--statistics"), check=True, capture_output=True, text=True
    ).stdout
    rows = {
        line.split("|")[1].strip(): line.split("|")[2:-1]
        for line in text.splitlines()
        if "|" in line
    }
    assert int(rows["all"][1]) == len(frames) and int(rows["all"][0]) == len(KINDS)
    moves = [ref for ref, _ in frames if ref.next_stem]
    assert len(moves) <= int(rows["all"][2]) <= 2 * len(moves)
    assert int(rows["all"][4]) == sum(ref.has_behind for ref, _ in frames)
    histograms = [line for line in text.splitlines() if line.startswith("| frames |")]
    assert len(histograms) == 3
    for line in histograms:
        assert sum(int(cell) for cell in line.split("|")[2:-1]) == len(frames)
