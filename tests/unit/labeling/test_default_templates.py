"""The prompt of an agent that brings none: built for every kind of task, alone and together."""

from __future__ import annotations

import json
from typing import Any

import pytest

from builders import a_schema, an_agent, some_options
from tandem.events import (
    ConfidenceStrategy,
    Example,
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
from tandem.labeling.prompts import Renderer, default_templates

OPTIONS = (LabelOption(value="late", name="Delay", description="came too late"), LabelOption(value="rude"))
TONE = SpanAttribute(name="tone", options=some_options("calm", "angry"))
TASKS: dict[str, LabelTask] = {
    "single_choice": SingleChoiceTask(name="topic", question="What is it about?", options=OPTIONS),
    "multiple_choice": MultipleChoiceTask(name="topics", options=OPTIONS, at_least=1),
    "span": SpanTask(name="mentions", options=OPTIONS, field="text", overlaps=False, attributes=(TONE,)),
    "number": NumberTask(name="loss", minimum=0, maximum=10, step=0.5, unit="USD"),
    "text": TextTask(name="summary", max_length=80, pattern="[A-Z].*"),
}
SPAN = Span(field="text", start=0, end=4, text="late", label="late", attributes={"tone": "angry"})
VALUES: dict[str, LabelValue] = {
    "topic": "rude",
    "topics": ("late", "rude"),
    "mentions": (SPAN,),
    "loss": 2.0,
    "summary": "Too late.",
}


def renderer(*tasks: LabelTask, **more: Any) -> Renderer:
    schema = a_schema(*tasks, name="complaints")
    system, user = default_templates(schema)
    return Renderer(an_agent(system_template=system, user_template=user, **more), schema)


def system_of(*tasks: LabelTask, **more: Any) -> str:
    return renderer(*tasks, **more).messages({"text": "late"})[0]["content"]


@pytest.mark.parametrize(
    ("kind", "wanted", "form"),
    [
        (
            "single_choice",
            ["What is it about?", '- "late" (Delay): came too late\n- "rude"\n'],
            '{"topic": "<label>"}',
        ),
        ("multiple_choice", ["Choose every label that fits, 1 at least."], '{"topics": ["<label>", ...]}'),
        (
            "span",
            ['from the field "text" exactly', "They do not overlap.", "may have tone", '- "calm"\n- "angry"\n'],
            (
                '{"mentions": [{"text": "<copied text>", "label": "<label>", "context": null, '
                '"attributes": {"tone": "<tone>"}}, ...]}'
            ),
        ),
        ("number", ["Give a number from 0 to 10 in steps of 0.5, in USD."], '{"loss": <number>}'),
        ("text", ["Write 1 to 80 characters that match the regular expression [A-Z].*."], '{"summary": "<text>"}'),
    ],
)
def test_every_kind_of_task_says_what_is_wanted_and_in_which_form(kind: str, wanted: list[str], form: str) -> None:
    text = system_of(TASKS[kind])
    assert all(each in text for each in wanted), text
    assert text.splitlines()[-1] == form


def test_a_task_without_labels_says_nothing_of_labels() -> None:
    assert "label" not in system_of(TASKS["number"]).replace("You label records", "").replace("to be labeled", "")


def test_several_tasks_are_asked_in_one_call_each_with_its_own_labels() -> None:
    text = system_of(*TASKS.values())
    places = [text.index(f"{number}. {task.name}: ") for number, task in enumerate(TASKS.values(), 1)]
    assert places == sorted(places)
    assert text.count('- "late" (Delay): came too late') == 3
    form = text.splitlines()[-1]
    assert [form.index(f'"{task.name}"') for task in TASKS.values()] == sorted(
        form.index(f'"{task.name}"') for task in TASKS.values()
    )


@pytest.mark.parametrize("strategy", list(ConfidenceStrategy))
def test_a_confidence_is_asked_for_where_it_is_to_be_stated(strategy: ConfidenceStrategy) -> None:
    text = system_of(TASKS["single_choice"], confidence_strategy=strategy)
    assert ('"confidence": <0 to 100>' in text) is (strategy is ConfidenceStrategy.STATED)
    assert ("a whole number from 0 to 100" in text) is (strategy is ConfidenceStrategy.STATED)


def test_an_example_is_answered_in_the_form_that_is_asked_for() -> None:
    example = Example(fields={"text": "late again"}, values=VALUES)
    answer = renderer(*TASKS.values(), examples=(example,)).messages({"text": "x"})[2]["content"]
    assert json.loads(answer) == {
        "topic": "rude",
        "topics": ["late", "rude"],
        "mentions": [{"text": "late", "label": "late", "context": None, "attributes": {"tone": "angry"}}],
        "loss": 2,
        "summary": "Too late.",
    }


def test_the_part_before_the_record_is_the_same_byte_for_byte() -> None:
    example = Example(fields={"text": "late again"}, values=VALUES)
    prompt = renderer(*TASKS.values(), examples=(example,))
    first, second = prompt.messages({"text": "x"}), prompt.messages({"text": "y", "title": "z"})
    assert first[:-1] == second[:-1]
    assert first[-1] != second[-1]


@pytest.mark.parametrize(
    ("starts", "answered"),
    [
        ([0, 8, 17], [("so", None)]),
        ([8], [("so", "bad, so")]),
        ([0, 17], [("so", "so bad,"), ("so", "so far")]),
        ([], []),
    ],
)
def test_a_span_is_told_by_its_text_and_by_the_words_around_it_where_others_are_alike(
    starts: list[int], answered: list[tuple[str, str | None]]
) -> None:
    text = "so bad, so late. so far"
    task = SpanTask(name="mentions", options=OPTIONS)
    spans = tuple(Span(field="text", start=at, end=at + 2, text="so", label="late") for at in starts)
    example = Example(fields={"text": text}, values={"mentions": spans})
    entries = json.loads(renderer(task, examples=(example,)).messages({"text": "x"})[2]["content"])["mentions"]
    assert [(entry["text"], entry["context"]) for entry in entries] == answered
    assert all(text.count(entry["context"]) == 1 for entry in entries if entry["context"])
