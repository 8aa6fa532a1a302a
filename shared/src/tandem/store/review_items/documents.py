"""An item of the review queue as MongoDB keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from tandem.events import LabelValue, Outcome, ReviewCause, ReviewReason, ReviewRequestedV1, TaskLabel
from tandem.review import may_see_values
from tandem.store.database import Document


class ItemState(StrEnum):
    OPEN = "open"
    DECIDED = "decided"


class ReviewItem(BaseModel):
    """A record of a job that people should see, with what the model said of it.

    `attempt`, `outcome`, `reason`, `causes`, `labels`, `priority` and `campaign_id` are those of the highest
    attempt that asked for a person.
    `reservation` is the fence token of the last claim. The person who claimed the item (`reserved_by_id`) may decide
    with it, even past `reserved_until`, which only says from when on others may claim the item.
    The item stays open until the record is settled by the job's policy; an open one may have opinions already.
    `reserved_by` and `decided_by` are names for people to read; who it was is told by the ids beside them, which items
    of older versions lack.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: str
    project_id: str
    dataset_id: str
    seq: int
    record_id: str
    attempt: int = Field(ge=1)
    outcome: Outcome
    reason: ReviewReason
    causes: tuple[ReviewCause, ...] = ()
    labels: tuple[TaskLabel, ...] = ()
    priority: float = 0.0
    withdrawn: bool = Field(
        default=False, description="Nobody asks any more; whoever had reserved it then may still decide."
    )
    created_at: datetime
    state: ItemState = ItemState.OPEN
    skips: int = 0
    reserved_by: str | None = None
    reserved_by_id: str | None = None
    reserved_until: datetime | None = None
    reservation: str | None = None
    skipped_reservation: str | None = Field(default=None, description="Token of the last skip; a retry is known by it.")
    revision: int = Field(default=0, description="Revision of the decision that closed the item; 0 while open.")
    decided_by: str | None = None
    decided_by_id: str | None = None
    decided_at: datetime | None = None
    blind: bool = Field(default=False, description="Whoever has given no opinion yet gets no value of the model.")
    campaign_id: str | None = Field(default=None, description="The campaign that asks; None: the job's thresholds.")
    opinion_by: tuple[str, ...] = Field(default=(), description="Ids of the people whose opinions stand.")
    seen_by: tuple[str, ...] = Field(default=(), description="Of a blind item: who ever gave an opinion on it.")
    revealed: bool = Field(default=False, description="Of a blind item: it was settled once; it is blind for nobody.")
    waits_for_adjudicator: bool = False

    def reveals_to(self, person_id: str) -> bool:
        """Say whether this person may get the model's values."""
        return may_see_values(person_id, blind=self.blind, revealed=self.revealed, seen_by=self.seen_by)

    @property
    def item_id(self) -> str:
        return f"{self.job_id}:{self.seq}"

    @property
    def suggested_values(self) -> dict[str, LabelValue]:
        """Return the model's value per task; empty where no label could be read."""
        return {label.task: label.value for label in self.labels}

    @classmethod
    def requested(cls, event: ReviewRequestedV1, *, created_at: datetime) -> Self:
        """Build the open item that an event asks for."""
        return cls(
            job_id=event.job_id,
            project_id=event.project_id,
            dataset_id=event.dataset_id,
            seq=event.seq,
            record_id=event.record_id,
            attempt=event.attempt,
            outcome=event.outcome,
            reason=event.reason,
            causes=event.causes,
            labels=event.labels,
            priority=event.priority,
            blind=event.blind,
            campaign_id=event.campaign_id,
            created_at=created_at,
        )

    def to_document(self) -> Document:
        """Convert to a document. Fields that are None are left out, so that the sparse index on reservations stays
        small."""
        return {"_id": self.item_id, **self.model_dump(exclude_none=True)}

    def shown_content(self) -> Document:
        """Return the fields that a higher attempt replaces. It makes an item blind and never unblinds one."""
        shown = self.model_dump(include={"attempt", "outcome", "reason", "causes", "labels", "priority", "campaign_id"})
        return shown | ({"blind": True} if self.blind else {})

    @classmethod
    def from_document(cls, document: Document) -> Self:
        return cls.model_validate(document)


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Items of one job."""

    open: int = 0
    decided: int = 0


@dataclass(frozen=True, slots=True)
class QueueChanges:
    """Changes made by accepting requests into the queue; duplicates change nothing."""

    inserted: int = 0
    replaced: int = 0
