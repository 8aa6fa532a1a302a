"""Request and response models of the review API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from tandem.events import JobState, LabelTask, LabelValue, Outcome, ReviewCause, ReviewReason
from tandem.events.schema import AnyTask
from tandem.review import RecordState
from tandem.store.database import utcnow
from tandem.store.opinions.documents import DecisionKind
from tandem.store.review_items.documents import ReviewItem
from tandem.web import ProblemBody
from tandem.web.request_body import RequestBody
from tandem_verification_ui.opinions.schemas import Remarks
from tandem_verification_ui.review.suggestions import Suggestion

MOST_DECISIONS = 100
"""Decisions that one request may bring."""


class ReviewQueue(BaseModel):
    """Counts of a job's records that wait for people, and of those that people did."""

    job_id: str
    project_id: str
    name: str
    state: JobState
    open: int = Field(description="Items that wait for a decision; in a large queue a few seconds old.")
    decided: int
    needs_review: int = Field(description="Annotations that are sent to people: open + decided, soon.")


class ReviewQueueList(BaseModel):
    items: list[ReviewQueue] = Field(description="Newest job first.")


class ReserveRequest(RequestBody):
    limit: int = Field(default=1, ge=1, le=10)
    exclude: list[str] = Field(
        default_factory=list, max_length=100, description="Ids of items that the page holds already."
    )


class ReviewItemView(BaseModel):
    """An item as it is shown, reserved to the caller."""

    item_id: str
    job_id: str
    seq: int
    record_id: str = Field(description="The user's own key.")
    fields: dict[str, str]
    attempt: int = Field(description="Send it back with the decision: it says what was shown.")
    outcome: Outcome
    blind: bool = Field(description="True: the model's values are left out, until the caller has given an opinion.")
    reason: ReviewReason | Literal["blind"] = Field(
        description="Why a person is asked; `blind` while the model's values are left out, whatever the reason is."
    )
    causes: list[ReviewCause] = Field(description="The tasks that are why; none where the whole record is.")
    detail: str | None = Field(description="One sentence on why no label could be read; null where one could.")
    raw: str | None = Field(description="The model's answer, where no label could be read from it.")
    tasks: list[AnyTask] = Field(description="What is asked of the person: the tasks of the job's label schema.")
    suggestions: list[Suggestion] = Field(description="The model's labels; a task without one has none here.")
    skips: int
    reservation: str = Field(
        description="The fence token: whoever holds the current one may decide. Empty where the caller holds none."
    )
    reserved_until: datetime = Field(description="From then on others may take the item. Renew before.")

    @classmethod
    def of(
        cls,
        item: ReviewItem,
        *,
        person_id: str,
        fields: dict[str, str],
        tasks: Sequence[LabelTask],
        detail: str | None = None,
        raw: str | None = None,
        sealed: bool = False,
    ) -> ReviewItemView:
        """Return the item as this person may see it. `sealed`: nobody may see its labels."""
        revealed, held = item.reveals_to(person_id) and not sealed, item.reserved_by_id == person_id
        return cls(
            **item.model_dump(include={"job_id", "seq", "record_id", "attempt", "outcome", "skips"}),
            blind=not revealed,
            reserved_until=item.reserved_until if held and item.reserved_until else utcnow(),
            reason=item.reason if revealed else "blind",
            causes=list(item.causes) if revealed else [],
            item_id=item.item_id,
            fields=fields,
            detail=detail if revealed else None,
            raw=raw if revealed else None,
            tasks=list(tasks),
            suggestions=[Suggestion.of(label) for label in item.labels] if revealed else [],
            reservation=(item.reservation or "") if held else "",
        )


class Reserved(BaseModel):
    items: list[ReviewItemView] = Field(description="What the caller holds already comes first.")
    open: int = Field(description="Items of the job that wait for a decision, reserved ones included.")
    reservation_seconds: float = Field(description="How long a reservation lasts; does not depend on any clock.")


class HeldRequest(RequestBody):
    reservation: str = Field(min_length=1, max_length=100)


class DecisionRequest(HeldRequest, Remarks):
    """A decision on the item that was shown. Sending the same one again changes nothing and gives the same answer.

    What was shown is recorded as the service served it. `attempt` and `shown_values` are a guard: a decision that was
    meant for something else is refused.
    """

    attempt: int | None = Field(default=None, ge=1, description="The attempt that was on the screen.")
    values: dict[str, LabelValue] = Field(description="The final value of each task of the label schema.")
    shown_values: dict[str, LabelValue] = Field(
        default_factory=dict, description="What was suggested on the screen; empty: not compared."
    )


class DecisionResult(BaseModel):
    item_id: str
    revision: int
    kind: DecisionKind
    values: dict[str, LabelValue]
    state: RecordState = Field(description="settled: the record is done. Else more opinions are needed.")
    opinions: int = Field(description="Opinions on the record that stand, one a person.")
    open: int
    decided: int


class DecisionOf(DecisionRequest):
    """A decision with the item that it is for."""

    item_id: str = Field(min_length=1, max_length=200)


class DecisionsRequest(RequestBody):
    decisions: list[DecisionOf] = Field(min_length=1, max_length=MOST_DECISIONS)


class DecisionOutcome(BaseModel):
    """Outcome of one decision of several. Exactly one of `result` and `problem` is there."""

    item_id: str
    result: DecisionResult | None = None
    problem: ProblemBody | None = Field(default=None, description="Why nothing changed, as if it had come alone.")


class DecisionOutcomes(BaseModel):
    items: list[DecisionOutcome] = Field(description="In the order of the request.")


class Renewed(BaseModel):
    item_id: str
    reserved_until: datetime


class Released(BaseModel):
    item_id: str
    released: bool = Field(description="False when the caller did not hold it any more.")


class Skipped(BaseModel):
    item_id: str
    open: int


class PastDecision(BaseModel):
    item_id: str
    job_id: str
    seq: int
    record_id: str
    fields: dict[str, str]
    revision: int
    kind: DecisionKind
    values: dict[str, LabelValue] | None = Field(description="Null for an undo.")
    shown_values: dict[str, LabelValue]
    decided_at: datetime
    undoable: bool = Field(description="Whether it is the caller's current opinion.")


class History(BaseModel):
    items: list[PastDecision] = Field(description="Newest first.")
