"""Counts of the values that carry over and of those that do not, record by record."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from tandem.events import LabelSchemaSpec, TaskLabel, options_of
from tandem.labeling.carrying import Carried, Mapped, labels_in, unreachable_labels
from tandem_api.resources.carry_over.schemas import CarryOverReport, TaskCarryOver


class CarryOverCount:
    """Pure counts of a carry-over. `add` each record, then `report`."""

    def __init__(self, old: LabelSchemaSpec, new: LabelSchemaSpec, mapping: Mapping[str, Mapped]) -> None:
        self._old, self._new, self._mapping = old, new, mapping
        self._with_labels = {task.name for task in new.tasks if options_of(task)}
        self._records = self._whole = self._verified = 0
        self._carried: Counter[str] = Counter()
        self._pairs: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        self._reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._missing: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, labels: tuple[TaskLabel, ...] | None, carried: Carried, *, verified: bool) -> None:
        """Count one record. `labels`: the old ones, None when the record has none; `verified`: whether a person gave
        them."""
        self._records += 1
        self._whole += carried.whole
        self._verified += carried.whole and verified
        before = {label.task: label.value for label in labels or ()}
        for label in carried.labels:
            self._carried[label.task] += 1
            if label.task in self._with_labels:
                given = self._mapping.get(label.task, {})
                for old in labels_in(before[label.task]):
                    self._pairs[label.task][old, given.get(old) or old] += 1
        for hindered in carried.hindered:
            self._reasons[hindered.task][hindered.why.value] += 1
            self._missing[hindered.task].update(hindered.labels)

    def report(self, from_job: str) -> CarryOverReport:
        unreachable = unreachable_labels(self._old, self._new, self._mapping)
        tasks: dict[str, TaskCarryOver] = {}
        for task in self._new.tasks:
            labels: defaultdict[str, dict[str, int]] = defaultdict(dict)
            for (old, new), count in self._pairs[task.name].items():
                labels[old][new] = count
            tasks[task.name] = TaskCarryOver(
                carried=self._carried[task.name],
                labels=dict(labels),
                not_carried=dict(self._reasons[task.name]),
                labels_not_carried=dict(self._missing[task.name]),
                new_labels=unreachable.get(task.name, []),
            )
        kept = {task.name for task in self._new.tasks}
        return CarryOverReport(
            from_job=from_job,
            records=self._records,
            carried=self._whole,
            verified=self._verified,
            not_carried=self._records - self._whole,
            tasks=tasks,
            dropped_tasks=[task.name for task in self._old.tasks if task.name not in kept],
        )
