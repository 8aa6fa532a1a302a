"""Labels as columns of a frame: what each task was labeled with, typed by its kind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tandem.events import Outcome
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.records.documents import RecordDocument

NOT_RUN = "not_run"
MOMENT = pa.timestamp("ms", tz="UTC")
FIELDS = (
    "seq", "outcome", "reason", "attempt", "needs_review", "provider", "model", "agent_id", "agent_version",
    "created_at", "verification", "labels.task", "labels.value", "labels.confidence", "labels.confidence_method",
    "labels.rule",
)  # fmt: skip
"""The parts of an annotation that columns are made of."""


@dataclass(frozen=True, slots=True)
class Labeled:
    """A record of a job with what columns are made of."""

    record: RecordDocument
    annotation: AnnotationDocument | None
    labels: Mapping[str, Mapping[str, Any]]
    """The model's, by task."""
    final: Mapping[str, Any]
    """What holds: the person's values where a person decided, else the model's."""

    @property
    def verification(self) -> Mapping[str, Any]:
        return (self.annotation or {}).get("verification") or {}  # type: ignore[return-value]

    @classmethod
    def of(cls, record: RecordDocument, annotation: AnnotationDocument | None) -> Labeled:
        if annotation is None:
            return cls(record, None, {}, {})
        labels = {label["task"]: label for label in annotation["labels"]}
        verification = annotation.get("verification")
        if verification is not None:
            return cls(record, annotation, labels, verification["values"])
        is_labeled = annotation["outcome"] == Outcome.LABELED
        return cls(record, annotation, labels, {task: label["value"] for task, label in labels.items()} if is_labeled else {})


@dataclass(frozen=True, slots=True)
class LabelColumn:
    field: pa.Field
    value: Callable[[Labeled], Any]


def label_columns(
    tasks: Sequence[Mapping[str, Any]],
    *,
    gold_tasks: Collection[str] = (),
    provenance: bool = False,
    taken: Collection[str] = (),
) -> list[LabelColumn]:
    """Return the columns of a job with these tasks (of its label schema, as stored). `taken`: names that the data have;
    a column of such a name gets `_` behind it."""
    known = {task["name"]: value_type(task) for task in tasks}
    names = set(taken)
    columns: list[LabelColumn] = []
    for name, kind, value in _columns(known, gold_tasks, provenance=provenance):
        free = name
        while free in names:
            free += "_"
        names.add(free)
        columns.append(LabelColumn(pa.field(free, kind), value))
    return columns


def value_type(task: Mapping[str, Any]) -> pa.DataType:
    """Return the Arrow type of a task's values."""
    match task["kind"]:
        case "multiple_choice":
            return pa.list_(pa.string())
        case "number":
            return pa.float64()
        case "span":
            parts = [("start", pa.int32()), ("end", pa.int32()), ("label", pa.string()), ("text", pa.string())]
            parts.append(("field", pa.string()))
            if attributes := task.get("attributes"):
                parts.append(("attributes", pa.struct([(each["name"], pa.string()) for each in attributes])))
            return pa.list_(pa.struct(parts))
    return pa.string()


_Column = tuple[str, pa.DataType, Callable[[Labeled], Any]]


def _columns(known: Mapping[str, pa.DataType], gold_tasks: Collection[str], *, provenance: bool) -> Iterator[_Column]:
    for task, kind in known.items():
        yield task, kind, lambda each, task=task: each.final.get(task)
        yield f"{task}_confidence", pa.float64(), lambda each, task=task: _label(each, task, "confidence")
        if task in gold_tasks:
            yield f"{task}_gold", kind, lambda each, task=task: (each.record.get("gold") or {}).get(task)
        if provenance:
            yield f"{task}_label", kind, lambda each, task=task: _label(each, task, "value")
            yield f"{task}_verified", kind, lambda each, task=task: each.verification.get("values", {}).get(task)
            yield f"{task}_rule", pa.string(), lambda each, task=task: _label(each, task, "rule")
            method = "confidence_method"
            yield f"{task}_{method}", pa.string(), lambda each, task=task: _label(each, task, method)
    yield "outcome", pa.string(), lambda each: NOT_RUN if each.annotation is None else each.annotation["outcome"]
    yield "verified", pa.bool_(), lambda each: bool(each.verification)
    if provenance:
        yield from _provenance()


def _provenance() -> Iterator[_Column]:
    yield "seq", pa.int64(), lambda each: each.record["seq"]
    yield "content_hash", pa.string(), lambda each: each.record["content_hash"]
    for name, kind in (
        ("reason", pa.string()), ("attempt", pa.int32()), ("provider", pa.string()), ("model", pa.string()),
        ("agent_id", pa.string()), ("agent_version", pa.int32()),
    ):  # fmt: skip
        yield name, kind, lambda each, name=name: (each.annotation or {}).get(name)
    yield "needs_review", pa.bool_(), lambda each: _waits(each.annotation)
    yield "annotated_at", MOMENT, lambda each: (each.annotation or {}).get("created_at")
    yield "verified_by", pa.string(), lambda each: each.verification.get("decided_by")
    yield "verified_at", MOMENT, lambda each: each.verification.get("decided_at")


def _label(each: Labeled, task: str, part: str) -> Any:
    label = each.labels.get(task)
    return None if label is None else label.get(part)


def _waits(annotation: AnnotationDocument | None) -> bool | None:
    return None if annotation is None else annotation["needs_review"] and annotation.get("verification") is None
