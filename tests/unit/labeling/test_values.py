"""What a task's value may be, and when two are the same."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from builders import a_schema, some_options
from tandem.events import (
    AnyTask,
    LabelOption,
    LabelTask,
    LabelValue,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    Span,
    SpanAttribute,
    SpanTask,
    TextTask,
)
from tandem.labeling.values import canonical, key_of, problem_with

FIELDS = {"text": "Ann met Bob in Paris"}


def options(*values: str) -> tuple[LabelOption, ...]:
    return some_options(*values)


def span(start: int, end: int, label: str = "person", **attributes: str) -> Span:
    return Span(field="text", start=start, end=end, text=FIELDS["text"][start:end], label=label, attributes=attributes)


ONE = SingleChoiceTask(name="one", options=options("a", "b"))
SOME = MultipleChoiceTask(name="some", options=options("a", "b", "c"), at_least=1, at_most=2)
SCORE = NumberTask(name="score", minimum=1, maximum=5, step=0.5)
NAME = TextTask(name="name", max_length=5, pattern="[A-Z][a-z]+")
WHO = SpanTask(
    name="who",
    options=options("person", "place"),
    overlaps=False,
    attributes=(SpanAttribute(name="sex", options=options("f", "m")),),
)


@pytest.mark.parametrize(
    ("task", "value"),
    [
        (ONE, "a"),
        (SOME, ("c",)),
        (SOME, ("a", "c")),
        (SCORE, 1.5),
        (SCORE, 5),
        (NAME, "Ann"),
        (WHO, ()),
        (WHO, (span(0, 3, sex="f"), span(8, 11))),
    ],
)
def test_a_value_of_the_task_has_no_problem(task: LabelTask, value: LabelValue) -> None:
    assert problem_with(task, value, FIELDS) is None
    assert problem_with(task, canonical(task, value), FIELDS) is None


@pytest.mark.parametrize(
    ("task", "value", "says"),
    [
        (ONE, "c", "'c' is no label"),
        (ONE, ("a",), "one label is wanted"),
        (SOME, "a", "a list of labels is wanted"),
        (SOME, (), "at least 1"),
        (SOME, ("a", "b", "c"), "at most 2"),
        (SOME, ("a", "a"), "twice"),
        (SOME, ("d",), "'d' is no label"),
        (SCORE, "3", "a number is wanted"),
        (SCORE, True, "a number is wanted"),
        (SCORE, 5.5, "5.5 is not between 1 and 5"),
        (SCORE, 1.2, "grid of 0.5 from 1"),
        (NAME, 3.0, "a text is wanted"),
        (NAME, "a\0b", "holds NUL"),
        (NAME, "", "1 to 5 characters"),
        (NAME, "Annabelle", "1 to 5 characters"),
        (NAME, "ann", "does not match"),
        (WHO, ("person",), "a list of spans is wanted"),
        (WHO, (span(0, 3, "animal"),), "'animal' is no label"),
        (WHO, (span(0, 7), span(4, 11)), "do not overlap"),
        (WHO, (span(0, 3), span(0, 3)), "twice"),
        (WHO, (span(0, 3).model_copy(update={"text": "Bob"}),), "does not stand at"),
        (WHO, (span(0, 3).model_copy(update={"end": 99}),), "no stretch of the text"),
        (WHO, (span(0, 3).model_copy(update={"field": "title"}),), "do not lie in the field 'title'"),
        (WHO, (span(0, 3, sex="x"),), "no value of the attribute 'sex'"),
        (WHO, (span(0, 3, age="3"),), "no attribute 'age'"),
    ],
)
def test_what_is_wrong_with_a_value_is_told(task: LabelTask, value: LabelValue, says: str) -> None:
    assert says in (problem_with(task, value, FIELDS) or "")


def test_equal_values_have_one_form_and_one_key() -> None:
    assert canonical(SOME, ("c", "a", "c")) == ("a", "c")
    spans = (span(8, 11), span(0, 3))
    assert canonical(WHO, spans) == (span(0, 3), span(8, 11))
    assert key_of(canonical(WHO, spans)) == key_of(canonical(WHO, spans[::-1]))
    assert key_of((span(0, 3, sex="f"),)) != key_of((span(0, 3),))


def test_a_value_keeps_its_kind_in_json() -> None:
    adapter: TypeAdapter[LabelValue] = TypeAdapter(LabelValue)
    for value in ("5", 5.0, ("a",), (span(0, 3, sex="f"),), ()):
        assert adapter.validate_json(adapter.dump_json(value)) == value
    for wrong in ("true", "NaN", "null"):
        with pytest.raises(ValidationError):
            adapter.validate_json(wrong)


@pytest.mark.parametrize(
    ("task", "says"),
    [
        ({"kind": "single_choice", "options": [{"value": "a"}, {"value": "A "}]}, "differ only in case"),
        ({"kind": "single_choice", "options": [{"value": "a", "aliases": ["b"]}, {"value": "B"}]}, "share an alias"),
        ({"kind": "single_choice", "options": [{"value": "a", "key": "1"}, {"value": "b", "key": "1"}]}, "same key"),
        ({"kind": "multiple_choice", "at_least": 3, "options": [{"value": "a"}, {"value": "b"}]}, "cannot be met"),
        ({"kind": "number", "minimum": 2, "maximum": 1}, "above maximum"),
        ({"kind": "number", "minimum": 0, "maximum": 1, "step": 2}, "longer than the range"),
        ({"kind": "text", "pattern": "("}, "pattern"),
        ({"kind": "text", "min_length": 5, "max_length": 4}, "above max_length"),
        ({"kind": "poem"}, "does not match any of the expected tags"),
    ],
)
def test_a_task_that_cannot_be_answered_is_refused(task: dict[str, object], says: str) -> None:
    adapter: TypeAdapter[LabelTask] = TypeAdapter(AnyTask)
    with pytest.raises(ValidationError, match=says):
        adapter.validate_python({"name": "t", **task})


def test_tasks_of_one_schema_have_names_of_their_own() -> None:
    with pytest.raises(ValidationError, match="same name"):
        a_schema(ONE, NAME.model_copy(update={"name": "One"}))
