# SPDX-License-Identifier: GPL-3.0-or-later
"""``second-eye layers``: files beside the depth they were made of, resumed, stale, read back."""

import cv2
import numpy as np
import pytest
import torch
from analysed import stamps, tree
from test_project_manifest import make_manifest

from core.errors import Cancelled, SecondEyeError, UsageError
from core.jobs.eye_settings import EyeSettings
from core.jobs.eyes import Eyes
from core.jobs.layers import LayersJob
from core.jobs.shot_layers import read_layers
from core.media import write_image
from core.project import DONE, ClipRecord, DepthRecord, Project, Shot
from core.project import behind as files
from core.synthesis import learned
from core.synthesis.network import SynthesisNetwork

HEIGHT, WIDTH, FIRST, LAST = 64, 112, 3, 6


def quiet(progress):
    return None


def never():
    return False


@pytest.fixture(autouse=True)
def weights(tmp_path, monkeypatch):
    """Weights of the real network, untrained, so that no test depends on what it has learnt."""
    torch.manual_seed(4)
    network = SynthesisNetwork()
    tensors = {n: t for n, t in network.state_dict().items() if t.is_floating_point()}
    path = tmp_path / "weights.safetensors"
    learned.save_network(path, tensors, {"name": "test"})
    monkeypatch.setattr(learned, "bundled_path", lambda: path)
    return path


def frame(n):
    """A dark card that moves to the right, six pixels a frame, before a bright wall."""
    noise = np.random.default_rng(1).random((HEIGHT, WIDTH, 3), np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 1.5)
    noise = (noise - noise.min()) / np.ptp(noise)
    rgb, depth = np.rint(120 + 120 * noise).astype(np.uint8), np.full((HEIGHT, WIDTH), 0.25)
    left = 12 + 6 * (n - FIRST)
    rgb[12:40, left : left + 24] = (30, 20, 60)
    depth[12:40, left : left + 24] = 1.0
    return rgb, depth


def make_project(folder):
    count = LAST - FIRST + 1
    clip = make_manifest(FIRST, LAST).clip
    manifest = make_manifest(
        FIRST,
        LAST,
        camera=None,
        clip=ClipRecord(**{**vars(clip), "width": WIDTH, "height": HEIGHT, "bit_depth": 16}),
        depth=DepthRecord(WIDTH, HEIGHT, [0.5] * count, [0.1] * count),
        shots=[Shot("shot_001", FIRST, LAST, low=0.1, high=0.7)],
    )
    for stage in manifest.stages.values():
        stage.state = DONE
    project = Project.create(folder, manifest)
    project.make_folders()
    for n in range(FIRST, LAST + 1):
        rgb, depth = frame(n)
        write_image(project.plate_path(n), rgb.astype(np.uint16) * 257)
        project.write_depth(n, depth, np.ones_like(depth))
    return project


def layers(project, **asked):
    return LayersJob(str(project.folder), parallax=0.2, **asked).run(quiet, never)


def stop_after(count):
    """A question that is answered with yes from the ``count``-th time on."""
    asked = iter(range(10**6))
    return lambda: next(asked) >= count


def test_every_frame_gets_its_layers_once(tmp_path):
    project = make_project(tmp_path / "p")
    assert layers(project)["frames"] == 4
    assert all(files.whole(project.folder, n) for n in range(FIRST, LAST + 1))
    assert not list((project.folder / "behind" / "later").iterdir())
    before = stamps(project.folder / "behind")
    answer = layers(project)
    assert answer["frames"] == 0 and "Nothing to do" in answer["message"]
    assert stamps(project.folder / "behind") == before


def test_what_is_read_back_stands_behind_the_card_and_was_seen(tmp_path):
    project = make_project(tmp_path / "p")
    layers(project)
    n = LAST
    depth = frame(n)[1]
    made = read_layers(project, n)
    wall = frame(FIRST - 10)[0]  # the card far out to the left
    left = 12 + 6 * (n - FIRST)
    part = np.zeros(depth.shape, bool)
    part[18:34, left + 18 : left + 23] = True  # plain wall three frames before
    part &= made.plate[..., 3] > 0
    assert part.any()
    assert made.depth[part].max() < project.normalised(n)[20, left + 5] - 0.3
    assert made.plate[..., 3][:6].max() == 0
    later = read_layers(project, FIRST)
    edge = np.zeros(depth.shape, bool)
    edge[18:34, 13:17] = True  # under the card at first, plain wall from the next frame on
    assert later.seen[edge].mean() > 0.5
    assert np.abs(later.plate[..., :3][edge].astype(float) - wall[edge]).mean() < 15


def test_a_run_that_was_stopped_goes_on_to_the_same_files(tmp_path):
    whole = make_project(tmp_path / "whole")
    layers(whole)
    for count in (3, 7):
        part = make_project(tmp_path / f"part_{count}")
        with pytest.raises(Cancelled):
            LayersJob(str(part.folder), parallax=0.2).run(quiet, stop_after(count))
        layers(part)
        assert tree(part.folder / "behind") == tree(whole.folder / "behind")


def test_a_lost_frame_is_made_again_alone(tmp_path):
    project = make_project(tmp_path / "p")
    layers(project)
    before = tree(project.folder / "behind")
    files.depth_path(project.folder, 4).unlink()
    assert layers(project)["frames"] == 1
    assert tree(project.folder / "behind") == before


def test_layers_are_stale_when_depth_or_parallax_changes(tmp_path):
    project = make_project(tmp_path / "p")
    layers(project)
    shot = project.manifest.shots[0]
    assert files.is_current(project.folder, project.manifest, shot)
    shot.high = 0.8
    assert not files.is_current(project.folder, project.manifest, shot)
    project.save()
    assert layers(project)["frames"] == 4
    assert LayersJob(str(project.folder), parallax=0.1).run(quiet, never)["frames"] == 4


def test_convert_looks_behind_where_layers_stand(tmp_path):
    project = make_project(tmp_path / "p")
    settings = EyeSettings(budget=0.05)
    without = Eyes(project, settings).pair(LAST)
    layers(project)
    assert not np.array_equal(Eyes(project, settings).pair(LAST), without)
    project.manifest.shots[0].high = 0.8  # stale now: not looked at
    project.save()
    plain = Eyes(project, settings).pair(LAST)
    for path in (project.folder / "behind").glob("shot_*.json"):
        path.unlink()
    assert np.array_equal(Eyes(project, settings).pair(LAST), plain)


def test_bad_requests_and_damage_are_one_sentence(tmp_path, weights):
    project = make_project(tmp_path / "p")
    with pytest.raises(UsageError, match="parallax"):
        LayersJob(str(project.folder), parallax=0.0).run(quiet, never)
    with pytest.raises(UsageError, match="no shot"):
        layers(project, shot="nobody")
    layers(project)
    files.colour_path(project.folder, 4).write_bytes(b"no picture")
    with pytest.raises(SecondEyeError, match="damaged"):
        read_layers(project, 4)
    weights.unlink()
    with pytest.raises(SecondEyeError, match="missing"):
        layers(project)


def test_a_flat_shot_has_empty_layers(tmp_path):
    project = make_project(tmp_path / "p")
    for n in range(FIRST, LAST + 1):
        project.write_depth(n, np.full((HEIGHT, WIDTH), 0.5), np.ones((HEIGHT, WIDTH)))
    assert layers(project)["frames"] == 4
    assert not read_layers(project, LAST).plate.any()
