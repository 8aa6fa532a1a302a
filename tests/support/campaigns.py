"""Campaigns and annotations for tests of the walk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tandem.events import CampaignTerms
from tandem.jobs import Selection
from tandem.store.campaigns.documents import CampaignDocument, StopPart, disagreement_id, new_campaign
from tandem.store.database import utcnow
from tandem.store.review_items.writer import AfterOpinion, Reviewer


def a_campaign(
    jobs: Sequence[str],
    size: int,
    *,
    strategy: str,
    campaign_id: str,
    parameters: dict[str, Any],
    terms: CampaignTerms | None = None,
    stop: StopPart | None = None,
) -> CampaignDocument:
    """Return a campaign over the first `size` seqs."""
    return new_campaign(
        campaign_id=campaign_id,
        name="c",
        project_id="p",
        dataset_id="d",
        jobs=jobs,
        strategy=strategy,
        parameters=parameters,
        selection=Selection.range(0, size),
        terms=terms or CampaignTerms(),
        people=None,
        stop=stop or {"rule": "never", "after": None},
        created_at=utcnow(),
        created_by="ada",
        created_by_id=None,
    )


def disagreement(
    jobs: Sequence[str],
    size: int,
    *,
    task: str | None = None,
    sure: float | None = None,
    campaign_id: str | None = None,
) -> CampaignDocument:
    """Return a disagreement campaign."""
    parameters = {"jobs": list(jobs[1:]), "task": task, "min_confidence": sure}
    known_as = campaign_id or disagreement_id(jobs, task, sure)
    return a_campaign(jobs, size, strategy="disagreement", campaign_id=known_as, parameters=parameters)


def an_annotation(job_id: str, seq: int, labels: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a labeled annotation that nobody is asked to look at."""
    return {
        "_id": f"{job_id}:{seq}",
        "job_id": job_id,
        "project_id": "p",
        "dataset_id": "d",
        "seq": seq,
        "record_id": f"r{seq}",
        "attempt": 1,
        "outcome": "labeled",
        "reason": None,
        "labels": list(labels),
        "needs_review": False,
        "review_reason": None,
        "priority": 0.0,
        "event_id": "e",
        "seconds": None,
        "created_at": utcnow(),
        **more,
    }


def settled_by(reader: Reviewer) -> AfterOpinion:
    """Return what becomes of an item when the opinion of its first reader settles it."""
    return AfterOpinion(
        giver_id=reader.person_id,
        revision=1,
        opinion_by=(reader.person_id,),
        decided_by=reader,
        decided_at=utcnow(),
    )
