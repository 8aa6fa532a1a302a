"""Opinions on records, as the review API takes and gives them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from tandem.events import LabelValue, OpinionFlag, Outcome
from tandem.events.schema import AnyTask
from tandem.review import OpinionPolicy, RecordState, Why
from tandem.store.opinions.documents import DecisionKind
from tandem.store.review_items.documents import ItemState
from tandem.web.request_body import RequestBody
from tandem_verification_ui.review.suggestions import Suggestion

MOST_SECONDS = 86_400.0
MOST_COMMENT = 2_000

Flags = list[OpinionFlag]


class Remarks(RequestBody):
    """Fields that go with the values of an opinion. The service itself records what it showed."""

    active_seconds: float | None = Field(
        default=None, ge=0, le=MOST_SECONDS, description="Time the person worked on the record."
    )
    idle_seconds: float | None = Field(
        default=None, ge=0, le=MOST_SECONDS, description="Time the record was open and the person was away."
    )
    comment: str | None = Field(default=None, min_length=1, max_length=MOST_COMMENT)
    flags: Flags = Field(
        default_factory=list,
        max_length=len(OpinionFlag),
        description="flagged: somebody should look again. not_covered: no value of the schema fits; the values are the "
        "nearest ones.",
    )


class OpinionRequest(Remarks):
    """An opinion on a record. The same one again changes nothing; another one replaces the caller's, with history."""

    values: dict[str, LabelValue] = Field(description="The value of each task of the label schema.")
    attempt: int | None = Field(
        default=None, ge=1, description="The attempt that was opened; refused when it is no longer the current one."
    )
    overrule: bool = Field(
        default=False, description="Outrank the readers' opinions, whatever the job's policy; for admins."
    )


class TaskState(BaseModel):
    state: RecordState
    why: Why
    value: LabelValue | None = Field(description="Null unless settled.")
    by: list[str] = Field(description="Ids of the people whose opinions settle it.")


class SettledView(BaseModel):
    """Result of people's opinions on the record, by the job's policy."""

    state: RecordState
    opinions: int = Field(description="Opinions that stand, one a person.")
    values: dict[str, LabelValue] | None = Field(description="Null until every task is settled.")
    settled_by: list[str]
    waits_for_adjudicator: bool
    tasks: dict[str, TaskState]


class OpinionView(BaseModel):
    """One revision of a person's opinion, or its withdrawal."""

    revision: int = Field(description="Rises with each opinion and withdrawal on the record, whoever gives it.")
    person_id: str
    person: str = Field(description="The person's present name.")
    kind: DecisionKind
    values: dict[str, LabelValue] | None = Field(description="Null: a withdrawal.")
    stands: bool = Field(description="Whether it is the person's current opinion.")
    shown: bool = Field(description="Whether the person had been shown a proposal.")
    shown_attempt: int
    shown_values: dict[str, LabelValue]
    blind: bool
    outranks: bool
    active_seconds: float | None
    idle_seconds: float | None
    comment: str | None
    flags: Flags
    from_queue: bool
    campaign_id: str | None
    act_id: str | None = Field(description="The bulk act that it was part of; with `/undo` behind, of its undo.")
    decided_at: datetime


class RecordOpinions(BaseModel):
    """All opinions on a record, oldest first."""

    job_id: str
    seq: int
    record_id: str
    policy: OpinionPolicy
    hidden: bool = Field(
        description="True: others' opinions and what holds are left out, until the caller has given an opinion."
    )
    settled: SettledView | None = Field(description="Null while hidden.")
    opinions: list[OpinionView]


class OpenedRecord(RecordOpinions):
    """A record of a job, opened to give an opinion on it."""

    fields: dict[str, str]
    tasks: list[AnyTask]
    attempt: int = Field(description="Send it back with the opinion.")
    blind: bool = Field(description="True: the model's values are left out, until the caller has given an opinion.")
    outcome: Outcome | None = Field(description="Null while blind.")
    suggestions: list[Suggestion]
    detail: str | None
    raw: str | None = Field(description="The model's answer, where no label could be read from it.")
    queue: ItemState | None = Field(description="State of its review item; null where no person was asked for.")
