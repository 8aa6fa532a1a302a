"""Annotations and exports on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from tandem.events import LabelValue, Outcome, TaskLabel
from tandem_api.datasets.schemas import Record
from tandem_api.paging import Page
from tandem_api.views import View


class Verification(View):
    """The decision of a person that holds."""

    values: dict[str, LabelValue]
    revision: int
    confirmed: bool = Field(description="Whether the person kept what was shown.")
    shown_values: dict[str, LabelValue]
    decided_by: str
    decided_at: datetime


class Attempt(View):
    """What one attempt gave."""

    attempt: int
    outcome: Outcome
    reason: str | None = Field(description="Under invalid and failed: why.")
    detail: str | None
    labels: list[TaskLabel]
    needs_review: bool
    review_reason: str | None
    provider: str
    model: str
    agent_id: str
    agent_version: int
    usage: dict[str, Any] | None
    price: dict[str, Any] | None
    seconds: float | None
    created_at: datetime


class Sample(View):
    """What one of several answers to a record said."""

    values: dict[str, LabelValue] = Field(description="Of the tasks that could be read.")
    reason: str | None = Field(default=None, description="Why not all could be read.")
    detail: str | None = None
    left_out: bool = Field(default=False, description="Whether the values are not kept, for want of room.")


class Annotation(Attempt):
    seq: int
    record_id: str
    verification: Verification | None = None
    excerpt: str | None = Field(default=None, description="How the record begins; only in lists, when asked for.")


_SAMPLES = "What each answer said, where the agent asked for several; empty where it asked for one."


class PastAttempt(Attempt):
    raw: str | None
    samples: list[Sample] = Field(default=[], description=_SAMPLES)


class AnnotationDetail(Annotation):
    """With the record, the model's answer as it came, and older attempts."""

    record: Record | None
    raw: str | None = Field(description="The answer's text, cut to 4,096 characters.")
    samples: list[Sample] = Field(default=[], description=_SAMPLES)
    history: list[PastAttempt]


class AnnotationPage(Page[Annotation]):
    pass


class ExportFormat(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"
