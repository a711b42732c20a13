# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs of training frames: nothing that training needs is lost, and they are trained on as is."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from training_scenes import scene, write_scene

from core.errors import SecondEyeError
from core.training.dataset import load_renders
from core.training.frames import FrameWriter, list_frames, read_frame, rigid_flow
from core.training.packs import PackReader, list_packed, write_packs


def write_move(root: Path, seed: int) -> None:
    """Two linked views of a shaded floor with a box that moves by itself."""
    sample = scene(seed)
    assert sample.depth is not None and sample.labels is not None
    inverse = (sample.depth * sample.unit).astype(np.float32)
    inverse[:5] = 0
    after = np.eye(4)
    after[:3, 3] = 0.1, 0, 0.2
    flow = rigid_flow(inverse, 70.0, np.eye(4), after)
    flow[sample.labels == 4] += (2.25, -7.5)
    normals = np.zeros((60, 80, 3), np.float32)
    with FrameWriter(root, seed, "street") as writer:
        for pose in (np.eye(4), after):
            stem = writer.add_view(
                sample.rgb, inverse, normals, flow, sample.labels + 1, 70.0, pose, pose @ after
            )
        writer.link("view_000", stem)
        writer.finish()


def test_packs_keep_what_training_needs(tmp_path: Path) -> None:
    for seed in (1, 2, 3):
        write_move(tmp_path / "frames", seed)
    [pack] = write_packs(tmp_path / "frames", tmp_path / "packs", lambda _: None)
    assert pack.name == "pack_000.npz"
    refs, packed, reader = list_frames(tmp_path / "frames"), list_packed(pack.parent), PackReader()
    for ref, one in zip(refs, packed, strict=True):
        assert (one.scene, one.stem, one.kind) == (ref.folder.name, ref.stem, ref.kind)
        assert (one.seed, one.next_stem) == (ref.seed, ref.next_stem)
        frame, found = read_frame(ref), reader.read(one)
        assert np.array_equal(found["rgb"], frame["rgb"])
        assert np.array_equal(found["labels"], frame["labels"])
        unit = frame["inverse_depth"].max() / 65535
        assert np.abs(found["inverse_depth"] - frame["inverse_depth"]).max() < 0.51 * unit
        assert np.array_equal(found["inverse_depth"] == 0, frame["inverse_depth"] == 0)
        assert np.abs(found["flow"] - frame["flow"]).max() < 1 / 32 + 0.02
        for key in ("focal_px", "cx", "cy"):
            assert found[key] == frame[key]
        for key in ("world_from_camera", "next_world_from_camera"):
            assert np.array_equal(found[key], frame[key])


def test_packing_again_leaves_no_pack_of_before(tmp_path: Path) -> None:
    for seed in (1, 2, 3):
        write_move(tmp_path / "frames", seed)
    folder = tmp_path / "packs"
    many = write_packs(tmp_path / "frames", folder, lambda _: None, largest=20_000)
    assert len(many) > 1
    (folder / "notes.txt").write_text("kept")
    [one] = write_packs(tmp_path / "frames", folder, lambda _: None)
    assert sorted(folder.iterdir()) == [folder / "notes.txt", one]
    assert len(list_packed(folder)) == len(list_frames(tmp_path / "frames"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(SecondEyeError, match="no finished frame to pack"):
        write_packs(tmp_path / "empty", folder, lambda _: None)
    assert one.is_file()


def test_no_pack_is_larger_than_asked(tmp_path: Path) -> None:
    for seed in range(1, 7):
        write_scene(tmp_path / "frames", seed)
    packs = write_packs(tmp_path / "frames", tmp_path / "packs", lambda _: None, largest=12_000)
    assert len(packs) > 1 and all(p.stat().st_size <= 12_000 for p in packs)
    assert not list((tmp_path / "packs").glob("*.part*"))
    names = [f"{f.scene}/{f.stem}" for f in list_packed(tmp_path / "packs")]
    assert names == [f"{r.folder.name}/{r.stem}" for r in list_frames(tmp_path / "frames")]


@pytest.mark.parametrize("cached", [True, False])
def test_packs_are_trained_on_like_the_frames_themselves(tmp_path: Path, cached: bool) -> None:
    frames, packs = tmp_path / "frames", tmp_path / "packs"
    cache = tmp_path / "cache" if cached else None
    for seed in (19, 20, 21):
        write_scene(frames, seed)
    write_packs(frames, packs, lambda _: None)
    for held in (False, True):
        for _ in range(2):
            raw, packed = load_renders(frames, cache, held), load_renders(packs, cache, held)
            short, wanted = ([s.name.partition("/")[2] for s in both] for both in (raw, packed))
            assert short == wanted and raw[0].name.startswith("frames/")
            assert len(raw) == (1 if held else 2)
            for a, b in zip(raw, packed, strict=True):
                assert (a.unit, a.kind) == (b.unit, b.kind)
                for x, y in ((a.rgb, b.rgb), (a.depth, b.depth), (a.labels, b.labels)):
                    assert x is not None and y is not None and np.array_equal(x, y)


def test_a_damaged_pack_is_named(tmp_path: Path) -> None:
    write_scene(tmp_path / "frames", 1)
    [pack] = write_packs(tmp_path / "frames", tmp_path / "packs", lambda _: None)
    whole = pack.read_bytes()
    pack.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SecondEyeError, match=r"pack_000.npz is damaged"):
        load_renders(tmp_path / "packs", None, held=False)
    shutil.rmtree(tmp_path / "packs")
    (tmp_path / "packs").mkdir()
    with pytest.raises(SecondEyeError, match="no finished training frames"):
        load_renders(tmp_path / "packs", None, held=False)


def test_a_damaged_decoded_scene_is_named(tmp_path: Path) -> None:
    write_scene(tmp_path / "frames", 1)
    load_renders(tmp_path / "frames", tmp_path / "cache", held=False)
    [decoded] = (tmp_path / "cache").glob("*.frames")
    decoded.write_bytes(decoded.read_bytes()[:-1])
    with pytest.raises(SecondEyeError, match=r"\.frames is damaged: delete it"):
        load_renders(tmp_path / "frames", tmp_path / "cache", held=False)
