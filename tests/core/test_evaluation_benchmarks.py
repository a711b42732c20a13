# SPDX-License-Identifier: GPL-3.0-or-later
"""NYU-Depth V2 and KITTI in small files of the exact format: axes, splits, crops, bad files."""

import cv2
import numpy as np
import pytest

from core.depth import DepthEstimate
from core.errors import SecondEyeError, UsageError
from core.evaluation import nyu
from core.evaluation.depth_set import evaluate_depth
from core.evaluation.sets import open_set

h5py = pytest.importorskip("h5py")
scipy_io = pytest.importorskip("scipy.io")

HEIGHT, WIDTH = 480, 640
DRIVE = "2011_09_26_drive_0002_sync"


class Knowing:
    """A model that reads inverse depth off the picture's red channel, exactly."""

    name, sha256 = "knowing", "0" * 64

    def infer(self, rgb):
        inverse = rgb[..., 0].astype(np.float32)
        return DepthEstimate(inverse, np.zeros_like(inverse))


def report_on(path, layout, metric=False, **options):
    data = open_set(path, layout, **options)
    return evaluate_depth(path, layout, data, Knowing(), metric=metric, step=lambda *_: None)


def write_nyu(path, pictures, depths, raw=None):
    """As MATLAB's save -v7.3 does: 512 bytes of its own, HDF5 behind, the axes turned round."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values in (("images", pictures), ("depths", depths), ("rawDepths", raw)):
            if values is not None:
                turned = np.ascontiguousarray(values.swapaxes(1, 2) if values.ndim == 3 else values)
                if values.ndim == 4:  # (N, H, W, 3) to (N, 3, W, H)
                    turned = np.ascontiguousarray(values.transpose(0, 3, 2, 1))
                file.create_dataset(name, data=turned)
                kind = {"u": b"uint8", "f": b"single"}[turned.dtype.kind]
                file[name].attrs["MATLAB_class"] = np.bytes_(kind)
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Tue Oct  9 12:00:00 2012"
    header = header.ljust(124) + b"\x00\x02IM"
    with open(path, "r+b") as stream:
        stream.write(header)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """Four pictures of the real size; red is inverse depth, and wrong in the white frame."""
    folder = tmp_path_factory.mktemp("nyu")
    rng = np.random.default_rng(5)
    pictures = np.zeros((4, HEIGHT, WIDTH, 3), np.uint8)
    for k in range(4):
        small = rng.integers(40, 250, (6, 8), dtype=np.uint8)
        pictures[k, ..., 0] = cv2.resize(small, (WIDTH, HEIGHT))
        pictures[k, ..., 1] = k
    depths = 300.0 / pictures[..., 0]  # 1.2 to 7.5 m
    depths[:, :45], depths[:, 471:], depths[:, :, :41], depths[:, :, 601:] = 9, 1, 9, 1
    raw = depths.copy()
    raw[:, 200:300, 200:300] = 0
    raw[:, 300:310, 300:310] = 11.0  # beyond 10 m: doesn't count
    path = folder / nyu.LABELLED
    write_nyu(path, pictures, depths.astype(np.float32), raw.astype(np.float32))
    numbers = np.array([[2], [4]], np.uint16)
    scipy_io.savemat(
        folder / "splits.mat", {"testNdxs": numbers, "trainNdxs": np.array([[1], [3]])}
    )
    return path


def test_nyu_axes_split_and_crop(labelled):
    data = open_set(labelled, "nyu")
    assert [frame.name for frame in data.frames] == ["0002", "0004"]
    rgb = data.frames[0].read_rgb()
    assert rgb.shape == (HEIGHT, WIDTH, 3) and rgb.dtype == np.uint8
    assert (rgb[..., 1] == 1).all() and data.frames[0].read_depth().shape == (HEIGHT, WIDTH)
    report = report_on(labelled.parent, "nyu")  # the folder will do, too
    assert report["count"] == 2 and report["mean"]["abs_rel"] < 1e-5
    assert report["settings"]["crop"] == "eigen" and report["settings"]["farthest"] == 10.0
    assert report["mean"]["delta1"] == 1.0 and report["ramp"]["abs_rel"] > 0.1
    whole = report_on(labelled, "nyu", crop="none")
    assert whole["mean"]["abs_rel"] > 0.1
    assert report_on(labelled, "nyu", split="all")["count"] == 4


def test_nyu_raw_depth_and_its_holes(labelled):
    assert report_on(labelled, "nyu", raw=True)["mean"]["abs_rel"] < 1e-5
    values = open_set(labelled, "nyu", raw=True).frames[0].read_depth()
    assert values[250, 250] == 0 and values[305, 305] == 11.0


def test_nyu_metric_is_not_aligned(labelled):
    scores = report_on(labelled, "nyu", metric=True)["mean"]
    # 300 times too near is clipped to 1 mm at the least.
    assert scores["abs_rel"] == pytest.approx(1 - 1 / 300, abs=1e-3)


def test_nyu_split_in_the_newer_format(labelled, tmp_path):
    path = tmp_path / "splits73.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["testNdxs"] = np.array([[3.0, 1.0]])  # MATLAB's column, the axes turned round
    frames = open_set(labelled, "nyu", split=str(path)).frames
    assert [frame.name for frame in frames] == ["0003", "0001"]


def test_bad_nyu_files_are_one_sentence(labelled, tmp_path, monkeypatch):
    old = tmp_path / "old.mat"
    scipy_io.savemat(old, {"depths": np.zeros((2, 2))})
    without = tmp_path / "without.mat"
    write_nyu(without, np.zeros((1, 4, 6, 3), np.uint8), None)
    odd = tmp_path / "odd.mat"
    write_nyu(odd, np.zeros((1, 4, 6, 3), np.uint8), np.zeros((2, 4, 6), np.float32))
    text = tmp_path / "text.mat"
    text.write_text("no such thing")
    wrong = tmp_path / "wrong.mat"
    scipy_io.savemat(wrong, {"testNdxs": np.array([[5]])})
    cases = {
        old: "MATLAB v5 file",
        without: "holds no 'depths'",
        odd: "don't fit the labelled",
        text: "no MATLAB v7.3 file",
        tmp_path / "absent.mat": "There is no file",
    }
    for path, words in cases.items():
        with pytest.raises(SecondEyeError, match=words):
            open_set(path, "nyu")
    for split, words in (
        (tmp_path / "nowhere.mat", "test split is missing"),
        (old, "holds no 'testNdxs'"),
        (text, "no .mat file"),
        (wrong, "hasn't got"),
    ):
        with pytest.raises(SecondEyeError, match=words):
            open_set(labelled, "nyu", split=str(split))
    alone = tmp_path / "alone.mat"
    alone.write_bytes(labelled.read_bytes())
    with pytest.raises(SecondEyeError, match="test split is missing"):
        open_set(alone, "nyu")
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(SecondEyeError, match="needs the package h5py"):
        open_set(labelled, "nyu")


def test_unknown_crop_and_split_are_bad_use(labelled):
    with pytest.raises(UsageError, match="no crop 'garg'"):
        open_set(labelled, "nyu", crop="garg")
    with pytest.raises(UsageError, match="no splits"):
        open_set(labelled, "rgbd", split="all")


@pytest.fixture
def kitti(tmp_path):
    """Three frames of one drive in KITTI's folders, the last without depth; the red channel is
    inverse depth inside Garg's crop and noise above it."""
    height, width = 375, 1242
    pictures = tmp_path / "2011_09_26" / DRIVE / "image_02" / "data"
    depths = tmp_path / "val" / DRIVE / "proj_depth" / "groundtruth" / "image_02"
    pictures.mkdir(parents=True)
    depths.mkdir(parents=True)
    rng = np.random.default_rng(6)
    for number in (69, 54, 5):
        red = cv2.resize(rng.integers(10, 250, (5, 9), dtype=np.uint8), (width, height))
        depth = 600.0 / red  # 2.4 to 60 m
        depth[300:310] = 90.0  # beyond the cap
        depth[::2] = 0  # lidar has gaps
        red[:153] = rng.integers(10, 250, (153, width), dtype=np.uint8)
        name = f"{number:010d}.png"
        assert cv2.imwrite(str(pictures / name), np.dstack([red // 3, red // 2, red]))
        if number != 5:
            stored = np.rint(depth * 256).astype(np.uint16)
            assert cv2.imwrite(str(depths / name), stored)
    return tmp_path


def test_kitti_published_lists(kitti, tmp_path):
    first, second, third = (f"{n:010d}" for n in (69, 54, 5))
    picture = f"2011_09_26/{DRIVE}/image_02/data/"
    truth = f"{DRIVE}/proj_depth/groundtruth/image_02/"
    lists = {
        "with_gt": f"{picture}{first}.png {truth}{first}.png 721.5377\n"
        f"{picture}{third}.png None 721.5377\n",
        "numbers": f"2011_09_26/{DRIVE} {first} l\n2011_09_26/{DRIVE} 5 l\n",
        "pictures": f"{picture}{first}.png\n{picture}{third}.png",
        "stereo": f"{picture}{first}.jpg {picture.replace('02/', '03/')}{first}.jpg\n"
        f"{picture}{third}.jpg {picture.replace('02/', '03/')}{third}.jpg\n",
    }
    for name, content in lists.items():
        path = tmp_path / f"{name}.txt"
        path.write_text(content)
        data = open_set(kitti, "kitti", split=str(path))
        assert [f.name for f in data.frames] == [data.frames[0].name], name
        assert first in data.frames[0].name and data.unpaired == 1, name
        assert data.frames[0].read_depth().max() == 90.0, name
    assert second not in data.frames[0].name


def test_kitti_crops_and_cap(kitti):
    garg = report_on(kitti, "kitti")
    assert garg["count"] == 2 and garg["settings"]["crop"] == "garg"
    assert garg["mean"]["abs_rel"] < 5e-3 and garg["mean"]["rmse"] < 0.5
    assert report_on(kitti, "kitti", crop="eigen")["mean"]["abs_rel"] > 0.02
    assert report_on(kitti, "kitti", crop="none")["mean"]["abs_rel"] > 0.02


def test_kitti_selected_frames(tmp_path):
    (tmp_path / "image").mkdir()
    (tmp_path / "groundtruth_depth").mkdir()
    name = f"{DRIVE}_image_0000000005_image_02.png"
    cv2.imwrite(str(tmp_path / "image" / name), np.full((20, 60, 3), 9, np.uint8))
    other = name.replace("_sync_image_", "_sync_groundtruth_depth_")
    depth = np.full((20, 60), 2560, np.uint16)
    cv2.imwrite(str(tmp_path / "groundtruth_depth" / other), depth)
    (frame,) = open_set(tmp_path, "kitti").frames
    assert (frame.read_depth() == 10.0).all()


def test_bad_kitti_folders_are_one_sentence(kitti, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SecondEyeError, match="holds no KITTI picture"):
        open_set(tmp_path / "empty", "kitti")
    with pytest.raises(SecondEyeError, match="is no folder"):
        open_set(tmp_path / "nowhere", "kitti")
    with pytest.raises(SecondEyeError, match=r"can't be read: give the list"):
        open_set(kitti, "kitti", split=str(tmp_path / "nowhere.txt"))
    bad = tmp_path / "bad.txt"
    bad.write_text("these are words\n")
    with pytest.raises(SecondEyeError, match="no line of a KITTI list"):
        open_set(kitti, "kitti", split=str(bad))
    bad.write_text("2011_09_28/2011_09_28_drive_0001_sync 7 l\n")
    with pytest.raises(SecondEyeError, match=r"holds nothing of what bad\.txt names"):
        open_set(kitti, "kitti", split=str(bad))
    for path in kitti.glob("val/**/*.png"):
        cv2.imwrite(str(path), np.full((20, 60), 7, np.uint8))
    with pytest.raises(SecondEyeError, match="8 bits a pixel"):
        open_set(kitti, "kitti")
