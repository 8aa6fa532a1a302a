"""Labels that hold for the records of a data set, over all its jobs.

For each task it is the last decision of a person, in whichever job; without one the label of the annotation that was
made last. So a later job brings newer labels, and changes nothing that a person decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.jobs.documents import JobDocument
from tandem_api.frames.labels import MOMENT, LabelColumn, Labeled, value_type

FIELDS = (
    "seq", "job_id", "outcome", "provider", "model", "agent_id", "agent_version", "created_at", "verification",
    "labels.task", "labels.value", "labels.confidence", "labels.confidence_method",
)  # fmt: skip
_PARTS: dict[str, pa.DataType] = {
    "confidence": pa.float64(),
    "confidence_method": pa.string(),
    "source": pa.string(),
    "by": pa.string(),
    "agent_id": pa.string(),
    "agent_version": pa.int32(),
    "job": pa.string(),
    "at": MOMENT,
}


def held(annotations: Sequence[AnnotationDocument]) -> dict[str, dict[str, Any]]:
    """Return what holds of these annotations of one record in several jobs, by task."""
    found: dict[str, dict[str, Any]] = {}
    for annotation in sorted(annotations, key=lambda each: each["created_at"]):
        for label in annotation["labels"]:
            found[label["task"]] = _of_model(annotation, label)
    decided = [annotation for annotation in annotations if "verification" in annotation]
    for annotation in sorted(decided, key=lambda each: each["verification"]["decided_at"]):
        verification = annotation["verification"]
        for task, value in verification["values"].items():
            found[task] = {
                "value": value,
                "source": "person",
                "by": verification["decided_by"],
                "job": annotation["job_id"],
                "at": verification["decided_at"],
            }
    return found


def _of_model(annotation: AnnotationDocument, label: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "value": label["value"],
        "confidence": label.get("confidence"),
        "confidence_method": label.get("confidence_method"),
        "source": "model",
        "by": f"{annotation['provider']}/{annotation['model']}",
        "agent_id": annotation["agent_id"],
        "agent_version": annotation["agent_version"],
        "job": annotation["job_id"],
        "at": annotation["created_at"],
    }


def held_columns(jobs: Sequence[JobDocument], gold_tasks: Sequence[str], taken: Sequence[str]) -> list[LabelColumn]:
    """Return the columns of all tasks of the jobs; a task's type is that of its newest version."""
    kinds: dict[str, pa.DataType] = {}
    for job in sorted(jobs, key=lambda each: each["created_at"]):
        for task in job["published"]["label_schema"]["tasks"]:
            kinds[task["name"]] = value_type(task)
    names = set(taken)
    columns = []
    for task, kind in kinds.items():
        for name, part in {"value": kind, **_PARTS}.items():
            title = _free(task if name == "value" else f"{task}_{name}", names)
            columns.append(LabelColumn(pa.field(title, part), partial(_part, task=task, name=name, kind=part)))
    for task in gold_tasks:
        kind = kinds.get(task, pa.string())
        columns.append(LabelColumn(pa.field(_free(f"{task}_gold", names), kind), partial(_gold, task=task, kind=kind)))
    return columns


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _part(rows: Labeled, task: str, name: str, kind: pa.DataType) -> list[Any]:
    found = [each.get("held", {}).get(task, {}).get(name) for each in rows.annotations]
    return found if name != "value" else [_fitting(value, kind) for value in found]


def _gold(rows: Labeled, task: str, kind: pa.DataType) -> list[Any]:
    return [_fitting((record.get("gold") or {}).get(task), kind) for record in rows.records]


def _fitting(value: Any, kind: pa.DataType) -> Any:
    """Return the value if the column can hold it: tasks of one name may have had another kind in an older job."""
    if value is None:
        return None
    if pa.types.is_string(kind):
        return value if isinstance(value, str) else str(value)
    if pa.types.is_floating(kind):
        return float(value) if isinstance(value, int | float) else None
    return value if isinstance(value, list) and all(isinstance(one, _inner(kind)) for one in value) else None


def _inner(kind: pa.DataType) -> type:
    return dict if pa.types.is_struct(kind.value_type) else str
