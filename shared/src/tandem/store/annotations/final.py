"""The labels that hold for a record: people's where their opinions settled it, else the model's.

A model's label holds though another task of its record could not be read (ADR 0044).

`verification` is what the rule `tandem.review.settled` found; nothing here decides it anew.
"""

from __future__ import annotations

from typing import Any

from tandem.events import TaskLabel
from tandem.labeling.confidence import UnknownReason
from tandem.store.annotations.documents import AnnotationDocument

VERIFIED_RULE = "verified"


def settled_values(annotation: AnnotationDocument | None) -> dict[str, Any] | None:
    """Return the values that people settled, task to plain value; None where they have not."""
    verification = None if annotation is None else annotation.get("verification")
    return None if verification is None else verification["values"]


def final_values(annotation: AnnotationDocument | None) -> dict[str, Any] | None:
    """Return the plain values that hold, by task; None when the record has none."""
    if (settled := settled_values(annotation)) is not None:
        return settled
    if annotation is None:
        return None
    return {label["task"]: label["value"] for label in annotation["labels"]} or None


def final_labels(annotation: AnnotationDocument | None) -> tuple[TaskLabel, ...] | None:
    """Return the final labels in the order of the schema's tasks; None when the record has none. A person's value has
    no confidence: the reason says that it is verified."""
    if (settled := settled_values(annotation)) is not None:
        return tuple(
            TaskLabel.model_validate(
                {
                    "task": task,
                    "value": value,
                    "rule": VERIFIED_RULE,
                    "confidence_missing_reason": UnknownReason.VERIFIED.value,
                }
            )
            for task, value in settled.items()
        )
    if annotation is None:
        return None
    return tuple(TaskLabel.model_validate(label) for label in annotation["labels"]) or None
