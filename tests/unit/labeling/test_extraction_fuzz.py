"""Whatever a model answers to whatever schema: extraction never fails, and never gives a value that is not allowed."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from builders import a_schema, some_options
from drawing import tries
from tandem.events import Completion, LabelOption
from tandem.events.outcomes import Span
from tandem.events.schema import (
    LabelTask,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanAttribute,
    SpanTask,
    TextTask,
    options_of,
)
from tandem.labeling.extraction import AnswerReader
from tandem.labeling.labeler import Labeler
from tandem.labeling.reading import Reading, Rule
from tandem.labeling.values import canonical, key_of, problem_with

LABELS = [
    "positive",
    "not_positive",
    "New York",
    "York",
    "C++",
    "N/A",
    "none",
    "yes",
    "no",
    "A",
    "5 ★",
    "être",
    "否",
    "*",
]
labels = st.one_of(
    st.sampled_from(LABELS), st.text(min_size=1, max_size=8).filter(lambda text: text.strip() and text.isprintable())
)


def told_apart(values: list[str]) -> bool:
    return len({value.strip().casefold() for value in values}) == len(values)


def options(at_least: int = 2) -> st.SearchStrategy[tuple[LabelOption, ...]]:
    values = st.lists(labels, min_size=at_least, max_size=4).filter(told_apart)
    return values.map(lambda found: some_options(*found))


def tasks_named(name: str) -> st.SearchStrategy[LabelTask]:
    return st.one_of(
        st.builds(SingleChoiceTask, name=st.just(name), options=options()),
        st.builds(MultipleChoiceTask, name=st.just(name), options=options(), at_least=st.integers(0, 1)),
        st.builds(
            SpanTask,
            name=st.just(name),
            options=options(1),
            overlaps=st.booleans(),
            attributes=st.sampled_from([(), (SpanAttribute(name="role", options=some_options("a", "b")),)]),
        ),
        st.builds(
            NumberTask,
            name=st.just(name),
            minimum=st.sampled_from([0.0, -5.0, 0.5]),
            maximum=st.sampled_from([1.0, 5.0, 1e6]),
            step=st.sampled_from([None, 0.5]),
            unit=st.sampled_from(["", "USD", "%"]),
        ),
        st.builds(
            TextTask,
            name=st.just(name),
            min_length=st.integers(0, 2),
            max_length=st.integers(2, 20),
            pattern=st.sampled_from([None, "[a-z ]+", "(a+)+b?"]),
        ),
    )


schemas = st.lists(st.sampled_from(["label", "task 1", "x_y", "stars"]), min_size=1, max_size=3, unique=True).flatmap(
    lambda names: st.tuples(*(tasks_named(name) for name in names))
)
records = st.sampled_from(["", "Ada saw Ada.", "cafe\u0301 👩‍🍳 Café\r\n北京", "a a a aa"]) | st.text(max_size=20)
PIECES = [
    *'{}[]":,`*_. \n\\()<>|?!-=', "```json\n", "```", "<think>", "</think>", "not ", "n't ", "or", "and", "is",
    "The answer is ", "Final answer: ", "none", "null", "true", "3", "4/5", "1,234", "twenty-one", "text",
    "label", "start", "end", "context", "occurrence", "role", "Ada", "e\u0301", "\u0301", "\ud800", "Wait, ", "maybe ",
    "(", "x" * 50,
]  # fmt: skip


@st.composite
def asked(draw: st.DrawFn) -> tuple[tuple[LabelTask, ...], dict[str, str], str]:
    """A schema, a record, and an answer made of what may stand in one."""
    tasks = draw(schemas)
    text = draw(records)
    known = [task.name for task in tasks] + [option.value for task in tasks for option in options_of(task)]
    piece = st.sampled_from(PIECES + known) | st.text(max_size=3)
    scrambled = st.lists(piece, max_size=25).map("".join)
    leaf = (
        st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([*known, "Ada", "4", ""]) | scrambled
    )
    spans = st.fixed_dictionaries(
        {"label": leaf},
        optional={"text": leaf, "start": leaf, "end": leaf, "context": leaf, "occurrence": leaf, "role": leaf},
    )
    values = st.recursive(leaf | spans, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
    objects = st.dictionaries(st.sampled_from(known) | st.text(max_size=3), values, max_size=4)
    lines = st.lists(st.tuples(st.sampled_from(known), leaf), max_size=4).map(
        lambda pairs: "\n".join(f"{name}: {value}" for name, value in pairs)
    )
    cut = st.tuples(objects.map(json.dumps), st.integers(0, 200)).map(lambda pair: pair[0][: pair[1]])
    answer = draw(st.one_of(scrambled, lines, objects.map(json.dumps), objects.map(repr), cut, leaf.map(str)))
    return tasks, {"text": text}, answer


@tries(70)
@given(asked())
def test_no_answer_fails_and_no_value_is_one_that_the_schema_refuses(
    case: tuple[tuple[LabelTask, ...], dict[str, str], str],
) -> None:
    tasks, fields, answer = case
    readings = AnswerReader(tasks).read(answer, fields)
    assert len(readings) == len(tasks)
    for task, found in zip(tasks, readings, strict=True):
        if not isinstance(found, Reading):
            assert found.detail
            continue
        assert problem_with(task, found.value, fields) is None
        assert canonical(task, found.value) == found.value
        places = len(found.value) if isinstance(found.value, tuple) else 1
        assert len(found.places) == places
        assert all(place is None or 0 <= place[0] < place[1] <= len(answer) for place in found.places)
        if isinstance(task, SpanTask) and isinstance(found.value, tuple):
            for span in found.value:
                assert isinstance(span, Span)
                assert span.text == fields["text"][span.start : span.end]
    schema = a_schema(*tasks)
    labeling = Labeler(schema).label([Completion(text=answer)], fields)
    assert len(labeling.labels) == sum(isinstance(found, Reading) for found in readings)


@st.composite
def answered(draw: st.DrawFn) -> tuple[tuple[LabelTask, ...], dict[str, str], dict[str, Any]]:
    """A schema and a value of each of its tasks, as JSON has it."""
    tasks = draw(schemas)
    values: dict[str, Any] = {}
    for task in tasks:
        match task:
            case SingleChoiceTask():
                values[task.name] = draw(st.sampled_from(task.options)).value
            case MultipleChoiceTask():
                values[task.name] = [each.value for each in draw(st.lists(st.sampled_from(task.options), min_size=1))]
            case NumberTask():
                values[task.name] = task.minimum + draw(st.integers(0, 1)) * (task.step or 0.5)
            case TextTask():
                values[task.name] = draw(st.sampled_from(["aa", "ab", "aab"]))
            case SpanTask():
                values[task.name] = draw(st.sampled_from([[], [{"text": "Ada", "label": task.options[0].value}]]))
    return tasks, {"text": "Ada saw Ada."}, values


@tries(30)
@given(answered(), st.booleans(), st.sampled_from([None, 2]))
def test_what_is_answered_in_the_form_asked_for_is_read_as_it_stands(
    case: tuple[tuple[LabelTask, ...], dict[str, str], dict[str, Any]], escaped: bool, indent: int | None
) -> None:
    tasks, fields, values = case
    answer = json.dumps(values, ensure_ascii=escaped, indent=indent)
    for task, found in zip(tasks, AnswerReader(tasks).read(answer, fields), strict=True):
        wanted = values[task.name]
        if isinstance(task, TextTask) and problem_with(task, wanted) is not None:
            assert not isinstance(found, Reading)
            continue
        assert isinstance(found, Reading), found
        assert found.rule is Rule.STRUCTURED
        match task:
            case SpanTask():
                assert isinstance(found.value, tuple)
                assert len(found.value) == 2 * len(wanted)
            case MultipleChoiceTask():
                assert key_of(found.value) == key_of(canonical(task, tuple(wanted)))
            case _:
                assert found.value == wanted
        if isinstance(task, SingleChoiceTask) and not escaped and found.place is not None:
            assert json.loads(f'"{answer[slice(*found.place)]}"') == wanted
