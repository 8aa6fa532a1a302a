"""The shape of a job in MongoDB."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NotRequired, TypedDict

from tandem.events import JobKind, JobPublishedV1, JobState
from tandem.jobs import Selection

COLLECTION = "jobs"


class SelectionPart(TypedDict):
    """The records of the job, fixed when it is created: those with from_seq <= seq < below_seq."""

    from_seq: int
    below_seq: int
    size: int
    """How many records that are."""


class PublishedPart(TypedDict):
    """What a JobPublishedV1 carries beside the job's own fields, so that publishing needs no join."""

    agent: dict[str, Any]
    """`AgentSpec`."""
    label_schema: dict[str, Any]
    """`LabelSchemaSpec`."""
    review_policy: dict[str, Any]
    """`ReviewPolicy`."""
    review_terms: NotRequired[dict[str, Any]]
    """`CampaignTerms` of the thresholds campaign; absent until somebody changes it."""


class TotalsPart(TypedDict):
    """Counts of the records below `low`, all of which have ended."""

    labeled: int
    invalid: int
    failed: int
    needs_review: int
    """Among the others, not beside them."""


class LeasePart(TypedDict):
    holder: str
    until: datetime
    """By the database's clock."""


class DispatchPart(TypedDict):
    """Where the dispatcher stands; written by it alone once the job exists."""

    cursor: int
    """The next seq to ask for; everything in the selection below it was asked for."""
    low: int
    """The lowest seq that has not ended; low <= cursor."""
    totals: TotalsPart
    spend: NotRequired[list[dict[str, Any]]]
    """What the first answers to the records below `low` cost: `ModelSpend`s, one a model."""
    reserved_usd: NotRequired[float]
    """The most that the outstanding requests can cost, as it was saved last, of a job with a budget; for people to see.
    Nothing is decided by it."""
    lingering_usd: NotRequired[float]
    """Of it: for requests that were asked for again before their deadline, which nothing else tells of."""
    notice: NotRequired[str | None]
    """What people should know of how the job is run, in one sentence."""
    unpublished: NotRequired[list[int]]
    """Seqs below the cursor that the holder before this one had to leave without a request under way."""
    without_confidence: NotRequired[str | None]
    """Why labels of the job have no confidence, where a provider refused what it is made of at some time."""
    asks: dict[str, int]
    """Seq (as a string) to how often it was asked for, from the second time on."""
    asked_epoch: int
    """The epoch in which the outstanding requests were published; 0 before the first."""
    rate_per_second: float
    """Records ended a second, measured lately."""
    lease: LeasePart | None
    jobs_offset: int | None
    """How far annotation.jobs had come at the last clean hand-over. A log that is shorter now began anew, and with it
    went the requests that were outstanding."""
    announced: bool
    """True once the end of the job was published: no dispatcher needs to look at it again."""


class JobDocument(TypedDict):
    _id: str
    project_id: str
    dataset_id: str
    name: str
    agent_id: str
    label_schema_id: str
    state: str
    """A `JobState`."""
    state_reason: str | None
    """One sentence for people, e.g. why it waits."""
    revision: int
    """Rises with every change of state."""
    epoch: int
    weight: float
    hidden: NotRequired[bool]
    """A try-out: in no list, in no queue, in no export."""
    expires_at: NotRequired[datetime]
    """When a try-out is forgotten."""
    budget_usd: NotRequired[float | None]
    """Nothing is asked for that could make the job cost more; None: no limit."""
    kind: NotRequired[str]
    """A `JobKind`; `model` when left out."""
    sources: NotRequired[list[str]]
    """The jobs whose annotations its labels come from."""
    making: NotRequired[dict[str, Any]]
    """What the dispatcher needs, beside the sources' annotations, to make the labels of a job of another kind."""
    asks_model: NotRequired[bool]
    """False: its agent is never asked. True when left out: it is, for what cannot be made of the sources."""
    waiting_for: NotRequired[str | None]
    """Under waiting: `budget` when that is used up; None: its provider."""
    review_recounted: NotRequired[bool]
    """True once requests may have been withdrawn: how many records need a person is counted, not taken from totals."""
    selection: SelectionPart
    published: PublishedPart
    dispatch: DispatchPart
    created_at: datetime
    created_by: str
    """The person's name at that time; replicas of older versions read it."""
    created_by_id: NotRequired[str]
    """Who made the job; absent from jobs that an older version made until they are migrated."""
    started_at: datetime | None
    finished_at: datetime | None


def selected(document: JobDocument) -> Selection:
    """Return the records that the job runs over, by their seqs."""
    selection = document["selection"]
    return Selection.range(selection["from_seq"], selection["below_seq"])


def first_dispatch(from_seq: int) -> DispatchPart:
    """Return the dispatcher's part of a job that no dispatcher has walked yet."""
    return {
        "cursor": from_seq,
        "low": from_seq,
        "totals": {"labeled": 0, "invalid": 0, "failed": 0, "needs_review": 0},
        "spend": [],
        "asks": {},
        "asked_epoch": 0,
        "rate_per_second": 0.0,
        "lease": None,
        "jobs_offset": None,
        "announced": False,
    }


def job_published(document: JobDocument) -> JobPublishedV1:
    """Build the event that publishes the job as it stands in this document."""
    return JobPublishedV1.model_validate(
        {
            "job_id": document["_id"],
            "project_id": document["project_id"],
            "dataset_id": document["dataset_id"],
            "name": document["name"],
            "revision": document["revision"],
            "epoch": document["epoch"],
            "state": JobState(document["state"]),
            "kind": document.get("kind", JobKind.MODEL),
            "sources": document.get("sources", ()),
            "asks_model": document.get("asks_model", True),
            "hidden": document.get("hidden", False),
            "weight": document.get("weight", 1.0),
            **document["published"],
        }
    )
