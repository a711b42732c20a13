# SPDX-License-Identifier: GPL-3.0-or-later
"""A depth project that is stopped, resumed, widened or mended: always the same files."""

import analyse_case
import pytest
from analyse_case import analyse
from analysed import stamps, tree

from core.errors import Cancelled, SecondEyeError
from core.jobs.analyse import AnalyseJob
from core.project import Project

OFF = {"spatial": 0, "temporal": 0, "semantic": 0}
model, clip, undisturbed = analyse_case.model, analyse_case.clip, analyse_case.undisturbed


def test_a_finished_project_is_left_alone_and_says_so(undisturbed, clip, model):
    before = stamps(undisturbed)
    # No model is loaded where there is nothing to do, so this works without weights too.
    for answer in (analyse(clip, undisturbed, model), analyse(clip, undisturbed)):
        assert answer["message"].startswith("Nothing to do: frames 1 to 12")
        assert answer["frames"] == answer["plates"] == answer["repaired"] == 0
        assert stamps(undisturbed) == before


@pytest.mark.parametrize("stage", ["depth", "repair"])
@pytest.mark.parametrize("cancel_after", [0, 1, 5, 8])
def test_cancelled_then_resumed_equals_undisturbed(undisturbed, clip, model, cancel_after, stage):
    folder = clip.parent / f"cancelled_{stage}_{cancel_after}"
    with pytest.raises(Cancelled, match="run it again to resume"):
        analyse(clip, folder, model, cancel_after=cancel_after, stage=stage)
    assert not Project.open(folder).manifest.complete
    assert not [name for name in tree(folder) if "/." in name or name.startswith(".")]
    answer = analyse(clip, folder, model)
    made = answer["frames" if stage == "depth" else "repaired"]
    assert 0 < made <= 12 - cancel_after
    assert stage == "depth" or answer["frames"] == 0
    assert tree(folder) == tree(undisturbed)


def test_a_wider_range_extends_and_equals_the_whole(undisturbed, clip, model):
    folder = clip.parent / "wider"
    analyse(clip, folder, model, first=4, last=6)
    assert (Project.open(folder).manifest.first, Project.open(folder).manifest.last) == (4, 6)
    assert sorted(p.name for p in (folder / "depth").iterdir()) == [
        "000004.exr",
        "000005.exr",
        "000006.exr",
    ]
    kept = stamps(folder / "base")
    answer = analyse(clip, folder, model, first=5)
    # Frames 5 and 6 see more of the shot now.
    assert (answer["frames"], answer["repaired"]) == (6, 8)
    assert kept.items() <= stamps(folder / "base").items()
    # A narrower one is already there.
    assert analyse(clip, folder, model, first=5, last=5)["frames"] == 0
    # A gap is closed, and told.
    analyse(clip, clip.parent / "gap", model, first=2, last=3)
    seen = analyse(clip, clip.parent / "gap", model, first=9, last=9)["seen"]
    assert any("Frames 4 to 8 are analysed too" in p.message for p in seen)
    assert Project.open(clip.parent / "gap").manifest.last == 9
    analyse(clip, folder, model)
    assert tree(folder) == tree(undisturbed)


def test_an_interrupted_first_run_may_be_given_another_range(clip, model):
    folder = clip.parent / "changed"
    with pytest.raises(Cancelled):
        analyse(clip, folder, model, cancel_after=4)
    analyse(clip, folder, model, first=2, last=5)
    project = Project.open(folder)
    assert (project.manifest.first, project.manifest.last) == (2, 5)
    assert project.manifest.complete
    direct = clip.parent / "direct"
    analyse(clip, direct, model, first=2, last=5)
    assert (folder / "project.json").read_bytes() == (direct / "project.json").read_bytes()


def test_while_a_finished_project_grows_it_keeps_describing_the_finished_frames(clip, model):
    folder = clip.parent / "grows"
    analyse(clip, folder, model, last=4)
    before = (folder / "project.json").read_bytes()
    with pytest.raises(Cancelled):
        analyse(clip, folder, model, cancel_after=3)
    assert (folder / "project.json").read_bytes() == before
    assert Project.open(folder).manifest.complete
    assert (folder / "base" / "000005.exr").exists()


@pytest.mark.parametrize(
    "name",
    [
        "base/000001.exr",
        "uncertainty/000004.exr",
        "labels/000005.png",
        "depth/000003.exr",
        "confidence/000007.exr",
        "plate/000012.jpg",
    ],
)
@pytest.mark.parametrize("damage", ["deleted", "emptied", "cut"])
def test_damaged_files_are_made_again(undisturbed, clip, model, name, damage, tmp_path_factory):
    folder = clip.parent / f"{damage}_{name.partition('/')[0]}"
    analyse(clip, folder, model)
    path = folder / name
    if damage == "deleted":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: 0 if damage == "emptied" else -30])
    answer = analyse(clip, folder, model)
    made = (answer["plates"], answer["frames"], answer["repaired"])
    kind = name.partition("/")[0]
    assert made == {"plate": (1, 0, 0), "depth": (0, 0, 1), "confidence": (0, 0, 1)}.get(
        kind, (0, 1, 0)
    )
    assert tree(folder) == tree(undisturbed)


def test_a_run_stopped_before_its_first_depth_keeps_model_and_size(clip, model, tmp_path):
    """Nothing asked for: what the project was begun with, or a refusal. Asked for: adopted."""

    def begin(name, **options):
        def cancelled():
            return any(p.stage == "plate" and p.done > 2 for p in seen)

        seen = []
        with pytest.raises(Cancelled):
            AnalyseJob(str(clip), str(tmp_path / name), last=4, **options).run(
                seen.append, cancelled
            )
        return tmp_path / name

    folder = begin("sized", model=str(model), size=64)
    analyse(clip, folder, model, last=4)
    assert Project.open(folder).manifest.model.size == 64
    folder = begin("other", model=str(model))
    before = tree(folder)
    with pytest.raises(SecondEyeError, match="was analysed with the model tiny_1"):
        analyse(clip, folder, last=4)
    assert tree(folder) == before
    analyse(clip, folder, model, last=4, size=64)
    assert Project.open(folder).manifest.model.size == 64
