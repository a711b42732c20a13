# SPDX-License-Identifier: GPL-3.0-or-later
"""project.json: exact round trip, refusals by the name of the field, nobody's notes lost."""

import json
from fractions import Fraction

import pytest

from core.errors import SecondEyeError
from core.project import (
    BakedCamera,
    ClipRecord,
    DepthRecord,
    Manifest,
    Project,
    Shot,
    TimelineRecord,
)
from core.project.extent import with_range


def make_manifest(first=3, last=5, **changes):
    count = last - first + 1
    values = {
        "clip": ClipRecord("../clip.mp4", "/clip.mp4", "movie", "ab12", 448, 256, notes=["a é"]),
        "timeline": TimelineRecord(
            Fraction(24000, 1001), Fraction(1, 90000), [0, 3003, 6006, 9009, 12012, 15015]
        ),
        "first": first,
        "last": last,
        "depth": DepthRecord(4, 3, [0.1 + 0.2, 1 / 3, 1.0][:count], [-5e-324, 1e308, 0.0][:count]),
        "shots": [Shot("shot_001", first, last, low=0.1, high=0.7)],
        "camera": BakedCamera([0.065] * count, [1.95] * count, [0.0] * count),
        "metres_per_unit": 0.3,
    }
    return Manifest(**(values | changes))


def edit(folder, change):
    path = folder / "project.json"
    plain = json.loads(path.read_text())
    change(plain)
    path.write_text(json.dumps(plain))


def test_every_number_reads_back_exactly(tmp_path):
    manifest = make_manifest()
    Project.create(tmp_path / "p", manifest)
    assert Project.open(tmp_path / "p").manifest == manifest


def test_the_file_is_readable_without_us(tmp_path):
    Project.create(tmp_path / "p", make_manifest())
    text = (tmp_path / "p" / "project.json").read_text(encoding="utf-8")
    plain = json.loads(text)
    assert plain["schema"] == 2
    assert plain["timeline"]["rate"] == [24000, 1001]
    assert plain["depth"]["scale"] == [0.1 + 0.2, 1 / 3, 1.0]
    assert plain["stages"]["depth"] == {"state": "pending"}
    assert '    "source_pts": [0, 3003, 6006, 9009, 12012, 15015]\n' in text


def test_saving_an_unchanged_project_leaves_the_bytes(tmp_path):
    project = Project.create(tmp_path / "p", make_manifest())
    path = tmp_path / "p" / "project.json"
    before = (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
    project.save()
    Project.open(tmp_path / "p").save()
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_unknown_keys_are_kept(tmp_path):
    folder = tmp_path / "p"
    Project.create(folder, make_manifest())

    def note(plain):
        plain["artist"] = {"mood": ["dusk", 1.5]}
        plain["shots"][0]["remark"] = "hold the wall"
        plain["stages"]["denoise"] = {"state": "done", "by": "x"}
        plain["camera"]["rig"] = "dolly"

    edit(folder, note)
    project = Project.open(folder)
    project.manifest.shots[0].strength = 0.5
    project.save()
    plain = json.loads((folder / "project.json").read_text())
    assert plain["artist"] == {"mood": ["dusk", 1.5]}
    assert plain["shots"][0]["remark"] == "hold the wall"
    assert plain["stages"]["denoise"] == {"state": "done", "by": "x"}
    assert plain["camera"]["rig"] == "dolly"
    assert plain["shots"][0]["strength"] == 0.5
    # A wider range is a new manifest, with the same notes in it.
    wide = with_range(Project.open(folder).manifest, 1, 6)
    assert wide.extra == {"artist": {"mood": ["dusk", 1.5]}}
    assert wide.shots[0].extra == {"remark": "hold the wall"}
    assert wide.camera.extra == {"rig": "dolly"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda p: p.pop("first"), "first is missing"),
        (lambda p: p.update(first=0), "first must lie in 1..6"),
        (lambda p: p.update(last=7), "last must lie in 3..6"),
        (lambda p: p.update(last="5"), "last must be a whole number"),
        (lambda p: p.update(last=True), "last must be a whole number"),
        (lambda p: p["shots"][0].update(near="two"), 'shots[0].near must be a number, not "two"'),
        (lambda p: p["shots"][0].update(near=30), "shots[0].near must be above 0 and below"),
        (lambda p: p["shots"][0].update(low=0.7), "shots[0].low must be below"),
        (lambda p: p["shots"][0].update(last=4), "shots[0].last must be 5"),
        (lambda p: p["shots"][0].update(first=2), "shots[0].first must be 3"),
        (lambda p: p["shots"][0].update(strength=-1), "shots[0].strength"),
        (lambda p: p["shots"][0].update(temporal=1.5), "shots[0].temporal must lie in 0..1"),
        (lambda p: p["shots"][0].update(spatial="on"), "shots[0].spatial must be a number"),
        (lambda p: p["repair"].update(look_ahead=-1), "repair.look_ahead must be at least 0"),
        (lambda p: p.update(shots=[]), "shots must hold at least one"),
        (lambda p: p.update(shots={}), "shots must be a list"),
        (lambda p: p["timeline"].update(rate=[24, 0]), "timeline.rate must be [numerator"),
        (lambda p: p["timeline"].update(rate=[-24, 1]), "timeline.rate must be above 0"),
        (lambda p: p["timeline"].update(source_pts=[]), "timeline.source_pts"),
        (lambda p: p["depth"].update(scale=[1.0]), "depth.scale must hold 3 numbers"),
        (lambda p: p["depth"].update(width=0), "depth.width must be at least 1"),
        (lambda p: p["camera"].update(convergence=[1, 0, 1]), "camera.convergence"),
        (lambda p: p["camera"].update(lateral_offset=[1]), "camera.lateral_offset must hold 3"),
        (lambda p: p["camera"].update(shift=[0.1]), "camera.shift must hold 3 numbers, or none"),
        (lambda p: p["camera"].update(pivot=[0, 2, 0]), "camera.pivot must lie in -1..1"),
        (lambda p: p["clip"].update(kind="reel"), "clip.kind"),
        (lambda p: p["lens"].update(focal_over_width=0), "lens.focal_over_width"),
        (lambda p: p.update(metres_per_unit=-1), "metres_per_unit"),
        (lambda p: p["stages"].pop("range"), "stages.range is missing"),
        (lambda p: p["stages"]["depth"].update(state="half"), "stages.depth.state"),
        (lambda p: p.update(schema="1"), "schema must be 2"),
        (lambda p: p.update(clip=4), "clip must be an object"),
    ],
)
def test_a_hand_edited_file_is_refused_by_the_name_of_the_field(tmp_path, change, field):
    folder = tmp_path / "p"
    Project.create(folder, make_manifest())
    edit(folder, change)
    with pytest.raises(SecondEyeError) as caught:
        Project.open(folder)
    sentence = str(caught.value)
    assert field in sentence
    assert "project.json" in sentence
    assert "correct it" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"schema": NaN}', '{"schema": 1, "schema": 1}', "\xff", "[" * 9999],
)
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path, text):
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "project.json").write_text(text, encoding="latin-1")
    with pytest.raises(SecondEyeError, match=r"project\.json can't be used"):
        Project.open(folder)


