"""Finds the records of a job whose annotations match: by outcome, reason, label, confidence, or a person's decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tandem.events import Outcome
from tandem.jobs import Selection
from tandem.store.annotations.documents import COLLECTION
from tandem.store.database import Database, store_errors

_OUTCOME_INDEX = "job_id_1_outcome_1_seq_1"
_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class AnnotationMatch:
    """Conditions on the current attempt. All given conditions must hold; of several values, one."""

    outcomes: Sequence[Outcome] = ()
    """Any outcome when empty, and so for the other fields."""
    reasons: Sequence[str] = ()
    """Why a record is invalid or failed."""
    labels: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Task to the values that hold: a person's where one decided, else the model's. A multiple choice matches by each
    of its labels."""
    least_confidence: float | None = None
    below_confidence: float | None = None
    """The confidence of one of the model's labels is at least the one and below the other."""
    verified: bool | None = None
    """True: a person's decision holds."""


class MatchingReader:
    """Reader of matches. Raises StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def matching(self, job_id: str, match: AnnotationMatch) -> Selection:
        """Return the records of the job that match, as a frozen selection."""
        seqs: list[int] = []
        async with store_errors():
            cursor = self._collection.find(_query(job_id, match), {"_id": 0, "seq": 1}).hint(_OUTCOME_INDEX)
            async for document in cursor.batch_size(_BATCH):
                seqs.append(document["seq"])  # noqa: PERF401 - an async cursor
        return Selection.of(seqs)


def _query(job_id: str, match: AnnotationMatch) -> dict[str, Any]:
    outcomes = match.outcomes or tuple(Outcome)
    query: dict[str, Any] = {"job_id": job_id, "outcome": {"$in": [outcome.value for outcome in outcomes]}}
    if match.reasons:
        query["reason"] = {"$in": list(match.reasons)}
    if match.verified is not None:
        query["verification.revision"] = {"$gte": 1} if match.verified else None
    if conditions := [*_confidence(match), *(_holds(task, values) for task, values in match.labels.items())]:
        query["$and"] = conditions
    return query


def _confidence(match: AnnotationMatch) -> list[dict[str, Any]]:
    bounds = {"$gte": match.least_confidence, "$lt": match.below_confidence}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    return [{"labels": {"$elemMatch": {"confidence": given}}}] if given else []


def _holds(task: str, values: Sequence[Any]) -> dict[str, Any]:
    wanted = {"$in": list(values)}
    of_model = {
        "verification": {"$exists": False},
        "labels": {"$elemMatch": {"task": task, "value": wanted}},
    }
    return {"$or": [{f"verification.values.{task}": wanted}, of_model]}
