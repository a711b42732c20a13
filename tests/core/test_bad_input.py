# SPDX-License-Identifier: GPL-3.0-or-later
"""What bad input gets: exit code, one sentence with the file and the remedy, nothing left behind.

And odd input that is not bad: one frame, one pixel, 8K, odd sizes, a truncated clip's good frames.
"""

import json
import os
import sys

import cv2
import numpy as np
import pytest
from analysed import second_eye, stamps, tiny_model, tree
from clips import make_movie, make_sequence, read_number

from core import cli
from core.project import Project


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_movie(tmp_path_factory.mktemp("clip") / "clip.mp4", range(1, 7))


@pytest.fixture
def depth(model, capfd):
    """Runs ``second-eye depth CLIP --project FOLDER``; gives (exit code, stdout, stderr)."""

    def run(clip, folder, *more, weights=model):
        arguments = [clip, "--project", folder, "--model", weights, *more]
        code = cli.main(["depth", *map(str, arguments)])
        return code, *capfd.readouterr()

    return run


@pytest.fixture
def refused(depth, tmp_path):
    """The same for input that must be refused: the sentence, after all the checks."""

    def run(clip, *words, folder=tmp_path / "p", code=1, more=(), **options):
        before = sorted(tmp_path.rglob("*"))
        given, out, err = depth(clip, folder, *more, **options)
        assert given == code, err
        assert out == ""
        assert err.count("\n") == 1, err
        assert "Traceback" not in err
        for word in words:
            assert str(word) in err
        assert sorted(tmp_path.rglob("*")) == before
        return err

    return run


# Clips


def test_a_missing_file(refused, tmp_path):
    refused(tmp_path / "none.mp4", tmp_path / "none.mp4", "check")


def test_an_empty_file(refused, tmp_path):
    (tmp_path / "empty.mp4").touch()
    refused(tmp_path / "empty.mp4", "empty.mp4 is empty", "copy it again")


@pytest.mark.parametrize("name", ["notes.mp4", "notes.png", "notes.txt", "notes"])
def test_a_file_that_is_no_clip(refused, tmp_path, name):
    (tmp_path / name).write_text("Dear diary, " * 500)
    refused(tmp_path / name, tmp_path / name)


def test_a_movie_without_a_picture(refused, tmp_path):
    make_movie(tmp_path / "sound.mp4", range(1, 25), audio=True)
    # Only the sound is copied, so the file is a whole movie of zero pictures.
    import av

    with (
        av.open(str(tmp_path / "sound.mp4")) as source,
        av.open(str(tmp_path / "zero.mp4"), "w") as target,
    ):
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    refused(tmp_path / "zero.mp4", "zero.mp4")


def test_a_movie_cut_before_its_index(refused, clip, tmp_path):
    (tmp_path / "cut.mp4").write_bytes(clip.read_bytes()[:700])
    refused(tmp_path / "cut.mp4", "cut.mp4")


def test_a_truncated_clip_keeps_its_good_frames_and_says_how_many(depth, tmp_path):
    whole = make_movie(
        tmp_path / "whole.mkv", range(1, 41), options={"crf": "10", "g": "8", "bf": "0"}
    )
    data = whole.read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(data[: len(data) * 6 // 10])
    code, _, err = depth(cut, tmp_path / "p")
    assert code == 0
    project = Project.open(tmp_path / "p")
    good = project.manifest.last
    assert 10 < good < 40
    assert str(good) in err
    assert "good pictures are kept" in err
    assert any("good pictures" in note for note in project.manifest.clip.notes)
    assert [read_number(project.read_plate(n)) for n in range(1, good)] == list(range(1, good))


def test_a_folder_without_frames(refused, tmp_path):
    (tmp_path / "frames").mkdir()
    refused(tmp_path / "frames", "frames holds no")
    (tmp_path / "frames" / "readme.txt").write_text("nothing here")
    refused(tmp_path / "frames", "frames holds no")


def test_a_damaged_picture_in_a_sequence(depth, model, tmp_path):
    frames = make_sequence(tmp_path / "frames", range(1, 6))
    (frames / "shot_0004.png").write_bytes(b"broken")
    code, _, err = depth(frames, tmp_path / "p")
    assert code == 1
    assert "shot_0004.png" in err
    assert err.count("\n") == 1
    # The plates before it are kept, nothing half-written is, and the mended folder resumes.
    project = Project.open(tmp_path / "p")
    assert not project.manifest.complete
    assert not list((tmp_path / "p").rglob(".*"))


# Odd, but fine


def test_a_clip_of_one_frame(depth, tmp_path):
    assert depth(make_movie(tmp_path / "one.mp4", [9]), tmp_path / "p")[0] == 0
    project = Project.open(tmp_path / "p")
    assert (project.manifest.first, project.manifest.last) == (1, 1)
    assert read_number(project.read_plate(1)) == 9


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (33, 1), (97, 65)])
def test_tiny_and_odd_sizes(depth, tmp_path, size):
    folder = tmp_path / "frames"
    folder.mkdir()
    for n in (1, 2):
        picture = np.full((size[1], size[0], 3), 60 * n, np.uint8)
        assert cv2.imwrite(str(folder / f"f_{n}.png"), picture)
    code, _, err = depth(folder, tmp_path / "p")
    assert code == 0, err
    project = Project.open(tmp_path / "p")
    assert project.read_depth(2).shape == size[::-1]
    assert project.normalised(2).min() >= 0
    shot = project.manifest.shots[0]
    assert shot.low < shot.high


