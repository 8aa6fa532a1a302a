"""The shape of a job in MongoDB."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NotRequired, TypedDict, cast

from tandem.events import JobKind, JobPublishedV1, JobState
from tandem.jobs import Pass, Selection
from tandem.review import OpinionPolicy
from tandem.store.annotations.documents import OutcomeCounts

COLLECTION = "jobs"

NOT_ANNOUNCED_YET = None
"""Value of `announced`, with the meaning of False, in jobs that dispatchers older than passes and sets must not feed:
they look for False."""


class SelectionPart(TypedDict):
    """A frozen selection of records: all with from_seq <= seq < below_seq, or, of these, the `seqs`."""

    from_seq: int
    below_seq: int
    size: int
    """Number of records selected."""
    seqs: NotRequired[bytes]
    """A set, as `Selection.to_bytes` writes it; absent from a range."""


class PassPart(TypedDict):
    """Pass of the job, as it was asked for. The progress of the last one is in `dispatch`."""

    attempt: int
    selection: NotRequired[SelectionPart]
    """Absent from the first pass, which runs over the job's own selection. Of a pass that is over, the bounds and the
    size are kept, and not the set."""
    asked: NotRequired[dict[str, Any]]
    """Selection that the person asked to run again, as the API takes it; absent from the first pass."""
    all_had_ended: NotRequired[bool]
    """True: every record of the job had an annotation when the pass was added."""
    totals: NotRequired[TotalsPart]
    """Counts of the records that the pass labeled, when the next pass was added; absent from the last pass."""
    state: NotRequired[str]
    """End state of the pass: completed or cancelled; absent from the last pass, which has the job's state."""
    created_at: datetime
    created_by: str
    created_by_id: NotRequired[str]
    finished_at: NotRequired[datetime | None]
    """Absent from the last pass."""


class PublishedPart(TypedDict):
    """Contents of a JobPublishedV1 beside the job's own fields, so that publishing needs no join."""

    agent: dict[str, Any]
    """`AgentSpec`."""
    label_schema: dict[str, Any]
    """`LabelSchemaSpec`."""
    review_policy: dict[str, Any]
    """`ReviewPolicy`."""
    review_terms: NotRequired[dict[str, Any]]
    """`CampaignTerms` of the thresholds campaign; absent until somebody changes it."""


class CanaryPart(TypedDict):
    """`Canary` of the last pass."""

    records: int
    below_seq: int
    most_unlabeled: float | None
    passed: bool


class FailureStopPart(TypedDict):
    """`FailureStop`."""

    share: float
    of_last: int


class RecentPart(TypedDict):
    """`Recent`."""

    goes: int
    ended: str


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
    """End of the lease, by the database's clock."""


