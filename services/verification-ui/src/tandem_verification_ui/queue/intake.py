"""Intake of review requests into the queue, for events and for the sweep: one way in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from tandem.events import ReviewRequestedV1
from tandem.observability.metrics import REVIEW_ITEMS_QUEUED
from tandem.observability.tracing import tracer
from tandem.store.database import utcnow
from tandem.store.review_items.documents import ItemState, ReviewItem, Taken
from tandem.store.review_items.writer import ReviewItemWriter
from tandem.store.verifications.documents import Verification
from tandem.store.verifications.reader import VerificationReader


class QueueIntake:
    """Adds requests to the queue; repeating them changes nothing. Raises StoreUnavailableError when MongoDB is away."""

    def __init__(self, items: ReviewItemWriter, verifications: VerificationReader) -> None:
        self._items = items
        self._verifications = verifications

    async def take(self, requests: Sequence[ReviewRequestedV1], *, source: Literal["event", "sweep"]) -> Taken:
        """Add requests. A record that a person has decided on enters as decided: a rebuilt queue asks nobody twice."""
        decisions = await self._decisions(requests)
        now = utcnow()
        items = [
            _with_decision(ReviewItem.requested(request, created_at=now), decisions.get(request.key))
            for request in requests
        ]
        with tracer().start_as_current_span(
            "review_items write", attributes={"db.system.name": "mongodb", "db.operation.batch.size": len(items)}
        ):
            taken = await self._items.take(items)
        REVIEW_ITEMS_QUEUED.labels(source).inc(taken.inserted)
        return taken

    async def _decisions(self, requests: Sequence[ReviewRequestedV1]) -> dict[str, Verification]:
        by_job: defaultdict[str, set[int]] = defaultdict(set)
        for request in requests:
            by_job[request.job_id].add(request.seq)
        found: dict[str, Verification] = {}
        for job_id, seqs in by_job.items():
            latest = await self._verifications.latest(job_id, sorted(seqs))
            found |= {decision.item_id: decision for decision in latest.values()}
        return found


def _with_decision(item: ReviewItem, decision: Verification | None) -> ReviewItem:
    if decision is None or decision.values is None:
        return item
    return item.model_copy(
        update={
            "state": ItemState.DECIDED,
            "revision": decision.revision,
            "reservation": decision.reservation,
            "decided_by": decision.decided_by,
            "decided_by_id": decision.decided_by_id,
            "decided_at": decision.decided_at,
        }
    )
