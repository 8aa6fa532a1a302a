"""Annotations and exports on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from tandem.events import ErrorKind, LabelValue, OpinionFlag, Outcome, ReviewCause, TaskLabel
from tandem.review import RecordState, Why
from tandem.store.opinions.documents import DecisionKind
from tandem_api.paging import Page
from tandem_api.resources.datasets.schemas import Record
from tandem_api.resources.jobs.schemas import ModelCost
from tandem_api.views import View

_PERSON = "Who it was, the same in all decisions of one person; null where a version before this field wrote it."


class Verification(View):
    """The person's decision that holds."""

    values: dict[str, LabelValue]
    revision: int
    confirmed: bool = Field(description="True: the person kept the values shown.")
    shown_values: dict[str, LabelValue]
    decided_by: str
    decided_by_id: str | None = Field(default=None, description=_PERSON)
    decided_at: datetime


class TaskOpinions(View):
    state: RecordState
    why: Why
    by: list[str] = Field(description="Ids of the people whose opinions settle the task; empty unless settled.")


class Opinions(View):
    """Result of people's opinions on the record, by the job's policy."""

    number: int = Field(description="Opinions that stand, one a person.")
    state: RecordState
    people: list[str] = Field(description="Ids of the people whose opinions stand.")
    settled_by: list[str] = Field(description="Ids of the people whose opinions hold; empty unless settled.")
    tasks: dict[str, TaskOpinions] = Field(default={}, description="Empty where one person decided everything.")


class Attempt(View):
    """The result of one attempt."""

    attempt: int
    outcome: Outcome
    reason: str | None = Field(description="Under invalid and failed: why.")
    detail: str | None
    labels: list[TaskLabel]
    needs_review: bool = Field(
        description="In the current attempt of a record: whether it waits for a person; false once one has decided."
    )
    review_reason: str | None
    review_causes: list[ReviewCause] = Field(
        default=[],
        description="The tasks that a person is asked for; none where nobody is, or the whole record is why.",
    )
    provider: str
    model: str
    fallback_used: bool = Field(default=False, description="True: the fallback model gave the answer.")
    repaired: bool = Field(default=False, description="True: the model was called again, with what was wrong.")
    sources: list[str] = Field(
        default=[], description="Where no model was asked: the annotations that the labels come of, as `job:seq`."
    )
    agent_id: str
    agent_version: int
    usage: dict[str, Any] | None
    price: dict[str, Any] | None
    seconds: float | None
    created_at: datetime


class Sample(View):
    """One of several answers to a record."""

    values: dict[str, LabelValue] = Field(description="Values of the tasks that could be read.")
    reason: str | None = Field(default=None, description="Why not all could be read.")
    detail: str | None = None
    left_out: bool = Field(default=False, description="True: the values are not kept, for lack of room.")


class Call(View):
    """One call of a model, as it went over the wire."""

    started_at: datetime
    seconds: float
    status: int | None = Field(description="HTTP status; null where no answer came.")
    error: ErrorKind | None = Field(description="Null: an answer came.")
    provider: str
    model: str
    prompt_tokens: int | None
    completion_tokens: int | None


class Annotation(Attempt):
    seq: int
    record_id: str
    verification: Verification | None = None
    opinions: Opinions | None = Field(default=None, description="Null where nobody ever gave an opinion.")
    blind: bool = Field(
        default=False,
        description="True: the model's values are left out, until the caller has given an opinion on the record.",
    )
    sent_to_review: bool = Field(default=False, description="True: the record was sent to people, decided or not.")
    excerpt: str | None = Field(default=None, description="Beginning of the record; only in lists, on request.")

    @model_validator(mode="before")
    @classmethod
    def _decided_waits_no_more(cls, document: Any) -> Any:
        """Derive from what is stored whether the record still waits: a decision does not change the stored flag."""
        if not isinstance(document, dict) or "sent_to_review" in document:
            return document
        waits = document["needs_review"] and document.get("verification") is None
        return {**document, "needs_review": waits, "sent_to_review": document["needs_review"]}


_SAMPLES = "What each answer said, where the agent asked for several; empty where it asked for one."
_CALLS = "How it came to this, call by call; empty where the first call brought the answer, and where none was made."


class PastAttempt(Attempt):
    raw: str | None
    samples: list[Sample] = Field(default=[], description=_SAMPLES)
    calls: list[Call] = Field(default=[], description=_CALLS)


class PastDecision(View):
    """One revision of a person's opinion, or its withdrawal."""

    revision: int
    kind: DecisionKind
    values: dict[str, LabelValue] | None = Field(description="Null: an earlier decision was undone.")
    shown_attempt: int
    shown_values: dict[str, LabelValue]
    shown: bool = Field(description="Whether the person had been shown a proposal.")
    blind: bool = False
    outranks: bool = Field(default=False, description="Given by an adjudicator or admin to overrule the readers.")
    active_seconds: float | None = None
    idle_seconds: float | None = None
    comment: str | None = None
    flags: list[OpinionFlag] = Field(default=[])
    decided_by: str
    decided_by_id: str | None = Field(default=None, description=_PERSON)
    decided_at: datetime


class AnnotationDetail(Annotation):
    """An annotation with the record, the model's answer as it came, older attempts, and all that people decided."""

    record: Record | None
    raw: str | None = Field(description="The answer's text, cut to 4,096 characters.")
    samples: list[Sample] = Field(default=[], description=_SAMPLES)
    calls: list[Call] = Field(default=[], description=_CALLS)
    history: list[PastAttempt]
    paid: list[ModelCost] = Field(description="Cost of all answers to the record, by model.")
    decisions: list[PastDecision] = Field(description="Oldest first, undone ones included.")


class AnnotationPage(Page[Annotation]):
    pass


class ExportFormat(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    ARROW = "arrow"
    HUGGING_FACE = "huggingface"
