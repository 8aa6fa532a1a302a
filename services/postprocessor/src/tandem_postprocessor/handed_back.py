"""Cost of requests that were handed back, recorded so that the job's cost and its budget count it."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.events import AnnotationHandedBackV1
from tandem.messaging import Outgoing, Received
from tandem.observability.metrics import HANDED_BACK_PAYMENTS
from tandem.store.annotations.documents import annotation_id
from tandem.store.handed_back.documents import HandedBackDocument
from tandem.store.handed_back.writer import HandedBackWriter
from tandem_postprocessor.annotating import spending_of


class HandedBackHandler:
    """Records the cost of handed-back requests. Needs neither the job nor an annotation. A repeated event changes
    nothing."""

    def __init__(self, writer: HandedBackWriter) -> None:
        self._writer = writer

    async def __call__(self, batch: Sequence[Received[AnnotationHandedBackV1]]) -> list[Outgoing]:
        """Record the costs of the batch. Raises StoreUnavailableError; the same batch may then be handled again."""
        paid = (_document(received.event) for received in batch)
        HANDED_BACK_PAYMENTS.inc(await self._writer.insert([document for document in paid if document is not None]))
        return []


def _document(event: AnnotationHandedBackV1) -> HandedBackDocument | None:
    spending = spending_of(event, event.provider, event.model)
    if spending is None:
        return None
    return {
        "_id": f"{annotation_id(event.job_id, event.seq)}:{spending['answer']}",
        "job_id": event.job_id,
        "seq": event.seq,
        "attempt": event.attempt,
        "reason": event.reason,
        "models": spending["models"],
        "at": event.occurred_at,
    }
