"""A person's review that was asked for: noted in the annotation, then requested like any other."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.events import ReviewAskedV1
from tandem.messaging import Outgoing, Received
from tandem.observability.metrics import REVIEWS_REQUESTED
from tandem.store.annotations.documents import annotation_id
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.review_requests import review_requested
from tandem.store.annotations.writer import AnnotationWriter, Asked
from tandem.store.database import utcnow


class ReviewAskedHandler:
    """Handles review requests. A repeated one changes nothing and gives the event again. One that no longer applies
    (another attempt, decided, in a queue already) is skipped: whoever asked looks at the annotation."""

    def __init__(self, *, reader: AnnotationReader, writer: AnnotationWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def __call__(self, batch: Sequence[Received[ReviewAskedV1]]) -> list[Outgoing]:
        """Note the reviews of the batch and return their requests. Raises StoreUnavailableError; the same batch may
        then be handled again."""
        noted = await self._writer.ask_review([_asked(received.event) for received in batch], at=utcnow())
        for reason, number in noted.items():
            REVIEWS_REQUESTED.labels(reason).inc(number)
        ids = {annotation_id(received.event.job_id, received.event.seq) for received in batch}
        stored = await self._reader.get_many(ids)
        outgoing: list[Outgoing] = []
        for received in batch:
            annotation = stored.get(annotation_id(received.event.job_id, received.event.seq))
            if annotation is None or annotation.get("review_asked", {}).get("order") != received.event.order_id:
                continue
            outgoing.append(Outgoing.caused_by(received, review_requested(annotation)))
        return outgoing


def _asked(event: ReviewAskedV1) -> Asked:
    return Asked(
        job_id=event.job_id,
        seq=event.seq,
        attempt=event.attempt,
        order=event.order_id,
        reason=event.reason.value,
        causes=[cause.model_dump(mode="json") for cause in event.causes],
        priority=event.priority,
    )
