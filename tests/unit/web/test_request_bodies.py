"""What is wrong with a body is told by field, with the cure; nothing that cannot be kept comes through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from tandem.events import Example, ReviewPolicy
from tandem.web import invalid_request
from tandem.web.request_body import RequestBody


class Order(RequestBody):
    note: str = ""
    amount: float = 0
    review_policy: ReviewPolicy | None = None
    examples: tuple[Example, ...] = Field(default=(), min_length=1)


def problem(content: Any) -> dict[str, Any]:
    with pytest.raises(ValidationError) as raised:
        Order.model_validate(content)
    return invalid_request(raised.value.errors(), content).body.model_dump(exclude_none=True)


@pytest.mark.parametrize(
    ("content", "field", "cure"),
    [
        ({"nota": "x"}, "nota", "Did you mean note?"),
        ({"review_policy": {"treshold": 0.4}}, "review_policy.treshold", "Did you mean threshold?"),
        ({"examples": [{"field": {}, "values": {}}]}, "examples[0].field", "Did you mean fields?"),
        ({"zzz": 1}, "zzz", "It may have note, amount, review_policy, examples."),
        ({"note": "\ud83d"}, "note", "Send text as Unicode: an emoji whole."),
        ({"examples": [{"fields": {"t": "\ud83d"}, "values": {}}]}, "examples[0].fields.t", "Send text as Unicode"),
        ({"\ud83d": 1}, "\\ud83d", "Send text as Unicode"),
        ({"note": "a\0b"}, "note", "Take it out."),
        ({"examples": [{"fields": {"t\0": "x"}, "values": {}}]}, "examples[0].fields.t\\x00", "Take it out."),
        ({"amount": 2**63}, "amount", "Give a smaller one."),
        ({"amount": float("nan")}, "amount", "NaN and infinity are no numbers"),
        ({"examples": 5}, "examples", "Put it in [ ]"),
    ],
)
def test_what_cannot_be_taken_is_told_by_field_and_cure(content: Any, field: str, cure: str) -> None:
    found = problem(content)
    assert (found["field"], found["errors"][0]["field"]) == (field, field)
    assert found["cure"].startswith(cure)


def test_a_list_is_not_called_too_short_for_what_is_wrong_inside_it() -> None:
    assert [each["field"] for each in problem({"examples": [{"fields": {}}]})["errors"]] == ["examples[0].values"]
    assert problem({"examples": []})["detail"] == "examples: The list should have at least 1 item, not 0"


@given(
    st.recursive(
        st.floats() | st.integers() | st.text(st.characters()),
        lambda each: st.lists(each) | st.dictionaries(st.text(st.characters()), each),
    )
)
def test_whatever_is_sent_the_answer_can_be_sent_back(content: Any) -> None:
    try:
        Order.model_validate({"note": content})
    except ValidationError as error:
        invalid_request(error.errors(), {"note": content}).response()
    else:
        json.dumps(content, allow_nan=False).encode()
