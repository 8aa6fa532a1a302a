"""Write JSON in one way only, so that everybody gets the same digest of the same value (RFC 8785).

Keys are sorted, nothing is between the signs, letters stand as they are in UTF-8, and numbers are written as ECMAScript
writes them: the shortest digits that give the same double.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False).encode
"""An encoder made once: json.dumps makes one for each call."""


def canonical_json(value: Any) -> str:
    """Return the value as canonical JSON. Raises ValueError for numbers that JSON does not know (NaN, infinity)."""
    match value:
        case None | bool() | str():
            return _encode(value)
        case int():
            return str(value) if -(2**53) < value < 2**53 else _number(float(value))
        case float():
            return _number(value)
        case Mapping():
            # RFC 8785 sorts by UTF-16 code units
            keys = sorted(value, key=lambda key: str(key).encode("utf-16-be", "surrogatepass"))
            return "{" + ",".join(f"{canonical_json(str(key))}:{canonical_json(value[key])}" for key in keys) + "}"
        case Sequence():
            return "[" + ",".join(map(canonical_json, value)) + "]"
    raise TypeError(f"no JSON: {type(value).__name__}")


def sha256_of(text: str) -> str:
    """Return the SHA-256 of the text's UTF-8 bytes, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _number(value: float) -> str:
    """Return the number as ECMAScript's Number::toString does."""
    if not math.isfinite(value):
        raise ValueError(f"no number of JSON: {value}")
    if value == 0:
        return "0"
    mantissa, _, exponent = repr(abs(value)).partition("e")  # the shortest digits that give the same double
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))  # digits before the point
    digits = digits.rstrip("0")
    sign, count = "-" if value < 0 else "", len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if count > 1 else ""
    return f"{sign}{digits[0]}{rest}e{point - 1:+d}"
