"""Annotations of a job's records: labels, how they came about, and what people said."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from tandem_client.costs import ModelCost
from tandem_client.reviewing import ReviewCause
from tandem_client.tasks import ApiModel, Value


class Label(ApiModel):
    task: str
    value: Value
    confidence: float | None = None
    confidence_method: str | None = None
    confidence_missing_reason: str | None = None
    probabilities: dict[str, float] | None = None
    span_confidences: tuple[float | None, ...] | None = None
    margin: float | None = None
    entropy: float | None = None
    rule: str = ""


class Annotation(ApiModel):
    """Annotation of one record in a job."""

    seq: int
    record_id: str
    attempt: int = 1
    outcome: Literal["labeled", "invalid", "failed"]
    reason: str | None = None
    labels: tuple[Label, ...] = ()
    detail: str | None = None
    needs_review: bool = False
    review_reason: str | None = None
    review_causes: tuple[ReviewCause, ...] = ()
    provider: str = ""
    model: str = ""
    created_at: datetime | None = None


class Record(ApiModel):
    seq: int
    record_id: str
    fields: dict[str, str]
    metadata: dict[str, Any] = Field(default_factory=dict)
    gold: dict[str, Any] | None = None


class Sample(ApiModel):
    """Values that one of several answers gave; `reason`: why not all of it could be read."""

    values: dict[str, Any] = Field(default_factory=dict)
    reason: str | None = None
    detail: str | None = None
    left_out: bool = False


class Call(ApiModel):
    """One call of a model; `error` is None where an answer came."""

    started_at: datetime
    seconds: float
    status: int | None = None
    error: str | None = None
    provider: str = ""
    model: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class TaskOpinions(ApiModel):
    """Result of people's opinions on one task: `state` is open, settled or disputed; `why` says by what."""

    state: str
    why: str
    by: tuple[str, ...] = ()


class Opinions(ApiModel):
    """Result of people's opinions on a record. `number`: opinions that stand, one a person."""

    number: int
    state: str
    people: tuple[str, ...] = ()
    settled_by: tuple[str, ...] = ()
    tasks: dict[str, TaskOpinions] = Field(default_factory=dict)


class Decision(ApiModel):
    """One revision of a person's opinion: `kind` is confirmed, corrected or undone, and then there are no values."""

    revision: int
    kind: str
    values: dict[str, Any] | None = None
    shown_attempt: int = 1
    shown_values: dict[str, Any] = Field(default_factory=dict)
    shown: bool = True
    blind: bool = False
    outranks: bool = False
    active_seconds: float | None = None
    idle_seconds: float | None = None
    comment: str | None = None
    flags: tuple[str, ...] = ()
    decided_by: str
    decided_by_id: str | None = None
    decided_at: datetime


class AttemptDetail(Annotation):
    """Result of one attempt, and how it came about."""

    seq: int = -1
    record_id: str = ""
    raw: str | None = None
    usage: dict[str, Any] | None = None
    price: dict[str, Any] | None = None
    seconds: float | None = None
    fallback_used: bool = False
    repaired: bool = False
    sources: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    calls: tuple[Call, ...] = ()


class AnnotationDetail(AttemptDetail):
    """One record of a job with all that is known of it: the current attempt, older ones, what people decided."""

    record: Record | None = None
    verification: dict[str, Any] | None = None
    opinions: Opinions | None = None
    blind: bool = False
    history: tuple[AttemptDetail, ...] = ()
    paid: tuple[ModelCost, ...] = ()
    decisions: tuple[Decision, ...] = ()
