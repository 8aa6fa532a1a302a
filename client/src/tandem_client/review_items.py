"""Models of the review service: queues, items that are reserved, decisions, opinions.

Values are as the server sends them, so that what is sent back is equal to what was shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field
from pydantic_core import to_jsonable_python

from tandem_client.reviewing import ReviewCause
from tandem_client.tasks import AnyTask, ApiModel


def in_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert values by task, which may hold `Span`s, to JSON's types."""
    converted: dict[str, Any] = to_jsonable_python(dict(values))
    return converted


class ReviewQueue(ApiModel):
    """How much of a job waits for people, and how much they did."""

    job_id: str
    project_id: str
    name: str
    state: str
    open: int
    decided: int
    needs_review: int


class Suggestion(ApiModel):
    """The model's label of one task."""

    task: str
    value: Any
    confidence: float | None = None
    confidence_method: str | None = None
    confidence_missing_reason: str | None = None
    probabilities: dict[str, float] | None = None


class ReviewItemView(ApiModel):
    """An item as the server shows it, reserved to the caller until `reserved_until`.

    Where it is `blind`, the model's values are left out until the caller has given an opinion.
    """

    item_id: str
    job_id: str
    seq: int
    record_id: str
    fields: dict[str, str]
    attempt: int
    outcome: str
    blind: bool
    reason: str
    causes: tuple[ReviewCause, ...] = ()
    detail: str | None = None
    raw: str | None = None
    tasks: tuple[AnyTask, ...]
    suggestions: tuple[Suggestion, ...] = ()
    skips: int
    reservation: str
    reserved_until: datetime

    @property
    def suggested(self) -> dict[str, Any]:
        """Return the model's values by task."""
        return {each.task: each.value for each in self.suggestions}

    def decision(self, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the body of a decision on this item; tasks left out of `values` keep the model's value."""
        return {
            "reservation": self.reservation,
            "attempt": self.attempt,
            "values": self.suggested | in_json(values or {}),
            "shown_values": self.suggested,
        }


class DecisionResult(ApiModel):
    item_id: str
    revision: int
    kind: str
    values: dict[str, Any]
    state: str
    opinions: int
    open: int
    decided: int


class DecisionOutcome(ApiModel):
    """Outcome of one decision of several: `result` where it counts, else the `problem` that refused it, with `detail`
    and `cure`."""

    item_id: str
    result: DecisionResult | None = None
    problem: dict[str, Any] | None = None


class PastDecision(ApiModel):
    """A decision of the caller; `values` is None for an undo."""

    item_id: str
    job_id: str
    seq: int
    record_id: str
    fields: dict[str, str]
    revision: int
    kind: str
    values: dict[str, Any] | None = None
    shown_values: dict[str, Any] = Field(default_factory=dict)
    decided_at: datetime
    undoable: bool


class TaskState(ApiModel):
    """What holds of one task by people's opinions; `value` is None unless it is settled."""

    state: str
    why: str
    value: Any = None
    by: tuple[str, ...] = ()


class SettledView(ApiModel):
    """What holds for a record by people's opinions and the job's policy."""

    state: str
    opinions: int
    values: dict[str, Any] | None = None
    settled_by: tuple[str, ...] = ()
    waits_for_adjudicator: bool
    tasks: dict[str, TaskState] = Field(default_factory=dict)


class OpinionView(ApiModel):
    """One revision of a person's opinion, or its withdrawal, which has no values."""

    revision: int
    person_id: str
    person: str
    kind: str
    values: dict[str, Any] | None = None
    stands: bool
    shown: bool
    shown_attempt: int
    blind: bool
    outranks: bool
    active_seconds: float | None = None
    comment: str | None = None
    flags: tuple[str, ...] = ()
    from_queue: bool
    campaign_id: str | None = None
    decided_at: datetime


class RecordOpinions(ApiModel):
    """All opinions on a record, oldest first; while `hidden`, only the caller's own."""

    job_id: str
    seq: int
    record_id: str
    hidden: bool
    settled: SettledView | None = None
    opinions: tuple[OpinionView, ...] = ()


class OpenedRecord(RecordOpinions):
    """A record of a job, opened to give an opinion on it. The server notes what was shown."""

    fields: dict[str, str]
    tasks: tuple[AnyTask, ...]
    attempt: int
    blind: bool
    outcome: str | None = None
    suggestions: tuple[Suggestion, ...] = ()
    detail: str | None = None
    raw: str | None = None
    queue: str | None = None

    @property
    def suggested(self) -> dict[str, Any]:
        """Return the model's values by task."""
        return {each.task: each.value for each in self.suggestions}

    def without_value(self, values: Mapping[str, Any]) -> list[str]:
        """Return the names of the tasks that `values` leave open."""
        return [task.name for task in self.tasks if task.name not in values]
