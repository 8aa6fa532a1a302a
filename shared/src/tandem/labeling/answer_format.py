"""The form in which a model is asked to answer: a strict JSON Schema, one property a task.

It keeps to what strict structured output allows everywhere: every property required, none beside them, no lengths and
no counts; what the schema cannot say is checked when the answer is read.

A span is its text as it stands in the record, its label, and `context`: null where each place of the text is meant,
else some words around the one place, copied from the record. Models copy well and count badly, so neither offsets nor
a number of the occurrence are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tandem.events.jobs import ConfidenceStrategy
from tandem.events.schema import (
    LabelOption,
    LabelSchemaSpec,
    LabelTask,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanTask,
    TextTask,
)
from tandem.labeling.confidence.stated import PROPERTY

STATED_CONFIDENCE = {
    "type": "integer",
    "description": "How sure you are that all of this answer is right, in per cent: 0 to 100.",
}
"""Per cent, since a share of one leaves open what a plain 1 means."""


def response_format(
    label_schema: LabelSchemaSpec, strategy: ConfidenceStrategy = ConfidenceStrategy.TOKEN_PROBABILITY
) -> dict[str, Any]:
    """The `response_format` of an OpenAI-compatible call; a confidence that is to be stated comes behind the tasks."""
    said = {PROPERTY: STATED_CONFIDENCE} if strategy is ConfidenceStrategy.STATED else {}
    return {
        "type": "json_schema",
        "json_schema": {
            "name": re.sub(r"[^A-Za-z0-9_-]+", "_", label_schema.name)[:64].strip("_") or "labels",
            "strict": True,
            "schema": _object({task.name: _value_of(task) for task in label_schema.tasks} | said),
        },
    }


def _value_of(task: LabelTask) -> dict[str, Any]:
    match task:
        case SingleChoiceTask():
            return _one_of(task.options)
        case MultipleChoiceTask():
            return {"type": "array", "items": _one_of(task.options)}
        case NumberTask():
            return {"type": _number_type(task), "minimum": task.minimum, "maximum": task.maximum}
        case TextTask():
            return {"type": "string"}
        case SpanTask():
            return {"type": "array", "items": _span(task)}


def _span(task: SpanTask) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "text": {"type": "string", "description": "Copied from the record as it stands there."},
        "label": _one_of(task.options),
        "context": {
            "type": ["string", "null"],
            "description": "Null when each place of the text in the record is meant; else the words around the one.",
        },
    }
    if task.attributes:
        properties["attributes"] = _object(
            {
                attribute.name: _one_of(attribute.options) if attribute.required else _one_or_null(attribute.options)
                for attribute in task.attributes
            }
        )
    return _object(properties)


def _one_of(options: Iterable[LabelOption]) -> dict[str, Any]:
    return {"type": "string", "enum": [option.value for option in options]}


def _one_or_null(options: Iterable[LabelOption]) -> dict[str, Any]:
    return {"type": ["string", "null"], "enum": [*(option.value for option in options), None]}


def _number_type(task: NumberTask) -> str:
    whole = task.step is not None and task.step.is_integer() and task.minimum.is_integer()
    return "integer" if whole else "number"


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
