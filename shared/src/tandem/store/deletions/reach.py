"""Reach of a deletion into each collection. A collection that is missing here fails a test."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tandem.store.deletions.documents import DeletedKind, DeletionDocument

Query = dict[str, Any]
Reach = Callable[[DeletionDocument], Query | None]
"""The documents of a collection that go; None: none do."""


_WITH_JOBS = {DeletedKind.JOB, DeletedKind.DATASET, DeletedKind.PROJECT, DeletedKind.RECORD}
"""Kinds with which parts of jobs go; of a person the jobs are kept, and the name goes from them."""


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """Place of a person's name in documents that are kept."""

    collection: str
    id_field: str
    name_field: str
    by_job: bool = False
    """True: they are found by the jobs in which the person decided something."""


def _of_project(query: Mapping[DeletedKind, Callable[[DeletionDocument], Query]]) -> Reach:
    """Reach what carries its project's id, and what the other kinds say."""

    def reach(deletion: DeletionDocument) -> Query | None:
        kind = DeletedKind(deletion["kind"])
        if kind is DeletedKind.PROJECT:
            return {"project_id": deletion["target_id"]}
        return query[kind](deletion) if kind in query else None

    return reach


def _itself(deletion: DeletionDocument) -> Query:
    return {"_id": deletion["target_id"]}


def _only(kind: DeletedKind, query: Callable[[DeletionDocument], Query]) -> Reach:
    return lambda deletion: query(deletion) if DeletedKind(deletion["kind"]) is kind else None


def _in_dataset(deletion: DeletionDocument) -> Query:
    return {"dataset_id": deletion["target_id"]}


def _records(deletion: DeletionDocument) -> Query | None:
    match DeletedKind(deletion["kind"]):
        case DeletedKind.RECORD:
            return _itself(deletion)
        case DeletedKind.DATASET | DeletedKind.PROJECT:
            return {"dataset_id": {"$in": deletion["datasets"]}}
    return None


def _of_jobs(field: str, *, by_seq: bool) -> Reach:
    """Reach what belongs to jobs; of a record, its part of them, or all of them where there are no parts."""

    def reach(deletion: DeletionDocument) -> Query | None:
        if not deletion["jobs"] or DeletedKind(deletion["kind"]) not in _WITH_JOBS:
            return None
        query: Query = {field: {"$in": deletion["jobs"]}}
        if DeletedKind(deletion["kind"]) is DeletedKind.RECORD and by_seq:
            query["seq"] = int(deletion["target_id"].rpartition(":")[2])
        return query

    return reach


def _summaries(deletion: DeletionDocument) -> Query | None:
    if not deletion["jobs"] or DeletedKind(deletion["kind"]) not in _WITH_JOBS:
        return None
    ids = "|".join(map(re.escape, deletion["jobs"]))
    return {"subject": {"$regex": rf"(^|\|)({ids})(\||$)"}}


def _dead_letters(deletion: DeletionDocument) -> Query | None:
    if DeletedKind(deletion["kind"]) is DeletedKind.PROJECT:
        return {"$or": [{"project_id": deletion["target_id"]}, {"job_id": {"$in": deletion["jobs"]}}]}
    return _of_jobs("job_id", by_seq=True)(deletion)


def _orders(deletion: DeletionDocument) -> Query | None:
    match DeletedKind(deletion["kind"]):
        case DeletedKind.JOB | DeletedKind.DATASET | DeletedKind.PROJECT if deletion["jobs"]:
            return {"jobs": {"$in": deletion["jobs"]}}
    return None


def _none(_: DeletionDocument) -> None:
    return None


REACHES: dict[str, Reach] = {
    "projects": _only(DeletedKind.PROJECT, _itself),
    "label_schemas": _of_project({DeletedKind.LABEL_SCHEMA: _itself}),
    "agents": _of_project({DeletedKind.AGENT: _itself}),
    "datasets": _of_project({DeletedKind.DATASET: _itself}),
    "subsets": _of_project({DeletedKind.DATASET: _in_dataset}),
    "jobs": _of_project({DeletedKind.DATASET: _in_dataset, DeletedKind.JOB: _itself}),
    "records": _records,
    "annotations": _of_jobs("job_id", by_seq=True),
    "review_items": _of_jobs("job_id", by_seq=True),
    "verifications": _of_jobs("job_id", by_seq=True),
    "handed_back": _of_jobs("job_id", by_seq=True),
    "bulk_acts": _of_project(
        {DeletedKind.DATASET: _in_dataset, DeletedKind.JOB: lambda deletion: {"job_id": deletion["target_id"]}}
    ),
    "reports": _of_jobs("_id", by_seq=False),
    "summaries": _summaries,
    "review_orders": _orders,
    "campaigns": _orders,
    "certificates": _of_jobs("job_id", by_seq=False),
    "api_keys": _only(DeletedKind.PERSON, lambda deletion: {"person_id": deletion["target_id"]}),
    "people": _only(DeletedKind.PERSON, _itself),
    "dead_letters": _dead_letters,
    "workers": _none,  # what workers say of themselves; holds nothing of people or of data
    "migrations": _none,  # which documents were changed for a newer version
    "deletions": _none,  # the audit itself: ids, names of things, counts
}
"""Collections in the order of their deletion: those by which others are found go first, so that no new work starts."""

NAMES: tuple[NamedPerson, ...] = (
    NamedPerson("verifications", "decided_by_id", "decided_by"),
    NamedPerson("annotations", "verification.decided_by_id", "verification.decided_by", by_job=True),
    NamedPerson("review_items", "decided_by_id", "decided_by", by_job=True),
    NamedPerson("review_items", "reserved_by_id", "reserved_by", by_job=True),
    NamedPerson("subsets", "created_by_id", "created_by"),
    NamedPerson("review_orders", "created_by_id", "created_by"),
    NamedPerson("campaigns", "created_by_id", "created_by"),
    NamedPerson("bulk_acts", "created_by_id", "created_by"),
    NamedPerson("certificates", "created_by_id", "created_by"),
)
FREE_TEXTS: tuple[tuple[str, str, str], ...] = (("verifications", "decided_by_id", "comment"),)
"""Collection, field of the person's id, field of what the person wrote freely."""
