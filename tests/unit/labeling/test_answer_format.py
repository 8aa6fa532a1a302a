"""The JSON Schema that a model is held to: bounded, each bound by itself dispensable, none of them a silent cut."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from builders import a_schema, some_options
from tandem.events import (
    Completion,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanAttribute,
    SpanTask,
    TextTask,
)
from tandem.labeling.answer_format import KEYWORDS, keywords_in, response_format, schema_key, without_keywords
from tandem.labeling.asked_bounds import SPAN_CHARACTERS, SPANS_ASKED
from tandem.labeling.labeler import Labeler

OPTIONS = some_options("a", "b", "c", "d", "e")
FREE = {"items": {"type": "string", "enum": list("abcde")}, "type": "array"}


def form(task: Any) -> dict[str, Any]:
    found: dict[str, Any] = response_format(a_schema(task))["json_schema"]["schema"]["properties"][task.name]
    return found


def number(minimum: float, maximum: float, step: float | None = None) -> dict[str, Any]:
    return form(NumberTask(name="n", minimum=minimum, maximum=maximum, step=step))


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({}, {"maxItems": 5}),
        ({"at_most": 2}, {"maxItems": 2}),
        ({"at_least": 1, "at_most": 3}, {"minItems": 1, "maxItems": 3}),
    ],
)
def test_a_list_of_labels_is_as_long_as_its_task_allows(bounds: dict[str, int], said: dict[str, int]) -> None:
    assert form(MultipleChoiceTask(name="m", options=OPTIONS, **bounds)) == FREE | said


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        ((1, 5, 1), {"type": "integer", "enum": [1, 2, 3, 4, 5]}),
        ((0, 1, 0.1), {"type": "number", "enum": [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]}),
        ((0.5, 2, 0.5), {"type": "number", "enum": [0.5, 1, 1.5, 2]}),
        ((-1, 0, 0.5), {"type": "number", "enum": [-1, -0.5, 0]}),
        ((0, 100, 1), {"type": "integer", "minimum": 0, "maximum": 100}),
        ((0, 10_000, 10), {"type": "integer", "minimum": 0, "maximum": 10_000, "multipleOf": 10}),
        ((5, 10_000, 10), {"type": "integer", "minimum": 5, "maximum": 10_000}),
        ((0, 1000, 0.1), {"type": "number", "minimum": 0, "maximum": 1000}),
        ((0, 7.5), {"type": "number", "minimum": 0, "maximum": 7.5}),
    ],
)
def test_the_numbers_of_a_grid_are_listed_where_they_are_few(grid: Any, said: dict[str, Any]) -> None:
    assert number(*grid) == said


def test_every_bound_can_go_alone_and_the_labels_stay() -> None:
    wanted = response_format(
        a_schema(
            SingleChoiceTask(name="minItems", options=OPTIONS),
            MultipleChoiceTask(name="m", options=OPTIONS, at_least=1),
            NumberTask(name="enum", minimum=1, maximum=5, step=1),
            NumberTask(name="big", minimum=0, maximum=10_000, step=10),
            TextTask(name="t", max_length=20),
            SpanTask(name="spans", options=OPTIONS, attributes=(SpanAttribute(name="sure", options=OPTIONS[:2]),)),
        )
    )
    before = orjson.dumps(wanted)

    assert keywords_in(wanted) == set(KEYWORDS)
    for keyword in KEYWORDS:
        assert keyword not in keywords_in(without_keywords(wanted, {keyword}))
    bare = without_keywords(wanted, KEYWORDS)
    assert keywords_in(bare) == set()
    properties = bare["json_schema"]["schema"]["properties"]
    assert list(properties) == ["minItems", "m", "enum", "big", "t", "spans"]
    assert properties["minItems"]["enum"] == properties["m"]["items"]["enum"] == list("abcde")
    assert properties["enum"] == {"type": "integer"}
    assert orjson.dumps(wanted) == before
    assert schema_key(wanted) != schema_key(bare)


def test_numbers_that_may_not_be_listed_have_a_range() -> None:
    wanted = response_format(a_schema(NumberTask(name="n", minimum=1, maximum=5, step=0.5)))

    found = without_keywords(wanted, {"enum"})["json_schema"]["schema"]["properties"]["n"]

    assert found == {"type": "number", "minimum": 1, "maximum": 5}


def labeled(task: Any, value: Any, text: str = "") -> Any:
    answer = Completion(text=orjson.dumps({task.name: value}).decode())
    return Labeler(a_schema(task)).label([answer], {"text": text})


def test_labels_that_loop_to_the_bound_count_once() -> None:
    assert labeled(MultipleChoiceTask(name="m", options=OPTIONS), ["b"] * 5).labels[0].value == ("b",)


def test_a_text_that_its_bound_has_cut_is_not_stored() -> None:
    task = TextTask(name="t", max_length=20)
    most = form(task)["maxLength"]

    assert labeled(task, "x" * 20).problem is None
    assert labeled(task, "x" * most).problem is not None


def test_a_text_too_long_for_a_grammar_has_no_bound() -> None:
    assert "maxLength" not in form(TextTask(name="t", max_length=5000))


def spans(*texts: str) -> list[dict[str, Any]]:
    return [{"text": text, "label": "a", "context": None} for text in texts]


def test_spans_that_their_bound_has_cut_are_not_stored() -> None:
    task = SpanTask(name="spans", options=OPTIONS, field="text")
    words = [f"word{number:03}" for number in range(SPANS_ASKED + 1)]
    text = " ".join(words)
    assert form(task)["maxItems"] == SPANS_ASKED + 1

    ended = labeled(task, spans(*words), text)
    looping = labeled(task, spans(*words[:2], *[words[2]] * (SPANS_ASKED - 1)), text)

    assert ended.problem is not None
    assert "ended at 101 spans" in ended.problem.detail
    assert looping.problem is None
    assert len(looping.labels[0].value) == 3
    assert labeled(task, spans(*words[:SPANS_ASKED]), text).problem is None


def test_a_span_that_its_bound_has_cut_is_not_stored() -> None:
    task = SpanTask(name="spans", options=OPTIONS, field="text")
    text = "".join(f"word{number:04}, " for number in range(200))
    most = form(task)["items"]["properties"]["text"]["maxLength"]
    assert most == SPAN_CHARACTERS + 1
    whole = text[: text.rfind(",", 0, most)]

    assert labeled(task, spans(text[:most]), text[:most]).problem is not None
    assert labeled(task, spans(whole), text).problem is None
