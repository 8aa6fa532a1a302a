"""Labels of one version of a label schema, carried over to another version: by a given mapping, else by equal value.

Tasks are the same when their names are. A record carries over when every task of the new version gets a value that the
version allows; else its labels are known as far as they go, with the reason why they go no further.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tandem.events.annotations import ReadyLabels
from tandem.events.outcomes import LabelValue, Span, TaskLabel
from tandem.events.schema import LabelSchemaSpec, LabelTask, options_of
from tandem.labeling.values import canonical, problem_with

CARRIED_OVER = "carried_over"
"""The rule of a label that was carried over."""
NOT_CARRIED_OVER = "not_carried_over"
"""The reason of a record that has not all its labels that way."""

Mapped = Mapping[str, str | None]
"""An old label to a new one, or to None where there is none."""


class Hindrance(StrEnum):
    """The reason why a task's value does not carry over."""

    NOT_LABELED = "not_labeled"
    """The record has no labels in the job they would come from."""
    NEW_TASK = "new_task"
    """The old version has no task of this name."""
    OTHER_KIND = "other_kind"
    """The old version's task of this name is of another kind."""
    NO_SUCH_LABEL = "no_such_label"
    """The new version does not have the label, and none is given for it."""
    LEFT_OUT = "left_out"
    """The given mapping says that there is no new label for it."""
    NOT_ALLOWED = "not_allowed"
    """The new version does not allow the value: its range, grid, lengths, pattern, or how many labels."""


@dataclass(frozen=True, slots=True)
class Hindered:
    task: str
    why: Hindrance
    detail: str
    labels: tuple[str, ...] = ()
    """The old labels that have no new one."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The outcome for one record's labels, in the order of the new version's tasks."""

    labels: tuple[TaskLabel, ...]
    hindered: tuple[Hindered, ...]

    @property
    def whole(self) -> bool:
        return not self.hindered

    def ready(self, source: str | None) -> ReadyLabels:
        """Return the labels as they are sent. `source`: the annotation that they belong to."""
        sources = () if source is None else (source,)
        if self.whole:
            return ReadyLabels(sources=sources, labels=self.labels)
        detail = "; ".join(f"{each.task}: {each.detail}" for each in self.hindered)[:2000]
        return ReadyLabels(sources=sources, labels=self.labels, reason=NOT_CARRIED_OVER, detail=detail)


class CarryOver:
    """Carries labels over from one version to another; prepared once, used for each record."""

    def __init__(self, old: LabelSchemaSpec, new: LabelSchemaSpec, mapping: Mapping[str, Mapped]) -> None:
        """Prepare the carrying over. `mapping`: task to old label to new one; a label that it does not name maps by
        equal value."""
        self._old = {task.name: task for task in old.tasks}
        self._new = new
        self._mapping = {task.name: _whole_mapping(self._old.get(task.name), task, mapping) for task in new.tasks}

    def carry(self, labels: Iterable[TaskLabel] | None, fields: Mapping[str, str]) -> Carried:
        """Carry over a record's labels. `labels`: of all the old version's tasks; None when the record has none.
        `fields`: the record's."""
        if labels is None:
            detail = "the record has no labels"
            return Carried((), tuple(Hindered(task.name, Hindrance.NOT_LABELED, detail) for task in self._new.tasks))
        given = {label.task: label for label in labels}
        carried: list[TaskLabel] = []
        hindered: list[Hindered] = []
        for task in self._new.tasks:
            found = self._carry(task, given.get(task.name), fields)
            if isinstance(found, TaskLabel):
                carried.append(found)
            else:
                hindered.append(found)
        return Carried(tuple(carried), tuple(hindered))

    def _carry(self, task: LabelTask, label: TaskLabel | None, fields: Mapping[str, str]) -> TaskLabel | Hindered:
        old = self._old.get(task.name)
        if old is None:
            return Hindered(task.name, Hindrance.NEW_TASK, "the labels are of a version without this task")
        if old.kind != task.kind:
            detail = f"the task was {old.kind}, now it is {task.kind}"
            return Hindered(task.name, Hindrance.OTHER_KIND, detail)
        if label is None:
            return Hindered(task.name, Hindrance.NOT_LABELED, "the record has no label of this task")
        mapping = self._mapping[task.name]
        value = label.value
        if options_of(task):
            missing = [each for each in labels_in(value) if mapping.get(each) is None]
            if missing:
                left_out = all(each in mapping for each in missing)
                why = Hindrance.LEFT_OUT if left_out else Hindrance.NO_SUCH_LABEL
                detail = f"there is no new label for {', '.join(map(repr, missing))}"
                return Hindered(task.name, why, detail, tuple(missing))
            value = canonical(task, _renamed(value, mapping))
        if problem := problem_with(task, value, fields):
            return Hindered(task.name, Hindrance.NOT_ALLOWED, problem)
        return _with_value(label, value, mapping)


