"""Handler of annotation.low-confidence: puts records into the review queue, and takes withdrawn ones out of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tandem.events import ReviewRequestedV1
from tandem.messaging import Outgoing, Received
from tandem_verification_ui.queue.intake import QueueIntake


class ReviewRequestHandler:
    """Puts a batch of events into the queue, in their order; no event follows from it."""

    def __init__(self, intake: QueueIntake) -> None:
        self._intake = intake

    async def __call__(self, batch: Sequence[Received[ReviewRequestedV1]]) -> Sequence[Outgoing]:
        events = [received.event for received in batch]
        for wanted, group in groupby(events, lambda event: event.wanted):
            if wanted:
                await self._intake.take(list(group), source="event")
            else:
                await self._intake.withdraw(list(group))
        return ()
