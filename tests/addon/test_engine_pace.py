# SPDX-License-Identifier: GPL-3.0-or-later
"""The time left that a running job tells."""

from __future__ import annotations

import pytest


def test_time_left_follows_the_pace_of_the_stage(second_eye, module) -> None:
    pace = module("addon.engine.pace").Pace()
    assert pace.left("depth", 40, 100, 10.0) == "", "resumed: 40 are done already"
    assert pace.left("depth", 41, 100, 11.0) == "", "too soon"
    assert pace.left("depth", 50, 100, 50.0) == "3 min left"
    assert pace.left("depth", 100, 100, 250.0) == ""
    assert pace.left("repair", 1, 100, 251.0) == "", "a stage of its own"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "5 s left"), (42, "40 s left"), (56, "1 min left"), (4000, "1 h 7 min left")],
)
def test_words(second_eye, module, seconds, said) -> None:
    assert module("addon.engine.pace").words(seconds) == said


def test_the_row_shows_it(second_eye, module) -> None:
    progress = module("addon.engine.client").Progress("depth", 5, 10, "", "2 min left")
    assert progress.text() == "depth  5 / 10  2 min left"
