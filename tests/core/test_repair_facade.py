# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from repair_clips import pan

from core.errors import SecondEyeError
from core.project import RepairRecord
from core.repair import OFF, RepairSettings
from core.repair.flicker import flicker, still
from core.repair.repair import VERSION, WEIGHTS, Repair
from core.repair.settings import LOOK_AHEAD


def test_every_frame_begins_with_its_base():
    frame = pan(1).estimated()[0]
    prepared = Repair(RepairSettings()).prepare(frame)
    assert prepared.frame is frame
    assert [c.name for c in prepared.candidates][:2] == ["base", "spatial"]
    assert prepared.candidates[0].inverse_depth is frame.inverse_depth
    assert [c.name for c in Repair(OFF).prepare(frame).candidates] == ["base"]


def test_preparing_in_threads_gives_the_same_bits():
    frames = pan(6).estimated()
    repair = Repair(RepairSettings())
    assert repair.streams >= 1
    alone = [repair.prepare(f) for f in frames]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(repair.prepare, frames))
    for one, other in zip(alone, together, strict=True):
        for a, b in zip(one.candidates, other.candidates, strict=True):
            np.testing.assert_array_equal(a.inverse_depth, b.inverse_depth)
            np.testing.assert_array_equal(a.variance, b.variance)


def test_the_hash_covers_weights_and_algorithm():
    digest = hashlib.sha256(f"second-eye-repair {VERSION}".encode())
    digest.update(WEIGHTS.read_bytes())
    repair = Repair(RepairSettings())
    assert repair.sha256 == digest.hexdigest() == Repair(OFF).sha256
    assert repair.name == "repair_v2"


def test_a_new_project_looks_ahead_as_far_as_repair_does():
    assert RepairRecord().look_ahead == LOOK_AHEAD


def test_weights_that_are_not_there_are_named(tmp_path):
    with pytest.raises(SecondEyeError, match=r"missing\.safetensors"):
        Repair(RepairSettings(), tmp_path / "missing.safetensors")


@pytest.mark.parametrize("settings", [RepairSettings(), OFF])
def test_an_installation_without_its_weights_is_refused(tmp_path, monkeypatch, settings):
    monkeypatch.setattr("core.repair.repair.WEIGHTS", tmp_path / "repair_v2.safetensors")
    with pytest.raises(SecondEyeError, match=r"repair_v2\.safetensors: install Second Eye again"):
        Repair(settings)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_estimate_without_a_number_is_refused(value):
    frame = pan(1).estimated()[0]
    frame.inverse_depth[3, 4] = value
    with pytest.raises(SecondEyeError, match="no number"):
        Repair(RepairSettings()).prepare(frame)


def test_flicker_tells_flicker_from_motion():
    made = pan(2, step=2.0)
    first, second = made.pictures
    calm = flicker(first, made.depths[0], second, made.depths[1])
    assert calm is not None and calm < 0.01
    shaken = flicker(first, made.depths[0], second, made.depths[1] + 0.1)
    assert shaken == pytest.approx(0.1, abs=0.01)
    large = flicker(first, np.float16(made.depths[0]), second, np.float16(made.depths[1] + 0.1))
    assert large == pytest.approx(shaken, abs=1e-3)


def test_nothing_to_compare_is_no_flicker():
    (first, second), depth = pan(2).pictures, pan(1).depths[0]
    other = pan(1, seed=30).pictures[0]
    assert flicker(first, depth, other, depth) is None
    assert flicker(first, depth, np.zeros_like(first), depth) is None
    assert flicker(first, depth, second[:40], depth[:40]) is None


def test_what_moves_by_itself_is_not_still():
    flow = np.zeros((60, 80, 2), np.float32)
    flow[..., 0] = 1.0
    flow[20:40, 30:50] = (6.0, -5.0)
    found = still(flow, np.ones((60, 80), np.float32))
    assert found[:10].all() and not found[22:38, 32:48].any()
