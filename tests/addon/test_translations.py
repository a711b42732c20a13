# SPDX-License-Identifier: GPL-3.0-or-later
"""Other languages: every text of the add-on has a translation, and none is left over."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import bpy
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


def test_stereo_is_not_translated_as_sound(second_eye, module) -> None:
    """Blender's own table has the word as that of loudspeakers, in its default context."""
    context = module("addon.translations").CONTEXT
    assert context in module("addon.translations").CONTEXTS
    assert bpy.types.SECOND_EYE_PT_stereo.bl_translation_context == context
    copied = bpy.ops.second_eye.copy_shot_settings.get_rna_type()
    rendered = module("addon.render_properties").SECOND_EYE_render.bl_rna
    for owner, name in ((rendered, "kind"), (copied, "kinds")):
        kinds = owner.properties[name]
        assert "Stereo" in [item.name for item in kinds.enum_items]
        assert kinds.translation_context == context