def labels_in(value: LabelValue) -> tuple[str, ...]:
    """Return the different labels that a value of a task with options holds, in order."""
    if isinstance(value, tuple):
        return tuple(dict.fromkeys(each.label if isinstance(each, Span) else each for each in value))
    return (value,) if isinstance(value, str) else ()


def unreachable_labels(
    old: LabelSchemaSpec, new: LabelSchemaSpec, mapping: Mapping[str, Mapped]
) -> dict[str, list[str]]:
    """Return each task with those of its labels that nothing carried over can have: whoever gave the old labels could
    not choose them."""
    before = {task.name: task for task in old.tasks}
    found: dict[str, list[str]] = {}
    for task in new.tasks:
        if task.name in before and before[task.name].kind == task.kind:
            reached = set(_whole_mapping(before[task.name], task, mapping).values())
            if labels := [option.value for option in options_of(task) if option.value not in reached]:
                found[task.name] = labels
    return found


def _whole_mapping(old: LabelTask | None, new: LabelTask, mapping: Mapping[str, Mapped]) -> dict[str, str | None]:
    given = mapping.get(new.name, {})
    known = {option.value for option in options_of(new)}
    equal: dict[str, str | None] = {
        option.value: option.value for option in (options_of(old) if old else ()) if option.value in known
    }
    return equal | dict(given)


def _renamed(value: LabelValue, mapping: Mapped) -> LabelValue:
    if isinstance(value, str):
        return mapping[value] or ""
    if not isinstance(value, tuple):
        return value
    spans = tuple(each.model_copy(update={"label": mapping[each.label]}) for each in value if isinstance(each, Span))
    return spans or tuple(dict.fromkeys(mapping[each] or "" for each in value if isinstance(each, str)))


def _with_value(label: TaskLabel, value: LabelValue, mapping: Mapped) -> TaskLabel:
    """Return the label with its new value. Probabilities are kept where each option has a new one; those of options
    that became one are summed where exactly one of them can hold, and so is the confidence."""
    changes: dict[str, object] = {"value": value, "rule": CARRIED_OVER}
    if value != label.value:
        changes["span_confidences"] = None
    if label.probabilities is not None:
        changes |= {"probabilities": None, "margin": None, "entropy": None}
        new = {old: mapping.get(old) for old in label.probabilities}
        merges = len(set(new.values())) < len(new)
        if None not in new.values() and (isinstance(value, str) or not merges):
            summed: dict[str, float] = {}
            for old, probability in label.probabilities.items():
                summed[str(new[old])] = min(1.0, summed.get(str(new[old]), 0.0) + probability)
            changes["probabilities"] = summed
            if isinstance(value, str):
                changes |= _shape(value, summed)
                if merges:
                    changes["confidence"] = summed[value]
    return label.model_copy(update=changes)


def _shape(value: str, probabilities: Mapping[str, float]) -> dict[str, float]:
    others = [probability for option, probability in probabilities.items() if option != value]
    entropy = -sum(p * math.log(p) for p in probabilities.values() if p > 0)
    return {"margin": probabilities[value] - max(others, default=0.0), "entropy": max(0.0, entropy)}
