# SPDX-License-Identifier: GPL-3.0-or-later
"""Other languages: every text of the add-on has a translation, and none is left over."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import messages

LOCALES = ("zh_HANS",)


@pytest.fixture(scope="module")
def texts(extension: str) -> set[str]:
    addon = Path(sys.modules[f"{extension}.addon"].__file__).parent
    return messages.of_classes() | messages.of_source(addon)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_is_translated_and_none_is_left_over(texts, module, locale) -> None:
    known = module("addon.translations").read(locale)
    missing = sorted(texts - known.keys())
    assert not missing, json.dumps(missing, indent=1, ensure_ascii=False)
    left_over = sorted(known.keys() - texts)
    assert not left_over, json.dumps(left_over, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("locale", LOCALES)
def test_translations_are_texts_in_that_language(module, locale) -> None:
    for english, translated in module("addon.translations").read(locale).items():
        assert translated.strip() == translated and translated
        assert translated == english or re.search(r"[\u4e00-\u9fff]", translated), english
        assert sorted(re.findall(r"{\w*}", english)) == sorted(re.findall(r"{\w*}", translated))
