"""The labels that hold for a record: a person's where one decided, else the model's."""

from __future__ import annotations

from tandem.events import Outcome, TaskLabel
from tandem.labeling.confidence import UnknownReason
from tandem.store.annotations.documents import AnnotationDocument

VERIFIED_RULE = "verified"


def final_labels(annotation: AnnotationDocument | None) -> tuple[TaskLabel, ...] | None:
    """Return the final labels in the order of the schema's tasks; None when the record has none. A person's value has
    no confidence: the reason says that it is verified."""
    if annotation is None:
        return None
    if (verification := annotation.get("verification")) is not None:
        return tuple(
            TaskLabel.model_validate(
                {
                    "task": task,
                    "value": value,
                    "rule": VERIFIED_RULE,
                    "confidence_missing_reason": UnknownReason.VERIFIED.value,
                }
            )
            for task, value in verification["values"].items()
        )
    if annotation["outcome"] != Outcome.LABELED:
        return None
    return tuple(TaskLabel.model_validate(label) for label in annotation["labels"])