def test_a_movie_of_odd_size(depth, tmp_path):
    movie = make_movie(tmp_path / "odd.mp4", range(1, 4), size=(97, 65), pix_fmt="yuv444p")
    assert depth(movie, tmp_path / "p")[0] == 0
    project = Project.open(tmp_path / "p")
    assert project.read_depth(1).shape == (65, 97)
    assert [read_number(project.read_plate(n)) for n in (1, 2, 3)] == [1, 2, 3]


def test_8k(depth, tmp_path):
    frames = make_sequence(tmp_path / "f", [1, 2], name="f_{:02d}.jpg", size=(7680, 4320))
    assert depth(frames, tmp_path / "p")[0] == 0
    project = Project.open(tmp_path / "p")
    assert project.read_depth(2).shape == (720, 1280)
    assert read_number(project.read_plate(2)) == 2


# Places to write


def test_a_file_where_the_project_should_be(refused, clip, tmp_path):
    (tmp_path / "taken").write_text("mine")
    refused(clip, "taken is a file", "folder", folder=tmp_path / "taken")
    refused(clip, "taken", "choose another folder", folder=tmp_path / "taken" / "p")
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux's /proc")
def test_a_folder_that_takes_no_files(refused, clip):
    refused(clip, "/proc/self/p can't be written", folder="/proc/self/p")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(refused, clip, tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    refused(clip, "can't be written (Permission denied)", folder=folder / "p")


def test_somebody_elses_folder(refused, clip, tmp_path):
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "photo.jpg").write_text("x")
    refused(clip, "holds other files (photo.jpg)", "new folder", folder=tmp_path / "holiday")


