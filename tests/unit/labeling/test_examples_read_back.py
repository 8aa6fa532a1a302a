"""The answer that an example shows is read as the example's values: what a model is taught is what is understood."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tandem.events import (
    Completion,
    Example,
    LabelOption,
    LabelSchemaSpec,
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
from tandem.labeling.spans_in_answers import can_be_told
from tandem.labeling.task_words import answer_of
from tandem.labeling.values import canonical

OPTIONS = tuple(LabelOption(value=value) for value in ("positive", "not positive", "neutral"))
TONE = SpanAttribute(name="tone", options=(LabelOption(value="calm"), LabelOption(value="angry")))
TASKS: tuple[LabelTask, ...] = (
    SingleChoiceTask(name="one", options=OPTIONS),
    MultipleChoiceTask(name="some", options=OPTIONS),
    NumberTask(name="score", minimum=-5, maximum=5, step=0.25),
    TextTask(name="gist", max_length=60),
    SpanTask(name="spans", options=OPTIONS, field="text", attributes=(TONE,)),
)
SCHEMA = LabelSchemaSpec(label_schema_id="s", version=1, name="s", tasks=TASKS)
WORDS = ("late", "the", "flight", "Straße", "café", "e\u0301", "was", "late.", "\U0001f600", "(late)", "'late'")
LABELER = Labeler(SCHEMA)


@st.composite
def examples(draw: st.DrawFn) -> Example:
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14))
    text = " ".join(words)
    starts = [sum(len(word) + 1 for word in words[:at]) for at in range(len(words))]
    spans = []
    for at in draw(st.lists(st.integers(0, len(words) - 1), unique=True, max_size=4)):
        last = min(len(words) - 1, at + draw(st.integers(0, 2)))
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


@settings(max_examples=200, deadline=None)
@given(examples())
def test_an_examples_answer_is_read_as_its_values(example: Example) -> None:
    answer = answer_of(SCHEMA, example)
    spans = [part for part in example.values["spans"] if isinstance(part, Span)]  # type: ignore[union-attr]  # a tuple
    assume(can_be_told(spans, example.fields))
    found = LABELER.label([Completion(text=answer)], example.fields)
    assert found.problem is None, (answer, found.problem)
    read = {label.task: label.value for label in found.labels}
    assert read == {task.name: canonical(task, example.values[task.name]) for task in TASKS}, answer


def test_a_place_that_nothing_around_it_tells_from_another_cannot_be_shown() -> None:
    span = Span(field="text", start=0, end=4, text="late", label="neutral")
    other = span.model_copy(update={"start": 5, "end": 9})
    assert not can_be_told([span], {"text": "late late"})
    assert can_be_told([span, other], {"text": "late late"})
    assert can_be_told([span], {"text": "late is late"})
