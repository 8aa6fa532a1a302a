"""The shape of a bulk act in MongoDB."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, NotRequired, TypedDict

from tandem.store.jobs.documents import SelectionPart

COLLECTION = "bulk_acts"
UNDO = "/undo"
"""Behind the id of an act: marks the opinions by which it was undone."""


class ActKind(StrEnum):
    CONFIRM = "confirm"
    """The model's values."""
    LABEL = "label"
    """Given values; tasks without one keep the value that holds."""


class ActState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class ActCounts(TypedDict):
    """Records below the cursor, by what became of them."""

    given: int
    """An opinion was written, by the act or by its undo."""
    unchanged: int
    """The person's opinion was the same already; in an undo, the act had written none."""
    skipped: dict[str, int]
    """Reason to records left as they are."""


class ActLeasePart(TypedDict):
    holder: str
    until: datetime
    """By the database's clock."""


class BulkActDocument(TypedDict):
    _id: str
    project_id: str
    dataset_id: str
    job_id: str
    kind: str
    """An `ActKind`."""
    values: dict[str, Any]
    """Task to value, plain; empty in a confirmation."""
    overrule: bool
    where: str | None
    """The expression that chose the records, in its text form; None where they were named."""
    selection: SelectionPart
    """Frozen when the act was made."""
    role: str
    """The person's role then."""
    state: str
    """An `ActState`."""
    cursor: int
    """The act, or its undo, has passed the records below it."""
    counts: ActCounts
    undo_counts: NotRequired[ActCounts]
    lease: ActLeasePart | None
    created_at: datetime
    created_by: str
    created_by_id: str
    finished_at: datetime | None


NO_COUNTS: ActCounts = {"given": 0, "unchanged": 0, "skipped": {}}


def counts_name(state: str) -> str:
    """Return the field in which an act in this state counts."""
    return "undo_counts" if state in (ActState.UNDOING, ActState.UNDONE) else "counts"
