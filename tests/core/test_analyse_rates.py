# SPDX-License-Identifier: GPL-3.0-or-later
"""The rate of a project, as people write it."""

from fractions import Fraction

import analyse_case
import pytest
from analyse_case import analyse
from clips import make_sequence

from core.cli import main
from core.commands.depth import parse_rate
from core.errors import SecondEyeError, UsageError
from core.project import Project

model, clip = analyse_case.model, analyse_case.clip


def test_a_sequence_takes_its_rate_and_a_project_keeps_it(model, tmp_path):
    frames = make_sequence(tmp_path / "frames", range(1, 4))
    analyse(frames, tmp_path / "p", model, rate=[30000, 1001])
    assert Project.open(tmp_path / "p").manifest.timeline.rate == Fraction(30000, 1001)
    analyse(frames, tmp_path / "p")
    with pytest.raises(SecondEyeError, match="30000/1001 frames a second, not at 25"):
        analyse(frames, tmp_path / "p", rate=[25, 1])
    with pytest.raises(UsageError, match="no frame rate"):
        analyse(frames, tmp_path / "q", model, rate=[0, 1])


def test_a_movie_has_a_rate_of_its_own(clip, model, tmp_path):
    with pytest.raises(UsageError, match="leave the rate away"):
        analyse(clip, tmp_path / "p", model, rate=[25, 1])
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    ("text", "rate"),
    [("25", (25, 1)), ("24000/1001", (24000, 1001)), ("23.976", (24000, 1001)),
     ("29.97", (30000, 1001)), ("12.5", (25, 2)), ("24", (24, 1))],
)  # fmt: skip
def test_rates_as_people_write_them(text, rate):
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["24/0", "0", "-24", "fast", "nan", ""])
def test_what_is_no_rate_is_bad_use_in_one_sentence(text, capsys):
    for command in (["depth", "a.mp4", "--project", "p"], ["convert", "a.mp4", "-o", "b.mp4"]):
        assert main([*command, f"--rate={text}"]) == 2
        told = capsys.readouterr().err
        assert f'"{text}" is no frame rate: give frames a second' in told
        assert told.count("\n") == 1
