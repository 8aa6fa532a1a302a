"""Parse JSON without changing a number.

A binary number holds 64 bits as an integer and about 16 decimal digits as a float. What has more digits, such as a
30-digit account number, is kept as the text that stands in the file. `NaN` and `Infinity`, which some programs write
and JSON does not have, are kept as a `Constant`, so that a caller can name them or take them as null.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

# Matches `1234567890123456`, `0.12345678901234567` and `1e400`; not `42` or `3.14`.
_SUSPECT = re.compile(r"\d[\d.]{15}|\d[eE][+-]?\d")
"""Text in which a number of 16 or more digits, or one with an exponent, may stand. A text without a match takes the
fast parser, which reads it exactly or refuses it."""
_INT64 = 2**63


@dataclass(frozen=True)
class Digits:
    """A number that no 64-bit number holds exactly; `text` is what stands in the file."""

    text: str


@dataclass(frozen=True)
class Constant:
    """`NaN`, `Infinity` or `-Infinity`, which JSON does not have."""

    text: str


class NotJsonError(ValueError):
    """The text is not JSON. `message` says why, `position` is the place of the fault, from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


def loads(text: str) -> Any:
    """Parse one JSON value. Numbers that would change become `Digits`, constants become `Constant`.

    Raises NotJsonError.
    """
    if _SUSPECT.search(text) is None:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass  # perhaps for a constant or half of an emoji, which the exact decoder takes
    try:
        return _EXACT.decode(text.strip())
    except json.JSONDecodeError as error:
        raise NotJsonError(error.msg, error.pos) from error
    except RecursionError as error:
        raise NotJsonError("it is nested too deeply", 0) from error


def raw_decode(text: str, start: int) -> tuple[Any, int]:
    """Parse the JSON value that begins at `start`, as `loads` does; return it and where it ends. Raises
    NotJsonError."""
    try:
        return _EXACT.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise NotJsonError(error.msg, error.pos) from error
    except RecursionError as error:
        raise NotJsonError("it is nested too deeply", start) from error


def dumps(value: Any) -> str:
    """Write a parsed value as JSON, each number with the digits that it came with, constants as null.

    Raises ValueError for half of an emoji, which no encoding holds.
    """
    return orjson.dumps(value, default=_fragment, option=orjson.OPT_PASSTHROUGH_DATACLASS).decode()


def lone_surrogate(value: str) -> str | None:
    r"""Return the escape of the first half of an emoji in the text (such as `\ud83d`), or None."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        return f"\\u{ord(value[error.start]):04x}"
    return None


def _fragment(value: Any) -> Any:
    match value:
        case Digits(text):
            return orjson.Fragment(text)
        case Constant():
            return None
    raise TypeError(f"{type(value).__name__} is no part of JSON")


def _integer(text: str) -> int | Digits:
    if len(text) <= 20 and -_INT64 <= (number := int(text)) < _INT64:  # int() refuses texts of thousands of digits
        return number
    return Digits(text)


def _float(text: str) -> float | Digits:
    number = float(text)
    if math.isfinite(number) and Decimal(repr(number)) == Decimal(text):
        return number
    return Digits(text)


_EXACT = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=Constant)