def test_a_newer_schema_is_refused_with_the_remedy(tmp_path):
    folder = tmp_path / "p"
    Project.create(folder, make_manifest())
    edit(folder, lambda plain: plain.update(schema=3, first={"new": "shape"}))
    with pytest.raises(SecondEyeError, match=r"newer version .* update Second Eye"):
        Project.open(folder)


def test_an_older_schema_is_refused_with_the_remedy(tmp_path):
    folder = tmp_path / "p"
    Project.create(folder, make_manifest())
    edit(folder, lambda plain: plain.update(schema=1))
    with pytest.raises(
        SecondEyeError, match=r"before depth was repaired .* analyse the clip again"
    ):
        Project.open(folder)


def test_not_a_number_is_never_written(tmp_path):
    project = Project.create(tmp_path / "p", make_manifest())
    before = (tmp_path / "p" / "project.json").read_bytes()
    project.manifest.depth.shift[1] = float("nan")
    with pytest.raises(SecondEyeError, match=r"depth\.shift must be a finite number"):
        project.save()
    assert (tmp_path / "p" / "project.json").read_bytes() == before


def test_somebody_elses_change_is_not_overwritten(tmp_path):
    Project.create(tmp_path / "p", make_manifest())
    one, other = Project.open(tmp_path / "p"), Project.open(tmp_path / "p")
    one.manifest.shots[0].far = 50.0
    one.save()
    other.manifest.shots[0].near = 1.0
    with pytest.raises(SecondEyeError, match="changed by somebody else"):
        other.save()
    assert Project.open(tmp_path / "p").manifest.shots[0].far == 50.0


def test_another_range_keeps_what_the_shared_frames_had():
    manifest = make_manifest()
    manifest.shots = [Shot("a", 3, 3, near=1.0), Shot("b", 4, 5, far=99.0)]
    wide = with_range(manifest, 1, 6)
    assert [(s.name, s.first, s.last) for s in wide.shots] == [("a", 1, 3), ("b", 4, 6)]
    assert wide.shots[0].near == 1.0
    assert wide.depth.scale == [1.0, 1.0, 0.1 + 0.2, 1 / 3, 1.0, 1.0]
    assert len(wide.camera.convergence) == 6 and wide.camera.pivot == []
    narrow = with_range(manifest, 5, 5)
    assert [(s.name, s.first, s.last) for s in narrow.shots] == [("b", 5, 5)]
    apart = with_range(manifest, 1, 2)
    assert [(s.first, s.last) for s in apart.shots] == [(1, 2)]
    assert manifest == make_manifest(shots=manifest.shots)