class DispatchPart(TypedDict):
    """Progress of the dispatcher in the last pass; written by the dispatcher alone from the start of a pass to its end.

    Once the job is completed, whichever pass that was, `low` and `cursor` are at the end of the job's selection and
    `totals` and `spend` count the whole job.
    """

    cursor: int
    """The next seq to ask for; everything in the pass's selection below it was asked for."""
    low: int
    """The lowest seq that has not ended; low <= cursor."""
    totals: TotalsPart
    spend: list[dict[str, Any]]
    """Costs of the first answers to the records below `low`: `ModelSpend`s, one a model. In a later pass they do not
    change where all records had ended before, since theirs are settled; else they mean nothing until the job
    completes."""
    reserved_usd: float
    """The most that the outstanding requests can cost, as it was saved last, of a job with a budget; for people to see.
    Nothing is decided by it."""
    lingering_usd: float
    """Part of `reserved_usd` for requests that were repeated before their deadline, which nothing else records."""
    notice: str | None
    """Notice for people about how the job is run, one sentence."""
    recent: RecentPart
    """How the records that ended last ended; empty without a failure stop."""
    unpublished: list[int]
    """Seqs below the cursor that the holder before this one had to leave without a request under way."""
    without_confidence: str | None
    """Why labels of the job have no confidence, where a provider refused what it is made of at some time."""
    asks: dict[str, int]
    """Seq (as a string) to how often it was asked for, from the second time on."""
    asked_epoch: int
    """The epoch in which the outstanding requests were published; 0 before the first."""
    rate_per_second: float
    """Records ended a second, measured lately."""
    lease: LeasePart | None
    jobs_offset: int | None
    """Offset of annotation.jobs at the last clean hand-over. A log that is shorter now was recreated, and the requests
    that were outstanding are lost with it."""
    announced: bool | None
    """True once the end of the job was published: no dispatcher needs to look at it again. False or NOT_ANNOUNCED_YET
    before."""


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
    """Reason of the state for people, one sentence, e.g. why the job waits."""
    revision: int
    """Rises with every change of state."""
    epoch: int
    weight: float
    hidden: bool
    """A try-out: in no list, in no queue, in no export."""
    expires_at: NotRequired[datetime]
    """Time at which a try-out is deleted."""
    opinion_policy: dict[str, Any]
    """`OpinionPolicy`; {} for one reader."""
    budget_usd: float | None
    """Nothing is asked for that could make the job cost more; None: no limit."""
    kind: str
    """A `JobKind`."""
    sources: list[str]
    """The jobs whose annotations its labels come from."""
    making: NotRequired[dict[str, Any]]
    """Parameters, beside the sources' annotations, from which the dispatcher makes labels in a job of another kind."""
    asks_model: bool
    """False: its agent is never asked. True: it is, for what cannot be made of the sources."""
    waiting_for: str | None
    """Under waiting: `budget` when that is used up, `prompt`, or `canary` and `failures`, which a person's go ends;
    None: its provider."""
    canary: CanaryPart | None
    failure_stop: FailureStopPart | None
    goes: int
    """Number of times that a person let the job go on."""
    reuse: bool
    """True: the first pass takes the answers that the same agent version gave to the same content."""
    records_per_minute: float | None
    """No more records than this are asked for; None: as many as its share of the workers allows."""
    review_recounted: bool
    """True once requests may have been withdrawn: how many records need a person is counted, not taken from totals."""
    selection: SelectionPart
    passes: list[PassPart]
    """Passes in order, at least the first run."""
    subset_id: NotRequired[str]
    """The subset that the selection was taken from, where it was one."""
    published: PublishedPart
    dispatch: DispatchPart
    created_at: datetime
    created_by: str
    """The person's name at that time; replicas of older versions read it."""
    created_by_id: NotRequired[str]
    """Id of the person who made the job; absent from jobs that an older version made until they are migrated."""
    started_at: datetime | None
    finished_at: datetime | None


class JobDefaults(TypedDict):
    """Fields of a job that older versions did not write."""

    hidden: bool
    opinion_policy: dict[str, Any]
    budget_usd: float | None
    kind: str
    sources: list[str]
    asks_model: bool
    waiting_for: str | None
    canary: CanaryPart | None
    failure_stop: FailureStopPart | None
    goes: int
    reuse: bool
    records_per_minute: float | None
    review_recounted: bool
    weight: float


def job_defaults() -> JobDefaults:
    """Return the fields that older versions did not write, with the values that they stood for."""
    return {
        "hidden": False,
        "opinion_policy": {},
        "budget_usd": None,
        "kind": JobKind.MODEL.value,
        "sources": [],
        "asks_model": True,
        "waiting_for": None,
        "canary": None,
        "failure_stop": None,
        "goes": 0,
        "reuse": False,
        "records_per_minute": None,
        "review_recounted": False,
        "weight": 1.0,
    }


class DispatchDefaults(TypedDict):
    """Fields of `dispatch` that older versions did not write."""

    spend: list[dict[str, Any]]
    reserved_usd: float
    lingering_usd: float
    notice: str | None
    recent: RecentPart
    unpublished: list[int]
    without_confidence: str | None


def dispatch_defaults() -> DispatchDefaults:
    """Return the fields of `dispatch` that older versions did not write, with the values that they stood for."""
    return {
        "spend": [],
        "reserved_usd": 0.0,
        "lingering_usd": 0.0,
        "notice": None,
        "recent": {"goes": 0, "ended": ""},
        "unpublished": [],
        "without_confidence": None,
    }


