"""The shape of a review campaign in MongoDB."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NotRequired, TypedDict

import orjson

from tandem.events import CampaignOrder, CampaignTerms, thresholds_campaign_id
from tandem.jobs import Selection
from tandem.review.campaigns.drawing import new_key
from tandem.review.campaigns.moves import CampaignState, StopRule
from tandem.review.campaigns.strategies.thresholds import THRESHOLDS
from tandem.store.jobs.documents import selection_of

COLLECTION = "campaigns"


class CampaignCounts(TypedDict):
    """Records below the cursor, as they stood when it passed. picked = queued + waiting + decided."""

    picked: int
    queued: int
    """This campaign asks for them and nobody has decided."""
    waiting: int
    """Another campaign asks for them, in the queue of one of the jobs."""
    decided: int
    """A person decided on them, in one of the jobs."""
    asked: int
    """This campaign asked for them; decided ones included."""


class CampaignSelectionPart(TypedDict):
    """Records of the campaign: those with from_seq <= seq < below_seq, of them the seqs in `bitmap` where it is set."""

    from_seq: int
    below_seq: int
    bitmap: NotRequired[bytes]


class StopPart(TypedDict):
    rule: str
    """A `StopRule`."""
    after: int | None
    """Number of decided records that close the campaign, under the rule `decided`."""


class CampaignLeasePart(TypedDict):
    holder: str | None
    """None: nobody's, but left alone until then."""
    until: datetime
    """End of the lease, by the database's clock."""


class CampaignDocument(TypedDict):
    _id: str
    name: str
    project_id: str
    dataset_id: str
    jobs: list[str]
    """The job whose campaign it is, then the others that its strategy reads."""
    strategy: str
    parameters: dict[str, Any]
    selection: CampaignSelectionPart
    order: str
    """A `CampaignOrder`."""
    blind_share: float
    key: str
    """Secret; shown to nobody."""
    people: list[str] | None
    """Ids of those who get its records; None: all readers."""
    stop: StopPart
    stops: bool
    """True: a stop rule is to be checked, since there is one and the campaign is not closed."""
    checked_at: datetime
    """Time of the last check of the stop rule."""
    state: str
    """A `CampaignState`."""
    state_reason: str | None
    order_run: NotRequired[int]
    """Number of starts of the order of review that this campaign was in an older version."""
    run: int
    """Number of the current walk; rises with each change of what it picks."""
    walking: bool
    """True: the walk `run` has not reached the end yet."""
    again: bool
    """True: the walk is repeated when all jobs have ended, since records were written meanwhile."""
    withdrew: bool
    """True: the walk withdrew requests, so that other campaigns may have to ask for their records."""
    cursor: int
    """The walk has passed the records below it."""
    counts: CampaignCounts
    queues: dict[str, int]
    """Job to how many of the queued are in its queue."""
    lease: CampaignLeasePart | None
    stalled: int
    """Number of times in a row that a block was not carried out in time."""
    walked_at: datetime
    """Time at which its last block was started; the campaign that waited longest comes next."""
    created_at: datetime
    created_by: str
    created_by_id: NotRequired[str]
    finished_at: datetime | None
    """Time at which the last walk reached the end."""


NO_COUNTS: CampaignCounts = {"picked": 0, "queued": 0, "waiting": 0, "decided": 0, "asked": 0}
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def disagreement_id(jobs: Sequence[str], task: str | None, min_confidence: float | None) -> str:
    """Return the id of a disagreement campaign: the same jobs and parameters are one campaign."""
    return hashlib.sha256(orjson.dumps([list(jobs), task, min_confidence])).hexdigest()[:32]


def new_campaign(
    *,
    campaign_id: str,
    name: str,
    project_id: str,
    dataset_id: str,
    jobs: Sequence[str],
    strategy: str,
    parameters: Mapping[str, Any],
    selection: Selection,
    terms: CampaignTerms,
    people: Sequence[str] | None,
    stop: StopPart,
    created_at: datetime,
    created_by: str,
    created_by_id: str | None,
) -> CampaignDocument:
    """Return a campaign that is to be walked from its first record."""
    document: CampaignDocument = {
        "_id": campaign_id,
        "name": name,
        "project_id": project_id,
        "dataset_id": dataset_id,
        "jobs": list(jobs),
        "strategy": strategy,
        "parameters": dict(parameters),
        "selection": selection_part(selection),
        "order": terms.order.value,
        "blind_share": terms.blind_share,
        "key": terms.key or new_key(),
        "people": None if people is None else list(people),
        "stop": stop,
        "stops": stop["rule"] != StopRule.NEVER,
        "checked_at": NEVER,
        "state": CampaignState.OPEN.value,
        "state_reason": None,
        "run": 1,
        "walking": True,
        "again": False,
        "withdrew": False,
        "cursor": selection.from_seq,
        "counts": NO_COUNTS,
        "queues": {},
        "lease": None,
        "stalled": 0,
        "walked_at": created_at,
        "created_at": created_at,
        "created_by": created_by,
        "finished_at": None,
    }
    if created_by_id is not None:
        document["created_by_id"] = created_by_id
    return document


def thresholds_campaign(job: Mapping[str, Any]) -> CampaignDocument:
    """Return the thresholds campaign of a job (a `JobDocument`) as it stands before anybody changed it.

    It was never walked: the postprocessor asks by the policy as it writes annotations.
    """
    terms = CampaignTerms.model_validate(job["published"].get("review_terms", {}))
    document = new_campaign(
        campaign_id=thresholds_campaign_id(job["_id"]),
        name=THRESHOLDS.title,
        project_id=job["project_id"],
        dataset_id=job["dataset_id"],
        jobs=[job["_id"]],
        strategy=THRESHOLDS.name,
        parameters=job["published"]["review_policy"],
        selection=selection_of(job["selection"]),
        terms=terms,
        people=None,
        stop={"rule": StopRule.NEVER.value, "after": None},
        created_at=job["created_at"],
        created_by=job["created_by"],
        created_by_id=job.get("created_by_id"),
    )
    return {**document, "walking": False}


def selection_part(selection: Selection) -> CampaignSelectionPart:
    part: CampaignSelectionPart = {"from_seq": selection.from_seq, "below_seq": selection.below_seq}
    if not selection.is_range:
        part["bitmap"] = selection.to_bytes()
    return part


def selected(campaign: CampaignDocument) -> Selection:
    """Return the records that the campaign picks from, by their seqs."""
    part = campaign["selection"]
    if (bitmap := part.get("bitmap")) is not None:
        return Selection.from_bytes(bytes(bitmap))
    return Selection.range(part["from_seq"], part["below_seq"])


def terms_of(campaign: CampaignDocument) -> CampaignTerms:
    """Return the terms under which the campaign asks."""
    return CampaignTerms(
        order=CampaignOrder(campaign["order"]),
        blind_share=campaign["blind_share"],
        key=campaign["key"],
        asks=campaign["state"] != CampaignState.CLOSED,
    )
