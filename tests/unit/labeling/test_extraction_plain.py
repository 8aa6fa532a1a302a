"""A plain answer is read the same by one expression as by the ladder."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from builders import some_options
from drawing import tries
from tandem.events import (
    LabelOption,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanTask,
    TextTask,
)
from tandem.events.schema import LabelTask
from tandem.labeling.extraction import AnswerReader
from tandem.labeling.extraction.forms.plain import PlainAnswers
from tandem.labeling.reading import Rule


def options(*values: str) -> tuple[LabelOption, ...]:
    return some_options(*values)


TASKS: tuple[LabelTask, ...] = (
    SingleChoiceTask(name="mood", options=options("good", "bad", "very bad")),
    MultipleChoiceTask(name="topics", options=options("art", "war", "sea"), at_least=0, at_most=2),
    NumberTask(name="stars", minimum=1, maximum=5, step=0.5),
    TextTask(name="title", max_length=20),
    SpanTask(name="names", options=options("who", "where"), overlaps=False),
    SpanTask(name="other names", options=options("who", "where"), overlaps=True),
)
RECORDS = (
    "Ada met Bob in Rome. Ada left.",
    "Jose\u0301 saw caf\u00e9s in M\u00fcnchen\r\n\U0001f468\u200d\U0001f469 Rome \u4e1c\u4eac Rome",
    "AdaAda ada ADA \u201cRome\u201d",
)
QUOTES = (
    "Ada",
    "Bob",
    " Rome",
    "ada",
    "Jos\u00e9",
    "Jose",
    "\u4e1c\u4eac",
    "AdaAda",
    "in Rome",
    "",
    "\r",
    "\U0001f468",
)
span = st.fixed_dictionaries(
    {
        "text": st.sampled_from(QUOTES),
        "label": st.sampled_from(["who", "where", "who", "Who"]),
        "context": st.sampled_from([None, None, None, "Ada left", " in Rome"]),
    }
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "mood": st.sampled_from(["good", "bad", "very bad", "Good", "none", 5]),
    "topics": st.lists(st.sampled_from(["art", "war", "sea", "Art"]), max_size=4) | st.none(),
    "stars": st.sampled_from([1, 3.5, 4.0, 5, 6, "4", -2, 1e22]),
    "title": st.sampled_from(["A sea", " b ", "", "x" * 30, 'q"uote', "\u00e9", 5, "line\nbreak", "\ud800"]),
    "names": st.lists(span, max_size=3),
    "other names": st.lists(span, max_size=3),
}


@st.composite
def answered(draw: st.DrawFn) -> tuple[tuple[LabelTask, ...], str, str]:
    """Some tasks, a record's text, and an answer in JSON that is plain, or nearly so."""
    tasks = tuple(draw(st.lists(st.sampled_from(TASKS), min_size=1, max_size=3, unique_by=lambda task: task.name)))
    values = {task.name: draw(VALUES[task.name]) for task in tasks}
    if draw(st.booleans()):
        values["confidence"] = draw(st.sampled_from([85, 0.5, None, "high"]))
    answer = json.dumps(values, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, None, 1])))
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(answer)))
        answer = answer[:at] + draw(st.sampled_from([*'",:{}[] \\x', "\x0b", "\u00a0"])) + answer[at:]
    return tasks, draw(st.sampled_from(RECORDS)), answer


@tries(400)
@given(answered())
@example(((TASKS[0],), RECORDS[0], '\u00a0{"mood": "good"}'))
def test_it_reads_what_the_ladder_reads(asked: tuple[tuple[LabelTask, ...], str, str]) -> None:
    tasks, text, answer = asked
    ladder = AnswerReader(tasks)
    ladder._plain = PlainAnswers((), {})
    assert AnswerReader(tasks).read(answer, {"text": text}) == ladder.read(answer, {"text": text})


def test_answers_as_models_give_them_under_a_schema_are_plain() -> None:
    values = {
        "mood": "very bad",
        "topics": ["sea", "art"],
        "stars": 3.5,
        "title": "A sea",
        "names": [
            {"text": "Bob", "label": "who", "context": None},
            {"text": "Ada", "label": "who", "context": "Ada left"},
        ],
        "other names": [],
    }
    reader = AnswerReader(TASKS)
    for answer in (json.dumps(values), json.dumps(values, indent=2), json.dumps(values | {"confidence": 85})):
        found = reader._plain.read(answer, {"text": RECORDS[0]})
        assert found is not None
        assert {each.rule for each in found} == {Rule.STRUCTURED}
        mood, topics, *_ = found
        assert topics.value == ("art", "sea")
        assert [answer[slice(*place)] for place in (*mood.places, *topics.places) if place] == [
            "very bad",
            "art",
            "sea",
        ]
