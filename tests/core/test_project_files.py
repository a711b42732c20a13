# SPDX-License-Identifier: GPL-3.0-or-later
"""The project's folder: picture files, lock, atomic writes, what Blender's Python can do."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from test_project_manifest import make_manifest

from core.errors import SecondEyeError
from core.project import Project, ProjectLocked, Shot
from core.project.pictures import encode_exr, read_exr
from core.project.ranges import RangeHistogram, count_codes

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path):
    project = Project.create(tmp_path / "p", make_manifest())
    project.make_folders()
    return project


def depth_values():
    return np.array([[0, 0.1, 0.5, 2], [1, 1, 1, 1], [3, 300, 1e6, 6e-8]], np.float32)


def test_depth_is_stored_as_half_zip_channel_v(project):
    import OpenEXR

    project.write_depth(3, depth_values(), np.full((3, 4), 0.25, np.float32))
    with OpenEXR.File(str(project.folder / "depth" / "000003.exr"), separate_channels=True) as file:
        assert list(file.channels()) == ["V"]
        assert file.channels()["V"].pixels.dtype == np.float16
        assert file.header()["compression"] == OpenEXR.ZIP_COMPRESSION
    expected = depth_values().clip(0, 65504).astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(project.read_depth(3), expected)
    np.testing.assert_array_equal(project.read_confidence(3), np.float32(0.25))


def test_an_estimate_is_stored_as_the_model_told_it(project):
    project.write_base(3, depth_values())
    expected = depth_values().clip(0, 65504).astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(project.read_base(3), expected)
    # Nobody said that the model tells more.
    assert project.read_uncertainty(3) is None and project.read_labels(3) is None
    model = project.manifest.model
    model.uncertainty = model.labels = True
    with pytest.raises(SecondEyeError, match=r"uncertainty/000003\.exr is missing: run depth"):
        project.read_uncertainty(3)
    labels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    project.write_base(4, depth_values(), depth_values() / 8, labels)
    np.testing.assert_array_equal(project.read_labels(4), labels)
    expected = (depth_values() / 8).clip(0, 65504).astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(project.read_uncertainty(4), expected)
    path = project.labels_path(4)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(SecondEyeError, match=r"labels/000004\.png is damaged: delete it"):
        project.read_labels(4)
    bad = depth_values()
    bad[0, 0] = np.inf
    for values, error in ((bad, None), (depth_values(), bad)):
        with pytest.raises(SecondEyeError, match="no number for a pixel of frame 5"):
            project.write_base(5, values, error)
    assert not project.base_path(5).exists()


def test_the_same_values_give_the_same_bytes_at_any_time():
    values = np.random.default_rng(1).random((40, 70)).astype(np.float16)
    first = encode_exr(values)
    time.sleep(1.1)
    assert encode_exr(values) == first
    assert b"capDate" not in first
    assert b"owner" not in first


def test_a_value_that_is_no_number_is_refused(project):
    values = depth_values()
    values[0, 0] = np.nan
    with pytest.raises(SecondEyeError, match="frame 3"):
        project.write_depth(3, values, np.ones((3, 4), np.float32))
    assert not list((project.folder / "depth").iterdir())


@pytest.mark.parametrize("damage", ["missing", "empty", "short", "flipped", "text"])
def test_damaged_depth_is_named_with_a_remedy(project, damage):
    rng = np.random.default_rng(2)
    project.manifest.depth.width, project.manifest.depth.height = 64, 48
    project.write_depth(3, rng.random((48, 64), np.float32), np.ones((48, 64), np.float32))
    path = project.depth_path(3)
    data = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "short":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "flipped":
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)
    else:
        path.write_text("not a picture")
    with pytest.raises(SecondEyeError, match=r"000003\.exr is .*run depth again"):
        project.read_depth(3)


def test_depth_of_another_size_or_channel_is_refused(project, tmp_path):
    import OpenEXR

    project.write_depth(3, depth_values(), np.ones((3, 4), np.float32))
    with pytest.raises(SecondEyeError, match="is 4x3 where the project says 5x5"):
        read_exr(project.depth_path(3), 5, 5)
    path = tmp_path / "z.exr"
    with OpenEXR.File({}, {"Z": np.zeros((3, 4), np.float32)}) as file:
        file.write(str(path))
    with pytest.raises(SecondEyeError, match="no channel V"):
        read_exr(path, 3, 4)


def test_normalised_is_scale_shift_and_the_shots_range(project):
    manifest = project.manifest
    manifest.shots = [Shot("a", 3, 3, 0.0, 1.0), Shot("b", 4, 5, low=1.0, high=3.0)]
    manifest.depth.scale, manifest.depth.shift = [1.0, 2.0, 1.0], [0.0, 0.5, 0.0]
    values = np.full((3, 4), 0.5, np.float32)
    values[0, 0], values[0, 1] = 0, 60000
    for n in (3, 4):
        project.write_depth(n, values, np.ones((3, 4), np.float32))
    assert project.normalised(3)[1, 1] == 0.5
    assert project.normalised(4)[1, 1] == pytest.approx(((2 * 0.5 + 0.5) - 1) / 2)
    assert (project.normalised(4)[0, 0], project.normalised(4)[0, 1]) == (0, 1)
    assert project.normalised(4).dtype == np.float32
    assert project.shot_at(5).name == "b"
    with pytest.raises(SecondEyeError, match=r"Frame 6 .* \(frames 3 to 5"):
        project.shot_at(6)


def test_plates_are_jpeg_or_16_bit_png(project):
    from core.media import write_image

    clip = project.manifest.clip
    clip.width, clip.height = 32, 16
    picture = np.zeros((16, 32, 3), np.uint8)
    picture[..., 0], picture[:, 16:, 2] = 200, 90
    write_image(project.plate_path(3), picture)
    assert project.plate_path(3).name == "000003.jpg"
    assert np.abs(project.read_plate(3).astype(int) - picture).max() <= 3
    clip.bit_depth = 10
    assert project.plate_path(3).name == "000003.png"
    write_image(project.plate_path(3), picture.astype(np.uint16) * 257)
    np.testing.assert_array_equal(project.read_plate(3), picture)
    assert project.plate_is_whole(3)
    data = project.plate_path(3).read_bytes()
    project.plate_path(3).write_bytes(data[:-20])
    assert not project.plate_is_whole(3)
    project.plate_path(3).write_bytes(b"")
    assert not project.plate_is_whole(3)
    with pytest.raises(SecondEyeError, match=r"000003\.png is damaged"):
        project.read_plate(3)


def test_the_clip_is_found_beside_the_project_or_at_its_old_place(project, tmp_path):
    clip = project.manifest.clip
    clip.path, clip.absolute = "../moved/a.mp4", str(tmp_path / "old" / "a.mp4")
    with pytest.raises(SecondEyeError, match=r"old/a\.mp4.* put it back"):
        project.clip_path()
    for folder in ("old", "moved"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.mp4").touch()
        assert project.clip_path().resolve() == tmp_path / folder / "a.mp4"


# One writer


def test_a_second_writer_is_refused_and_the_lock_leaves_nothing(project):
    other = Project.open(project.folder)
    with project.lock():
        with pytest.raises(ProjectLocked, match=f"in use .*process {os.getpid()}"), other.lock():
            pass
        with pytest.raises(ProjectLocked):
            other.save()
        project.save()
    with other.lock():
        pass
    assert sorted(p.name for p in project.folder.iterdir()) == [
        "base",
        "confidence",
        "depth",
        "labels",
        "plate",
        "project.json",
        "uncertainty",
    ]


def test_a_killed_holders_lock_is_free_at_once(project):
    code = (
        "import sys, time\n"
        "from core.project import Project\n"
        "with Project.open(sys.argv[1]).lock():\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(project.folder)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert child.stdout.readline() == b"held\n"
    with pytest.raises(ProjectLocked, match=f"process {child.pid}"), project.lock():
        pass
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert (project.folder / ".lock").exists()
    with project.lock():
        pass
    assert not (project.folder / ".lock").exists()


def test_what_a_killed_writer_left_is_cleared(project):
    left = [
        project.folder / ".project.json.1.part",
        project.folder / "depth" / ".000003.exr.1.part",
        project.folder / "plate" / ".000003.jpg.1.part",
    ]
    notes = project.folder / "plate" / "notes.txt"
    for path in (*left, notes):
        path.write_text("half")
    with project.lock():
        assert not any(path.exists() for path in left)
    assert notes.exists()


# Creation


def test_a_folder_with_other_things_is_refused_and_untouched(tmp_path):
    folder = tmp_path / "holiday"
    folder.mkdir()
    (folder / "photo.jpg").write_text("x")
    with pytest.raises(SecondEyeError, match=r"holds other files \(photo.jpg\)"):
        Project.create(folder, make_manifest())
    assert [p.name for p in folder.iterdir()] == ["photo.jpg"]
    with pytest.raises(SecondEyeError, match="is a file"):
        Project.create(folder / "photo.jpg", make_manifest())
    with pytest.raises(SecondEyeError, match="no depth project"):
        Project.open(folder)


def test_a_failed_creation_leaves_no_folder(tmp_path, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(SecondEyeError, match="No space left"):
        Project.create(tmp_path / "new" / "deep" / "p", make_manifest())
    assert not list(tmp_path.iterdir())


def test_a_run_that_was_quicker_is_not_overwritten(tmp_path, monkeypatch):
    """Two runs find no project; the second one to get the lock must look again."""
    from core.project import lock

    take = lock.hold

    def late(folder):
        monkeypatch.setattr(lock, "hold", take)
        Project.create(folder, make_manifest(metres_per_unit=7.0))
        return take(folder)

    monkeypatch.setattr(lock, "hold", late)
    with pytest.raises(SecondEyeError, match="already holds a depth project"):
        Project.create(tmp_path / "p", make_manifest())
    assert Project.open(tmp_path / "p").manifest.metres_per_unit == 7.0


# Blender's process


def test_manifest_paths_and_shots_work_without_the_engines_packages(project):
    code = (
        "import sys\n"
        "for name in ('OpenEXR', 'cv2', 'av', 'torch', 'tqdm'):\n"
        "    sys.modules[name] = None\n"
        "from core.project import Project\n"
        "p = Project.open(sys.argv[1])\n"
        "p.manifest.shots[0].far = 40.0\n"
        "p.save()\n"
        "print(p.shot_at(4).far, p.depth_path(4).name, p.plate_path(4).name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(project.folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["40.0", "000004.exr", "000004.jpg"]


# The range of a shot


def test_the_range_is_the_percentile_of_all_pixels_of_all_frames():
    rng = np.random.default_rng(3)
    frames = [rng.gamma(2, 1, (60, 80)).astype(np.float16) for _ in range(7)]
    histogram = RangeHistogram()
    for frame in rng.permutation(np.stack(frames)):
        histogram.add(count_codes(frame))
    pixels = np.sort(np.stack(frames).ravel().astype(np.float32))
    assert histogram.limits() == (pixels[len(pixels) // 500], pixels[-1 - len(pixels) // 500])


def test_the_range_knows_scale_shift_and_negative_values():
    values = np.linspace(0, 1, 1001, dtype=np.float32).astype(np.float16)
    histogram = RangeHistogram()
    histogram.add(count_codes(values, scale=2.0, shift=-1.0))
    low, high = histogram.limits()
    assert low == pytest.approx(-0.996, abs=2e-3)
    assert high == pytest.approx(0.996, abs=2e-3)


@pytest.mark.parametrize("value", [0.0, 0.25, 60000.0])
def test_a_flat_shot_has_a_range_around_its_value(value):
    histogram = RangeHistogram()
    histogram.add(count_codes(np.full((1, 1), value, np.float16)))
    low, high = histogram.limits()
    assert low < value < high
    assert (value - low) / (high - low) == pytest.approx(0.5)
