# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that JSON allows and a project doesn't."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from core.project import serial


@dataclass
class Record:
    size: float
    extra: dict[str, Any] = field(default_factory=dict)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" + "0" * 400])
def test_a_number_too_large_for_a_float_is_refused_by_its_name(number):
    with pytest.raises(serial.FieldError, match="size must be a number"):
        serial.from_plain(Record, serial.load(f'{{"size": {number}}}'))


def test_a_number_of_thousands_of_digits_is_refused_in_a_sentence():
    with pytest.raises(serial.FieldError, match="a number that is none"):
        serial.load('{"size": ' + "1" * 5000 + "}")
    with pytest.raises(serial.FieldError, match=r"NaN|Infinity"):
        serial.load('{"size": NaN}')
