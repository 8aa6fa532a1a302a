"""Request and response models of the review API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, Field

from tandem.events import JobState, LabelTask, LabelValue, Outcome, ReviewCause, ReviewReason, TaskLabel
from tandem.events.schema import AnyTask
from tandem.store.review_items.documents import ReviewItem
from tandem.store.verifications.documents import DecisionKind
from tandem.web.request_body import RequestBody


class ReviewQueue(BaseModel):
    """How much of a job waits for people, and how much they did."""

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


class Suggestion(BaseModel):
    """The model's label of one task."""

    task: str
    value: LabelValue
    confidence: float | None = Field(description="Probability that the label is right; null when not known.")
    confidence_method: str | None
    confidence_missing_reason: str | None
    probabilities: dict[str, float] | None = Field(
        description="Per option: of a single choice they sum to 1; of a multiple choice each stands alone, and those "
        "that cannot be known are left out.",
    )
    span_confidences: list[float | None] | None = Field(
        description="Of a span task: the probability that each span is right, in the order of the value."
    )
    margin: float | None

    @classmethod
    def of(cls, label: TaskLabel) -> Suggestion:
        return cls(**label.model_dump(include=set(cls.model_fields)))


class ReviewItemView(BaseModel):
    """An item as it is shown, reserved to the caller."""

    item_id: str
    job_id: str
    seq: int
    record_id: str = Field(description="The user's own key.")
    fields: dict[str, str]
    attempt: int = Field(description="Send it back with the decision: it says what was shown.")
    outcome: Outcome
    reason: ReviewReason = Field(description="Why a person is asked.")
    causes: list[ReviewCause] = Field(description="The tasks that are why; none where the whole record is.")
    detail: str | None = Field(description="One sentence on why no label could be read; null where one could.")
    raw: str | None = Field(description="The model's answer, where no label could be read from it.")
    tasks: list[AnyTask] = Field(description="What is asked of the person: the tasks of the job's label schema.")
    suggestions: list[Suggestion] = Field(description="The model's labels; a task without one has none here.")
    skips: int
    reservation: str = Field(description="The fence token: whoever holds the current one may decide.")
    reserved_until: datetime = Field(description="From then on others may take the item. Renew before.")

    @classmethod
    def of(
        cls,
        item: ReviewItem,
        *,
        fields: dict[str, str],
        tasks: Sequence[LabelTask],
        detail: str | None = None,
        raw: str | None = None,
    ) -> ReviewItemView:
        return cls(
            **item.model_dump(
                include={"job_id", "seq", "record_id", "attempt", "outcome", "reason", "skips", "reserved_until"}
            ),
            causes=list(item.causes),
            item_id=item.item_id,
            fields=fields,
            detail=detail,
            raw=raw,
            tasks=list(tasks),
            suggestions=[Suggestion.of(label) for label in item.labels],
            reservation=item.reservation or "",
        )


class Reserved(BaseModel):
    items: list[ReviewItemView] = Field(description="What the caller holds already comes first.")
    open: int = Field(description="Items of the job that wait for a decision, reserved ones included.")
    reservation_seconds: float = Field(description="How long a reservation lasts; does not depend on any clock.")


class HeldRequest(RequestBody):
    reservation: str = Field(min_length=1, max_length=100)


class DecisionRequest(HeldRequest):
    """A decision on the item that was shown. Sending the same one again changes nothing and gives the same answer."""

    attempt: int = Field(ge=1)
    values: dict[str, LabelValue] = Field(description="The final value of each task of the label schema.")
    shown_values: dict[str, LabelValue] = Field(
        default_factory=dict, description="What was suggested on the screen; empty when no suggestion was shown."
    )


class DecisionResult(BaseModel):
    item_id: str
    revision: int
    kind: DecisionKind
    values: dict[str, LabelValue]
    open: int
    decided: int


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
    undoable: bool = Field(description="Whether it is still the decision that holds.")


class History(BaseModel):
    items: list[PastDecision] = Field(description="Newest first.")
