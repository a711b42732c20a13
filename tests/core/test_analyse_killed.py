# SPDX-License-Identifier: GPL-3.0-or-later
"""Real kills of the real worker at random moments: the files in the end are those of no kill."""

import random
import time

import pytest
from analysed import Worker, tiny_model, tree
from clips import make_movie

FRAMES = 30


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kills")
    clip = make_movie(folder / "clip.mp4", range(1, FRAMES + 1), size=(224, 128))
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
            if kills < 4:
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
