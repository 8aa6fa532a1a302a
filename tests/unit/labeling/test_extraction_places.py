"""Where values stand in an answer: of several tasks, of lists, and of spans in the order of the value."""

from __future__ import annotations

import json

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from builders import some_options
from drawing import tries
from tandem.events import LabelOption
from tandem.events.outcomes import Span
from tandem.events.schema import LabelTask, MultipleChoiceTask, NumberTask, SingleChoiceTask, SpanTask, TextTask
from tandem.labeling.extraction import AnswerReader, TaskReader
from tandem.labeling.extraction.forms.json_in_text import repaired
from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.kinds import options as option_tables
from tandem.labeling.extraction.kinds.quotes import SearchedText
from tandem.labeling.reading import Reading, Unreadable


def options(*values: str) -> tuple[LabelOption, ...]:
    return some_options(*values)


TASKS: tuple[LabelTask, ...] = (
    SingleChoiceTask(name="mood", options=options("good", "bad")),
    MultipleChoiceTask(name="topics", options=options("staff", "delay", "price")),
    NumberTask(name="stars", minimum=1, maximum=5),
    TextTask(name="title"),
    SpanTask(name="names", options=options("PERSON", "PLACE")),
)
RECORD = {"text": "Ada saw Bob. Bob left."}


def said(answer: str, of: tuple[LabelTask, ...] = TASKS) -> list[list[str | None]]:
    places = []
    for found in AnswerReader(of).read(answer, RECORD):
        assert isinstance(found, Reading), found
        places.append([None if place is None else answer[slice(*place)] for place in found.places])
    return places


@pytest.mark.parametrize(
    "answer",
    [
        (
            '{"mood": "good", "topics": ["price", "staff"], "stars": 4, "title": "A day", "names": '
            '[{"text": "Bob", "label": "PERSON"}, {"text": "Ada", "label": "PLACE"}]}'
        ),
        "mood: good\ntopics: price, staff\nstars: 4\ntitle: A day\nnames:\nBob, PERSON\nAda, PLACE",
        (
            "```json\n{'names': [{'text': 'Bob', 'label': 'PERSON'}, {'text': 'Ada', 'label': 'PLACE'}], "
            "'title': 'A day', 'stars': 4, 'topics': ['price', 'staff',], 'mood': 'good'}\n```"
        ),
    ],
)
def test_each_value_has_its_places_in_the_order_of_the_value(answer: str) -> None:
    assert said(answer) == [["good"], ["staff", "price"], ["4"], ["A day"], ["PLACE", "PERSON", "PERSON"]]


def test_escaped_text_has_the_place_of_its_escapes() -> None:
    assert said('{"title": " a\\u00e9 "}', (TextTask(name="title"),)) == [[" a\\u00e9 "]]


def test_flags_and_quotes_under_their_label_have_no_place_of_their_own() -> None:
    assert said('{"topics": {"staff": true, "delay": false}}', (TASKS[1],)) == [[None]]
    assert said('{"names": {"PERSON": ["Ada"]}}', (TASKS[4],)) == [[None]]


def test_a_span_is_found_in_the_field_that_its_task_names_and_nowhere_else() -> None:
    task = SpanTask(name="names", field="body", options=options("PERSON"))
    found = TaskReader(task).read("Ada, PERSON", {"title": "Ada", "body": "I met Ada."})
    assert isinstance(found, Reading)
    assert found.value == (Span(field="body", start=6, end=9, text="Ada", label="PERSON"),)
    missing = TaskReader(task).read("Ada, PERSON", {"title": "Ada"})
    assert isinstance(missing, Unreadable)
    assert "body" in missing.detail


@pytest.mark.parametrize(
    "broken",
    [
        '{"a": }',
        '{"a": 007}',
        '{"a": undefined, "b": "x" "y"',
        '{"a": "x", "a": "y"}',
        '{"a": tr',
    ],
)
def test_what_a_repair_gives_stands_in_the_answer_or_is_dropped(broken: str) -> None:
    node = repaired(Stretch.whole(broken), 0)
    if node is not None:
        for _, value in node.members:
            assert value.text
            assert broken[slice(*value.place)] == value.text


@pytest.mark.parametrize(
    ("claim", "places"),
    [
        ({"context": "the the late"}, [(4, 11)]),
        ({"start": 4, "end": 11}, [(4, 11)]),
        ({"context": None}, [(0, 7)]),
    ],
)
def test_a_quote_that_overlaps_itself_is_found_where_it_is_said_to_stand(
    claim: dict[str, object], places: list[tuple[int, int]]
) -> None:
    task = SpanTask(name="who", options=(LabelOption(value="PERSON"),))
    answer = json.dumps({"who": [{"text": "the the", "label": "PERSON", **claim}]})
    reading = TaskReader(task).read(answer, {"text": "the the the late"})
    assert isinstance(reading, Reading)
    assert [(span.start, span.end) for span in reading.value if isinstance(span, Span)] == places  # type: ignore[union-attr]  # spans are a tuple


@tries(250)
@given(
    st.text(
        st.sampled_from("a b\r\n\u00e9\u00a9\u00ad\u0300\u0301\u0600\u200d\U0001f468\U0001f469\U0001f1e9\uac00\u11a8")
    )
)
def test_graphemes_part_where_unicode_says(text: str) -> None:
    searched = SearchedText(text)
    breaks = {0, *(found.end() for found in regex.finditer(r"\X", text))}
    assert {at for at in range(len(text) + 1) if searched._is_break(at)} == breaks


def test_long_pieces_are_not_tried_as_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = 0

    def separated(text: str) -> str:
        nonlocal tried
        tried += len(text)
        return text

    monkeypatch.setattr(option_tables, "separated", separated)
    reader = AnswerReader([SpanTask(name="names", options=options("PERSON", "PLACE"))])
    answer = "a, " * 2000
    (found,) = reader.read(answer, RECORD)
    assert isinstance(found, Unreadable)
    assert tried < 10 * len(answer)
