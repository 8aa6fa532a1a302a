"""Handler of annotation.low-confidence: puts the records into the review queue."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.events import ReviewRequestedV1
from tandem.messaging import Outgoing, Received
from tandem_verification_ui.queue.intake import QueueIntake


class ReviewRequestHandler:
    """Puts a batch of events into the queue; no event follows from it."""

    def __init__(self, intake: QueueIntake) -> None:
        self._intake = intake

    async def __call__(self, batch: Sequence[Received[ReviewRequestedV1]]) -> Sequence[Outgoing]:
        await self._intake.take([received.event for received in batch], source="event")
        return ()
