"""The answer that an example shows is read as the example's values: what a model is taught is what is understood."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from builders import a_schema, some_options
from drawing import tries
from tandem.events import (
    Completion,
    Example,
    LabelTask,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    Span,
    SpanAttribute,
    SpanTask,
    TextTask,
)
from tandem.labeling.labeler import Labeler
from tandem.labeling.read_back import ReadBack
from tandem.labeling.task_words import answer_of
from tandem.labeling.values import canonical

OPTIONS = some_options("positive", "not positive", "neutral")
TONE = SpanAttribute(name="tone", options=some_options("calm", "angry"))
TASKS: tuple[LabelTask, ...] = (
    SingleChoiceTask(name="one", options=OPTIONS),
    MultipleChoiceTask(name="some", options=OPTIONS),
    NumberTask(name="score", minimum=-5, maximum=5, step=0.25),
    TextTask(name="gist", max_length=60),
    SpanTask(name="spans", options=OPTIONS, field="text", attributes=(TONE,)),
)
SCHEMA = a_schema(*TASKS)
WORDS = ("late", "the", "flight", "Straße", "café", "e\u0301", "was", "late.", "\U0001f600", "(late)", "'late'")
LABELER = Labeler(SCHEMA)


@st.composite
def examples(draw: st.DrawFn) -> Example:
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14))
    text = " ".join(words)
    starts = [sum(len(word) + 1 for word in words[:at]) for at in range(len(words))]
    spans = []
    behind = -1
    for at in sorted(draw(st.lists(st.integers(0, len(words) - 1), unique=True, max_size=4))):
        if at <= behind:
            continue
        behind = last = min(len(words) - 1, at + draw(st.integers(0, 2)))
        end = starts[last] + len(words[last])
        spans.append(
            Span(
                field="text",
                start=starts[at],
                end=end,
                text=text[starts[at] : end],
                label=draw(st.sampled_from(OPTIONS)).value,
                attributes=draw(st.sampled_from([{}, {"tone": "calm"}])),
            )
        )
    values: dict[str, Any] = {
        "one": draw(st.sampled_from(OPTIONS)).value,
        "some": tuple(option.value for option in OPTIONS if draw(st.booleans())),
        "score": draw(st.integers(-20, 20)) / 4,
        "gist": draw(st.sampled_from(["Late again.", 'He said "no".', "a {b}: c"])),
        "spans": tuple(spans),
    }
    return Example(fields={"text": text, "title": "late"}, values=values)


@tries(80)
@given(examples())
def test_an_examples_answer_is_read_as_its_values(example: Example) -> None:
    answer = answer_of(SCHEMA, example)
    for entry in json.loads(answer)["spans"]:
        assume(entry["context"] != entry["text"])  # nothing around it tells it from another
    found = LABELER.label([Completion(text=answer)], example.fields)
    assert found.problem is None, (answer, found.problem)
    read = {label.task: label.value for label in found.labels}
    assert read == {task.name: canonical(task, example.values[task.name]) for task in TASKS}, answer


@pytest.mark.parametrize(
    ("text", "starts", "misread"),
    [
        ("late late", [0], True),
        ("late late", [0, 5], False),
        ("late is late", [0], False),
        ("late late late", [0, 5], False),
    ],
)
def test_an_example_that_would_be_read_as_another_is_known(text: str, starts: list[int], misread: bool) -> None:
    length = 9 if text.count("late") == 3 else 4
    spans = tuple(
        Span(field="text", start=at, end=at + length, text=text[at : at + length], label="neutral") for at in starts
    )
    found = ReadBack(SCHEMA).misread(Example(fields={"text": text}, values={"spans": spans}))
    assert found == ("spans" if misread else None)


def test_a_quote_that_overlaps_itself_is_told_by_words_that_hold_no_other_place_of_it() -> None:
    span = Span(field="text", start=15, end=22, text="the the", label="neutral")
    example = Example(fields={"text": "late late late the the the the"}, values={"spans": (span,)})
    assert json.loads(answer_of(SCHEMA, example))["spans"][0]["context"] == "late the the"
    assert ReadBack(SCHEMA).misread(example) is None
