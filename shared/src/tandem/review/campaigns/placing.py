"""Placement of a block's picks: which records are asked for, which requests are withdrawn, what is counted. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tandem.events import CampaignTerms, ReviewAskedV1, ReviewReason
from tandem.review.campaigns.strategy import AnnotationBlock, Candidate, Pick
from tandem.review.campaigns.terms import is_blind, priority_under


@dataclass(frozen=True, slots=True)
class AskingCampaign:
    """Campaign that asks, and its terms."""

    campaign_id: str
    project_id: str
    jobs: Sequence[str]
    terms: CampaignTerms


@dataclass(slots=True)
class Placed:
    """Requests that a block needs. `counts` covers the records that need none; picked = queued + waiting + decided."""

    counts: Counter[str] = field(default_factory=Counter)
    """picked; queued (this campaign asks for it, nobody decided yet); waiting (something else does); decided (a person
    decided, in any of the jobs); asked (this campaign asked for it, decided or not)."""
    queues: Counter[str] = field(default_factory=Counter)
    """Job to the number of the queued records in its queue."""
    requests: list[ReviewAskedV1] = field(default_factory=list)
    """Reviews to request, and requests to withdraw."""

    @property
    def withdraws(self) -> bool:
        return any(not request.wanted for request in self.requests)


def place(asking: AskingCampaign, block: AnnotationBlock, picks: Iterable[Pick]) -> Placed:
    """Place the picks of a block.

    A record goes into one queue: that of the first job that has an annotation of it. What waits in another queue or
    for another campaign is left there, and so is what a person decided.
    """
    placed = Placed()
    by_seq = {pick.seq: pick for pick in picks}
    for seq in block.seqs:
        of_record = [(job_id, each) for job_id, each in zip(asking.jobs, block.of(seq), strict=True) if each]
        _place(placed, asking, by_seq.get(seq), of_record)
    return placed


def _place(
    placed: Placed, asking: AskingCampaign, pick: Pick | None, of_record: Sequence[tuple[str, Candidate]]
) -> None:
    owned_in = next(
        (job_id for job_id, each in of_record if each["needs_review"] and each["campaign_id"] == asking.campaign_id),
        None,
    )
    is_decided = any(each["is_decided"] for _, each in of_record)
    if pick is None:
        if owned_in is not None and not is_decided:
            placed.requests.append(_withdrawal(asking, owned_in, dict(of_record)[owned_in]))
        return
    if is_decided:
        placed.counts["decided"] += 1
    elif owned_in is not None:
        placed.counts["queued"] += 1
        placed.queues[owned_in] += 1
    elif any(each["needs_review"] for _, each in of_record):
        placed.counts["waiting"] += 1
    else:
        placed.requests.append(_request(asking, pick, *of_record[0]))
        return
    placed.counts["picked"] += 1
    placed.counts["asked"] += owned_in is not None


def _request(asking: AskingCampaign, pick: Pick, job_id: str, each: Candidate) -> ReviewAskedV1:
    return ReviewAskedV1(
        job_id=job_id,
        project_id=asking.project_id,
        seq=each["seq"],
        attempt=each["attempt"],
        record_id=each["record_id"],
        order_id=asking.campaign_id,
        reason=pick.reason,
        causes=pick.causes,
        priority=priority_under(asking.terms, pick),
        blind=is_blind(asking.terms, pick.seq),
    )


def _withdrawal(asking: AskingCampaign, job_id: str, each: Candidate) -> ReviewAskedV1:
    return ReviewAskedV1(
        job_id=job_id,
        project_id=asking.project_id,
        seq=each["seq"],
        attempt=each["attempt"],
        record_id=each["record_id"],
        order_id=asking.campaign_id,
        reason=ReviewReason.LOW_CONFIDENCE,
        wanted=False,
    )
