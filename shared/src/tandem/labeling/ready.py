"""Labels taken over from other annotations: the same checks as for any label, no reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tandem.events.annotations import ReadyLabels
from tandem.events.outcomes import TaskLabel
from tandem.events.schema import LabelSchemaSpec, LabelTask
from tandem.labeling.reading import UnreadableReason
from tandem.labeling.values import canonical, problem_with


@dataclass(frozen=True, slots=True)
class CheckedLabels:
    """Labels of the schema's tasks, in its order, each once; of all of them when there is no reason."""

    labels: tuple[TaskLabel, ...]
    reason: str | None = None
    detail: str | None = None


def check_ready(label_schema: LabelSchemaSpec, ready: ReadyLabels, fields: Mapping[str, str]) -> CheckedLabels:
    """Check labels, whoever made them, so that nothing outside the label schema gets through. `fields` are the
    record's, for spans.
    """
    given = {label.task: label for label in reversed(ready.labels)}
    labels: list[TaskLabel] = []
    reason, detail = ready.reason, ready.detail
    for task in label_schema.tasks:
        if (label := given.get(task.name)) is None:
            reason = reason or UnreadableReason.MISSING_TASK.value
            detail = detail or f"the task has no label: {task.name!r}"
        elif problem := problem_with(task, label.value, fields):
            reason = reason or UnreadableReason.NOT_IN_SCHEMA.value
            detail = detail or f"{task.name}: {problem}"
        else:
            labels.append(_in_one_form(task, label))
    return CheckedLabels(tuple(labels), reason, detail)


def _in_one_form(task: LabelTask, label: TaskLabel) -> TaskLabel:
    value = canonical(task, label.value)
    if value == label.value:
        return label
    return label.model_copy(update={"value": value, "span_confidences": None})  # which are in the order of the value
