"""Rules for the labels that go to people: policies of jobs, and review campaigns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from tandem_client.tasks import ApiModel


class TaskReview(ApiModel):
    """Policy of one task; None leaves it to the record's."""

    threshold: float | None = None
    review_without_confidence: bool | None = None


class ReviewPolicy(ApiModel):
    """Labels below `threshold`, labels without a confidence, invalid answers and failed records go to people.

    A task that can have no confidence beside others that can (a free text among choices) is left to the others, unless
    it says `review_without_confidence=True`.
    """

    threshold: float = 0.7
    review_without_confidence: bool = True
    review_invalid: bool = True
    review_failed: bool = False
    tasks: dict[str, TaskReview] = Field(default_factory=dict)


class ReviewCause(ApiModel):
    """A task that a person is asked for, and why."""

    task: str
    reason: str


def policy_body(threshold: float | None, policy: ReviewPolicy | None) -> dict[str, Any] | None:
    """Convert to the API's form; None where nothing is given. Raises ValueError when the threshold is given twice."""
    if policy is None:
        return None if threshold is None else {"threshold": threshold}
    if threshold is not None:
        raise ValueError("give the threshold in the review policy, not beside it")
    return policy.model_dump(exclude_unset=True)


class CampaignStrategy(ApiModel):
    """A way to pick records. `parameters` is the JSON Schema of its parameters."""

    name: str
    title: str
    needs_ended_jobs: bool = False
    parameters: dict[str, Any] = Field(default_factory=dict)


class Stop(ApiModel):
    """Rule by which a campaign closes: `never`, with `all` of its records decided, or `after` decisions (`decided`)."""

    rule: str = "never"
    after: int | None = None


class Campaign(ApiModel):
    """A review campaign: a strategy with its parameters over a job's records, and the people whom it asks.

    `picked` = `queued` + `waiting` + `decided`, as the walk found them: asked for by this campaign, by another one,
    decided by a person. `items_open` and `items_decided` are its records in the queue now.
    """

    id: str
    name: str
    job_id: str
    strategy: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    order: str = "urgent"
    blind_share: float = 0.0
    people: tuple[str, ...] | None = None
    stop: Stop = Stop()
    state: str
    state_reason: str | None = None
    walking: bool = False
    share: float = 0.0
    picked: int = 0
    queued: int = 0
    waiting: int = 0
    decided: int = 0
    queues: dict[str, int] = Field(default_factory=dict)
    items_open: int = 0
    items_decided: int = 0
    notice: str | None = None
    created_at: datetime
    finished_at: datetime | None = None


class CampaignCount(ApiModel):
    """Preview of a campaign; estimated from a part of the records where `exact` is False."""

    records: int
    selected: int
    exact: bool = True
    picked: int = 0
    would_ask: int = 0
    would_withdraw: int = 0
    queued: int = 0
    waiting: int = 0
    decided: int = 0


class Confirmed(ApiModel):
    """Result of a bulk confirmation. `refused` says why, by record id."""

    confirmed: tuple[str, ...] = ()
    refused: dict[str, str] = Field(default_factory=dict)
