"""Requests of review campaigns: noted in the annotation or withdrawn there, then passed on to the queue."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.events import ReviewAskedV1
from tandem.messaging import Outgoing, Received
from tandem.observability.metrics import REVIEWS_REQUESTED, REVIEWS_WITHDRAWN
from tandem.store.annotations.documents import AnnotationDocument, annotation_id
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.review_requests import review_requested
from tandem.store.annotations.writer import WITHDRAWN, AnnotationWriter, ReviewRequest
from tandem.store.database import utcnow


class ReviewAskedHandler:
    """Handles requests and withdrawals. A repeated one changes nothing and gives the event again. One that no longer
    applies (another attempt, decided, in a queue already) is skipped: the campaign reads the annotation."""

    def __init__(self, *, reader: AnnotationReader, writer: AnnotationWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def __call__(self, batch: Sequence[Received[ReviewAskedV1]]) -> list[Outgoing]:
        """Note the requests and withdrawals of the batch and return the events for the queue.

        Raises StoreUnavailableError; the same batch may then be handled again.
        """
        noted = await self._writer.ask_review([_asked(received.event) for received in batch], at=utcnow())
        for reason, number in noted.items():
            if reason == WITHDRAWN:
                REVIEWS_WITHDRAWN.inc(number)
            else:
                REVIEWS_REQUESTED.labels(reason).inc(number)
        ids = {annotation_id(received.event.job_id, received.event.seq) for received in batch}
        stored = await self._reader.get_many(ids)
        outgoing: list[Outgoing] = []
        for received in batch:
            annotation = stored.get(annotation_id(received.event.job_id, received.event.seq))
            if annotation is not None and _holds(received.event, annotation):
                outgoing.append(Outgoing.caused_by(received, review_requested(annotation)))
        return outgoing


def _holds(event: ReviewAskedV1, annotation: AnnotationDocument) -> bool:
    """Return whether the annotation stands as the event wants it, so that the queue is told."""
    if event.wanted:
        return annotation["needs_review"] and annotation.get("review_asked", {}).get("order") == event.order_id
    return (
        not annotation["needs_review"]
        and annotation["attempt"] == event.attempt
        and annotation.get("verification") is None
    )


def _asked(event: ReviewAskedV1) -> ReviewRequest:
    return ReviewRequest(
        job_id=event.job_id,
        seq=event.seq,
        attempt=event.attempt,
        order=event.order_id,
        reason=event.reason.value,
        causes=[cause.model_dump(mode="json") for cause in event.causes],
        priority=event.priority,
        blind=event.blind,
        wanted=event.wanted,
    )
