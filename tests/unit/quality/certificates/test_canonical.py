"""Canonical JSON against the numbers of RFC 8785 (appendix B) and its example of sorted keys."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.quality.certificates.canonical import canonical_json


@pytest.mark.parametrize(
    ("bits", "written"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
    ],
)
def test_numbers_are_written_as_ecmascript_writes_them(bits: str, written: str) -> None:
    assert canonical_json(struct.unpack(">d", bytes.fromhex(bits))[0]) == written


def test_keys_are_sorted_and_nothing_is_between_the_signs() -> None:
    value = {"peach": True, "péché": None, "pêche": ["sin\n", 1.0], "b": {"z": 1, "a": "€"}}
    assert canonical_json(value) == '{"b":{"a":"€","z":1},"peach":true,"péché":null,"pêche":["sin\\n",1]}'


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_back_and_gives_the_same_text(number: float) -> None:
    written = canonical_json(number)
    assert float(written) == number
    assert canonical_json(json.loads(written)) == written


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_of_json_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="no number of JSON"):
        canonical_json([number])
