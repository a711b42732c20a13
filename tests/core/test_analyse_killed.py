# SPDX-License-Identifier: GPL-3.0-or-later
"""Real kills of the real worker at random moments: the files in the end are those of no kill."""

import random
import shutil
import time

import pytest
from analysed import Worker, tiny_model, tree
from shot_clips import shots_movie

from core.project import Project

LENGTHS = (12, 9)
FRAMES = sum(LENGTHS)


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kills")
    clip = shots_movie(folder / "clip.mp4", LENGTHS, size=(192, 128))
    model = tiny_model(folder)
    with Worker() as worker:
        worker.start("analyse", clip=clip, project=folder / "undisturbed", model=model)
        worker.until("result")
        assert worker.process.wait(timeout=30) == 0
    return clip, model, tree(folder / "undisturbed")


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_any_moment_it_resumes_to_the_same_files(material, seed, tmp_path):
    clip, model, expected = material
    chance = random.Random(seed)
    # A sibling of the undisturbed project, so that the clip's relative path is the same.
    project = clip.parent / f"killed{seed}"
    kills = 0
    while True:
        with Worker() as worker:
            worker.start("analyse", clip=clip, project=project, model=model)
            # Any message may be the last one heard, and any moment after it the last one lived.
            for _ in range(chance.randint(1, 12)):
                message = worker.next()
                if message is None or message["type"] == "result":
                    break
            if message is not None and message["type"] == "result":
                break
            if kills < 3:
                time.sleep(chance.random() * 0.15)
                worker.process.kill()
                kills += 1
            else:
                worker.until("result")
                break
    assert kills >= 1
    assert tree(project) == expected


def test_killed_again_and_again_it_still_moves_on(material):
    """Each life ends after its first new depth frame: frames that were finished are kept."""
    clip, model, expected = material
    project = clip.parent / "moves"
    finished = []
    for _ in range(3):
        with Worker() as worker:
            worker.start("analyse", clip=clip, project=project, model=model, last=FRAMES)
            first = None
            while (message := worker.until("progress", "result"))["type"] == "progress":
                if message["stage"] == "depth":
                    if first is None:
                        first = message["done"]
                    elif message["done"] > first:
                        break
            worker.process.kill()
        finished.append(len(list((project / "base").glob("0*.exr"))))
    assert finished == sorted(set(finished))
    with Worker() as worker:
        worker.start("analyse", clip=clip, project=project, model=model)
        worker.until("result")
    assert tree(project) == expected


def hear(worker, stage, times):
    """Wait until ``stage`` was told of so often, or the job is over; whether it goes on."""
    while times > 0:
        message = worker.until("progress", "result")
        if message["type"] == "result":
            return False
        times -= message["stage"] == stage
    return True


def test_killed_in_repair_the_recursion_goes_on_from_the_stored_frame(material):
    clip, model, expected = material
    chance = random.Random(4)
    project = clip.parent / "repair"
    kills = 0
    for times in (1, 2, 1):
        with Worker() as worker:
            worker.start("analyse", clip=clip, project=project, model=model)
            if not hear(worker, "repair", times):
                break
            time.sleep(chance.random() * 0.05)
            worker.process.kill()
            kills += 1
    with Worker() as worker:
        worker.start("analyse", clip=clip, project=project, model=model)
        worker.until("result")
    assert kills >= 1
    assert tree(project) == expected


def test_repair_again_killed_at_any_moment_is_the_old_or_the_new(material):
    clip, _, expected = material
    project, other = clip.parent / "again", clip.parent / "never_killed"
    for folder in (project, other):
        shutil.copytree(clip.parent / "undisturbed", folder)
    with Worker() as worker:
        worker.start("repair", project=other, spatial=0.5)
        worker.until("result")
    new = tree(other)
    chance = random.Random(7)
    kills = 0
    for stage, times in (("repair", 1), ("repair", 2), ("flicker", 1)):
        with Worker() as worker:
            worker.start("repair", project=project, spatial=0.5)
            if not hear(worker, stage, times):
                break
            time.sleep(chance.random() * 0.05)
            worker.process.kill()
            kills += 1
        stands = Project.open(project)
        if stands.manifest.shots[0].spatial == 1.0:
            files = {name: data for name, data in tree(project).items() if name in expected}
            assert stands.manifest.complete and files == expected
    with Worker() as worker:
        worker.start("repair", project=project, spatial=0.5)
        worker.until("result")
    assert kills >= 1
    assert tree(project) == new
