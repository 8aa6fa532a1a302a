"""annotation.low-confidence → review items."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.events import ReviewRequestedV1
from tandem.messaging import Outgoing, Received
from tandem_verification_ui.queue.intake import QueueIntake


class ReviewRequestHandler:
    """A function of events: takes a batch into the queue; nothing follows from it."""

    def __init__(self, intake: QueueIntake) -> None:
        self._intake = intake

    async def __call__(self, batch: Sequence[Received[ReviewRequestedV1]]) -> Sequence[Outgoing]:
        await self._intake.take([received.event for received in batch], source="event")
        return ()
