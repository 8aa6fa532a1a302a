"""The shape of a deletion in MongoDB: its order, and what it took. It is kept for audit and holds no content."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TypedDict

COLLECTION = "deletions"


class DeletedKind(StrEnum):
    RECORD = "record"
    DATASET = "dataset"
    JOB = "job"
    AGENT = "agent"
    LABEL_SCHEMA = "label_schema"
    PROJECT = "project"
    PERSON = "person"


class DeletionDocument(TypedDict):
    _id: str
    kind: str
    target_id: str
    """Id of the target; of a record, `"{dataset_id}:{seq}"`."""
    name: str
    """Name of the target, for the audit; of a person, the id."""
    project_id: str | None
    jobs: list[str]
    """The jobs whose annotations, reviews and reports go with it."""
    datasets: list[str]
    """The data sets whose records go with it."""
    counts: dict[str, int]
    """Collection to the number of documents that went, or were changed for a person."""
    done: bool
    asked_at: datetime
    asked_by_id: str
    done_at: datetime | None
