"""What a label schema means to a model: the JSON it must answer with, and what templates may read of it."""

from __future__ import annotations

import re
from typing import Any

from tandem.events.schema import LabelSchemaSpec, LabelTask, options_of


def response_format(label_schema: LabelSchemaSpec) -> dict[str, Any]:
    """The `response_format` of an OpenAI-compatible call: a strict JSON Schema, each task an enum of its values."""
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
                },
                "required": [task.name for task in label_schema.tasks],
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