def job_of(found: Mapping[str, Any]) -> JobDocument:
    """Return a job as it was found, with every field.

    The api's migrations write these values into the database; beside them, older replicas still write jobs without.
    """
    job = {**job_defaults(), **found, "dispatch": {**dispatch_defaults(), **found["dispatch"]}}
    if "passes" not in job:
        by = job.get("created_by_id")
        job["passes"] = [first_pass(created_at=job["created_at"], created_by=job["created_by"], created_by_id=by)]
    return cast("JobDocument", job)


def job_if_found(found: Mapping[str, Any] | None) -> JobDocument | None:
    return None if found is None else job_of(found)


def selection_part(selection: Selection, size: int) -> SelectionPart:
    """Return the selection as documents have it; `size` records of it exist. Raises SelectionTooLargeError."""
    part: SelectionPart = {"from_seq": selection.from_seq, "below_seq": selection.below_seq, "size": size}
    return part if selection.is_range else {**part, "seqs": selection.to_bytes()}


def selection_of(part: SelectionPart) -> Selection:
    """Return the selection that a document has."""
    if "seqs" in part:
        return Selection.from_bytes(part["seqs"])
    return Selection.range(part["from_seq"], part["below_seq"])


def selected(document: JobDocument) -> Selection:
    """Return the records that the job runs over, by their seqs."""
    return selection_of(document["selection"])


def opinion_policy(document: JobDocument | None) -> OpinionPolicy:
    """Return how many people settle a record of the job; one reader for a job that does not say, or is gone."""
    return OpinionPolicy.model_validate({} if document is None else document["opinion_policy"])


def attempt_of(document: JobDocument) -> int:
    """Return the attempt of the job's last pass."""
    return document["passes"][-1]["attempt"]


def all_had_ended(document: JobDocument) -> bool:
    """Return whether every record of the job had an annotation when its last pass was added."""
    return document["passes"][-1].get("all_had_ended", False)


def pass_size(document: JobDocument) -> int:
    """Return how many records the job's last pass runs over."""
    return _last_selection(document)["size"]


def last_pass(document: JobDocument) -> Pass:
    """Return the pass that the job is in, or ended with."""
    part = _last_selection(document)
    return Pass(attempt_of(document), selection_of(part), part["size"], all_had_ended(document))


def _last_selection(document: JobDocument) -> SelectionPart:
    return document["passes"][-1].get("selection", document["selection"])


def totals_part(counts: OutcomeCounts) -> TotalsPart:
    """Return the counts as documents have them."""
    return {
        "labeled": counts.labeled,
        "invalid": counts.invalid,
        "failed": counts.failed,
        "needs_review": counts.needs_review,
    }


def first_pass(*, created_at: datetime, created_by: str, created_by_id: str | None) -> PassPart:
    """Return the pass that a job begins with."""
    part: PassPart = {"attempt": 1, "created_at": created_at, "created_by": created_by}
    return part if created_by_id is None else {**part, "created_by_id": created_by_id}


def first_dispatch(from_seq: int, *, is_set: bool = False) -> DispatchPart:
    """Return the dispatcher's part of a pass that no dispatcher has walked yet.

    `is_set`: whether the job or the pass runs over a set of seqs, which older dispatchers would take for a range.
    """
    return {
        "cursor": from_seq,
        "low": from_seq,
        "totals": {"labeled": 0, "invalid": 0, "failed": 0, "needs_review": 0},
        **dispatch_defaults(),
        "asks": {},
        "asked_epoch": 0,
        "rate_per_second": 0.0,
        "lease": None,
        "jobs_offset": None,
        "announced": NOT_ANNOUNCED_YET if is_set else False,
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
            "kind": document["kind"],
            "sources": document["sources"],
            "asks_model": document["asks_model"],
            "hidden": document["hidden"],
            "weight": document["weight"],
            **document["published"],
        }
    )
