"""What a label schema means to a model: the JSON it must answer with, and what templates may read of it."""

from __future__ import annotations

import re
from typing import Any

from tandem.events.jobs import ConfidenceStrategy
from tandem.events.schema import LabelSchemaSpec, LabelTask, options_of
from tandem.labeling.confidence.stated import PROPERTY

STATED_CONFIDENCE = {
    "type": "integer",
    "description": "How sure you are that all of this answer is right, in per cent: 0 to 100.",
}
"""Per cent, since a share of one leaves open what a plain 1 means."""


def response_format(
    label_schema: LabelSchemaSpec, strategy: ConfidenceStrategy = ConfidenceStrategy.TOKEN_PROBABILITY
) -> dict[str, Any]:
    """The `response_format` of an OpenAI-compatible call: a strict JSON Schema, each task an enum of its values.

    An agent that states its confidence says it behind the tasks.
    """
    said = {PROPERTY: STATED_CONFIDENCE} if strategy is ConfidenceStrategy.STATED else {}
    return {
        "type": "json_schema",
        "json_schema": {
            "name": re.sub(r"[^A-Za-z0-9_-]+", "_", label_schema.name)[:64].strip("_") or "labels",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {
                    task.name: {"type": "string", "enum": [option.value for option in options_of(task)]}
                    for task in label_schema.tasks
                }
                | said,
                "required": [*(task.name for task in label_schema.tasks), *said],
                "additionalProperties": False,
            },
        },
    }


def task_variables(task: LabelTask) -> dict[str, Any]:
    """The task as templates read it; an option without a description is described by its name."""
    return {
        "kind": task.kind,
        "name": task.name,
        "question": one_line(task.question),
        "options": [
            {
                "value": option.value,
                "name": option.display,
                "description": one_line(option.description) or one_line(option.display),
            }
            for option in options_of(task)
        ],
    }


def one_line(text: str) -> str:
    return " ".join(text.split())
