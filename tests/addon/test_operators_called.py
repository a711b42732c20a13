# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operator of the add-on is called by a test of these, which all run on the installed zip."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

import bpy
import pytest

HERE = Path(__file__).parent
FAMILIES = {'f"preset_{kind}"': "preset_"}
"""Operators that one test calls by a name it makes: how the test says it, and how they begin."""


def called(text: str) -> set[str]:
    """Operators that a test's source calls, or hands to a function that does: ``ops.NAME(...)``,
    ``refused(ops.second_eye.NAME)``; a look at ``NAME.poll`` is none."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            for part in (node.func, *node.args):
                if isinstance(part, ast.Attribute) and _is_ours(part.value):
                    found.add(part.attr)
    return found


def _is_ours(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "second_eye"
    return isinstance(node, ast.Name) and node.id == "ops"


def missing(names: Iterable[str], sources: Iterable[str]) -> set[str]:
    """Those of ``names`` that no source calls."""
    texts = list(sources)
    found = set().union(*(called(text) for text in texts))
    whole = "\n".join(texts)
    begun = tuple(start for said, start in FAMILIES.items() if said in whole)
    return {name for name in names if name not in found and not name.startswith(begun)}


@pytest.mark.parametrize(
    "text",
    ["bpy.ops.second_eye.add_move(kind='arc')", "ops.add_move()", "refused(ops.add_move, kind=1)"],
)
def test_a_call_is_seen(text):
    assert missing(["add_move", "fit_move"], [text]) == {"fit_move"}


@pytest.mark.parametrize("text", ["bpy.ops.second_eye.add_move.poll()", "'ops.add_move()'"])
def test_a_look_at_an_operator_is_no_call(text):
    assert missing(["add_move"], [text]) == {"add_move"}


def test_every_operator_has_a_test_that_calls_it(second_eye):
    names = dir(bpy.ops.second_eye)
    assert len(names) > 60
    sources = [path.read_text(encoding="utf8") for path in HERE.glob("test_*.py")]
    assert not missing(names, sources)
