"""JSON whose numbers stay as they are."""

from __future__ import annotations

import json
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem_api.resources.datasets.parsing import exact_json
from tandem_api.resources.datasets.parsing.exact_json import Constant, Digits

NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)


@given(NUMBERS)
def test_every_number_keeps_its_value(text: str) -> None:
    value = exact_json.loads(f'{{"n": {text}}}')["n"]
    kept = value.text if isinstance(value, Digits) else repr(value)
    assert Decimal(kept) == Decimal(text)


@given(st.recursive(st.none() | st.booleans() | st.text() | NUMBERS.map(Digits), st.lists, max_leaves=20))
def test_what_was_parsed_is_written_with_the_same_digits(value: object) -> None:
    def plain(part: object) -> str:
        if isinstance(part, list):
            return "[" + ",".join(map(plain, part)) + "]"
        return part.text if isinstance(part, Digits) else json.dumps(part)

    written = exact_json.dumps(exact_json.loads(plain(value)))
    assert json.loads(written, parse_int=Decimal, parse_float=Decimal) == json.loads(
        plain(value), parse_int=Decimal, parse_float=Decimal
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9007199254740993", 9007199254740993),
        ("-9223372036854775808", -(2**63)),
        ("18446744073709551615", Digits("18446744073709551615")),
        ("123456789012345678901234567890", Digits("123456789012345678901234567890")),
        ("0.1", 0.1),
        ("0.12345678901234567890", Digits("0.12345678901234567890")),
        ("1e400", Digits("1e400")),
        ("9" * 5000, Digits("9" * 5000)),
        ("NaN", Constant("NaN")),
        ("-Infinity", Constant("-Infinity")),
        (r'"\ud83d"', "\ud83d"),
    ],
)
def test_what_no_number_of_64_bits_holds_is_kept_as_its_text(text: str, value: object) -> None:
    assert exact_json.loads(text) == value


@pytest.mark.parametrize("text", ["", "{", "[1,]", "nan", "'a'", "[" * 100_000])
def test_what_is_not_json_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(exact_json.NotJsonError) as caught:
        exact_json.loads(text)
    assert 0 <= caught.value.position <= len(text)


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(), st.lists))
def test_plain_json_is_read_as_the_fast_parser_reads_it(value: object) -> None:
    text = orjson.dumps(value).decode()
    assert exact_json.loads(text) == orjson.loads(text)


def test_the_first_half_of_an_emoji_is_named() -> None:
    assert exact_json.lone_surrogate("cut \ud83d here") == r"\ud83d"
    assert exact_json.lone_surrogate("whole \U0001f600 here") is None