@pytest.mark.skipif(os.name != "posix", reason="file size limits are POSIX")
def test_a_full_disk_leaves_nothing_half_written_and_resumes(model, tmp_path):
    rng = np.random.default_rng(4)
    frames = tmp_path / "frames"
    frames.mkdir()
    for n in range(1, 7):
        noise = rng.integers(0, 256, (96, 160, 3), np.uint8)
        assert cv2.imwrite(str(frames / f"f_{n}.png"), noise if n > 2 else noise // 64 * 8)

    def run(project, *more, limit=None):
        full = f"import resource as r\nr.setrlimit(r.RLIMIT_FSIZE, ({limit}, {limit}))"
        command = ("depth", frames, "--project", project, "--model", model, *more)
        return second_eye(*command, code=full if limit else "")

    # No room for the manifest: not even the folder stays.
    done = run(tmp_path / "none", limit=100)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "none" in done.stderr
    assert "free some space" in done.stderr
    assert not (tmp_path / "none").exists()
    # Room for the first frames' files only.
    assert run(tmp_path / "p", "--frames", "1:2").returncode == 0
    before = stamps(tmp_path / "p")
    largest = max(len(data) for data in tree(tmp_path / "p").values())
    done = run(tmp_path / "p", limit=largest + 100)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "can't be written" in done.stderr
    assert before.items() <= stamps(tmp_path / "p").items()
    assert not list((tmp_path / "p").rglob(".*"))
    assert Project.open(tmp_path / "p").manifest.last == 2
    # With room again it goes on, and ends as if nothing had been.
    assert run(tmp_path / "p").returncode == 0
    assert run(tmp_path / "whole").returncode == 0
    assert tree(tmp_path / "p") == tree(tmp_path / "whole")


# Projects


@pytest.fixture
def project(depth, clip, tmp_path):
    assert depth(clip, tmp_path / "p", "--frames", "1:3")[0] == 0
    return tmp_path / "p"


def test_a_newer_schema(refused, clip, project):
    path = project / "project.json"
    plain = json.loads(path.read_text()) | {"schema": 7}
    path.write_text(json.dumps(plain))
    before = stamps(project)
    refused(clip, "project.json", "newer version", "update Second Eye", folder=project)
    assert stamps(project) == before


def test_a_project_of_another_clip(refused, project, tmp_path):
    other = make_movie(tmp_path / "other.mp4", range(50, 56))
    before = stamps(project)
    refused(other, "belongs to another clip", "another project folder", folder=project)
    assert stamps(project) == before


def test_a_project_in_use(refused, clip, project):
    before = stamps(project)
    with Project.open(project).lock():
        refused(clip, project, "in use by another run", "wait", folder=project)
    assert stamps(project) == before


def test_a_damaged_manifest(refused, clip, project):
    path = project / "project.json"
    path.write_bytes(path.read_bytes()[:200])
    before = stamps(project)
    refused(clip, "project.json can't be used", "line", folder=project)
    assert stamps(project) == before


@pytest.mark.parametrize("damage", ["cut", "flipped", "other size"])
def test_damaged_depth_is_made_again(depth, clip, project, damage):
    path = project / "depth" / "000002.exr"
    good = path.read_bytes()
    data = bytearray(good)
    if damage == "cut":
        data = data[:-100]
    elif damage == "flipped":
        data[len(data) // 2] ^= 0xFF
    else:
        from core.project.pictures import encode_exr

        data = encode_exr(np.zeros((5, 5), np.float16))
    path.write_bytes(data)
    others = {name: stamp for name, stamp in stamps(project).items() if "000002" not in name}
    code, out, _ = depth(clip, project, "--frames", "1:3")
    assert code == 0
    assert "0 estimated and 1 repaired now" in out
    assert path.read_bytes() == good
    assert others.items() <= stamps(project).items()


# The engine


def test_missing_weights(refused, clip, tmp_path, monkeypatch):
    refused(clip, "none.safetensors", weights=tmp_path / "none.safetensors")
    refused(clip, "dpt_giant", weights="dpt_giant", code=2)
    (tmp_path / "folder").mkdir()
    refused(clip, "folder", weights=tmp_path / "folder")
    (tmp_path / "bad.safetensors").write_bytes(b"\0" * 64)
    refused(clip, "bad.safetensors", weights=tmp_path / "bad.safetensors")


def test_missing_bundled_weights(clip, tmp_path, monkeypatch, capfd):
    from core.depth import load

    monkeypatch.setattr(load, "WEIGHTS", tmp_path / "weights")
    assert cli.main(["depth", str(clip), "--project", str(tmp_path / "p")]) == 1
    err = capfd.readouterr().err
    assert "weights" in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_missing_weights_leave_a_finished_project_usable(depth, clip, project, tmp_path):
    before = stamps(project)
    code, _, err = depth(clip, project, weights=tmp_path / "none.safetensors")
    assert (code, err.count("\n")) == (1, 1)
    assert stamps(project) == before
    assert Project.open(project).normalised(3).shape == (64, 96)


@pytest.mark.parametrize("package", ["torch", "av", "OpenEXR", "numpy", "scenedetect"])
def test_an_engine_without_a_package(clip, model, tmp_path, package):
    blocked = f"import sys\nsys.modules['{package}'] = None"
    command = ("depth", clip, "--project", tmp_path / "p", "--model", model)
    done = second_eye(*command, code=blocked)
    assert done.returncode == 1
    assert done.stderr == (
        f"second-eye: {sys.executable} has no {package}: install the engine (in Blender: "
        "Preferences > Add-ons > Second Eye > Install engine), or choose a Python that has it.\n"
    )
    assert not list(tmp_path.iterdir())
