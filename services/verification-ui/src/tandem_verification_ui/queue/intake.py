"""Intake of review requests into the queue, for events and for the sweep: one way in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from tandem.events import ReviewRequestedV1
from tandem.observability.metrics import REVIEW_ITEMS_QUEUED
from tandem.observability.series import start_at_zero
from tandem.observability.tracing import tracer
from tandem.review import OpinionPolicy, needs_adjudicator
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.database import utcnow
from tandem.store.jobs.documents import opinion_policy
from tandem.store.jobs.reader import JobReader
from tandem.store.opinions.documents import OpinionDocument, settlement_of
from tandem.store.opinions.reader import OpinionReader
from tandem.store.review_items.documents import ItemState, QueueChanges, ReviewItem
from tandem.store.review_items.writer import ReviewItemWriter


class QueueIntake:
    """Adds requests to the queue; repeating them changes nothing. Raises StoreUnavailableError when MongoDB is away."""

    def __init__(
        self, items: ReviewItemWriter, opinions: OpinionReader, jobs: JobReader, annotations: AnnotationReader
    ) -> None:
        start_at_zero(REVIEW_ITEMS_QUEUED, ("event", "sweep"))
        self._annotations = annotations
        self._items = items
        self._opinions = opinions
        self._jobs = jobs

    async def take(self, requests: Sequence[ReviewRequestedV1], *, source: Literal["event", "sweep"]) -> QueueChanges:
        """Add requests. A record that people settled enters as decided: a rebuilt queue asks nobody twice."""
        opinions = await self._known_opinions(requests)
        now = utcnow()
        items = [
            _with_opinions(ReviewItem.requested(request, created_at=now), *opinions[request.key])
            if request.key in opinions
            else ReviewItem.requested(request, created_at=now)
            for request in requests
        ]
        with tracer().start_as_current_span(
            "review_items write", attributes={"db.system.name": "mongodb", "db.operation.batch.size": len(items)}
        ):
            taken = await self._items.take(items)
        REVIEW_ITEMS_QUEUED.labels(source).inc(taken.inserted)
        return taken

    async def withdraw(self, requests: Sequence[ReviewRequestedV1]) -> int:
        """Remove open items that nobody asks for any more, as their annotations say. Return how many."""
        annotations = await self._annotations.get_many([request.key for request in requests])
        by_job: defaultdict[str, set[int]] = defaultdict(set)
        for request in requests:
            annotation = annotations.get(request.key)
            if annotation is not None and not annotation["needs_review"]:  # else it was asked for again since
                by_job[request.job_id].add(request.seq)
        return sum([await self._items.withdraw(job_id, seqs) for job_id, seqs in by_job.items()])

    async def _known_opinions(
        self, requests: Sequence[ReviewRequestedV1]
    ) -> dict[str, tuple[list[OpinionDocument], OpinionPolicy]]:
        """Return the opinions on these records, where there are any, with the policy of their job."""
        by_job: defaultdict[str, set[int]] = defaultdict(set)
        for request in requests:
            by_job[request.job_id].add(request.seq)
        found: dict[str, tuple[list[OpinionDocument], OpinionPolicy]] = {}
        for job_id, seqs in by_job.items():
            if by_record := await self._opinions.by_record(job_id, sorted(seqs)):
                policy = opinion_policy(await self._jobs.get(job_id))
                found |= {opinions[0].item_id: (opinions, policy) for opinions in by_record.values()}
        return found


def _with_opinions(item: ReviewItem, opinions: Sequence[OpinionDocument], policy: OpinionPolicy) -> ReviewItem:
    settlement = settlement_of(opinions, policy)
    given: dict[str, object] = {
        "opinion_by": settlement.people,
        "waits_for_adjudicator": needs_adjudicator(settlement, policy),
        "seen_by": tuple(sorted({each.person for each in opinions})) if item.blind else (),
    }
    if item.blind:
        given["revealed"] = any(
            settlement_of(opinions[:number], policy).values is not None for number in range(1, len(opinions) + 1)
        )
    if settlement.values is not None:
        deciding = next(each for each in opinions if each.revision == settlement.deciding)
        given |= {
            "state": ItemState.DECIDED,
            "revision": opinions[-1].revision,
            "reservation": deciding.reservation,
            "decided_by": deciding.decided_by,
            "decided_by_id": deciding.decided_by_id,
            "decided_at": deciding.decided_at,
        }
    return item.model_copy(update=given)
