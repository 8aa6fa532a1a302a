"""A person's opinion as MongoDB keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from tandem.events import GivenOpinion, LabelValue, OpinionFlag, SettledPart, SettledTask, VerificationDecidedV1
from tandem.people import name_only_id
from tandem.review import Opinion, OpinionPolicy, Settlement, settled
from tandem.store.database import Document

COLLECTION = "verifications"


class DecisionKind(StrEnum):
    CONFIRMED = "confirmed"
    """The person chose what was suggested."""
    CORRECTED = "corrected"
    """The person chose something else, or nothing was suggested."""
    UNDONE = "undone"
    """The person withdrew their opinion."""


class OpinionDocument(BaseModel):
    """Revision of a person's opinion, or its withdrawal. Never changed once written.

    `revision` counts all opinions and withdrawals on the record, whoever gave them: two people who write at once are
    put in order. The newest revision of a person is the one that stands.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: str
    project_id: str
    dataset_id: str
    seq: int
    record_id: str
    revision: int = Field(ge=1)
    kind: DecisionKind
    values: dict[str, LabelValue] | None = Field(description="Value per task; None in a withdrawal.")
    attempt: int = Field(ge=1, description="Attempt that was current when the person decided.")
    shown_attempt: int = Field(ge=1)
    shown_values: dict[str, LabelValue] = Field(
        default_factory=dict, description="The proposal that the service showed; empty where it showed none."
    )
    decided_by: str = Field(description="The person's name, for people to read.")
    decided_by_id: str | None = Field(default=None, description="Who it was; None in decisions of older versions.")
    decided_at: datetime
    reservation: str = Field(default="", description="The fence token the person held; ties a retry to its decision.")
    shown: bool | None = Field(default=None, description="Whether a proposal was shown; None in older decisions.")
    blind: bool = Field(default=False, description="The item was blind, and the person had seen no proposal of it.")
    outranks: bool = Field(default=False, description="Given by an adjudicator or admin to overrule the readers.")
    withdraws: int | None = Field(default=None, description="In a withdrawal: the revision that is taken back.")
    active_seconds: float | None = Field(
        default=None, description="Time the person worked on it, by the page's report."
    )
    idle_seconds: float | None = Field(default=None, description="Time the record was open and the person was away.")
    comment: str | None = None
    flags: tuple[OpinionFlag, ...] = ()
    from_queue: bool = Field(default=True, description="False: given on a record opened without being asked for.")
    campaign_id: str | None = Field(default=None, description="The campaign whose review item it was given on.")
    act_id: str | None = Field(
        default=None, description="The bulk act that gave it; with `/undo` behind, took it back."
    )

    @property
    def opinion_id(self) -> str:
        return f"{self.job_id}:{self.seq}:{self.revision}"

    @property
    def item_id(self) -> str:
        return f"{self.job_id}:{self.seq}"

    @property
    def person(self) -> str:
        """Return the id of the person; of an older decision without one, that of the person known by name alone."""
        return self.decided_by_id or name_only_id(self.decided_by)

    @property
    def was_shown(self) -> bool:
        return bool(self.shown_values) if self.shown is None else self.shown

    def for_rule(self) -> Opinion:
        """Return what the rule of `tandem.review` needs. In older versions only the last decider could undo: their undo
        takes back the revision before it."""
        withdraws = None if self.values is not None else self.withdraws or self.revision - 1
        return Opinion(self.person, self.revision, self.values, outranks=self.outranks, withdraws=withdraws)

    def to_document(self) -> Document:
        return {"_id": self.opinion_id, **self.model_dump()}

    @classmethod
    def from_document(cls, document: Document) -> Self:
        return cls.model_validate(document)


def settlement_of(opinions: Sequence[OpinionDocument], policy: OpinionPolicy) -> Settlement:
    """Return what holds by all opinions on one record."""
    return settled((each.for_rule() for each in opinions), policy)


def decided_event(opinions: Sequence[OpinionDocument], settlement: Settlement) -> VerificationDecidedV1:
    """Build the event of the newest of these opinions, which are all on their record, now or at any time again.

    Its own fields say what holds now, in the words of the opinion that decided; `opinion` says what was given.
    The parts are validated opinions and a settlement of them: they are not validated again.
    """
    newest = max(opinions, key=lambda each: each.revision)
    told = next((each for each in opinions if each.revision == settlement.deciding), newest)
    return VerificationDecidedV1.model_construct(
        job_id=newest.job_id,
        project_id=newest.project_id,
        dataset_id=newest.dataset_id,
        seq=newest.seq,
        record_id=newest.record_id,
        attempt=newest.attempt,
        revision=newest.revision,
        values=settlement.values,
        shown_attempt=told.shown_attempt,
        shown_values=told.shown_values,
        decided_by=told.decided_by,
        decided_by_id=told.decided_by_id,
        decided_at=told.decided_at,
        opinion=GivenOpinion.model_construct(
            person_id=newest.person,
            values=newest.values,
            shown=newest.was_shown,
            blind=newest.blind,
            outranks=newest.outranks,
            active_seconds=newest.active_seconds,
            idle_seconds=newest.idle_seconds,
            flags=newest.flags,
        ),
        settled=SettledPart.model_construct(
            state=settlement.state.value,
            opinions=settlement.opinions,
            people=settlement.people,
            settled_by=settlement.by,
            tasks={
                name: SettledTask.model_construct(
                    state=task.state.value, why=task.why.value, value=task.value, by=task.by
                )
                for name, task in settlement.tasks.items()
            },
        ),
    )
