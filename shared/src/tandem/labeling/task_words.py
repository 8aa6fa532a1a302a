"""Words for a task's request, and the form of its answer: the parts of a default prompt that differ by kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, assert_never

from tandem.events.outcomes import Example, LabelValue, Span
from tandem.events.schema import (
    LabelOption,
    LabelSchemaSpec,
    LabelTask,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanAttribute,
    SpanTask,
    TextTask,
    attributes_of,
    options_of,
)
from tandem.labeling.spans_in_answers import spans_as_answered
from tandem.labeling.values import plain

_QUESTIONS = {
    "single_choice": "Choose the label that fits the record.",
    "multiple_choice": "Choose the labels that fit the record.",
    "span": "Find the stretches of the record that a label fits.",
    "number": "Give the number that fits the record.",
    "text": "Write the text that fits the record.",
}


def task_variables(task: LabelTask) -> dict[str, Any]:
    """Return the task as templates read it, in plain mappings; an option without a description is described by its
    name."""
    question = one_line(task.question)
    return {
        "kind": task.kind,
        "name": task.name,
        "question": question,
        "instruction": question or _QUESTIONS[task.kind],
        "rule": rule_of(task),
        "form": form_of(task),
        "options": [_option(option) for option in options_of(task)],
        "attributes": [_attribute(each) for each in attributes_of(task)],
    }


def rule_of(task: LabelTask) -> str:
    """Return what an answer may be, in sentences."""
    match task:
        case SingleChoiceTask():
            return "Choose exactly one label."
        case MultipleChoiceTask():
            # A list in one order has one way to say each set, so that the probability of the set can be told.
            return f"{_how_many(task)} Keep them in the order above."
        case SpanTask():
            where = f"the field {json.dumps(task.field, ensure_ascii=False)}" if task.field else "the record"
            apart = "" if task.overlaps else " They do not overlap."
            return (
                f"Copy the text of each stretch from {where} exactly as it stands there; there may be none.{apart} Its "
                "context is null where every place of that text is meant, else it is the words around the one place."
            )
        case NumberTask():
            step = "" if task.step is None else f" in steps of {task.step:g}"
            unit = f", in {task.unit}" if task.unit else ""
            return f"Give a number from {task.minimum:g} to {task.maximum:g}{step}{unit}."
        case TextTask():
            pattern = "" if task.pattern is None else f" that match the regular expression {task.pattern}"
            return f"Write {task.min_length} to {task.max_length} characters{pattern}."
        case _:
            assert_never(task)


def form_of(task: LabelTask) -> str:
    """Return the JSON of an answer to the task, with `<…>` where something is to be filled in."""
    match task:
        case SingleChoiceTask():
            return '"<label>"'
        case MultipleChoiceTask():
            return '["<label>", ...]'
        case SpanTask():
            attributes = ", ".join(f'"{each.name}": "<{each.name}>"' for each in task.attributes)
            attributes = f', "attributes": {{{attributes}}}' if attributes else ""
            return f'[{{"text": "<copied text>", "label": "<label>", "context": null{attributes}}}, ...]'
        case NumberTask():
            return "<number>"
        case TextTask():
            return '"<text>"'
        case _:
            assert_never(task)


def answer_of(label_schema: LabelSchemaSpec, example: Example) -> str:
    """Return the JSON that a model would answer to give an example's values; tasks without one are left out."""
    answer = {
        task.name: _answered(task, example.values[task.name], example.fields)
        for task in label_schema.tasks
        if task.name in example.values
    }
    return json.dumps(answer, ensure_ascii=False)


def one_line(text: str) -> str:
    return " ".join(text.split())


def _answered(task: LabelTask, value: LabelValue, fields: Mapping[str, str]) -> Any:
    match task:
        case SpanTask() if isinstance(value, tuple):
            return spans_as_answered(task, [span for span in value if isinstance(span, Span)], fields)
        case NumberTask() if isinstance(value, float) and value.is_integer():
            return int(value)
        case SingleChoiceTask() | MultipleChoiceTask() | SpanTask() | NumberTask() | TextTask():
            return plain(value)
        case _:
            assert_never(task)


def _how_many(task: MultipleChoiceTask) -> str:
    least, most = task.at_least, task.at_most
    if not least and most is None:
        return "Choose every label that fits; there may be none."
    if most is None:
        return f"Choose every label that fits, {least} at least."
    if not least:
        return f"Choose the labels that fit, {most} at most; there may be none."
    return f"Choose exactly {least} labels." if least == most else f"Choose from {least} to {most} labels."


def _option(option: LabelOption) -> dict[str, str]:
    return {
        "value": option.value,
        "name": option.display,
        "description": one_line(option.description) or one_line(option.display),
    }


def _attribute(attribute: SpanAttribute) -> dict[str, Any]:
    return {
        "name": attribute.name,
        "required": attribute.required,
        "options": [_option(option) for option in attribute.options],
    }
