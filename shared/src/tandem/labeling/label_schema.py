"""What templates may read of a label schema."""

from __future__ import annotations

from typing import Any

from tandem.events.schema import LabelTask, options_of


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
