"""What a label schema means to a model that is held to a JSON Schema."""

from __future__ import annotations

import re
from typing import Any

from tandem.events.schema import LabelSchemaSpec, options_of


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
