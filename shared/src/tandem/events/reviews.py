"""Asking a person, and what the person decided."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from tandem.events.annotations import RecordEvent
from tandem.events.envelope import EventPart
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
    CHOSEN = "chosen"
    """Somebody chose the record, by hand or by an expression."""


class ReviewCause(EventPart):
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
    blind: bool = Field(
        default=False, description="A person gets no value of the model before they have given an opinion."
    )
    campaign_id: str | None = Field(default=None, description="The campaign that asks.")
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


class OpinionFlag(StrEnum):
    FLAGGED = "flagged"
    """Somebody should look at the record again."""
    NOT_COVERED = "not_covered"
    """The label schema has no value that fits; the values given are the nearest ones."""


class GivenOpinion(EventPart):
    """One revision of a person's opinion. `values` None: they withdrew it."""

    person_id: str
    values: dict[str, LabelValue] | None
    shown: bool = Field(description="Whether the service had shown the person a proposal.")
    blind: bool = False
    outranks: bool = Field(default=False, description="Given by an adjudicator or admin to overrule the readers.")
    active_seconds: float | None = None
    idle_seconds: float | None = None
    flags: tuple[OpinionFlag, ...] = ()


class SettledTask(EventPart):
    state: str = Field(description="open, settled or disputed.")
    why: str
    value: LabelValue | None = Field(default=None, description="None unless settled.")
    by: tuple[str, ...] = Field(default=(), description="Ids of the people whose opinions settle it.")


class SettledPart(EventPart):
    """Result of all opinions on the record, by the rule `settled` and the job's policy."""

    state: str = Field(description="open, settled or disputed.")
    opinions: int = Field(description="Opinions that stand, one a person.")
    people: tuple[str, ...] = ()
    settled_by: tuple[str, ...] = ()
    tasks: dict[str, SettledTask] = Field(default_factory=dict)


class VerificationDecidedV1(RecordEvent):
    """A person gave an opinion on one record. The highest revision of (job, seq) says what holds.

    `values` and the fields of who decided say what holds after it; where the job asks for several readers that may be
    nothing yet. `opinion` says what this person gave. Older writers leave `opinion` and `settled` out: the decision is
    the one opinion that stands.
    """

    dataset_id: str
    revision: int = Field(ge=1, description="Rises with every decision and every undo on this record.")
    values: dict[str, LabelValue] | None = Field(
        description="Value per task that holds; None when no person's label holds: undone, or more readers are needed."
    )
    shown_attempt: int = Field(ge=1)
    shown_values: dict[str, LabelValue] = Field(default_factory=dict, description="What the person saw suggested.")
    decided_by: str = Field(description="The person's name, for people to read; two people may have the same.")
    decided_by_id: str | None = Field(
        default=None, description="Who it was, the same in all decisions of one person; None from an older writer."
    )
    decided_at: datetime
    opinion: GivenOpinion | None = Field(default=None, description="None from an older writer.")
    settled: SettledPart | None = Field(default=None, description="None from an older writer.")

    @property
    def confirmed(self) -> bool:
        return self.values is not None and self.values == self.shown_values
