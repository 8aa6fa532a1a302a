"""What a cell or a JSON value says is right, as the value of the task's kind."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import some_options
from tandem.events import (
    LabelOption,
    LabelTask,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanAttribute,
    SpanTask,
    TextTask,
)
from tandem_api.resources.datasets.parsing.gold import GoldError, gold_value, untyped_gold
from tandem_api.resources.datasets.parsing.mapping import ColumnMapping
from tandem_api.resources.datasets.parsing.record_maker import RecordMaker
from tandem_api.resources.datasets.parsing.rows import FileFaultError, Row, SizeLimits


def options(*values: str) -> tuple[LabelOption, ...]:
    return some_options(*values)


MOOD = SingleChoiceTask(name="mood", options=options("good", "bad", "7"))
TOPICS = MultipleChoiceTask(name="topics", options=options("bug", "billing", "other"), at_most=2)
AMOUNT = NumberTask(name="amount", minimum=0, maximum=100, step=0.5)
NOTE = TextTask(name="note", max_length=10)
ROLES = (SpanAttribute(name="role", options=options("customer", "staff"), required=True),)
PEOPLE = SpanTask(name="people", options=options("person"), overlaps=False)
ACTORS = SpanTask(name="actors", options=options("person"), attributes=ROLES)
FIELDS = {"text": "Zoë met 😀da."}
ZOE = {"field": "text", "start": 0, "end": 3, "text": "Zoë", "label": "person", "attributes": {}}
ADA = {"field": "text", "start": 8, "end": 11, "text": "😀da", "label": "person", "attributes": {}}


@pytest.mark.parametrize(
    ("task", "given_value", "wanted"),
    [
        (MOOD, " good ", "good"),
        (MOOD, 7, "7"),
        (MOOD, "", None),
        (MOOD, None, None),
        (TOPICS, ["billing", "bug"], ["bug", "billing"]),
        (TOPICS, '["other"]', ["other"]),
        (TOPICS, "billing ; bug", ["bug", "billing"]),
        (TOPICS, "bug", ["bug"]),
        (TOPICS, [], []),
        (TOPICS, "[]", []),
        (AMOUNT, "12.5", 12.5),
        (AMOUNT, 3, 3.0),
        (NOTE, " hello ", " hello "),
        (NOTE, 42, "42"),
        (PEOPLE, [{"start": 8, "end": 11, "label": "person"}, {"start": 0, "end": 3, "label": "person"}], [ZOE, ADA]),
        (PEOPLE, '[{"start": 0, "end": 3, "label": "person", "text": "Zoë"}]', [ZOE]),
        (PEOPLE, "[]", []),
    ],
)
def test_gold_becomes_the_value_of_its_task(task: LabelTask, given_value: Any, wanted: Any) -> None:
    assert gold_value(task, given_value, FIELDS, separator=";") == wanted


@pytest.mark.parametrize(
    ("task", "given_value", "words"),
    [
        (MOOD, "Good", "'Good' is no label"),
        (MOOD, ["good"], "a text is wanted"),
        (MOOD, True, "a text is wanted"),
        (TOPICS, "bug,billing", "'bug,billing' is no label"),
        (TOPICS, "[bug]", "not JSON"),
        (TOPICS, ["bug", "bug"], "given twice"),
        (TOPICS, ["bug", "billing", "other"], "at most 2"),
        (TOPICS, ["bug", 3], "a list of labels is wanted"),
        (AMOUNT, "12 USD", "'12 USD' is no number"),
        (AMOUNT, "nan", "a number is wanted"),
        (AMOUNT, True, "a number is wanted"),
        (AMOUNT, 101, "not between"),
        (AMOUNT, "0.3", "grid"),
        (NOTE, "far too long a text", "1 to 10 characters"),
        (PEOPLE, [[0, 3]], "a list of spans is wanted"),
        (PEOPLE, [{"start": 0, "end": 3}], "and a label"),
        (PEOPLE, [{"start": 0.0, "end": 3, "label": "person"}], "whole numbers"),
        (PEOPLE, [{"start": 3, "end": 3, "label": "person"}], "no stretch"),
        (PEOPLE, [{"start": 0, "end": 99, "label": "person"}], "no stretch of the 12 characters"),
        (PEOPLE, [{"start": 0, "end": 3, "label": "person", "text": "Zoe"}], "'Zoe' does not stand at [0, 3)"),
        (PEOPLE, [{"start": 0, "end": 3, "label": "place"}], "'place' is no label"),
        (PEOPLE, [{"start": 0, "end": 3, "label": "person", "lable": "x"}], "has no 'lable'"),
        (PEOPLE, [{"start": 0, "end": 3, "label": "person"}, {"start": 1, "end": 4, "label": "person"}], "overlap"),
        (ACTORS, [{"start": 0, "end": 3, "label": "person"}], "attribute 'role' is missing"),
        (ACTORS, [{"start": 0, "end": 3, "label": "person", "attributes": {"role": "x"}}], "'x' is no value"),
        (SpanTask(name="s", options=options("a"), field="body"), [{"start": 0, "end": 1, "label": "a"}], "'body'"),
    ],
)
def test_what_is_no_value_of_the_task_is_told_with_a_cure(task: LabelTask, given_value: Any, words: str) -> None:
    with pytest.raises(GoldError) as raised:
        gold_value(task, given_value, FIELDS, separator=None)
    assert words in str(raised.value)
    assert raised.value.cure


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["bug", "[", "{}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["start", "end", "label", "text", "attributes", "x"]), inner, max_size=5)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.sampled_from([MOOD, TOPICS, AMOUNT, NOTE, PEOPLE, ACTORS]), json_values)
def test_whatever_comes_is_a_value_that_reads_the_same_again_or_a_gold_error(task: LabelTask, given_value: Any) -> None:
    try:
        value = gold_value(task, given_value, FIELDS, separator=";")
    except GoldError:
        return
    if value is not None:
        cell = value if isinstance(value, str) else orjson.dumps(value).decode()
        assert gold_value(task, cell, FIELDS, separator=None) == value


def test_without_a_label_schema_gold_is_a_text() -> None:
    assert (untyped_gold(" a "), untyped_gold(3), untyped_gold(""), untyped_gold(None)) == ("a", "3", None, None)
    with pytest.raises(GoldError, match="JSON list") as raised:
        untyped_gold(["a"])
    assert "label schema" in raised.value.cure


def test_a_fault_names_row_column_and_task() -> None:
    mapping = ColumnMapping(
        id_column="id",
        text_columns=("text",),
        gold_columns={"topics": "t", "amount": "n"},
        gold_kinds={"topics": TOPICS, "amount": AMOUNT},
    )
    make = RecordMaker(mapping, SizeLimits(record_bytes=1000), fields=("text",))
    right = make.draft(Row(1, 2, {"id": "a", "text": "x", "t": json.dumps(["bug"]), "n": ""}))
    assert right.gold == {"topics": ["bug"]}
    with pytest.raises(FileFaultError) as raised:
        make.draft(Row(2, 3, {"id": "b", "text": "x", "t": "bug", "n": "ten"}))
    error = raised.value
    assert (error.code, error.row, error.line, error.column) == ("bad-gold", 2, 3, "n")
    assert error.detail == "Row 2 (line 3), column 'n': amount: 'ten' is no number."
    assert "from 0 to 100, in steps of 0.5" in error.cure
