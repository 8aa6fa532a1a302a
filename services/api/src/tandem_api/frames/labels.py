"""Labels as columns of a frame: what each task was labeled with, typed by its kind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.records.documents import RecordDocument

NOT_RUN, BLIND = "not_run", "blind"
MOMENT = pa.timestamp("ms", tz="UTC")
FIELDS = (
    "seq", "outcome", "reason", "attempt", "needs_review", "provider", "model", "agent_id", "agent_version",
    "created_at", "verification", "labels.task", "labels.value", "labels.confidence", "labels.confidence_method",
    "labels.rule",
)  # fmt: skip
"""The parts of an annotation that columns are made of."""


class Labeled:
    """Records of a job with their annotations, as lists of the same order that columns are made of."""

    def __init__(self, pairs: Sequence[tuple[RecordDocument, AnnotationDocument | None]]) -> None:
        self.records = [record for record, _ in pairs]
        self.annotations: list[Mapping[str, Any]] = [annotation or _NONE for _, annotation in pairs]
        self.labels: list[Mapping[str, Mapping[str, Any]]] = [
            {label["task"]: label for label in annotation.get("labels", ())} for annotation in self.annotations
        ]
        """The model's, by task."""
        self.verifications: list[Mapping[str, Any]] = [each.get("verification") or _NONE for each in self.annotations]

    def final(self, task: str) -> list[Any]:
        """Return what holds: the person's value where a person decided, else the model's."""
        return [
            verification["values"].get(task) if verification else labels[task]["value"] if task in labels else None
            for labels, verification in zip(self.labels, self.verifications, strict=True)
        ]

    def part(self, task: str, name: str) -> list[Any]:
        """Return this part of the model's labels."""
        return [labels[task].get(name) if task in labels else None for labels in self.labels]


_NONE: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class LabelColumn:
    field: pa.Field
    values: Callable[[Labeled], list[Any]]


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


_Column = tuple[str, pa.DataType, Callable[[Labeled], list[Any]]]


def _columns(known: Mapping[str, pa.DataType], gold_tasks: Collection[str], *, provenance: bool) -> Iterator[_Column]:
    for task, kind in known.items():
        yield task, kind, partial(Labeled.final, task=task)
        yield f"{task}_confidence", pa.float64(), partial(Labeled.part, task=task, name="confidence")
        if task in gold_tasks:
            yield f"{task}_gold", kind, partial(_gold, task=task)
        if provenance:
            yield f"{task}_label", kind, partial(Labeled.part, task=task, name="value")
            yield f"{task}_verified", kind, partial(_verified, task=task)
            for part in ("rule", "confidence_method"):
                yield f"{task}_{part}", pa.string(), partial(Labeled.part, task=task, name=part)
    yield "outcome", pa.string(), _outcomes
    yield "verified", pa.bool_(), _are_verified
    if provenance:
        yield from _provenance()


def _provenance() -> Iterator[_Column]:
    yield "seq", pa.int64(), partial(_of_records, key="seq")
    yield "content_hash", pa.string(), partial(_of_records, key="content_hash")
    for name in ("reason", "provider", "model", "agent_id"):
        yield name, pa.string(), partial(_of_annotations, key=name)
    for name in ("attempt", "agent_version"):
        yield name, pa.int32(), partial(_of_annotations, key=name)
    yield "annotated_at", MOMENT, partial(_of_annotations, key="created_at")
    yield "needs_review", pa.bool_(), _waiting
    yield "verified_by", pa.string(), partial(_of_verifications, key="decided_by")
    yield "verified_at", MOMENT, partial(_of_verifications, key="decided_at")


def _gold(rows: Labeled, task: str) -> list[Any]:
    return [(record.get("gold") or _NONE).get(task) for record in rows.records]


def _verified(rows: Labeled, task: str) -> list[Any]:
    return [each.get("values", _NONE).get(task) for each in rows.verifications]


def _outcomes(rows: Labeled) -> list[Any]:
    return [BLIND if each.get("blind") else each.get("outcome", NOT_RUN) for each in rows.annotations]


def _are_verified(rows: Labeled) -> list[Any]:
    return list(map(bool, rows.verifications))


def _waiting(rows: Labeled) -> list[Any]:
    return [
        each["needs_review"] and not verification if each else None
        for each, verification in zip(rows.annotations, rows.verifications, strict=True)
    ]


def _of_records(rows: Labeled, key: str) -> list[Any]:
    return [record.get(key) for record in rows.records]


def _of_annotations(rows: Labeled, key: str) -> list[Any]:
    return [each.get(key) for each in rows.annotations]


def _of_verifications(rows: Labeled, key: str) -> list[Any]:
    return [each.get(key) for each in rows.verifications]
