"""The shape of an annotation in MongoDB.

There is one document a record and job, `_id` is `"{job_id}:{seq}"`. The fields of the highest attempt are current;
older attempts are in `history`. A person's decision stands beside them and no attempt touches it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from tandem.events import thresholds_campaign_id

COLLECTION = "annotations"

RAW_LIMIT = 4096
"""Characters of the model's answer that are kept."""


SAMPLES_LIMIT = 16_384
"""Bytes, as JSON, of the values of an attempt's samples that are kept; those behind are left out."""


CALLS_LIMIT = 50
"""Calls of an attempt that are kept, the last ones; budgets of calls leave seldom more."""


class CallDocument(TypedDict):
    """Call of a model, as it went over the wire."""

    started_at: datetime
    seconds: float
    status: int | None
    error: str | None
    """An `ErrorKind`; None where an answer came."""
    provider: str
    model: str
    prompt_tokens: int | None
    """Like completion_tokens, None where the provider reported no usage."""
    completion_tokens: int | None


class ReviewAskedPart(TypedDict):
    """A person's look that a campaign asked for after the annotation was written."""

    order: str
    """Id of the campaign."""
    attempt: int
    """The attempt's own, here again for an index that holds such records only."""
    at: datetime


class SampleDocument(TypedDict):
    """Values and errors of one of several answers to a record."""

    values: dict[str, Any]
    """Task to value, plain; of the tasks that could be read."""
    reason: str | None
    """Reason why not all could be read; None where they could."""
    detail: str | None
    left_out: NotRequired[bool]
    """True: the values are not kept, for want of room."""


class AttemptDocument(TypedDict):
    """Result of one attempt. The enum values are stored as their strings, parts of events as plain mappings."""

    attempt: int
    outcome: str
    """labeled, invalid or failed."""
    reason: str | None
    """Under invalid: why no label could be read. Under failed: the kind of error."""
    detail: str | None
    """Explanation for people, one sentence; carries no secret."""
    labels: list[dict[str, Any]]
    """`TaskLabel`s, in the order of the schema's tasks: of all of them under labeled, of those that could be read under
    invalid, none under failed."""
    lowest_confidence: NotRequired[float]
    """Lowest confidence of the labels; the writer adds it. Absent where no label has a confidence."""
    needs_review: bool
    """True: a campaign asks a person to look: the job's thresholds when it was written, or any campaign since. A
    person's decision does not change it."""
    review_reason: str | None
    review_causes: NotRequired[list[dict[str, Any]]]
    """`ReviewCause`s: the tasks that are why; absent where nobody is asked for, or the whole record is why."""
    review_asked: NotRequired[ReviewAskedPart]
    """Present where the request was made after the annotation was written."""
    review_blind: NotRequired[bool]
    """True where the reader may not see the labels; else absent."""
    review_changes: NotRequired[int]
    """Number of times `needs_review` changed after the annotation was written; absent where never."""
    priority: float
    content_hash: str
    provider: str
    model: str
    agent_id: str
    agent_version: int
    usage: dict[str, Any] | None
    price: dict[str, Any] | None
    seconds: float | None
    """Wall time of the model's answer."""
    raw: str | None
    """The answer's text, cut to RAW_LIMIT; None where none came."""
    samples: NotRequired[list[SampleDocument]]
    """Contents of each answer, in their order, where there was more than one."""
    calls: NotRequired[list[CallDocument]]
    """Calls of the attempt, in order; only where it took more than one call, or none succeeded."""
    fallback_used: NotRequired[bool]
    """True where the agent's fallback model gave the answer; else absent."""
    repaired: NotRequired[bool]
    """True where the model was told what was wrong and asked again; else absent."""
    event_id: str
    """Id of the answer's event from which this was made."""
    created_at: datetime
    sources: NotRequired[list[str]]
    """The annotations that the labels come of, each as `job:seq`; only where no model was asked."""


class VerificationPart(TypedDict):
    """Decision of people that holds: the values that `tandem.review.settled` found, with the decision that made them
    hold."""

    values: dict[str, Any]
    """Task to value, plain: text, number, list of texts, list of mappings."""
    revision: int
    shown_attempt: int
    shown_values: dict[str, Any]
    confirmed: bool
    """True: the person kept what was shown."""
    decided_by: str
    """The person's name, for people to read."""
    decided_by_id: NotRequired[str]
    """Id of the person; absent from decisions of older versions."""
    decided_at: datetime


class OpinionsPart(TypedDict):
    """Result of `tandem.review.settled` for all opinions on the record."""

    revision: int
    """The `verification_revision` that it belongs to: a replica of an older version raises that one alone. Read it by
    `opinions_of`, which tells."""
    number: int
    """Opinions that stand, one a person."""
    people: list[str]
    settled_by: list[str]
    """Ids of the people whose opinions hold; empty unless settled."""
    state: str
    """A `RecordState`."""
    tasks: NotRequired[dict[str, Any]]
    """Task to `SettledTask`; absent where one person decided everything."""


class SpendingPart(TypedDict):
    """Cost of one answer."""

    answer: str
    """Names the asking that was paid, so that the same answer sent twice is counted once."""
    models: list[dict[str, Any]]
    """`ModelSpend`s, one for each model that was called."""


class AnnotationDocument(AttemptDocument):
    _id: str
    job_id: str
    project_id: str
    dataset_id: str
    seq: int
    record_id: str
    spending: NotRequired[SpendingPart]
    """Cost of the answer that came first; never changes, so that sums over a stretch of records stay valid. Absent
    when no call was made for it."""
    more_spending: NotRequired[list[SpendingPart]]
    """Costs of all other paid answers: those to higher attempts, and those that came after the one that counts."""
    expires_at: NotRequired[datetime]
    """Time at which the annotation of a try-out is deleted."""
    history: NotRequired[list[AttemptDocument]]
    """Other attempts, in the order in which they ceased to be current."""
    verification: NotRequired[VerificationPart]
    """Absent when nobody decided, or the last decision was undone."""
    verification_revision: NotRequired[int]
    """The highest revision seen, undone ones included: older decisions that come late are told by it."""
    opinions: NotRequired[OpinionsPart]
    """Absent when nobody gave an opinion, and where an older version wrote the decision."""


ATTEMPT_FIELDS: tuple[str, ...] = tuple(AttemptDocument.__annotations__)


def annotation_id(job_id: str, seq: int) -> str:
    return f"{job_id}:{seq}"


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """Numbers of ended records, by outcome. `needs_review` are included in the others, not added to them."""

    labeled: int = 0
    invalid: int = 0
    failed: int = 0
    needs_review: int = 0

    @property
    def ended(self) -> int:
        return self.labeled + self.invalid + self.failed

    def __add__(self, other: OutcomeCounts) -> OutcomeCounts:
        return OutcomeCounts(
            self.labeled + other.labeled,
            self.invalid + other.invalid,
            self.failed + other.failed,
            self.needs_review + other.needs_review,
        )


@dataclass(frozen=True, slots=True)
class ReviewTally:
    """Records of a stretch that need a person, and the sum of their attempts (which only rise): equal tallies of the
    annotations and of the review queue mean that nothing is missing there."""

    records: int = 0
    attempts: int = 0


def campaign_of(annotation: AnnotationDocument) -> str:
    """Return the id of the campaign that asks a person to look at the annotation, where one does."""
    asked = annotation.get("review_asked")
    return thresholds_campaign_id(annotation["job_id"]) if asked is None else asked["order"]
