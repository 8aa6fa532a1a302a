"""Asking a person, and what the person decided."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from tandem.events.annotations import RecordEvent
from tandem.events.envelope import Part
from tandem.events.outcomes import LabelValue, Outcome, TaskLabel


class ReviewReason(StrEnum):
    LOW_CONFIDENCE = "low_confidence"
    NO_CONFIDENCE = "no_confidence"
    INVALID = "invalid"
    FAILED = "failed"
    DISAGREEMENT = "disagreement"
    """Jobs over the same records gave it different labels, and somebody asked for a look at these."""
    AUDIT = "audit"
    """Drawn at random, whatever the label or its confidence."""


class ReviewCause(Part):
    """A task that a person is asked for, and why."""

    task: str
    reason: ReviewReason


class ReviewRequestedV1(RecordEvent):
    """A record that a person should look at; or, with `wanted` false, no longer should."""

    dataset_id: str
    outcome: Outcome
    reason: ReviewReason
    causes: tuple[ReviewCause, ...] = Field(
        default=(),
        description="The tasks that are why; none where the whole record is, or an older writer did not say.",
    )
    labels: tuple[TaskLabel, ...] = ()
    priority: float = Field(default=0.0, description="Higher comes first.")
    campaign_id: str | None = Field(default=None, description="The campaign that asks; None from an older writer.")
    blind: bool = Field(default=False, description="The reader may not see the model's label before they decide.")
    wanted: bool = Field(default=True, description="False: the request of this attempt was withdrawn.")


class ReviewAskedV1(RecordEvent):
    """A campaign asks for a person's look at an annotation, or withdraws what it asked for.

    Void for another attempt and where a person has decided; a request also where a person is asked for already, a
    withdrawal also where another campaign asked.
    """

    order_id: str = Field(description="Id of the campaign that asks.")
    reason: ReviewReason
    causes: tuple[ReviewCause, ...] = ()
    priority: float = 0.0
    blind: bool = Field(default=False, description="The reader may not see the model's label before they decide.")
    wanted: bool = Field(default=True, description="False: the campaign withdraws its request.")


class VerificationDecidedV1(RecordEvent):
    """A person's decision on one record. The highest revision of (job, seq) holds."""

    dataset_id: str
    revision: int = Field(ge=1, description="Rises with every decision and every undo on this record.")
    values: dict[str, LabelValue] | None = Field(
        description="Final value per task; None when the decision was undone and no person's label holds."
    )
    shown_attempt: int = Field(ge=1)
    shown_values: dict[str, LabelValue] = Field(default_factory=dict, description="What the person saw suggested.")
    decided_by: str = Field(description="The person's name, for people to read; two people may have the same.")
    decided_by_id: str | None = Field(
        default=None, description="Who it was, the same in all decisions of one person; None from an older writer."
    )
    decided_at: datetime

    @property
    def confirmed(self) -> bool:
        return self.values is not None and self.values == self.shown_values
