"""Which labels go to people, and orders that send records to people afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from tandem_client.tasks import Model


class TaskReview(Model):
    """What holds for one task instead of the policy's own; None leaves it to that."""

    threshold: float | None = None
    review_without_confidence: bool | None = None


class ReviewPolicy(Model):
    """Labels below `threshold`, labels without a confidence, invalid answers and failed records go to people.

    A task that can have no confidence beside others that can (a free text among choices) is left to the others, unless
    it says `review_without_confidence=True`.
    """

    threshold: float = 0.7
    review_without_confidence: bool = True
    review_invalid: bool = True
    review_failed: bool = False
    tasks: dict[str, TaskReview] = Field(default_factory=dict)


class ReviewCause(Model):
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


class ReviewOrder(Model):
    """Records on which jobs differ, sent to people; while `state` is open the counts are of what was looked at.

    differing = queued + waiting + decided: sent by this order, in a queue before it, decided by a person.
    """

    id: str
    jobs: tuple[str, ...]
    task: str | None = None
    min_confidence: float | None = None
    state: str
    share: float = 0.0
    differing: int = 0
    queued: int = 0
    waiting: int = 0
    decided: int = 0
    queues: dict[str, int] = Field(default_factory=dict)
    notice: str | None = None
    created_at: datetime
    finished_at: datetime | None = None

    @property
    def is_done(self) -> bool:
        return self.state == "done"
