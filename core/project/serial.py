# SPDX-License-Identifier: GPL-3.0-or-later
"""Dataclasses to JSON and back, exactly; a wrong value is refused by the name of its field."""

import dataclasses
import json
import math
import types
import typing
from fractions import Fraction
from typing import Any, TypeVar

T = TypeVar("T")


class FieldError(ValueError):
    """``str(error)`` names the field and what it must be."""


def dump(record: Any) -> str:
    """Text of a record: one key a line, a list of numbers on one line; numbers read back exactly.

    Raises FieldError for a number that JSON can't hold (infinity, not-a-number).
    """
    return _encode(to_plain(record), "", "") + "\n"


def load(text: str) -> Any:
    """Parse JSON strictly: no NaN, no Infinity, no key twice. Raises FieldError."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise FieldError(f"line {error.lineno}: {error.msg}") from error
    except FieldError:
        raise
    except ValueError as error:  # of a whole number of thousands of digits
        raise FieldError(f"the file holds a number that is none ({error})") from error
    except RecursionError as error:
        raise FieldError("the file is nested too deeply") from error


def to_plain(value: Any) -> Any:
    """A record as dictionaries, lists and numbers; unknown keys kept in ``extra`` come last."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.name != "extra"]
        plain = {name: to_plain(getattr(value, name)) for name in names}
        record: Any = value
        return plain | {key: kept for key, kept in record.extra.items() if key not in plain}
    if isinstance(value, Fraction):
        return [value.numerator, value.denominator]
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    return value


def from_plain(cls: type[T], plain: Any, where: str = "") -> T:
    """Build ``cls`` from parsed JSON. Raises FieldError naming the field that doesn't fit."""
    if not isinstance(plain, dict):
        raise FieldError(f"{where or 'the file'} must be an object in braces")
    hints = typing.get_type_hints(cls)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        if field.name == "extra":
            continue
        name = f"{where}.{field.name}" if where else field.name
        if field.name in plain:
            values[field.name] = _convert(hints[field.name], plain[field.name], name)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise FieldError(f"{name} is missing")
    extra = {key: value for key, value in plain.items() if key not in hints}
    build: Any = cls
    record: T = build(**values, extra=extra)
    return record


def _convert(hint: Any, value: Any, name: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return _convert(next(a for a in arguments if a is not type(None)), value, name)
    if origin is list:
        if not isinstance(value, list):
            raise FieldError(f"{name} must be a list")
        return [_convert(arguments[0], item, f"{name}[{i}]") for i, item in enumerate(value)]
    if origin is dict:
        if not isinstance(value, dict):
            raise FieldError(f"{name} must be an object in braces")
        return {key: _convert(arguments[1], item, f"{name}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(hint):
        return from_plain(typing.cast(type, hint), value, name)
    return _scalar(hint, value, name)


def _scalar(hint: Any, value: Any, name: str) -> Any:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is Fraction:
        whole = isinstance(value, list) and len(value) == 2 and all(type(v) is int for v in value)
        if not whole or value[1] == 0:
            raise FieldError(f"{name} must be [numerator, denominator]")
        return Fraction(value[0], value[1])
    if hint is float and number and _finite(value):
        return float(value)
    if hint is int and type(value) is int:
        return value
    if hint in (str, bool) and isinstance(value, hint):
        return value
    wanted = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}[hint]
    raise FieldError(f"{name} must be {wanted}, not {json.dumps(value)[:40]}")


def _finite(value: float) -> bool:
    """1e999 is read as infinity, and a whole number may be too large for a float."""
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _encode(plain: Any, indent: str, name: str) -> str:
    deeper = indent + "  "
    if isinstance(plain, dict) and plain:
        lines = [
            f"{deeper}{json.dumps(key, ensure_ascii=False)}: "
            + _encode(value, deeper, f"{name}.{key}" if name else str(key))
            for key, value in plain.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(plain, list) and any(isinstance(item, (dict, list)) for item in plain):
        lines = [deeper + _encode(v, deeper, f"{name}[{i}]") for i, v in enumerate(plain)]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    values = plain if isinstance(plain, list) else [plain]
    if any(isinstance(value, float) and not math.isfinite(value) for value in values):
        raise FieldError(f"{name} must be a finite number")
    return json.dumps(plain, ensure_ascii=False, allow_nan=False)


def _refuse_constant(text: str) -> Any:
    raise FieldError(f"{text} is not a number that the format allows")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise FieldError(f"{twice} stands there twice")
    return plain
